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

static double value(const bal_loss *l, bal_target target, bal_shape shape, const double *y, const int *label,
                    double *score)
{
    double e = bal_loss_option(l, "label_smoothing"), loss = 0, total = 0;
    int    c = shape.c;
    (void)target;
    *score = 0;
    for (int i = 0; i < shape.n; i++, y += c) {
        int best = 0;
        for (int k = 0; k < c; k++) best = y[k] > y[best] ? k : best;
        double log_all = log_sum(y, c, y[best]);
        for (int k = 0; k < c; k++) loss += weight(l, k) * (e / c + (k == label[i]) * (1 - e)) * (log_all - y[k]);
        total += weight(l, label[i]);
        *score += (double)(best == label[i]) / shape.n;
    }
    return loss / total;
}

static const bal_loss_case cases[] = {{"", {1, 1, 1, 2}, 1},
                                      {"", {64, 1, 1, 4}, 3},
                                      {"label_smoothing=0.1", {13, 1, 1, 7}, 3},
                                      {"weights=1,2.5", {17, 1, 1, 2}, 1},
                                      {"weights=1,2.5,0,0.3 label_smoothing=0.2", {50, 1, 1, 4}, 2},
                                      {"", {9, 1, 1, 3}, 90}, /* exp would overflow */
                                      {"", {5, 1, 1, 201}, 4},
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
