/* _loss -- what losses share: the sum at the end, and the whole of an adversarial loss but its formula. */
#ifndef BALLAST_LOSSES_LOSS_H
#define BALLAST_LOSSES_LOSS_H

#include "ballast/loss.h"

typedef struct bal_loss_kernels {
    bal_kernel *terms, *sum;
} bal_loss_kernels;

/* Kernel `name` of cl/FILE.cl that writes the terms, the sum's kernel, and scratch for `terms` of them. */
bal_status bal_loss_kernels_get(bal_loss_kernels *out, bal_loss *l, bal_device *dev, const char *file, const char *name,
                                size_t terms);
/* figures from the first n terms in the workspace, and those of the next slots from the next n terms. */
bal_status bal_loss_sum(const bal_loss_kernels *k, const bal_loss *l, int n, int slots, const bal_tensor *figures,
                        int slot);

/* y is one vector of `c` logits a sample (c 0: any number from 2 on). */
bal_status bal_loss_vector(const bal_loss *l, int c, bal_where at);

/* Queue the kernel of a classification loss, whose arguments begin with those that all have: y, label, numbers in a row
 * of label, weight, n, classes (y.c), terms, dy, whether dy is wanted (cl/label.h); `own` follow. Then the sum. */
enum { BAL_LOSS_OWN = 4 }; /* at most so many */
bal_status bal_labelled_run(const bal_loss_kernels *k, const bal_loss *l, const bal_tensor *y, const bal_tensor *label,
                            const bal_tensor *dy, const bal_tensor *figures, int slot, const bal_arg *own, int count);

/* Training images of a class, at least 1 so that a class without any has a logarithm. */
static inline double bal_loss_images(const bal_loss *l, int class)
{
    return l->images && l->images[class] > 1 ? l->images[class] : 1;
}

/* Logit adjustment: [y.c], tau log(p) with p each class's share of the training images, or with `odds` tau log(p /
 * (1 - p)), of the second class for a single output. */
bal_status bal_loss_adjustment(bal_tensor *out, const bal_loss *l, bal_device *dev, float tau, bool odds);

/* Adversarial losses, a launch each: y has one channel; `real` and `fake` are passed on to the formula. */
bal_status bal_adversarial_shape(bal_loss *l, bal_where at);
bal_status bal_adversarial_build(bal_loss_kernels *out, bal_loss *l, bal_device *dev);
bal_status bal_adversarial_run(const bal_loss_kernels *k, const bal_loss *l, bal_target target, const float settings[2],
                               const bal_tensor *y, const bal_tensor *dy, const bal_tensor *figures, int slot);

#endif
