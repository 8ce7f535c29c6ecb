/* silu -- y = x s(x), s(x) = 1 / (1 + exp(-x)); dx = s (1 + x (1 - s)) dy. (Elfwing et al. 2018; also called swish.) */
#include "common.h"

#define SIGMOID(x) (1.0f / (1.0f + exp(-(x))))
#define FORWARD(x) ((x)*SIGMOID(x))
#define BACKWARD(x, dy) (SIGMOID(x) * (1.0f + (x) * (1.0f - SIGMOID(x))) * (dy))

__kernel void silu_forward(int n, __global const float *restrict x, __global float *restrict y)
{
    EACH(i, n, VSTORE(FORWARD(VLOAD(x + i)), y + i), y[i] = FORWARD(x[i]));
}

__kernel void silu_backward(int n, __global const float *restrict x, __global const float *restrict y,
                            __global const float *restrict dy, __global float *restrict dx)
{
    EACH(i, n, VSTORE(BACKWARD(VLOAD(x + i), VLOAD(dy + i)), dx + i), dx[i] = BACKWARD(x[i], dy[i]));
}
