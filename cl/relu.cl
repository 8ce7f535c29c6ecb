/* relu -- y = x for x > 0, else 0 (a NaN stays one). */
#include "common.h"

#define FORWARD(T, x) ((x) <= (T)0 ? (T)0 : (x))
#define BACKWARD(T, y, dy) ((y) <= (T)0 ? (T)0 : (dy))

__kernel void relu_forward(int n, __global const float *restrict x, __global float *restrict y)
{
    EACH(i, n, VSTORE(FORWARD(V, VLOAD(x + i)), y + i), y[i] = FORWARD(float, x[i]));
}

__kernel void relu_backward(int n, __global const float *restrict x, __global const float *restrict y,
                            __global const float *restrict dy, __global float *restrict dx)
{
    EACH(i, n, VSTORE(BACKWARD(V, VLOAD(y + i), VLOAD(dy + i)), dx + i), dx[i] = BACKWARD(float, y[i], dy[i]));
}
