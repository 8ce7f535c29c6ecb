/* group_norm -- statistics of each sample's groups. */
#include <math.h>
#include "layer_test.h"

static void normalize(const bal_layer *l, const double *x, double *const *w, int n, int first, int size, double *y)
{
    bal_shape in = l->in[0];
    int       count = in.h * in.w * size;
    double    mean = 0, variance = 0;
    for (int i = 0; i < count; i++) mean += x[bal_at(in, n, 0, i / size, first + i % size)] / count;
    for (int i = 0; i < count; i++) variance += pow(x[bal_at(in, n, 0, i / size, first + i % size)] - mean, 2) / count;
    for (int i = 0; i < count; i++) {
        int    c = first + i % size;
        size_t at = bal_at(in, n, 0, i / size, c);
        double v = (x[at] - mean) / sqrt(variance + bal_layer_option(l, "eps"));
        y[at] = l->weight_count ? v * w[0][c] + w[1][c] : v;
    }
}

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    int groups = (int)bal_layer_option(l, "groups"), size = l->in[0].c / groups;
    (void)pass;
    for (int n = 0; n < l->in[0].n; n++)
        for (int g = 0; g < groups; g++) normalize(l, x[0], w, n, g * size, size, y);
}

static const bal_layer_case cases[] = {
    CASE("groups=1", 1, 1, 2, 1),
    CASE("groups=3", 3, 5, 7, 9),
    CASE("groups=1 affine=off eps=0.001", 2, 4, 4, 20),
    CASE("groups=4", 2, 8, 8, 64),
    CASE("groups=12", 2, 9, 5, 12),
    CASE("groups=8", 2, 16, 16, 32),
    {0},
};

const bal_layer_test bal_test_group_norm = {.name = "group_norm", .forward = forward, .cases = cases};
