/* upsample -- `factor` times as many rows and columns, nn.Upsample's conventions (align_corners=False). See
 * cl/upsample.cl. */
#include <limits.h>
#include <stdio.h>
#include "_layer.h"

typedef struct {
    int         factor, mode;
    bal_kernel *forward, *backward;
} upsample;

enum { NEAREST, BILINEAR };

static const bal_option options[] = {
    BAL_OPT(upsample, factor, BAL_INT, 2, 1, 16, "how many times as high and wide"),
    BAL_OPT_CHOICE(upsample, mode, NEAREST, "nearest|bilinear", "how pixels between are made"),
    BAL_OPT_END,
};

static bal_status shape(bal_layer *l)
{
    const upsample *p = l->self;
    bal_shape       in = l->in[0];
    if (in.h > INT_MAX / p->factor || in.w > INT_MAX / p->factor)
        return bal_fail_at(l->at, "layer upsample: factor=%d makes its %dx%d input too large", p->factor, in.h, in.w);
    l->out = (bal_shape){in.n, in.h * p->factor, in.w * p->factor, in.c};
    return BAL_OK;
}

static bal_status build(bal_layer *l, bal_device *dev)
{
    upsample *p = l->self;
    char      defines[64];
    snprintf(defines, sizeof defines, "-DFACTOR=%d -DNEAREST=%d", p->factor, p->mode == NEAREST);
    return bal_passes_get(&p->forward, &p->backward, dev, "upsample", defines);
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    upsample *p = l->self;
    bal_shape in = x->shape, out = y->shape;
    (void)pass;
    return bal_run(p->forward, bal_map_range(x->dev, out), bal_i32(out.n * out.h), bal_i32(in.h), bal_i32(in.w),
                   bal_i32(in.c), bal_buf(x), bal_buf(y));
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    upsample *p = l->self;
    bal_shape in = x->shape;
    (void)pass;
    (void)y;
    if (!bal_has(dx)) return BAL_OK;
    return bal_run(p->backward, bal_map_range(x->dev, in), bal_i32(in.n * in.h), bal_i32(in.h), bal_i32(in.w),
                   bal_i32(in.c), bal_buf(dy), bal_buf(dx));
}

const bal_layer_def bal_layer_upsample = {
    .name = "upsample",
    .help = "a map several times as high and wide",
    .size = sizeof(upsample),
    .options = options,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
};
