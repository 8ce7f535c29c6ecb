/* pointwise -- flat passes over n floats; W of them to a work-item, n need not be a multiple of W. */
#include "common.h"

static inline void average_some(__global float *average, __global const float *w, int n, float decay, float rest)
{
    store_some(decay * load_some(average, n) + rest * load_some(w, n), average, n);
}

/* average = decay * average + rest * w, where rest is 1 - decay (given, for it is rounded better on the host); and the
 * same of `more` floats of other buffers. */
__kernel void pointwise_average(__global float *average, __global const float *w, int n, __global float *average2,
                                __global const float *w2, int more, float decay, float rest)
{
    int i = (int)get_global_id(0) * W, j = i - (n + W - 1) / W * W;
    if (i < n) average_some(average + i, w + i, n - i, decay, rest);
    else if (j < more) average_some(average2 + j, w2 + j, more - j, decay, rest);
}

/* y: `first` floats of a, then those of b */
__kernel void pointwise_join(__global float *restrict y, __global const float *restrict a,
                             __global const float *restrict b, int first, int n)
{
    int i = (int)get_global_id(0) * W, end = min(i + W, n);
    if (end - i == W && (end <= first || i >= first)) {
        VSTORE(end <= first ? VLOAD(a + i) : VLOAD(b + (i - first)), y + i);
        return;
    }
    for (; i < end; i++) y[i] = i < first ? a[i] : b[i - first];
}

/* a and b change places */
__kernel void pointwise_exchange(__global float *restrict a, __global float *restrict b, int n)
{
    int i = (int)get_global_id(0) * W;
    for (int end = min(i + W, n); i < end; i++) {
        float t = a[i];
        a[i] = b[i];
        b[i] = t;
    }
}

/* w = min(max(w, -limit), limit); a NaN stays one */
__kernel void pointwise_clamp(__global float *w, float limit, int n)
{
    int i = (int)get_global_id(0) * W;
    for (int end = min(i + W, n); i < end; i++) w[i] = w[i] > limit ? limit : w[i] < -limit ? -limit : w[i];
}

/* factor[0] = min(1, limit / (norm + 1e-6)); a NaN stays one */
__kernel void pointwise_clip_factor(__global float *factor, __global const float *norms, int index, float limit)
{
    if (get_global_id(0) > 0) return;
    float f = limit / (norms[index] + 1e-6f);
    factor[0] = f > 1 ? 1 : f;
}
