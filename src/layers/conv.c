/* conv -- nn.Conv2d: weight OIHW, output floor((size + 2 pad - extent) / stride) + 1. See ballast/convolution.h. */
#include "_conv.h"
#include "ballast/reduce.h"

static const bal_option options[] = {
    BAL_CONV_OPTIONS,
    BAL_OPT_END,
};

static bal_status shape(bal_layer *l)
{
    const bal_conv *p = l->self;
    bal_shape       in = l->in[0];
    int             h = in.h + 2 * p->pad - bal_conv_extent(p, 0), w = in.w + 2 * p->pad - bal_conv_extent(p, 1);
    if (h < 0 || w < 0)
        return bal_fail_at(l->at, "layer conv: a kernel of %dx%d does not fit its input of %dx%d with pad=%d",
                           bal_conv_extent(p, 0), bal_conv_extent(p, 1), in.h, in.w, p->pad);
    l->out = (bal_shape){in.n, h / p->stride + 1, w / p->stride + 1, p->filters};
    return bal_conv_declare(l, in, l->out, BAL_OIHW);
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    const bal_conv *p = l->self;
    (void)pass;
    return bal_convolution_forward(p->op, y, x, &l->weights[0].v, p->bias ? &l->weights[1].v : NULL, &l->workspace);
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    const bal_conv *p = l->self;
    (void)y;
    if (!pass->frozen) {
        if (p->bias) BAL_TRY(bal_column_sum(&l->weights[1].g, dy, true, &l->workspace));
        BAL_TRY(bal_convolution_backward_w(p->op, &l->weights[0].g, x, dy, &l->workspace));
    }
    if (!bal_has(dx)) return BAL_OK;
    return bal_convolution_backward_x(p->op, dx, dy, &l->weights[0].v, NULL, &l->workspace);
}

const bal_layer_def bal_layer_conv = {
    .name = "conv",
    .help = "convolution",
    .size = sizeof(bal_conv),
    .options = options,
    .halves = true,
    .forgets = true,
    .dx_last = true,
    .shape = shape,
    .build = bal_conv_build,
    .forward = forward,
    .backward = backward,
    .free = bal_conv_free,
};
