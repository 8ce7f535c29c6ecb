/* reshape -- the same numbers, counted as PyTorch counts a contiguous NCHW tensor, in another shape; both sides are
 * NHWC here. */
#include "common.h"

/* y[n][oh][ow][oc] from x[n][h][w][c]. One work-item an element; `size` is n * oh * ow * oc. Backward: the two shapes
 * exchanged. */
__kernel void reshape_apply(int size, int h, int w, int c, int oh, int ow, int oc, __global const float *restrict x,
                            __global float *restrict y)
{
    int i = (int)get_global_id(0), sample = oh * ow * oc;
    if (i >= size) return;
    int n = i / sample, k = i % oc, pixel = i % sample / oc;
    int at = k * oh * ow + pixel; /* in NCHW order */
    y[i] = x[(size_t)n * sample + at % (h * w) * c + at / (h * w)];
}
