/* max_pool -- the largest of each window. */
#include <stdint.h>
#include "layer_test.h"

/* Where the largest of a window is, the first of equal ones. */
static size_t largest(const bal_layer *l, const double *x, int n, int oy, int ox, int c)
{
    int k = (int)bal_layer_option(l, "kernel"), s = (int)bal_layer_option(l, "stride"),
        p = (int)bal_layer_option(l, "pad");
    size_t best = SIZE_MAX;
    for (int iy = oy * s - p; iy < oy * s - p + k; iy++)
        for (int ix = ox * s - p; ix < ox * s - p + k; ix++) {
            if (iy < 0 || iy >= l->in[0].h || ix < 0 || ix >= l->in[0].w) continue;
            size_t at = bal_at(l->in[0], n, iy, ix, c);
            if (best == SIZE_MAX || x[at] > x[best]) best = at;
        }
    return best;
}

/* y takes, or dx adds up. */
static void each_window(const bal_layer *l, const double *x, double *y, const double *dy, double *dx)
{
    bal_shape out = l->out;
    for (int n = 0; n < out.n; n++)
        for (int oy = 0; oy < out.h; oy++)
            for (int ox = 0; ox < out.w; ox++)
                for (int c = 0; c < out.c; c++) {
                    size_t to = bal_at(out, n, oy, ox, c), from = largest(l, x, n, oy, ox, c);
                    if (y) y[to] = x[from];
                    if (dx) dx[from] += dy[to];
                }
}

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    (void)pass;
    (void)w;
    each_window(l, x[0], y, NULL, NULL);
}

static void backward(const bal_layer *l, const double *x, const double *dy, double *dx)
{
    for (size_t i = 0; i < bal_shape_size(l->in[0]); i++) dx[i] = 0;
    each_window(l, x, NULL, dy, dx);
}

static const bal_layer_case cases[] = {
    CASE("kernel=2", 1, 2, 2, 1),
    CASE("kernel=2", 2, 7, 9, 5), /* the last row and column are in no window */
    CASE("kernel=3 stride=2 pad=1", 2, 9, 8, 19),
    CASE("kernel=3 stride=1 pad=1", 1, 5, 5, 16),
    CASE("kernel=2 stride=3", 2, 8, 7, 3), /* gaps */
    CASE("kernel=5 stride=2 pad=2", 1, 6, 7, 33),
    CASE("kernel=2", 4, 32, 32, 32),
    {.options = "kernel=2", .x = {2, 8, 8, 20}, .levels = 2},
    {.options = "kernel=3 stride=2 pad=1", .x = {2, 9, 8, 19}, .levels = 3},
    {0},
};

const bal_layer_test bal_test_max_pool = {.name = "max_pool", .forward = forward, .backward = backward, .cases = cases};
