/* adam -- Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), step t:
 *   g += decay w           m = beta1 m + (1 - beta1) g      v = beta2 v + (1 - beta2) g^2
 *   w = keep w - rate m / (sqrt(v) root + eps)
 * with rate = lr / (1 - beta1^t), root = 1 / sqrt(1 - beta2^t). Adam decays by the gradient (keep = 1), AdamW by keep =
 * 1 - lr decay (its own decay = 0); either only before element `decayed`. rest1 = 1 - beta1, rest2 = 1 - beta2. */
#include "optim.h"

__kernel void adam(__global float *w, __global const float *g, __global float *m, __global float *v,
                   __global const float *factor, int clipped, int n, int decayed, float decay, float keep, float beta1,
                   float rest1, float beta2, float rest2, float rate, float root, float eps)
{
    int i = (int)get_global_id(0) * W;
    if (i >= n || left_out(factor, clipped)) return;
    V wi = VLOAD(w + i), gi = gradient(g, wi, i, factor, clipped, decayed, decay);
    V mi = beta1 * VLOAD(m + i) + rest1 * gi;
    V vi = beta2 * VLOAD(v + i) + rest2 * gi * gi;
    VSTORE(mi, m + i);
    VSTORE(vi, v + i);
    if (i < decayed) wi *= keep;
    VSTORE(wi - rate * mi / (sqrt(vi) * root + eps), w + i);
}
