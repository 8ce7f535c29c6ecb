/* rmsprop -- the step again, in double, as PyTorch's documentation has it. */
#include "optim_test.h"

#include <math.h>

static void step(const bal_optim *o, const bal_optim_element *e)
{
    double alpha = bal_optim_option(o, "alpha"), mu = bal_optim_option(o, "momentum");
    double g = e->g + (e->decayed ? bal_optim_option(o, "weight_decay") * *e->w : 0);
    *e->moment[0] = alpha * *e->moment[0] + (1 - alpha) * g * g;
    double s = g / (sqrt(*e->moment[0]) + bal_optim_option(o, "eps"));
    if (mu > 0) s = *e->moment[1] = mu * *e->moment[1] + s;
    *e->w -= e->lr * s;
}

static const char *const cases[] = {"", "momentum=0.9", "alpha=0.9 weight_decay=0.1 eps=1e-3", NULL};
const bal_optim_test     bal_test_rmsprop = {"rmsprop", step, cases};
