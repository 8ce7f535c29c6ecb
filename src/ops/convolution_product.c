/* convolution_product -- convolutions that are one matrix product, for every class; see convolution_class.h. */
#include "convolution_class.h"

bool bal_conv_is_product(const bal_conv_geometry *g)
{
    const int *k = g->kernel, *s = g->stride, *d = g->dilation;
    bool       pointwise = k[0] == 1 && k[1] == 1 && s[0] == 1 && s[1] == 1;
    bool       covering = g->y.h == 1 && g->y.w == 1 && k[0] == g->x.h && k[1] == g->x.w && d[0] == 1 && d[1] == 1;
    return g->groups == 1 && g->pad[0] == 0 && g->pad[1] == 0 && (pointwise || covering);
}

static int rows(const bal_conv_geometry *g, int n) { return n * g->y.h * g->y.w; }
static int depth(const bal_conv_geometry *g) { return g->kernel[0] * g->kernel[1] * g->x.c; }

/* One number for an image: dot and outer products, each a single launch. */
static bool narrow(const bal_conv_geometry *g) { return g->y.h == 1 && g->y.w == 1 && g->y.c == 1; }

bal_status bal_conv_product_init(bal_conv_product *p, bal_device *dev, const bal_conv_geometry *g)
{
    if (narrow(g)) {
        BAL_TRY(bal_kernel_get(&p->dot, dev, "conv_product", "conv_dot", ""));
        BAL_TRY(bal_kernel_get(&p->outer, dev, "conv_product", "conv_outer", ""));
        return bal_kernel_get(&p->outer_weights, dev, "conv_product", "conv_outer_weights", "");
    }
    BAL_TRY(bal_gemm_init(&p->forward, dev, false, false));
    BAL_TRY(bal_gemm_init(&p->backward_x, dev, false, true));
    BAL_TRY(bal_gemm_init(&p->backward_w, dev, true, false));
    return bal_kernel_get(&p->fill_bias, dev, "conv_product", "conv_fill_bias", "");
}

size_t bal_conv_product_scratch(const bal_conv_product *p, const bal_conv_geometry *g, bal_conv_pass pass)
{
    int m = rows(g, g->x.n), n = g->y.c, k = depth(g);
    if (narrow(g)) return 0;
    if (pass == BAL_CONV_FORWARD) return bal_gemm_scratch(&p->forward, m, n, k);
    return pass == BAL_CONV_BACKWARD_X ? bal_gemm_scratch(&p->backward_x, m, k, n)
                                       : bal_gemm_scratch(&p->backward_w, k, n, m);
}

bal_status bal_conv_product_forward(const bal_conv_product *p, const bal_conv_geometry *g, const bal_tensor *y,
                                    const bal_tensor *x, const bal_tensor *w, const bal_tensor *bias,
                                    const bal_tensor *scratch)
{
    enum { LANES = 64 }; /* as in cl/conv_product.cl */
    if (narrow(g))
        return bal_run(p->dot, bal_groups((size_t)x->shape.n, 1, 1, LANES, 1), bal_i32(depth(g)), bal_buf(x),
                       bal_buf(w), bal_buf(bal_has(bias) ? bias : w), bal_i32(bal_has(bias)), bal_buf(y));
    return bal_gemm_run(&p->forward, y, x, w, bias, (int[]){rows(g, x->shape.n), g->y.c, depth(g)}, 0, scratch);
}

bal_status bal_conv_product_backward_x(const bal_conv_product *p, const bal_conv_geometry *g, const bal_tensor *dx,
                                       const bal_tensor *dy, const bal_tensor *w, const bal_tensor *bias,
                                       const bal_tensor *scratch)
{
    if (narrow(g)) {
        bal_range range = bal_flat(dx->dev, (size_t)depth(g));
        range.global[1] = (size_t)dx->shape.n;
        return bal_run(p->outer, range, bal_i32(depth(g)), bal_i32(g->x.c), bal_buf(dy), bal_buf(w),
                       bal_buf(bal_has(bias) ? bias : w), bal_i32(bal_has(bias)), bal_buf(dx));
    }
    if (bal_has(bias))
        BAL_TRY(bal_run(p->fill_bias, bal_flat(dx->dev, bal_shape_size(dx->shape)), bal_i32(bal_size(dx)),
                        bal_i32(g->x.c), bal_buf(bias), bal_buf(dx)));
    return bal_gemm_run(&p->backward_x, dx, dy, w, NULL, (int[]){rows(g, dx->shape.n), depth(g), g->y.c},
                        bal_has(bias) ? 1 : 0, scratch);
}

bal_status bal_conv_product_backward_w(const bal_conv_product *p, const bal_conv_geometry *g, const bal_tensor *dw,
                                       const bal_tensor *x, const bal_tensor *dy, const bal_tensor *scratch)
{
    if (narrow(g))
        return bal_run(p->outer_weights, bal_flat(dw->dev, (size_t)depth(g)), bal_i32(x->shape.n), bal_i32(depth(g)),
                       bal_buf(x), bal_buf(dy), bal_buf(dw));
    return bal_gemm_run(&p->backward_w, dw, x, dy, NULL, (int[]){depth(g), g->y.c, rows(g, x->shape.n)}, 1, scratch);
}
