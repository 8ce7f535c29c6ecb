/* focal -- the loss again, in double. */
#include "loss_test.h"

#include <math.h>

static double sample(const bal_loss *l, int c, const double *y, int own)
{
    double most = y[0], sum = 0, others = 0;
    if (c == 1) {
        double z = own ? y[0] : -y[0];
        return pow(bal_sigmoid(-z), bal_loss_option(l, "gamma")) * bal_softplus(-z);
    }
    for (int k = 1; k < c; k++) most = fmax(most, y[k]);
    for (int k = 0; k < c; k++) {
        sum += exp(y[k] - most);
        others += (k != own) * exp(y[k] - most);
    }
    return pow(others / sum, bal_loss_option(l, "gamma")) * (log(sum) + most - y[own]);
}

static double value(const bal_loss *l, bal_target target, bal_shape shape, const double *y,
                    const bal_loss_labels *labels, double *score)
{
    (void)target;
    return bal_mean_labelled(sample, l, shape, y, labels, score);
}

static const bal_loss_case  cases[] = {{"", {1, 1, 1, 2}, 1},
                                       {"", {64, 1, 1, 4}, 3},
                                       {"gamma=0", {33, 1, 1, 3}, 2},
                                       {"gamma=0.5", {32, 1, 1, 5}, 2},
                                       {"gamma=5", {17, 1, 1, 7}, 2},
                                       {"", {40, 1, 1, 1}, 3},
                                       {"gamma=1", {33, 1, 1, 1}, 1},
                                       {"", {9, 1, 1, 3}, 60}, /* exp would overflow */
                                       {NULL, {0, 0, 0, 0}, 0}};
static const bal_loss_fault faults[] = {
    {"",
     {8, 2, 2, 4},
     "test: loss focal needs one vector a sample, the net gives 2x2x4: end it with global_avg_pool or dense"},
    {"gamma=-1", {8, 1, 1, 4}, "test: loss focal gamma: \"-1\" is not a number from 0 to 10"},
    {NULL, {0, 0, 0, 0}, NULL}};
const bal_loss_test bal_test_focal = {"focal", value, cases, faults};
