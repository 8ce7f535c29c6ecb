/* leaky_relu -- y = x for x > 0, else slope * x. With 0 <= slope the sign of y tells which. */
#include "common.h"

#define FORWARD(T, x) ((x) > (T)0 ? (x) : slope * (x))
#define BACKWARD(T, y, dy) ((y) > (T)0 ? (dy) : slope * (dy))

__kernel void leaky_relu_forward(int n, __global const float *restrict x, __global float *restrict y, float slope)
{
    EACH(i, n, VSTORE(FORWARD(V, VLOAD(x + i)), y + i), y[i] = FORWARD(float, x[i]));
}

__kernel void leaky_relu_backward(int n, __global const float *restrict y, __global const float *restrict dy,
                                  __global float *restrict dx, float slope)
{
    EACH(i, n, VSTORE(BACKWARD(V, VLOAD(y + i), VLOAD(dy + i)), dx + i), dx[i] = BACKWARD(float, y[i], dy[i]));
}
