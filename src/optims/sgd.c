/* sgd -- stochastic gradient descent, with momentum and Nesterov's. See cl/sgd.cl. */
#include "_optim.h"

typedef struct {
    float       lr, momentum, weight_decay;
    bool        nesterov;
    bal_kernel *kernel;
} sgd;

static const bal_option options[] = {
    BAL_OPT(sgd, lr, BAL_FLOAT, 1e-3, 0, 100, "learning rate"),
    BAL_OPT(sgd, momentum, BAL_FLOAT, 0, 0, 0.9999999, "share of the last step that goes into the next"),
    BAL_OPT_BOOL(sgd, nesterov, 0, "look ahead by the momentum"),
    BAL_OPT(sgd, weight_decay, BAL_FLOAT, 0, 0, 100, "times the weight, added to the gradient of kernels"),
    BAL_OPT_END
};

static bal_status build(bal_optim *o, bal_device *dev)
{
    sgd *p = o->self;
    return bal_kernel_get(&p->kernel, dev, "sgd", "sgd", "");
}

static bal_status step(bal_optim *o, const bal_optim_step *s)
{
    const sgd *p = o->self;
    int        n = bal_size(&s->w);
    bal_optim_check(o, s);
    return bal_run(p->kernel, bal_flat(s->w.dev, (size_t)n), bal_buf(&s->w), bal_buf(&s->g), bal_buf(&s->moment[0]),
                   bal_optim_factor(s), bal_optim_clipped(s), bal_i32(n), bal_i32(s->decayed), bal_f32(p->weight_decay),
                   bal_f32(p->momentum), bal_i32(p->nesterov), bal_f32(s->lr));
}

const bal_optim_def bal_optim_sgd = {"sgd", "gradient descent with momentum", sizeof(sgd), options, 1, build, step};
