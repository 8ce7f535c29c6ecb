/* tensor -- filling and copying flat buffers of n numbers, W to a work-item. Transfers queued by kernels use all units;
 * clEnqueueFillBuffer and clEnqueueCopyBuffer run on one thread on CPU implementations. */
#include "storage.h"

__kernel void tensor_fill(int n, __global float *restrict y, float value)
{
    int i = get_global_id(0) * W;
    if (i + W <= n) VSTORE((V)(value), y + i);
    else
        for (; i < n; i++) y[i] = value;
}

__kernel void tensor_copy(int n, __global Y *restrict y, __global const X *restrict x)
{
    EACH(i, n, PUTV(Y, GETV(X, x + i), y + i), PUT(Y, GET(X, x + i), y + i));
}
