/* dropout -- y = x / (1 - rate) where number i of the stream is at least `rate`, else 0; dx likewise from dy. The
 * numbers are made again in the backward pass, not kept. (Srivastava et al. 2014.) */
#include "philox.h"

/* W blocks of four numbers at once, 4 * W floats to a work-item. `scale` is 1 / (1 - rate), or 0 where rate is 1. */
__kernel void dropout_apply(int n, __global const float *restrict x, __global float *restrict y, float rate,
                            float scale, uint key0, uint key1, uint block0, uint block1)
{
    uint  i = (uint)get_global_id(0) * (4 * W);
    float factor[4][W];
    if (i >= (uint)n) return;
    philox_uniform(factor, (uint2)(key0, key1), (uint2)(block0, block1), i / 4);
    for (int k = 0; k < 4; k++) VSTORE(VLOAD(factor[k]) >= rate ? (V)scale : (V)0, factor[k]);
    for (uint j = 0; j < min(4u * W, (uint)n - i); j++) y[i + j] = x[i + j] * factor[j % 4][j / 4];
}
