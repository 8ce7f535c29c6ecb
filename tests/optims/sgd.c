/* sgd -- the step again, in double, as PyTorch's documentation has it. */
#include "optim_test.h"

static void step(const bal_optim *o, const bal_optim_element *e)
{
    double mu = bal_optim_option(o, "momentum");
    double g = e->g + (e->decayed ? bal_optim_option(o, "weight_decay") * *e->w : 0);
    if (mu > 0) {
        double b = *e->moment[0] = mu * *e->moment[0] + g;
        g = bal_optim_option(o, "nesterov") > 0 ? g + mu * b : b;
    }
    *e->w -= e->lr * g;
}

static const char *const cases[] = {"", "momentum=0.9", "momentum=0.9 nesterov=on weight_decay=0.1",
                                    "weight_decay=0.01", NULL};
const bal_optim_test     bal_test_sgd = {"sgd", step, cases};
