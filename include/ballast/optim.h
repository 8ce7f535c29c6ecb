/* optim -- the contract of an optimizer: one launch over the flat arena of a net's trained weights. */
#ifndef BALLAST_OPTIM_H
#define BALLAST_OPTIM_H

#include "ballast/device.h"
#include "ballast/option.h"

typedef struct bal_optim_step {
    bal_tensor w, g;      /* the arenas, sizes equal (padding included: zeros stay zeros) */
    bal_tensor moment[2]; /* def->moments of them, same size, zero at step 1 */
    bal_tensor factor;    /* one float that multiplies g: gradient clipping; mem NULL: 1; 0: leave all as it is */
    int        decayed;   /* weight decay applies to elements before this one: kernels, not norms and biases */
    int        t;         /* step number, from 1 */
    float      lr;
} bal_optim_step;

typedef struct bal_optim_def bal_optim_def;

typedef struct bal_optim {
    const bal_optim_def *def;
    void                *self;
} bal_optim;

struct bal_optim_def {
    const char       *name, *help;
    size_t            size;
    const bal_option *options; /* every optimizer has `lr` (float member) */
    int               moments;
    bal_status (*build)(bal_optim *o, bal_device *dev);
    bal_status (*step)(bal_optim *o, const bal_optim_step *s); /* formulas and defaults are PyTorch's */
};

extern const bal_optim_def *const bal_optim_defs[];

#endif
