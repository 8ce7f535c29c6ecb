/* reshape -- the same numbers as [h][w][c], counted in PyTorch's order (channel, row, column): nn.Unflatten(1, (c, h,
 * w)). See _reshape.h. */
#include "_reshape.h"

static const bal_option options[] = {
    BAL_OPT(bal_reshape, h, BAL_INT, 1, 1, 65536, "height"),
    BAL_OPT(bal_reshape, w, BAL_INT, 1, 1, 65536, "width"),
    BAL_OPT(bal_reshape, c, BAL_INT, BAL_REQUIRED, 1, 1 << 24, "channels"),
    BAL_OPT_END,
};

static bal_status shape(bal_layer *l)
{
    const bal_reshape *p = l->self;
    bal_shape          in = l->in[0];
    if ((double)p->h * p->w * p->c != (double)in.h * in.w * in.c)
        return bal_fail_at(l->at, "layer reshape: h=%d w=%d c=%d is another size than its input of %dx%dx%d", p->h,
                           p->w, p->c, in.h, in.w, in.c);
    l->out = (bal_shape){in.n, p->h, p->w, p->c};
    return BAL_OK;
}

const bal_layer_def bal_layer_reshape = {
    .name = "reshape",
    .help = "the same numbers in another shape, in PyTorch's order",
    .size = sizeof(bal_reshape),
    .options = options,
    .shape = shape,
    .build = bal_reshape_build,
    .forward = bal_reshape_forward,
    .backward = bal_reshape_backward,
};
