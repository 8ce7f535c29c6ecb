/* add -- y = a + b. */
#include "storage.h"

__kernel void add_forward(int n, __global const X *restrict a, __global const X *restrict b,
                          __global Y *restrict y)
{
    EACH(i, n, PUTV(Y, GETV(X, a + i) + GETV(X, b + i), y + i), PUT(Y, GET(X, a + i) + GET(X, b + i), y + i));
}

/* y += x, for further inputs */
__kernel void add_more(int n, __global const X *restrict x, __global Y *restrict y)
{
    EACH(i, n, PUTV(Y, GETV(Y, y + i) + GETV(X, x + i), y + i), PUT(Y, GET(Y, y + i) + GET(X, x + i), y + i));
}
