/* pointwise -- small passes over flat arenas (weights, gradients): averages, clamps, the factor of a clipped gradient;
 * two tensors made one, or exchanged. */
#ifndef BALLAST_POINTWISE_H
#define BALLAST_POINTWISE_H

#include "ballast/device.h"

/* Exponential moving average of weights: average = decay * average + (1 - decay) * w. Sizes equal. */
bal_status bal_average(const bal_tensor *average, const bal_tensor *w, double decay);
/* The same of two pairs in one launch; the second may be empty. */
bal_status bal_average_both(const bal_tensor *const average[2], const bal_tensor *const w[2], double decay);

/* y: the floats of a, then those of b; sizes add up. */
bal_status bal_join(const bal_tensor *y, const bal_tensor *a, const bal_tensor *b);

/* What is in a and what is in b change places; sizes equal. */
bal_status bal_exchange(const bal_tensor *a, const bal_tensor *b);

/* w = min(max(w, -limit), limit): the weight clipping of a Wasserstein critic (Arjovsky et al. 2017, algorithm 1). */
bal_status bal_clamp(const bal_tensor *w, float limit);

/* Gradient clipping by norm, as torch.nn.utils.clip_grad_norm_: factor[0] = min(1, limit / (norms[index] + 1e-6)).
 * The norm is bal_norm's; the factor is what bal_optim_step takes. The host reads nothing. */
bal_status bal_clip_factor(const bal_tensor *factor, const bal_tensor *norms, int index, float limit);

#endif
