/* binary_cross_entropy -- the loss again, in double. */
#include "loss_test.h"

static double value(const bal_loss *l, bal_target target, bal_shape shape, const double *y, const int *label,
                    double *score)
{
    double p = bal_loss_option(l, "pos_weight"), loss = 0;
    (void)target;
    *score = 0;
    for (int i = 0; i < shape.n; i++, y += shape.c) {
        int best = 0;
        for (int k = 0; k < shape.c; k++) {
            loss += label[i] == (shape.c == 1 ? 1 : k) ? p * bal_softplus(-y[k]) : bal_softplus(y[k]);
            if (y[k] > y[best]) best = k;
        }
        *score += (double)((shape.c == 1 ? y[0] > 0 : best) == label[i]) / shape.n;
    }
    return loss / (shape.n * shape.c);
}

static const bal_loss_case  cases[] = {{"", {1, 1, 1, 1}, 1},
                                       {"", {64, 1, 1, 1}, 3},
                                       {"pos_weight=2.5", {17, 1, 1, 1}, 2},
                                       {"pos_weight=0.1", {130, 1, 1, 1}, 90},
                                       {"", {33, 1, 1, 2}, 2},
                                       {"pos_weight=3", {70, 1, 1, 7}, 20},
                                       {NULL, {0, 0, 0, 0}, 0}};
static const bal_loss_fault faults[] = {
    {"",
     {8, 4, 4, 1},
     "test: loss binary_cross_entropy needs one vector a sample, the net gives 4x4x1: end it with global_avg_pool or "
     "dense"},
    {NULL, {0, 0, 0, 0}, NULL}};
const bal_loss_test bal_test_binary_cross_entropy = {"binary_cross_entropy", value, cases, faults};
