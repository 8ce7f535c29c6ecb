/* add -- y = a + b. */
#include "common.h"

__kernel void add_forward(int n, __global const float *restrict a, __global const float *restrict b,
                          __global float *restrict y)
{
    EACH(i, n, VSTORE(VLOAD(a + i) + VLOAD(b + i), y + i), y[i] = a[i] + b[i]);
}

/* y += x, for further inputs */
__kernel void add_more(int n, __global const float *restrict x, __global float *restrict y)
{
    EACH(i, n, VSTORE(VLOAD(y + i) + VLOAD(x + i), y + i), y[i] += x[i]);
}
