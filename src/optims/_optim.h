/* _optim -- what optimizers share. */
#ifndef BALLAST_OPTIMS_OPTIM_H
#define BALLAST_OPTIMS_OPTIM_H

#include "ballast/optim.h"

/* A setting as the decimal that was written. 0.999 as a float is 0.99900001, and 1 minus that is off by 1e-5; PyTorch
 * computes it in double. Right for up to seven places. */
double bal_optim_decimal(float setting);

/* The checks that every step needs, and the arguments that every kernel takes in the same way. */
void    bal_optim_check(const bal_optim *o, const bal_optim_step *s);
bal_arg bal_optim_factor(const bal_optim_step *s);  /* the factor, or some buffer where there is none */
bal_arg bal_optim_clipped(const bal_optim_step *s); /* whether there is one */

/* Adam and AdamW. */
typedef struct bal_adam {
    float       lr, beta1, beta2, eps, weight_decay;
    bal_kernel *kernel;
} bal_adam;
bal_status bal_adam_build(bal_optim *o, bal_device *dev);
bal_status bal_adam_step(bal_optim *o, const bal_optim_step *s, bool decoupled);

#endif
