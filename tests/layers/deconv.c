/* deconv -- every input times the kernel, added where it falls. */
#include "layer_test.h"

/* Adds one input pixel's contribution to the outputs of image n. */
static void spread(const bal_layer *l, const double *x, const double *w, int n, int iy, int ix, double *y)
{
    bal_shape k = l->weights[0].shape; /* {kh, kw, out / groups, in} */
    int       s = (int)bal_layer_option(l, "stride"), p = (int)bal_layer_option(l, "pad"),
        d = (int)bal_layer_option(l, "dilation");
    int per_group = l->in[0].c / (l->out.c / k.w);
    for (int ky = 0; ky < k.n; ky++)
        for (int kx = 0; kx < k.h; kx++) {
            int oy = iy * s - p + ky * d, ox = ix * s - p + kx * d;
            if (oy < 0 || oy >= l->out.h || ox < 0 || ox >= l->out.w) continue;
            for (int o = 0; o < k.w; o++)
                for (int c = 0; c < l->in[0].c; c++)
                    y[bal_at(l->out, n, oy, ox, c / per_group * k.w + o)] +=
                        x[bal_at(l->in[0], n, iy, ix, c)] * w[((ky * k.h + kx) * k.w + o) * k.c + c];
        }
}

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    (void)pass;
    for (size_t i = 0; i < bal_shape_size(l->out); i++) y[i] = l->weight_count > 1 ? w[1][i % (size_t)l->out.c] : 0;
    for (int n = 0; n < l->in[0].n; n++)
        for (int iy = 0; iy < l->in[0].h; iy++)
            for (int ix = 0; ix < l->in[0].w; ix++) spread(l, x[0], w[0], n, iy, ix, y);
}

static const bal_layer_case cases[] = {
    CASE("filters=1 kernel=1", 1, 1, 1, 1),
    CASE("filters=5 kernel=3 pad=1", 2, 5, 7, 3),
    CASE("filters=32 kernel=4 bias=off", 4, 1, 1, 20), /* a generator's first layer */
    CASE("filters=7 kernel=4 stride=2 pad=1 bias=off", 2, 4, 3, 9),
    CASE("filters=24 kernel=4 stride=2 pad=1 bias=off", 2, 4, 4, 40),
    CASE("filters=3 kernel=4 stride=2 pad=1 bias=off", 3, 8, 8, 16), /* its last one */
    CASE("filters=6 kernel=3 stride=2 pad=1 output_pad=1", 2, 5, 4, 4),
    CASE("filters=6 kernel=5 stride=3 pad=2 output_pad=2", 1, 3, 4, 5),
    CASE("filters=6 kernel=3 dilation=2 pad=1", 2, 4, 5, 4),
    CASE("filters=6 kernel_h=2 kernel_w=5 stride=2", 2, 4, 3, 4),
    CASE("filters=6 kernel=4 stride=2 pad=1 groups=2", 2, 4, 5, 8),
    CASE("filters=18 kernel=3 stride=2 groups=18", 1, 4, 5, 18),
    CASE("filters=32 kernel=4 stride=2 pad=1", 3, 8, 8, 32),
    {0},
};

const bal_layer_test bal_test_deconv = {.name = "deconv", .forward = forward, .cases = cases};
