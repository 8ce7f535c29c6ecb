/* sigmoid -- the logistic function. */
#include <math.h>
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    (void)pass;
    (void)w;
    for (size_t i = 0; i < bal_shape_size(l->in[0]); i++) y[i] = 1 / (1 + exp(-x[0][i]));
}

static const bal_layer_case cases[] = {
    CASE("", 1, 1, 1, 1),  CASE("", 3, 5, 7, 9), /* not a multiple of a vector or a group */
    CASE("", 2, 4, 4, 64), CASE("", 5, 31, 17, 3), {0},
};

const bal_layer_test bal_test_sigmoid = {.name = "sigmoid", .forward = forward, .cases = cases};
