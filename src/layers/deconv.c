/* deconv -- transposed convolution, nn.ConvTranspose2d: weight IOHW, output (size - 1) stride - 2 pad + extent +
 * output_pad. It is a convolution from its output to its input, run backwards. See ballast/convolution.h. */
#include <limits.h>
#include "_conv.h"
#include "ballast/reduce.h"

static const bal_option options[] = {
    BAL_CONV_OPTIONS,
    BAL_OPT(bal_conv, output_pad, BAL_INT, 0, 0, 63, "further rows and columns of output; less than the stride"),
    BAL_OPT_END,
};

/* Along an axis: 0 height, 1 width. In double, for chains of them grow fast. */
static double extent(const bal_conv *p, int size, int axis)
{
    return ((double)size - 1) * p->stride - 2.0 * p->pad + bal_conv_extent(p, axis) + p->output_pad;
}

static bal_status shape(bal_layer *l)
{
    const bal_conv *p = l->self;
    bal_shape       in = l->in[0];
    double          h = extent(p, in.h, 0), w = extent(p, in.w, 1);
    if (p->output_pad >= p->stride)
        return bal_fail_at(l->at, "layer deconv: output_pad=%d must be less than stride=%d", p->output_pad, p->stride);
    if (h < 1 || w < 1)
        return bal_fail_at(l->at, "layer deconv: pad=%d leaves nothing of its output (%.0fx%.0f)", p->pad, h, w);
    if (h * w > INT_MAX) return bal_fail_at(l->at, "layer deconv: an output of %.0fx%.0f is too large", h, w);
    l->out = (bal_shape){in.n, (int)h, (int)w, p->filters};
    return bal_conv_declare(l, l->out, in, BAL_IOHW);
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    const bal_conv *p = l->self;
    (void)pass;
    return bal_convolution_backward_x(p->op, y, x, &l->weights[0].v, p->bias ? &l->weights[1].v : NULL, &l->workspace);
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    const bal_conv *p = l->self;
    (void)y;
    if (!pass->frozen) {
        if (p->bias) BAL_TRY(bal_column_sum(&l->weights[1].g, dy, true, &l->workspace));
        BAL_TRY(bal_convolution_backward_w(p->op, &l->weights[0].g, dy, x, &l->workspace));
    }
    if (!bal_has(dx)) return BAL_OK;
    return bal_convolution_forward(p->op, dx, dy, &l->weights[0].v, NULL, &l->workspace);
}

const bal_layer_def bal_layer_deconv = {
    .name = "deconv",
    .help = "transposed convolution",
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
