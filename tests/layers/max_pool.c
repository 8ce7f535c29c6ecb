/* max_pool -- the largest of each window. */
#include <math.h>
#include "layer_test.h"

static double largest(const bal_layer *l, const double *x, int n, int oy, int ox, int c)
{
    int k = (int)bal_layer_option(l, "kernel"), s = (int)bal_layer_option(l, "stride"),
        p = (int)bal_layer_option(l, "pad");
    double best = -INFINITY;
    for (int iy = oy * s - p; iy < oy * s - p + k; iy++)
        for (int ix = ox * s - p; ix < ox * s - p + k; ix++)
            if (iy >= 0 && iy < l->in[0].h && ix >= 0 && ix < l->in[0].w)
                best = fmax(best, x[bal_at(l->in[0], n, iy, ix, c)]);
    return best;
}

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    bal_shape out = l->out;
    (void)pass;
    (void)w;
    for (int n = 0; n < out.n; n++)
        for (int oy = 0; oy < out.h; oy++)
            for (int ox = 0; ox < out.w; ox++)
                for (int c = 0; c < out.c; c++) y[bal_at(out, n, oy, ox, c)] = largest(l, x[0], n, oy, ox, c);
}

static const bal_layer_case cases[] = {
    CASE("kernel=2", 1, 2, 2, 1),
    CASE("kernel=2", 2, 7, 9, 5), /* the last row and column are in no window */
    CASE("kernel=3 stride=2 pad=1", 2, 9, 8, 19),
    CASE("kernel=3 stride=1 pad=1", 1, 5, 5, 16),
    CASE("kernel=2 stride=3", 2, 8, 7, 3), /* gaps */
    CASE("kernel=5 stride=2 pad=2", 1, 6, 7, 33),
    CASE("kernel=2", 4, 32, 32, 32),
    {0},
};

const bal_layer_test bal_test_max_pool = {.name = "max_pool", .forward = forward, .cases = cases};
