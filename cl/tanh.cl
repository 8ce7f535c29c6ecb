/* tanh -- the hyperbolic tangent; dx = (1 - y^2) dy. */
#include "common.h"

#define BACKWARD(y, dy) ((1.0f - (y) * (y)) * (dy))

__kernel void tanh_forward(int n, __global const float *restrict x, __global float *restrict y)
{
    EACH(i, n, VSTORE(tanh(VLOAD(x + i)), y + i), y[i] = tanh(x[i]));
}

__kernel void tanh_backward(int n, __global const float *restrict x, __global const float *restrict y,
                            __global const float *restrict dy, __global float *restrict dx)
{
    EACH(i, n, VSTORE(BACKWARD(VLOAD(y + i), VLOAD(dy + i)), dx + i), dx[i] = BACKWARD(y[i], dy[i]));
}
