/* rmsprop -- steps scaled by the root of a running mean of squared gradients. See cl/rmsprop.cl. */
#include "_optim.h"

typedef struct {
    float       lr, alpha, eps, momentum, weight_decay;
    bal_kernel *kernel;
} rmsprop;

static const bal_option options[] = {
    BAL_OPT(rmsprop, lr, BAL_FLOAT, 1e-2, 0, 100, "learning rate"),
    BAL_OPT(rmsprop, alpha, BAL_FLOAT, 0.99, 0, 0.9999999, "decay of the mean of squared gradients"),
    BAL_OPT(rmsprop, eps, BAL_FLOAT, 1e-8, 1e-20, 1, "added to the denominator"),
    BAL_OPT(rmsprop, momentum, BAL_FLOAT, 0, 0, 0.9999999, "share of the last step that goes into the next"),
    BAL_OPT(rmsprop, weight_decay, BAL_FLOAT, 0, 0, 100, "times the weight, added to the gradient of kernels"),
    BAL_OPT_END
};

static bal_status build(bal_optim *o, bal_device *dev)
{
    rmsprop *p = o->self;
    return bal_kernel_get(&p->kernel, dev, "rmsprop", "rmsprop", "");
}

static bal_status step(bal_optim *o, const bal_optim_step *s)
{
    const rmsprop *p = o->self;
    int            n = bal_size(&s->w);
    double         alpha = bal_optim_decimal(p->alpha);
    bal_optim_check(o, s);
    return bal_run(p->kernel, bal_flat(s->w.dev, (size_t)n), bal_buf(&s->w), bal_buf(&s->g), bal_buf(&s->moment[0]),
                   bal_buf(&s->moment[1]), bal_optim_factor(s), bal_optim_clipped(s), bal_i32(n), bal_i32(s->decayed),
                   bal_f32(p->weight_decay), bal_f32((float)alpha), bal_f32((float)(1 - alpha)), bal_f32(p->eps),
                   bal_f32(p->momentum), bal_f32(s->lr));
}

const bal_optim_def bal_optim_rmsprop = {
    "rmsprop", "steps scaled by a running mean of squared gradients", sizeof(rmsprop), options, 2, build, step
};
