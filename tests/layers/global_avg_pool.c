/* global_avg_pool -- the mean over a map. */
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    bal_shape in = l->in[0];
    (void)pass;
    (void)w;
    for (int n = 0; n < in.n; n++)
        for (int c = 0; c < in.c; c++) {
            double sum = 0;
            for (int h = 0; h < in.h; h++)
                for (int v = 0; v < in.w; v++) sum += x[0][bal_at(in, n, h, v, c)];
            y[n * in.c + c] = sum / (in.h * in.w);
        }
}

static const bal_layer_case cases[] = {
    CASE("", 1, 1, 1, 1),   CASE("", 3, 5, 7, 9),    CASE("", 2, 8, 8, 128),
    CASE("", 5, 31, 17, 3), CASE("", 2, 64, 64, 16), {0},
};

const bal_layer_test bal_test_global_avg_pool = {.name = "global_avg_pool", .forward = forward, .cases = cases};
