/* upsample -- nearest and bilinear. */
#include <math.h>
#include "layer_test.h"

typedef struct {
    int    low, high;
    double t; /* of high */
} between;

static between locate(int o, int factor, int size, bool bilinear)
{
    double at = fmax((o + .5) / factor - .5, 0);
    int    low = bilinear ? (int)floor(at) : o / factor;
    return (between){low, low + 1 < size ? low + 1 : low, bilinear ? at - low : 0};
}

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    bal_shape in = l->in[0], out = l->out;
    int       factor = (int)bal_layer_option(l, "factor");
    bool      bilinear = bal_layer_option(l, "mode") > 0;
    (void)pass;
    (void)w;
    for (int n = 0; n < out.n; n++)
        for (int oy = 0; oy < out.h; oy++)
            for (int ox = 0; ox < out.w; ox++)
                for (int c = 0; c < out.c; c++) {
                    between a = locate(oy, factor, in.h, bilinear), b = locate(ox, factor, in.w, bilinear);
                    double  top =
                        (1 - b.t) * x[0][bal_at(in, n, a.low, b.low, c)] + b.t * x[0][bal_at(in, n, a.low, b.high, c)];
                    double bottom = (1 - b.t) * x[0][bal_at(in, n, a.high, b.low, c)] +
                                    b.t * x[0][bal_at(in, n, a.high, b.high, c)];
                    y[bal_at(out, n, oy, ox, c)] = (1 - a.t) * top + a.t * bottom;
                }
}

static const bal_layer_case cases[] = {
    CASE("", 1, 1, 1, 1),
    CASE("mode=bilinear", 1, 1, 1, 1),
    CASE("factor=2", 2, 5, 7, 9),
    CASE("factor=2 mode=bilinear", 2, 5, 7, 9),
    CASE("factor=3 mode=nearest", 1, 4, 3, 17),
    CASE("factor=3 mode=bilinear", 1, 4, 3, 17),
    CASE("factor=4 mode=bilinear", 2, 3, 1, 3),
    CASE("factor=1 mode=bilinear", 2, 3, 4, 16),
    CASE("factor=2 mode=bilinear", 2, 16, 16, 32),
    {0},
};

const bal_layer_test bal_test_upsample = {.name = "upsample", .forward = forward, .cases = cases};
