/* global_avg_pool -- the mean of each channel over the map: [h][w][c] becomes [1][1][c]. See cl/global_avg_pool.cl. */
#include "_layer.h"

typedef struct {
    bal_kernel *forward, *backward;
} global_avg_pool;

enum { BLOCK = 64, GROUP = 64 };

static bal_status shape(bal_layer *l)
{
    l->out = (bal_shape){l->in[0].n, 1, 1, l->in[0].c};
    return BAL_OK;
}

static bal_status build(bal_layer *l, bal_device *dev)
{
    global_avg_pool *p = l->self;
    return bal_passes_get(&p->forward, &p->backward, dev, "global_avg_pool", bal_storage(l->half_in, l->half_out));
}

/* Vectors of channels by y by z. */
static bal_range range(const bal_device *dev, int c, size_t y, size_t z)
{
    size_t x = 1;
    if (bal_device_class(dev) == BAL_CPU) return bal_items(((size_t)c + 15) / 16, y, z);
    while (4 * x < (size_t)c && x < GROUP) x *= 2;
    return (bal_range){{((size_t)c + 3) / 4, y, z}, {x, GROUP / x, 1}};
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    global_avg_pool *p = l->self;
    bal_shape        in = x->shape;
    (void)pass;
    return bal_run(p->forward, range(x->dev, in.c, (size_t)in.n, 1), bal_i32(in.n), bal_i32(in.h * in.w), bal_i32(in.c),
                   bal_buf(x), bal_buf(y));
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    global_avg_pool *p = l->self;
    bal_shape        in = x->shape;
    size_t           blocks = ((size_t)in.h * (size_t)in.w + BLOCK - 1) / BLOCK;
    (void)pass;
    (void)y;
    if (!bal_has(dx)) return BAL_OK;
    return bal_run(p->backward, range(x->dev, in.c, blocks, (size_t)in.n), bal_i32(in.n), bal_i32(in.h * in.w),
                   bal_i32(in.c), bal_buf(dy), bal_buf(dx));
}

const bal_layer_def bal_layer_global_avg_pool = {
    .name = "global_avg_pool",
    .help = "the mean of each channel over the map",
    .size = sizeof(global_avg_pool),
    .halves = true,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
};
