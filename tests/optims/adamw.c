/* adamw -- the step again, in double, as PyTorch's documentation has it. */
#include "optim_test.h"

#include <math.h>

static void step(const bal_optim *o, const bal_optim_element *e)
{
    double beta1 = bal_optim_option(o, "beta1"), beta2 = bal_optim_option(o, "beta2"), eps = bal_optim_option(o, "eps");
    double g = e->g;
    if (e->decayed) *e->w *= 1 - e->lr * bal_optim_option(o, "weight_decay");
    *e->moment[0] = beta1 * *e->moment[0] + (1 - beta1) * g;
    *e->moment[1] = beta2 * *e->moment[1] + (1 - beta2) * g * g;
    double m = *e->moment[0] / (1 - pow(beta1, e->t)), v = *e->moment[1] / (1 - pow(beta2, e->t));
    *e->w -= e->lr * m / (sqrt(v) + eps);
}

static const char *const cases[] = {"", "beta1=0.5", "weight_decay=0.1 eps=1e-3 beta2=0.99", "beta1=0 weight_decay=0",
                                    NULL};
const bal_optim_test     bal_test_adamw = {"adamw", step, cases};
