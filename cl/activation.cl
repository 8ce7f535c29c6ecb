/* activation -- a pointwise layer whose gradient follows from its output. Its own file, built before this one, gives
 *   ACTIVATE(T, x)           y, where T is float or V
 *   ACTIVATE_BACK(T, y, dy)  dx
 * as macros that use an argument more than once; the same file goes before the kernels of a layer that absorbs it. */
#include "common.h"

#ifndef ACTIVATE
#define ACTIVATE(T, x) (x)
#define ACTIVATE_BACK(T, y, dy) (dy)
#endif

__kernel void activation_forward(int n, __global const float *restrict x, __global float *restrict y)
{
    EACH(i, n, VSTORE(ACTIVATE(V, VLOAD(x + i)), y + i), y[i] = ACTIVATE(float, x[i]));
}

__kernel void activation_backward(int n, __global const float *restrict y, __global const float *restrict dy,
                                  __global float *restrict dx)
{
    EACH(i, n, VSTORE(ACTIVATE_BACK(V, VLOAD(y + i), VLOAD(dy + i)), dx + i),
         dx[i] = ACTIVATE_BACK(float, y[i], dy[i]));
}
