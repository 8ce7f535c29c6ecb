/* critic -- what the outputs y of a discriminator on a batch of real images and one of generated ones say, kept on the
 * device: how often it is right; LeCam's averages (Tseng et al. 2021, "Regularizing generative adversarial networks
 * under limited data"), whose gradient is added to the loss's; the probability of augmentation (Karras et al. 2020).
 *
 * LeCam adds  lecam (mean max(0, y_real - F)^2 + mean max(0, R - y_generated)^2)  to the loss, R and F being averages
 * of mean y on real and generated images: R = decay R + (1 - decay) mean, with decay 0 before step `start`.
 * Augmentation: every `every` batches, p grows or shrinks by pace, as the mean sign of y_real - boundary in these is
 * above the target or below; within 0 and 1. */
#ifndef BALLAST_CRITIC_H
#define BALLAST_CRITIC_H

#include "ballast/device.h"

enum { BAL_CRITIC_STATE = 8, BAL_CRITIC_FIGURES = 4 };

typedef struct bal_critic_settings {
    float boundary;       /* between real and generated, of y */
    float lecam, decay;   /* 0: off */
    int   start;          /* steps of the discriminator until LeCam is added */
    bool  adaptive;       /* p begins at 0 and follows the target; else it is 1 */
    float target, pace;
    int   every;
} bal_critic_settings;

typedef struct bal_critic {
    bal_critic_settings settings;
    bal_tensor          state; /* p, then what cl/critic.cl says */
} bal_critic;

bal_status bal_critic_init(bal_critic *c, bal_device *dev, const bal_critic_settings *settings);
void       bal_critic_free(bal_critic *c);

/* y: the discriminator's outputs on real images, then on as many generated ones, in its step number `step` (from 0);
 * adds to dy. figures[at] and on: the shares of real images taken for real and of generated ones taken for generated,
 * p, the mean sign at the last adaptation. */
bal_status bal_critic_run(const bal_critic *c, const bal_tensor *y, const bal_tensor *dy, int step,
                          const bal_tensor *figures, int at);

#endif
