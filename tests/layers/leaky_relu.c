/* leaky_relu -- max(x, slope * x). */
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    double slope = bal_layer_option(l, "slope");
    (void)pass;
    (void)w;
    for (size_t i = 0; i < bal_shape_size(l->in[0]); i++) y[i] = x[0][i] > 0 ? x[0][i] : slope * x[0][i];
}

static const bal_layer_case cases[] = {
    CASE("", 1, 1, 1, 1),         CASE("slope=0.01", 3, 5, 7, 9), /* not a multiple of a vector or a group */
    CASE("slope=0", 2, 4, 4, 64), CASE("slope=1", 5, 31, 17, 3),  {0},
};

const bal_layer_test bal_test_leaky_relu = {.name = "leaky_relu", .forward = forward, .cases = cases};
