/* least_squares -- the loss again, in double. */
#include "loss_test.h"

#include <math.h>

static double output(const bal_loss *l, bal_target target, double y)
{
    (void)l;
    return pow(y - (target != BAL_FAKE), 2) / 2;
}

static double value(const bal_loss *l, bal_target target, bal_shape shape, const double *y,
                    const bal_loss_labels *labels, double *score)
{
    (void)labels;
    return bal_mean_output(output, l, target, shape, y, score);
}

static const bal_loss_case  cases[] = {{"", {1, 1, 1, 1}, 1},
                                       {"", {64, 1, 1, 1}, 5},
                                       {"", {7, 5, 3, 1}, 1}, /* a discriminator of patches */
                                       {"", {131, 1, 1, 1}, 120},
                                       {NULL, {0, 0, 0, 0}, 0}};
static const bal_loss_fault faults[] = {
    {"", {8, 4, 4, 2}, "test: loss least_squares needs a discriminator with one output channel, this one gives 4x4x2"},
    {NULL, {0, 0, 0, 0}, NULL}};
const bal_loss_test bal_test_least_squares = {"least_squares", value, cases, faults};
