/* scaler -- see ballast/scaler.h. state: the scale; good steps in a row; steps left out. */
#include "common.h"

#ifndef GROWTH
#define GROWTH 2000 /* good steps after which the scale doubles */
#endif
#define MOST 16777216.0f

/* dy *= scale */
__kernel void scaler_apply(int n, __global const float *state, __global float *dy)
{
    float scale = state[0];
    EACH(i, n, VSTORE(VLOAD(dy + i) * scale, dy + i), dy[i] *= scale);
}

/* Scales are powers of two, so nothing is rounded. */
__kernel void scaler_update(__global float *state, __global float *figures, int index, float limit,
                            __global float *factor)
{
    if (get_global_id(0) > 0) return;
    float scale = state[0], norm = figures[index] / scale;
    if (isfinite(norm)) {
        int good = (int)state[1] + 1;
        figures[index] = norm;
        factor[0] = (limit > 0 ? fmin(limit / (norm + 1e-6f), 1.0f) : 1.0f) / scale;
        state[0] = good == GROWTH ? fmin(2 * scale, MOST) : scale;
        state[1] = (float)(good % GROWTH);
        return;
    }
    factor[0] = 0;
    if (scale > 1) figures[index] = 0;
    state[0] = fmax(scale / 2, 1.0f);
    state[1] = 0;
    state[2] += 1;
}
