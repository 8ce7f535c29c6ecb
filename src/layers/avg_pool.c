/* avg_pool -- the mean of each window, nn.AvgPool2d's conventions. See cl/avg_pool.cl. */
#include <stdio.h>
#include <string.h>
#include "_layer.h"
#include "_pool.h"

typedef struct {
    bal_window  window;
    bool        count_include_pad;
    bal_kernel *forward, *backward;
} avg_pool;

static const bal_option options[] = {
    BAL_WINDOW_OPTIONS(avg_pool),
    BAL_OPT_BOOL(avg_pool, count_include_pad, 1, "padding counts as zeros in the mean"),
    BAL_OPT_END,
};

static bal_status shape(bal_layer *l) { return bal_window_shape(l, &((avg_pool *)l->self)->window); }

static bal_status build(bal_layer *l, bal_device *dev)
{
    avg_pool *p = l->self;
    char      defines[64];
    bal_window_defines(defines, sizeof defines, &p->window);
    size_t used = strlen(defines);
    snprintf(defines + used, sizeof defines - used, " -DCOUNT_PAD=%d", p->count_include_pad);
    return bal_passes_get(&p->forward, &p->backward, dev, "avg_pool", defines);
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    avg_pool *p = l->self;
    bal_shape in = x->shape, out = y->shape;
    (void)pass;
    return bal_run(p->forward, bal_map_range(x->dev, out), bal_i32(out.n * out.h), bal_i32(in.h), bal_i32(in.w),
                   bal_i32(out.h), bal_i32(out.w), bal_i32(in.c), bal_buf(x), bal_buf(y));
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    avg_pool *p = l->self;
    bal_shape in = x->shape, out = y->shape;
    (void)pass;
    if (!bal_has(dx)) return BAL_OK;
    return bal_run(p->backward, bal_map_range(x->dev, in), bal_i32(in.n * in.h), bal_i32(in.h), bal_i32(in.w),
                   bal_i32(out.h), bal_i32(out.w), bal_i32(in.c), bal_buf(dy), bal_buf(dx));
}

const bal_layer_def bal_layer_avg_pool = {
    .name = "avg_pool",
    .help = "the mean of each window",
    .size = sizeof(avg_pool),
    .options = options,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
};
