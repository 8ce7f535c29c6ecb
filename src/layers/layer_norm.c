/* layer_norm -- each pixel is normalised over its channels: nn.LayerNorm(c) with channels last (as in ConvNeXt), on
 * vectors nn.LayerNorm itself. For statistics over the whole map use group_norm groups=1. See cl/group_norm.cl. */
#include "_group_norm.h"

static const bal_option options[] = {
    BAL_GROUP_NORM_OPTIONS,
    BAL_OPT_END,
};

static bal_status shape(bal_layer *l)
{
    bal_group_norm *p = l->self;
    p->groups = 1;
    p->by_pixel = true;
    return bal_group_norm_declare(l);
}

const bal_layer_def bal_layer_layer_norm = {
    .name = "layer_norm",
    .help = "normalises each pixel over its channels",
    .size = sizeof(bal_group_norm),
    .options = options,
    .shape = shape,
    .build = bal_group_norm_build,
    .forward = bal_group_norm_forward,
    .backward = bal_group_norm_backward,
    .free = bal_group_norm_free,
};
