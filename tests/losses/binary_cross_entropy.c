/* binary_cross_entropy -- the loss again, in double. */
#include "loss_test.h"

#include <math.h>

/* Over the number of logits; each with its class's odds to the power of `adjust`. */
static double sample(const bal_loss *l, int c, const double *y, int own)
{
    double p = bal_loss_option(l, "pos_weight"), tau = bal_loss_option(l, "adjust"), loss = 0, all = 0;
    for (int k = 0; k < (c > 1 ? c : 2); k++) all += l->images[k];
    for (int k = 0; k < c; k++) {
        int class = c == 1 ? 1 : k;
        double n = l->images[class], z = y[k] + tau * log(n / (all - n));
        loss += own == class ? p * bal_softplus(-z) : bal_softplus(z);
    }
    return loss / c;
}

static double value(const bal_loss *l, bal_target target, bal_shape shape, const double *y,
                    const bal_loss_labels *labels, double *score)
{
    (void)target;
    return bal_mean_labelled(sample, l, shape, y, labels, score);
}

static const bal_loss_case  cases[] = {{"", {1, 1, 1, 1}, 1},
                                       {"", {64, 1, 1, 1}, 3},
                                       {"pos_weight=2.5", {17, 1, 1, 1}, 2},
                                       {"pos_weight=0.1", {130, 1, 1, 1}, 90},
                                       {"", {33, 1, 1, 2}, 2},
                                       {"pos_weight=3", {70, 1, 1, 7}, 20},
                                       {"adjust=1", {40, 1, 1, 1}, 2},
                                       {"adjust=0.5 pos_weight=2", {33, 1, 1, 4}, 2},
                                       {NULL, {0, 0, 0, 0}, 0}};
static const bal_loss_fault faults[] = {
    {"",
     {8, 4, 4, 1},
     "test: loss binary_cross_entropy needs one vector a sample, the net gives 4x4x1: end it with global_avg_pool or "
     "dense"},
    {NULL, {0, 0, 0, 0}, NULL}};
const bal_loss_test bal_test_binary_cross_entropy = {"binary_cross_entropy", value, cases, faults};
