/* max_pool -- the largest of each window, nn.MaxPool2d's conventions. The forward pass keeps which one it was. See
 * cl/max_pool.cl. */
#include <stdio.h>
#include "_layer.h"
#include "_pool.h"

typedef struct {
    bal_window  window;
    bal_tensor  taps;
    bal_kernel *forward, *backward;
} max_pool;

enum { WHOLE = 16, MOST = 4 };

static const bal_option options[] = {
    BAL_WINDOW_OPTIONS(max_pool),
    BAL_OPT_END,
};

static bal_status shape(bal_layer *l) { return bal_window_shape(l, &((max_pool *)l->self)->window); }

/* The windows that a layer before this one may take: side by side, channels in whole vectors of either class. */
static int window(const bal_layer *l)
{
    const bal_window *w = &((max_pool *)l->self)->window;
    bool              tiles = w->stride == w->kernel && w->pad == 0 && l->in[0].h % w->kernel == 0;
    return tiles && l->in[0].w % w->kernel == 0 && l->in[0].c % WHOLE == 0 && w->kernel <= MOST ? w->kernel : 0;
}

static bal_status build(bal_layer *l, bal_device *dev)
{
    max_pool *p = l->self;
    char      window[64], defines[128];
    bal_window_defines(window, sizeof window, &p->window);
    snprintf(defines, sizeof defines, "%s%s", window, bal_storage(l->half_in, l->half_out));
    BAL_TRY(bal_passes_get(&p->forward, &p->backward, dev, "max_pool", defines));
    return bal_tensor_init(&p->taps, dev, bal_taps_shape(l->out, p->window.kernel * p->window.kernel));
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    max_pool *p = l->self;
    bal_shape in = x->shape, out = y->shape;
    (void)pass;
    return bal_run(p->forward, bal_map_range(x->dev, out), bal_i32(out.n * out.h), bal_i32(in.h), bal_i32(in.w),
                   bal_i32(out.h), bal_i32(out.w), bal_i32(in.c), bal_buf(x), bal_buf(y), bal_buf(&p->taps));
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    max_pool *p = l->self;
    bal_shape in = x->shape, out = y->shape;
    (void)pass;
    if (!bal_has(dx)) return BAL_OK;
    return bal_run(p->backward, bal_map_range(x->dev, in), bal_i32(in.n * in.h), bal_i32(in.h), bal_i32(in.w),
                   bal_i32(out.h), bal_i32(out.w), bal_i32(in.c), bal_buf(dy), bal_buf(&p->taps), bal_buf(dx));
}

static void release(bal_layer *l) { bal_tensor_free(&((max_pool *)l->self)->taps); }

const bal_layer_def bal_layer_max_pool = {
    .name = "max_pool",
    .help = "the largest value of each window",
    .size = sizeof(max_pool),
    .options = options,
    .halves = true,
    .window = window,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
    .free = release,
};
