/* cross_entropy -- the loss again, in double, from the definition in PyTorch's documentation. */
#include "loss_test.h"

#include <math.h>
#include <stdlib.h>

/* The first member of the loss's struct is its text of weights. */
static double weight(const bal_loss *l, int k)
{
    const char *text = *(const char *const *)l->self;
    char       *end;
    if (!text) return 1;
    for (; k > 0; k--) {
        strtod(text, &end);
        text = end + 1;
    }
    return strtod(text, NULL);
}

static double log_sum(const double *y, int c, double most)
{
    double sum = 0;
    for (int k = 0; k < c; k++) sum += exp(y[k] - most);
    return most + log(sum);
}

/* -sum over classes of t log softmax(y + adjust log prior), for one sample. */
static double sample(const bal_loss *l, int c, const double *y, int own)
{
    double e = bal_loss_option(l, "label_smoothing"), tau = bal_loss_option(l, "adjust"), loss = 0, most = -1e300;
    double all = 0, z[256];
    for (int k = 0; k < c; k++) all += l->images[k];
    for (int k = 0; k < c; k++) z[k] = y[k] + tau * log(l->images[k] / all);
    for (int k = 0; k < c; k++) most = fmax(most, z[k]);
    for (int k = 0; k < c; k++) loss += weight(l, k) * (e / c + (k == own) * (1 - e)) * (log_sum(z, c, most) - z[k]);
    return loss;
}

/* The mean is a weighted one, by the option's weights of the labels. */
static double value(const bal_loss *l, bal_target target, bal_shape shape, const double *y,
                    const bal_loss_labels *labels, double *score)
{
    double total = 0;
    (void)target;
    for (int j = 0; j < 2 * shape.n; j++) total += labels->share[j] * weight(l, labels->class[j]);
    return bal_mean_labelled(sample, l, shape, y, labels, score) * shape.n / total;
}

static const bal_loss_case cases[] = {{"", {1, 1, 1, 2}, 1},
                                      {"", {64, 1, 1, 4}, 3},
                                      {"label_smoothing=0.1", {13, 1, 1, 7}, 3},
                                      {"weights=1,2.5", {17, 1, 1, 2}, 1},
                                      {"weights=1,2.5,0,0.3 label_smoothing=0.2", {50, 1, 1, 4}, 2},
                                      {"", {9, 1, 1, 3}, 90}, /* exp would overflow */
                                      {"", {2, 1, 1, 201}, 4},
                                      {"adjust=1", {33, 1, 1, 4}, 3},
                                      {"adjust=1.5 weights=1,2.5,0,0.3 label_smoothing=0.2", {50, 1, 1, 4}, 2},
                                      {NULL, {0, 0, 0, 0}, 0}};
#define FAULT "test: loss cross_entropy: weights = "
static const bal_loss_fault faults[] = {
    {"", {8, 1, 1, 1}, "test: loss cross_entropy needs an output for each class, the net has 1"},
    {"",
     {8, 2, 2, 4},
     "test: loss cross_entropy needs one vector a sample, the net gives 2x2x4: end it with global_avg_pool or dense"},
    {"weights=1,2", {8, 1, 1, 3}, FAULT "1,2: 2 given, the net has 3 outputs"},
    {"weights=1,2,3,4", {8, 1, 1, 3}, FAULT "1,2,3,4: 4 given, the net has 3 outputs"},
    {"weights=1,,2", {8, 1, 1, 3}, FAULT "1,,2: numbers from 0 to 1e6, separated by commas"},
    {"weights=1,-2", {8, 1, 1, 2}, FAULT "1,-2: numbers from 0 to 1e6, separated by commas"},
    {"weights=1,2,", {8, 1, 1, 2}, FAULT "1,2,: numbers from 0 to 1e6, separated by commas"},
    {"weights=0,0", {8, 1, 1, 2}, FAULT "0,0: at least one must be above 0"},
    {NULL, {0, 0, 0, 0}, NULL}};
const bal_loss_test bal_test_cross_entropy = {"cross_entropy", value, cases, faults};
