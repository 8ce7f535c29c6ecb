/* adamw -- Adam with decoupled weight decay (Loshchilov and Hutter 2019). See cl/adam.cl. */
#include "_optim.h"

static const bal_option options[] = {
    BAL_OPT(bal_adam, lr, BAL_FLOAT, 1e-3, 0, 100, "learning rate"),
    BAL_OPT(bal_adam, beta1, BAL_FLOAT, 0.9, 0, 0.9999999, "decay of the mean of gradients"),
    BAL_OPT(bal_adam, beta2, BAL_FLOAT, 0.999, 0, 0.9999999, "decay of the mean of their squares"),
    BAL_OPT(bal_adam, eps, BAL_FLOAT, 1e-8, 1e-20, 1, "added to the denominator"),
    BAL_OPT(bal_adam, weight_decay, BAL_FLOAT, 1e-2, 0, 100, "times lr, the share that kernels lose in a step"),
    BAL_OPT_END
};

static bal_status step(bal_optim *o, const bal_optim_step *s) { return bal_adam_step(o, s, true); }

const bal_optim_def bal_optim_adamw = {
    "adamw", "Adam with weight decay apart from the gradient",
    sizeof(bal_adam), options, 2, bal_adam_build, step
};
