/* spectral -- spectral normalisation of a net's convolutions and dense layers (Miyato et al. 2018, "Spectral
 * normalization for generative adversarial networks"): passes use w / sigma(w), sigma being the largest singular value
 * of the kernel as a matrix from all inputs to the outputs, by one power iteration each time.
 *
 * Outside of apply and restore the net has its plain weights: the optimizer's, the checkpoint's. */
#ifndef BALLAST_TRAIN_SPECTRAL_H
#define BALLAST_TRAIN_SPECTRAL_H

#include "ballast/checkpoint.h"

typedef struct bal_spectral_kernel bal_spectral_kernel;

typedef struct bal_spectral {
    bal_net             *net; /* not owned */
    bal_spectral_kernel *kernel;
    int                  count;
    bal_tensor           plain, norms, part, dot, scratch;
} bal_spectral;

/* For a built net with gradients; u begins as normal numbers of the stream (seed, BAL_FOR_INIT), and 15 iterations. */
bal_status bal_spectral_init(bal_spectral *s, bal_device *dev, bal_net *net, uint64_t seed);
void       bal_spectral_free(bal_spectral *s); /* accepts a zeroed one */

/* Before passes: one iteration, and the weights become w / sigma. A zeroed one does nothing. */
bal_status bal_spectral_apply(bal_spectral *s);
/* After them: the plain weights again; with `gradients` these become gradients of the plain weights. */
bal_status bal_spectral_restore(bal_spectral *s, bool gradients);

/* u of each kernel under names that begin with `prefix`. */
bal_status bal_spectral_put(const bal_spectral *s, bal_checkpoint *c, const char *prefix);
bal_status bal_spectral_get(bal_spectral *s, const bal_checkpoint *c, const char *prefix);

#endif
