/* dropout -- y = x / (1 - rate) where number i of the stream is at least `rate`, else 0; dx likewise from dy. The
 * numbers are made again in the backward pass, not kept. (Srivastava et al. 2014.) */
#include "philox.h"

/* Four floats to a work-item. `scale` is 1 / (1 - rate), or 0 where rate is 1. */
__kernel void dropout_apply(int n, __global const float *restrict x, __global float *restrict y, float rate,
                            float scale, uint key0, uint key1, uint block0, uint block1)
{
    uint group = (uint)get_global_id(0), i = 4 * group;
    if (i >= (uint)n) return;
    float4 u = philox_uniform((uint2)(key0, key1), (uint2)(block0, block1), group);
    float4 factor = u >= rate ? (float4)(scale) : (float4)(0);
    if (i + 4 <= (uint)n) {
        vstore4(vload4(0, x + i) * factor, 0, y + i);
        return;
    }
    float some[4];
    vstore4(factor, 0, some);
    for (uint j = 0; i + j < (uint)n; j++) y[i + j] = x[i + j] * some[j];
}
