/* batch_norm -- statistics over rows, and the running ones. */
#include <math.h>
#include "layer_test.h"

static void moments(const bal_layer *l, const double *x, int k, double *mean, double *variance)
{
    int    c = l->in[0].c;
    size_t rows = bal_shape_size(l->in[0]) / (size_t)c;
    *mean = *variance = 0;
    for (size_t i = 0; i < rows; i++) *mean += x[i * (size_t)c + (size_t)k] / (double)rows;
    for (size_t i = 0; i < rows; i++) *variance += pow(x[i * (size_t)c + (size_t)k] - *mean, 2) / (double)rows;
}

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    double         eps = bal_layer_option(l, "eps"), momentum = bal_layer_option(l, "momentum");
    bool           affine = bal_layer_option(l, "affine") > 0;
    double *const *states = w + (affine ? 2 : 0);
    int            c = l->in[0].c;
    size_t         size = bal_shape_size(l->in[0]), rows = size / (size_t)c;
    for (int k = 0; k < c; k++) {
        double mean = states[0][k], variance = states[1][k];
        if (pass->training) {
            moments(l, x[0], k, &mean, &variance);
            states[0][k] += momentum * (mean - states[0][k]);
            states[1][k] += momentum * (variance * (double)rows / (double)(rows > 1 ? rows - 1 : 1) - states[1][k]);
        }
        for (size_t i = (size_t)k; i < size; i += (size_t)c)
            y[i] = (x[0][i] - mean) / sqrt(variance + eps) * (affine ? w[0][k] : 1) + (affine ? w[1][k] : 0);
    }
    if (pass->training) states[2][0] += 1;
}

static const bal_layer_case cases[] = {
    CASE("", 3, 5, 7, 9),           /* folded, the last row cut short */
    CASE("affine=off", 2, 1, 3, 1), /* less than a folded row */
    CASE("momentum=0.5 eps=0.001", 4, 3, 3, 16),
    CASE("", 2, 6, 5, 40),
    CASE("", 9, 13, 12, 64), /* several parts */
    CASE("", 5, 31, 33, 3),
    CASE("affine=off momentum=0", 64, 1, 1, 513),
    CASE("", 8, 32, 32, 32),
    {.options = "", .x = {3, 5, 7, 9}, .activation = "relu"},
    {.options = "affine=off", .x = {2, 7, 3, 16}, .activation = "leaky_relu slope=0.1"},
    {.options = "", .x = {2, 3, 3, 5}, .activation = "tanh"},
    {.options = "", .x = {5, 13, 12, 64}, .activation = "sigmoid"},
    {.options = "", .x = {4, 5, 7, 3}, .batches = 2}, /* the second begins in the middle of a vector */
    {.options = "momentum=0.3", .x = {18, 13, 12, 64}, .batches = 2},
    {.options = "", .x = {6, 3, 5, 33}, .activation = "leaky_relu", .batches = 2},
    {.options = "", .x = {2, 4, 6, 16}, .activation = "relu", .pool = "max_pool kernel=2"},
    {.options = "affine=off", .x = {2, 3, 6, 48}, .pool = "max_pool kernel=3"},               /* several columns */
    {.options = "", .x = {7, 24, 20, 32}, .activation = "tanh", .pool = "max_pool kernel=2"}, /* several parts */
    {.options = "", .x = {3, 4, 4, 256}, .activation = "leaky_relu slope=0.1", .pool = "max_pool kernel=2"},
    {.options = "momentum=0.3", .x = {8, 12, 10, 64}, .activation = "relu", .pool = "max_pool kernel=2", .batches = 2},
    {.options = "", .x = {6, 4, 2, 16}, .pool = "max_pool kernel=2", .batches = 2},
    {0},
};

const bal_layer_test bal_test_batch_norm = {.name = "batch_norm", .forward = forward, .cases = cases, .modes = true};
