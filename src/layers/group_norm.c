/* group_norm -- nn.GroupNorm: each group of channels of a sample is normalised over its map. See cl/group_norm.cl. */
#include "_group_norm.h"

static const bal_option options[] = {
    BAL_OPT(bal_group_norm, groups, BAL_INT, BAL_REQUIRED, 1, 65536, "groups of channels"),
    BAL_GROUP_NORM_OPTIONS,
    BAL_OPT_END,
};

static bal_status shape(bal_layer *l)
{
    const bal_group_norm *p = l->self;
    if (l->in[0].c % p->groups)
        return bal_fail_at(l->at, "layer group_norm: groups=%d must divide its %d channels", p->groups, l->in[0].c);
    return bal_group_norm_declare(l);
}

const bal_layer_def bal_layer_group_norm = {
    .name = "group_norm",
    .help = "normalises groups of channels over each sample's map",
    .size = sizeof(bal_group_norm),
    .options = options,
    .shape = shape,
    .build = bal_group_norm_build,
    .forward = bal_group_norm_forward,
    .backward = bal_group_norm_backward,
    .free = bal_group_norm_free,
};
