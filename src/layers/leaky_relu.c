/* leaky_relu -- y = x for x > 0, slope * x otherwise. See cl/leaky_relu.cl. The slope's default is the GANs' .2, not
 * PyTorch's .01. */
#include "_layer.h"

typedef struct {
    float       slope;
    bal_kernel *forward, *backward;
} leaky_relu;

static const bal_option options[] = {
    BAL_OPT(leaky_relu, slope, BAL_FLOAT, 0.2, 0, 1, "gradient for negative inputs"),
    BAL_OPT_END,
};

static bal_status build(bal_layer *l, bal_device *dev)
{
    leaky_relu *p = l->self;
    return bal_passes_get(&p->forward, &p->backward, dev, "leaky_relu", "");
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    leaky_relu *p = l->self;
    int         n = bal_size(y);
    (void)pass;
    return bal_run(p->forward, bal_flat(y->dev, (size_t)n), bal_i32(n), bal_buf(x), bal_buf(y), bal_f32(p->slope));
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    leaky_relu *p = l->self;
    int         n = bal_size(dy);
    (void)pass;
    (void)x;
    if (!bal_has(dx)) return BAL_OK;
    return bal_run(p->backward, bal_flat(dx->dev, (size_t)n), bal_i32(n), bal_buf(y), bal_buf(dy), bal_buf(dx),
                   bal_f32(p->slope));
}

const bal_layer_def bal_layer_leaky_relu = {
    .name = "leaky_relu",
    .help = "y = max(x, slope * x)",
    .size = sizeof(leaky_relu),
    .options = options,
    .shape = bal_pointwise_shape,
    .build = build,
    .forward = forward,
    .backward = backward,
};
