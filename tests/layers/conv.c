/* conv -- the sum over the kernel, as written in any textbook. */
#include "layer_test.h"

typedef struct {
    int h, w, s, p, d, channels; /* kernel, stride, padding, dilation, input channels of a group */
} window;

static double one(const bal_layer *l, window k, const double *x, const double *w, int n, int oy, int ox, int o)
{
    int    group = o / (l->out.c / (l->in[0].c / k.channels));
    double sum = 0;
    for (int ky = 0; ky < k.h; ky++)
        for (int kx = 0; kx < k.w; kx++) {
            int iy = oy * k.s - k.p + ky * k.d, ix = ox * k.s - k.p + kx * k.d;
            if (iy < 0 || iy >= l->in[0].h || ix < 0 || ix >= l->in[0].w) continue;
            const double *v = x + bal_at(l->in[0], n, iy, ix, group * k.channels);
            for (int c = 0; c < k.channels; c++) sum += v[c] * w[((ky * k.w + kx) * k.channels + c) * l->out.c + o];
        }
    return sum;
}

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    bal_shape k = l->weights[0].shape, out = l->out;
    window    kernel = {k.n,
                        k.h,
                        (int)bal_layer_option(l, "stride"),
                        (int)bal_layer_option(l, "pad"),
                        (int)bal_layer_option(l, "dilation"),
                        k.w}; /* a weight's shape is {kh, kw, i, o} */
    (void)pass;
    for (int n = 0; n < out.n; n++)
        for (int oy = 0; oy < out.h; oy++)
            for (int ox = 0; ox < out.w; ox++)
                for (int o = 0; o < out.c; o++)
                    y[bal_at(out, n, oy, ox, o)] =
                        one(l, kernel, x[0], w[0], n, oy, ox, o) + (l->weight_count > 1 ? w[1][o] : 0);
}

static const bal_layer_case cases[] = {
    CASE("filters=1 kernel=1", 1, 1, 1, 1),
    CASE("filters=5 kernel=3 pad=1", 2, 5, 7, 3),
    CASE("filters=7 kernel=4 stride=2 pad=1 bias=off", 2, 8, 6, 9),
    CASE("filters=16 kernel=4 stride=2 pad=1 bias=off", 3, 16, 16, 3), /* a discriminator's first layer */
    CASE("filters=40 kernel=4 stride=2 pad=1 bias=off", 2, 8, 8, 32),
    CASE("filters=1 kernel=4 bias=off", 5, 4, 4, 64), /* its last one */
    CASE("filters=33 kernel=3 pad=1 bias=off", 2, 8, 8, 20),
    CASE("filters=8 kernel=3 stride=2 pad=2", 1, 9, 8, 5),
    CASE("filters=6 kernel=3 dilation=2 pad=2", 2, 7, 9, 4),
    CASE("filters=6 kernel_h=1 kernel_w=5 pad=1 dilation=1", 2, 6, 7, 4),
    CASE("filters=6 kernel=5 kernel_w=2 stride=3 pad=1", 1, 11, 10, 3),
    CASE("filters=12 kernel=3 pad=1 groups=3", 2, 6, 5, 6),
    CASE("filters=24 kernel=3 pad=1 groups=24 bias=off", 2, 7, 7, 24), /* depthwise */
    CASE("filters=20 kernel=3 stride=2 pad=1 groups=10", 1, 7, 8, 10),
    CASE("filters=20 kernel=1 stride=2", 2, 7, 6, 17),
    CASE("filters=32 kernel=3 pad=1 bias=off", 4, 16, 16, 32),
    {0},
};

const bal_layer_test bal_test_conv = {.name = "conv", .forward = forward, .cases = cases};
