/* gelu -- y = x P(x), P the standard normal's distribution function (exact, by erf); dx = (P(x) + x p(x)) dy, p its
 * density. (Hendrycks and Gimpel 2016.) */
#include "common.h"

#define P(x) (0.5f * erfc(-0.70710678f * (x)))
#define DENSITY(x) (0.39894228f * exp(-0.5f * (x) * (x)))
#define FORWARD(x) ((x)*P(x))
#define BACKWARD(x, dy) ((P(x) + (x)*DENSITY(x)) * (dy))

__kernel void gelu_forward(int n, __global const float *restrict x, __global float *restrict y)
{
    EACH(i, n, VSTORE(FORWARD(VLOAD(x + i)), y + i), y[i] = FORWARD(x[i]));
}

__kernel void gelu_backward(int n, __global const float *restrict x, __global const float *restrict y,
                            __global const float *restrict dy, __global float *restrict dx)
{
    EACH(i, n, VSTORE(BACKWARD(VLOAD(x + i), VLOAD(dy + i)), dx + i), dx[i] = BACKWARD(x[i], dy[i]));
}
