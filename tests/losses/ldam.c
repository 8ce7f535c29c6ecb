/* ldam -- the loss again, in double. */
#include "loss_test.h"

#include <math.h>

static double sample(const bal_loss *l, int c, const double *y, int own)
{
    double least = 1e300, most = -1e300, sum = 0, z[256], scale = bal_loss_option(l, "scale");
    for (int k = 0; k < c; k++) least = fmin(least, l->images[k]);
    double margin = scale * bal_loss_option(l, "margin") * sqrt(sqrt(least / l->images[own]));
    for (int k = 0; k < c; k++) z[k] = k == own ? y[k] - margin : y[k];
    for (int k = 0; k < c; k++) most = fmax(most, z[k]);
    for (int k = 0; k < c; k++) sum += exp(z[k] - most);
    return log(sum) + most - z[own];
}

static double value(const bal_loss *l, bal_target target, bal_shape shape, const double *y,
                    const bal_loss_labels *labels, double *score)
{
    (void)target;
    return bal_mean_labelled(sample, l, shape, y, labels, score);
}

static const bal_loss_case  cases[] = {{"", {1, 1, 1, 2}, 1},
                                       {"", {64, 1, 1, 4}, 30},
                                       {"margin=0 scale=1", {33, 1, 1, 3}, 2},
                                       {"margin=1 scale=3", {32, 1, 1, 7}, 3},
                                       {"scale=1", {9, 1, 1, 3}, 90}, /* exp would overflow */
                                       {NULL, {0, 0, 0, 0}, 0}};
static const bal_loss_fault faults[] = {
    {"", {8, 1, 1, 1}, "test: loss ldam needs an output for each class, the net has 1"},
    {"scale=0", {8, 1, 1, 4}, "test: loss ldam scale: \"0\" is not a number from 0.01 to 1000"},
    {NULL, {0, 0, 0, 0}, NULL}};
const bal_loss_test bal_test_ldam = {"ldam", value, cases, faults};
