/* flatten -- channel by channel. */
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    bal_shape in = l->in[0];
    (void)pass;
    (void)w;
    for (int n = 0; n < in.n; n++)
        for (int c = 0; c < in.c; c++)
            for (int h = 0; h < in.h; h++)
                for (int v = 0; v < in.w; v++) *y++ = x[0][bal_at(in, n, h, v, c)];
}

static const bal_layer_case cases[] = {
    CASE("", 1, 1, 1, 1),   CASE("", 3, 5, 7, 9),  CASE("", 2, 1, 1, 128),
    CASE("", 2, 31, 17, 1), CASE("", 4, 8, 8, 64), {0},
};

const bal_layer_test bal_test_flatten = {.name = "flatten", .forward = forward, .cases = cases};
