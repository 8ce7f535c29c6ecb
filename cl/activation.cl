/* activation -- a pointwise layer whose gradient follows from its output. Its own file, built before this one, gives
 *   ACTIVATE(T, x)           y, where T is float or V
 *   ACTIVATE_BACK(T, y, dy)  dx
 * as macros that use an argument more than once; the same file goes before the kernels of a layer that absorbs it.
 * y may be x, and dx dy. */
#include "common.h"

#ifndef ACTIVATE
#define ACTIVATE(T, x) (x)
#define ACTIVATE_BACK(T, y, dy) (dy)
#endif

__kernel void activation_forward(int n, __global const float *x, __global float *y)
{
    EACH(i, n, VSTORE(ACTIVATE(V, VLOAD(x + i)), y + i), y[i] = ACTIVATE(float, x[i]));
}

__kernel void activation_backward(int n, __global const float *y, __global const float *dy,
                                  __global float *dx)
{
    EACH(i, n, VSTORE(ACTIVATE_BACK(V, VLOAD(y + i), VLOAD(dy + i)), dx + i),
         dx[i] = ACTIVATE_BACK(float, y[i], dy[i]));
}
