/* _conv -- what conv and deconv share. */
#include "_conv.h"
#include "ballast/reduce.h"

int bal_conv_extent(const bal_conv *p, int axis)
{
    int own = axis == 0 ? p->kernel_h : p->kernel_w;
    return p->dilation * ((own ? own : p->kernel) - 1) + 1;
}

bal_status bal_conv_declare(bal_layer *l, bal_shape x, bal_shape y, bal_layout layout)
{
    bal_conv *p = l->self;
    int       kh = p->kernel_h ? p->kernel_h : p->kernel, kw = p->kernel_w ? p->kernel_w : p->kernel;
    if (x.c % p->groups || y.c % p->groups)
        return bal_fail_at(l->at, "layer %s: groups=%d must divide its %d input and %d output channels", l->def->name,
                           p->groups, l->in[0].c, l->out.c);
    p->geometry = (bal_conv_geometry){
        x, y, {kh, kw}, {p->stride, p->stride}, {p->pad, p->pad}, {p->dilation, p->dilation}, p->groups, false, false};
    l->flops = 2.0 * y.h * y.w * y.c * kh * kw * (x.c / p->groups);

    bal_weight *w = bal_layer_weight(l, "weight", BAL_KERNEL, layout, (bal_shape){kh, kw, x.c / p->groups, y.c});
    w->fan_in = kh * kw * (x.c / p->groups);
    w->fan_out = kh * kw * y.c;
    if (!p->bias) return BAL_OK;
    bal_weight *b = bal_layer_weight(l, "bias", BAL_BIAS, BAL_VECTOR, (bal_shape){1, 1, 1, l->out.c});
    b->fan_in = w->fan_in;
    b->fan_out = w->fan_out;
    return BAL_OK;
}

bal_status bal_conv_build(bal_layer *l, bal_device *dev)
{
    bal_conv *p = l->self;
    bal_shape out = l->out;
    bool      back = l->weights[0].layout == BAL_IOHW; /* deconv: from its output to its input */
    p->geometry.half_x = back ? l->half_out : l->half_in;
    p->geometry.half_y = back ? l->half_in : l->half_out;
    BAL_TRY(bal_convolution_init(&p->op, dev, &p->geometry));
    l->applies = !back && l->over && l->over->def->slope && bal_convolution_leak(p->op, l->over->def->slope(l->over));
    l->scratch = bal_convolution_scratch(p->op);
    if (!p->bias) return BAL_OK;
    size_t sums = bal_column_scratch(dev, (size_t)out.n * (size_t)out.h * (size_t)out.w, out.c);
    if (sums > l->scratch) l->scratch = sums;
    return BAL_OK;
}

void bal_conv_free(bal_layer *l)
{
    bal_conv *p = l->self;
    bal_convolution_free(p->op);
    p->op = NULL;
}
