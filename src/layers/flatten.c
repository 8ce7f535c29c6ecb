/* flatten -- [h][w][c] becomes [1][1][h*w*c], counted in PyTorch's order (channel, row, column). See _reshape.h. */
#include "_reshape.h"

static bal_status shape(bal_layer *l)
{
    bal_shape in = l->in[0];
    l->out = (bal_shape){in.n, 1, 1, in.h * in.w * in.c};
    return BAL_OK;
}

const bal_layer_def bal_layer_flatten = {
    .name = "flatten",
    .help = "a map becomes a vector, in PyTorch's order",
    .size = sizeof(bal_reshape),
    .shape = shape,
    .build = bal_reshape_build,
    .forward = bal_reshape_forward,
    .backward = bal_reshape_backward,
};
