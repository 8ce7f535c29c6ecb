/* dropout -- in training each value is dropped with probability `rate` and the others grow by 1 / (1 - rate); else y =
 * x. Which ones is keyed by the run's seed, the pass and the layer, element by element, so it is the same on every
 * device. See cl/dropout.cl. */
#include "_layer.h"

typedef struct {
    float       rate;
    bal_kernel *apply;
} dropout;

static const bal_option options[] = {
    BAL_OPT(dropout, rate, BAL_FLOAT, 0.5, 0, 1, "share of values that is dropped"),
    BAL_OPT_END,
};

static bal_status build(bal_layer *l, bal_device *dev)
{
    dropout *p = l->self;
    return bal_kernel_get(&p->apply, dev, "dropout", "dropout_apply", "");
}

static bal_status apply(const bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    const dropout *p = l->self;
    size_t         n = bal_shape_size(y->shape);
    bal_stream     s = bal_stream_for(pass->seed, BAL_FOR_DROPOUT, pass->draw, (uint32_t)l->index);
    if (!pass->training) return bal_tensor_copy(y, x);
    return bal_run(p->apply, bal_flat(y->dev, (n + 3) / 4), bal_i32((int)n), bal_buf(x), bal_buf(y), bal_f32(p->rate),
                   bal_f32(p->rate < 1 ? 1 / (1 - p->rate) : 0), bal_u32(s.key[0]), bal_u32(s.key[1]),
                   bal_u32(s.block[0]), bal_u32(s.block[1]));
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    return apply(l, pass, x, y);
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    (void)x;
    (void)y;
    return bal_has(dx) ? apply(l, pass, dy, dx) : BAL_OK;
}

const bal_layer_def bal_layer_dropout = {
    .name = "dropout",
    .help = "drops values at random in training",
    .size = sizeof(dropout),
    .options = options,
    .shape = bal_pointwise_shape,
    .build = build,
    .forward = forward,
    .backward = backward,
};
