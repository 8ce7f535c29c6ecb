/* scaler -- dynamic loss scaling (Micikevicius et al. 2018, section 3.2): gradients that are stored as half are made
 * larger by a power of two, so that small ones do not vanish, and smaller again in the optimizer. The scale begins at
 * 2^15; it halves where a gradient overflows, and that step is left out; it doubles after BAL_SCALER_GROWTH good steps
 * in a row, to 2^24 at most. All on the device: the host reads nothing. */
#ifndef BALLAST_SCALER_H
#define BALLAST_SCALER_H

#include "ballast/device.h"

enum { BAL_SCALER_GROWTH = 2000, BAL_SCALER_STATE = 3 };

typedef struct bal_scaler {
    bal_tensor  state; /* the scale; good steps in a row; steps left out */
    bal_kernel *apply, *update;
} bal_scaler;

bal_status bal_scaler_init(bal_scaler *s, bal_device *dev);
void       bal_scaler_free(bal_scaler *s); /* accepts a zeroed one */

/* Between the loss and the backward pass: dy times the scale. */
bal_status bal_scaler_apply(const bal_scaler *s, const bal_tensor *dy);

/* Behind the backward pass: figures[index], the norm of the scaled gradients, becomes that of the gradients; factor[0]
 * (of bal_optim_step) takes the scale out again, and clips to `limit` as bal_clip_factor does (0: not). A norm that is
 * not finite becomes 0, and so does the factor: the optimizer leaves everything as it is. Only where the scale has come
 * down to 1 does such a norm stay. */
bal_status bal_scaler_update(const bal_scaler *s, const bal_tensor *figures, int index, float limit,
                             const bal_tensor *factor);

#endif
