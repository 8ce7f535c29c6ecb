/* tensor -- filling and copying flat buffers of n floats, W to a work-item. Transfers queued by kernels use all units;
 * clEnqueueFillBuffer and clEnqueueCopyBuffer run on one thread on CPU implementations. */
#ifndef W
#define W 4
#endif
#include "common.h"

__kernel void tensor_fill(int n, __global float *restrict y, float value)
{
    int i = get_global_id(0) * W;
    if (i + W <= n) VSTORE((V)(value), y + i);
    else
        for (; i < n; i++) y[i] = value;
}

__kernel void tensor_copy(int n, __global float *restrict y, __global const float *restrict x)
{
    int i = get_global_id(0) * W;
    if (i + W <= n) VSTORE(VLOAD(x + i), y + i);
    else
        for (; i < n; i++) y[i] = x[i];
}
