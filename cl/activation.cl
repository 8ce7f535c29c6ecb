/* activation -- a pointwise layer whose gradient follows from its output. Its own file, built before this one, gives
 *   ACTIVATE(T, x)           y, where T is float or V
 *   ACTIVATE_BACK(T, y, dy)  dx
 * as macros that use an argument more than once; the same file goes before the kernels of a layer that absorbs it.
 * y may be x, and dx dy. */
#include "storage.h"

#ifndef ACTIVATE
#define ACTIVATE(T, x) (x)
#define ACTIVATE_BACK(T, y, dy) (dy)
#endif

__kernel void activation_forward(int n, __global const X *x, __global Y *y)
{
    EACH(i, n, PUTV(Y, ACTIVATE(V, GETV(X, x + i)), y + i), PUT(Y, ACTIVATE(float, GET(X, x + i)), y + i));
}

__kernel void activation_backward(int n, __global const Y *y, __global const Y *dy, __global X *dx)
{
    EACH(i, n, PUTV(X, ACTIVATE_BACK(V, GETV(Y, y + i), GETV(Y, dy + i)), dx + i),
         PUT(X, ACTIVATE_BACK(float, GET(Y, y + i), GET(Y, dy + i)), dx + i));
}
