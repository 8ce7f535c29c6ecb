/* rmsprop -- RMSprop (Tieleman and Hinton 2012) in PyTorch's form:
 *   g += decay w    v = alpha v + (1 - alpha) g^2    s = g / (sqrt(v) + eps)    b = momentum b + s    w -= lr b
 * Without momentum b is s and is not kept. rest = 1 - alpha. */
#include "optim.h"

__kernel void rmsprop(__global float *w, __global const float *g, __global float *v, __global float *b,
                      __global const float *factor, int clipped, int n, int decayed, float decay, float alpha,
                      float rest, float eps, float momentum, float lr)
{
    int i = (int)get_global_id(0) * W;
    if (i >= n || left_out(factor, clipped)) return;
    V wi = VLOAD(w + i), gi = gradient(g, wi, i, factor, clipped, decayed, decay);
    V vi = alpha * VLOAD(v + i) + rest * gi * gi;
    V step = gi / (sqrt(vi) + eps);
    VSTORE(vi, v + i);
    if (momentum > 0) {
        step += momentum * VLOAD(b + i);
        VSTORE(step, b + i);
    }
    VSTORE(wi - lr * step, w + i);
}
