/* sigmoid -- y = 1 / (1 + exp(-x)); dx = y (1 - y) dy. */
#include "common.h"

#define FORWARD(x) (1.0f / (1.0f + exp(-(x))))
#define BACKWARD(y, dy) ((y) * (1.0f - (y)) * (dy))

__kernel void sigmoid_forward(int n, __global const float *restrict x, __global float *restrict y)
{
    EACH(i, n, VSTORE(FORWARD(VLOAD(x + i)), y + i), y[i] = FORWARD(x[i]));
}

__kernel void sigmoid_backward(int n, __global const float *restrict x, __global const float *restrict y,
                               __global const float *restrict dy, __global float *restrict dx)
{
    EACH(i, n, VSTORE(BACKWARD(VLOAD(y + i), VLOAD(dy + i)), dx + i), dx[i] = BACKWARD(y[i], dy[i]));
}
