/* sgd -- stochastic gradient descent with momentum (Sutskever et al. 2013, in PyTorch's form, dampening 0):
 *   g += decay w    b = momentum b + g    w -= lr (nesterov ? g + momentum b : b)
 * Without momentum b is not touched. */
#include "optim.h"

__kernel void sgd(__global float *w, __global const float *g, __global float *b, __global const float *factor,
                  int clipped, int n, int decayed, float decay, float momentum, int nesterov, float lr)
{
    int i = (int)get_global_id(0) * W;
    if (i >= n || left_out(factor, clipped)) return;
    V wi = VLOAD(w + i), step = gradient(g, wi, i, factor, clipped, decayed, decay);
    if (momentum > 0) {
        V bi = momentum * VLOAD(b + i) + step;
        VSTORE(bi, b + i);
        step = nesterov ? step + momentum * bi : bi;
    }
    VSTORE(wi - lr * step, w + i);
}
