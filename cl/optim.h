/* optim -- what the kernels of the optimizers share. They run over flat arenas whose sizes and `decayed` are multiples
 * of 16, W elements to a work-item. */
#include "common.h"

/* A factor of 0 leaves the step out: the gradient is not a number (ballast/scaler.h). */
static inline int left_out(__global const float *factor, int clipped) { return clipped && factor[0] == 0; }

/* The gradient at i: times factor[0] where there is one (clipping), then plus decay * w before element `decayed`. */
V gradient(__global const float *g, V w, int i, __global const float *factor, int clipped, int decayed,
                float decay)
{
    V v = VLOAD(g + i);
    if (clipped) v *= factor[0];
    if (i < decayed) v += decay * w;
    return v;
}
