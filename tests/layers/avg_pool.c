/* avg_pool -- the mean of each window, with the padding or without. */
#include "layer_test.h"

static double mean(const bal_layer *l, const double *x, int n, int oy, int ox, int c)
{
    int k = (int)bal_layer_option(l, "kernel"), s = (int)bal_layer_option(l, "stride"),
        p = (int)bal_layer_option(l, "pad");
    int    count = 0;
    double sum = 0;
    for (int iy = oy * s - p; iy < oy * s - p + k; iy++)
        for (int ix = ox * s - p; ix < ox * s - p + k; ix++) {
            if (iy < 0 || iy >= l->in[0].h || ix < 0 || ix >= l->in[0].w) continue;
            sum += x[bal_at(l->in[0], n, iy, ix, c)];
            count++;
        }
    return sum / (bal_layer_option(l, "count_include_pad") > 0 ? k * k : count);
}

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    bal_shape out = l->out;
    (void)pass;
    (void)w;
    for (int n = 0; n < out.n; n++)
        for (int oy = 0; oy < out.h; oy++)
            for (int ox = 0; ox < out.w; ox++)
                for (int c = 0; c < out.c; c++) y[bal_at(out, n, oy, ox, c)] = mean(l, x[0], n, oy, ox, c);
}

static const bal_layer_case cases[] = {
    CASE("kernel=2", 1, 2, 2, 1),
    CASE("kernel=2", 2, 7, 9, 5), /* the last row and column are in no window */
    CASE("kernel=3 stride=2 pad=1", 2, 9, 8, 19),
    CASE("kernel=3 stride=2 pad=1 count_include_pad=off", 2, 9, 8, 19),
    CASE("kernel=2 stride=3", 2, 8, 7, 3), /* gaps */
    CASE("kernel=5 stride=2 pad=2 count_include_pad=no", 1, 6, 7, 33),
    CASE("kernel=2", 4, 16, 16, 32),
    {0},
};

const bal_layer_test bal_test_avg_pool = {.name = "avg_pool", .forward = forward, .cases = cases};
