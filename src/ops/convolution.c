/* convolution -- see ballast/convolution.h. The work is done by a class of kernels: convolution_cpu.c,
 * convolution_gpu.c. */
#include <assert.h>
#include <stdlib.h>
#include "convolution_class.h"

static const bal_conv_class *const classes[] = {[BAL_CPU] = &bal_conv_cpu, [BAL_GPU] = &bal_conv_gpu};

/* Does an output of `y` pixels fit: does its last window, kept or not, begin within the padded input? */
static bool fits(const bal_conv_geometry *g, int d)
{
    int x = d == 0 ? g->x.h : g->x.w, y = d == 0 ? g->y.h : g->y.w;
    int spare = x + 2 * g->pad[d] - (g->kernel[d] - 1) * g->dilation[d] - 1;
    return g->kernel[d] > 0 && g->stride[d] > 0 && g->dilation[d] > 0 && g->pad[d] >= 0 && spare >= 0 &&
           y == spare / g->stride[d] + 1;
}

static bal_status choose(bal_convolution *op, const bal_variant variant[3])
{
    for (int pass = 0; pass < 3; pass++) {
        if (variant) op->variant[pass] = variant[pass];
        else BAL_TRY(bal_convolution_choose(op, (bal_conv_pass)pass));
    }
    return BAL_OK;
}

bal_status bal_convolution_make(bal_convolution **out, bal_device *dev, const bal_conv_geometry *g,
                                const bal_variant variant[3])
{
    bal_convolution *op = *out = calloc(1, sizeof *op);
    if (!op) return bal_fail(BAL_ENOMEM, "no memory for a convolution");
    op->dev = dev;
    op->g = *g;
    op->slope = 1;
    op->kernels = classes[bal_device_class(dev)];
    op->self = calloc(1, op->kernels->size);
    bal_status st = op->self ? choose(op, variant) : bal_fail(BAL_ENOMEM, "no memory for a convolution");
    if (st == BAL_OK) st = op->kernels->build(op);
    if (st == BAL_OK) return BAL_OK;
    bal_convolution_free(op);
    *out = NULL;
    return st;
}

bal_status bal_convolution_init(bal_convolution **out, bal_device *dev, const bal_conv_geometry *g)
{
    assert(fits(g, 0) && fits(g, 1) && g->groups > 0 && g->x.c % g->groups == 0 && g->y.c % g->groups == 0 &&
           g->x.n == g->y.n);
    return bal_convolution_make(out, dev, g, NULL);
}

void bal_convolution_variants(bal_variants *out, const bal_convolution *op, bal_conv_pass pass)
{
    *out = (bal_variants){0};
    if (op->kernels->variants) op->kernels->variants(op, pass, out);
}

void bal_convolution_free(bal_convolution *op)
{
    if (!op) return;
    free(op->self);
    free(op);
}

bool bal_convolution_leak(bal_convolution *op, float slope)
{
    bool leaks = op->kernels->leaks && op->kernels->leaks(op);
    if (leaks) op->slope = slope;
    return leaks;
}

size_t bal_convolution_scratch(const bal_convolution *op) { return op->kernels->scratch(op); }

const char *bal_convolution_algorithm(const bal_convolution *op, bal_conv_pass pass) { return op->algorithm[pass]; }

/* A tensor of this shape, but for n, which may be less. */
static bool matches(const bal_tensor *t, bal_shape s)
{
    return bal_has(t) && t->shape.n > 0 && t->shape.n <= s.n && t->shape.h == s.h && t->shape.w == s.w &&
           t->shape.c == s.c;
}

static bool holds(const bal_tensor *t, size_t floats)
{
    return floats == 0 || (bal_has(t) && bal_shape_size(t->shape) >= floats);
}

static bool ready(const bal_convolution *op, const bal_tensor *x, const bal_tensor *y, const bal_tensor *w,
                  const bal_tensor *scratch)
{
    const bal_conv_geometry *g = &op->g;
    size_t weights = (size_t)(g->kernel[0] * g->kernel[1]) * (size_t)(g->x.c / g->groups) * (size_t)g->y.c;
    return matches(x, g->x) && matches(y, g->y) && x->half == g->half_x && y->half == g->half_y &&
           x->shape.n == y->shape.n && bal_has(w) && bal_shape_size(w->shape) == weights &&
           holds(scratch, bal_convolution_scratch(op));
}

/* For the profile: a pass as the plain sums would do it, every tensor moved once. */
static void announce(const bal_convolution *op, bal_conv_pass pass, int n)
{
    const bal_conv_geometry *g = &op->g;
    bal_shape                x = g->x, y = g->y;
    x.n = y.n = n;
    double depth = (double)(g->kernel[0] * g->kernel[1]) * (g->x.c / g->groups);
    double floats = (double)bal_shape_size(x) / (g->half_x ? 2 : 1) + (double)bal_shape_size(y) / (g->half_y ? 2 : 1) +
                    depth * g->y.c;
    bal_device_work(op->dev, &(bal_work){pass == BAL_CONV_BACKWARD_W ? "weights" : "data", op->algorithm[pass],
                                         2 * depth * (double)bal_shape_size(y), floats * sizeof(float)});
}

static bal_status end(const bal_convolution *op, bal_status st)
{
    bal_device_work(op->dev, NULL);
    return st;
}

bal_status bal_convolution_forward(const bal_convolution *op, const bal_tensor *y, const bal_tensor *x,
                                   const bal_tensor *w, const bal_tensor *bias, const bal_tensor *scratch)
{
    assert(ready(op, x, y, w, scratch) && (!bal_has(bias) || holds(bias, (size_t)op->g.y.c)));
    announce(op, BAL_CONV_FORWARD, y->shape.n);
    return end(op, op->kernels->forward(op, y, x, w, bias, scratch));
}

bal_status bal_convolution_backward_x(const bal_convolution *op, const bal_tensor *dx, const bal_tensor *dy,
                                      const bal_tensor *w, const bal_tensor *bias, const bal_tensor *scratch)
{
    assert(ready(op, dx, dy, w, scratch) && (!bal_has(bias) || holds(bias, (size_t)op->g.x.c)));
    announce(op, BAL_CONV_BACKWARD_X, dx->shape.n);
    return end(op, op->kernels->backward_x(op, dx, dy, w, bias, scratch));
}

bal_status bal_convolution_backward_w(const bal_convolution *op, const bal_tensor *dw, const bal_tensor *x,
                                      const bal_tensor *dy, const bal_tensor *scratch)
{
    assert(ready(op, x, dy, dw, scratch));
    announce(op, BAL_CONV_BACKWARD_W, x->shape.n);
    return end(op, op->kernels->backward_w(op, dw, x, dy, scratch));
}
