/* layer_norm -- statistics of each pixel. */
#include <math.h>
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    int    c = l->in[0].c;
    size_t pixels = bal_shape_size(l->in[0]) / (size_t)c;
    (void)pass;
    for (size_t i = 0; i < pixels; i++) {
        const double *v = x[0] + i * (size_t)c;
        double        mean = 0, variance = 0;
        for (int k = 0; k < c; k++) mean += v[k] / c;
        for (int k = 0; k < c; k++) variance += pow(v[k] - mean, 2) / c;
        for (int k = 0; k < c; k++) {
            double u = (v[k] - mean) / sqrt(variance + bal_layer_option(l, "eps"));
            *y++ = l->weight_count ? u * w[0][k] + w[1][k] : u;
        }
    }
}

static const bal_layer_case cases[] = {
    CASE("", 1, 1, 1, 2),    CASE("", 3, 5, 7, 9),   CASE("affine=off eps=0.001", 2, 4, 4, 20),
    CASE("", 100, 1, 1, 64), CASE("", 2, 9, 5, 131), {0},
};

const bal_layer_test bal_test_layer_norm = {.name = "layer_norm", .forward = forward, .cases = cases};
