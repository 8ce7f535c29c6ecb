/* avg_pool -- y[n][oy][ox][c] = the mean of x in a K x K window at stride S, padding P. COUNT_PAD: padding counts as
 * zeros in the mean (PyTorch's count_include_pad); else it is left out. */
#include "common.h"

#ifndef K
#define K 2
#endif
#ifndef S
#define S 2
#endif
#ifndef P
#define P 0
#endif
#ifndef COUNT_PAD
#define COUNT_PAD 1
#endif

/* How many places of the window that begins at `first` lie in 0..size-1, or all. */
static inline int places(int first, int size) { return COUNT_PAD ? K : min(first + K, size) - max(first, 0); }

/* One work-item or more to an output row: bal_map_range. */
__kernel void avg_pool_forward(int rows, int h, int w, int oh, int ow, int c, __global const float *restrict x,
                               __global float *restrict y)
{
    int row = (int)get_global_id(2), y0 = row % oh * S - P;
    if (row >= rows) return;
    x += (size_t)(row / oh) * h * w * c;
    y += (size_t)row * ow * c;
    for (int ox = (int)get_global_id(1); ox < ow; ox += (int)get_global_size(1)) {
        int   x0 = ox * S - P;
        float scale = 1.0f / (float)(places(y0, h) * places(x0, w));
        for (int k = (int)get_global_id(0) * W; k < c; k += (int)get_global_size(0) * W) {
            V sum = 0;
            for (int iy = max(y0, 0); iy < min(y0 + K, h); iy++)
                for (int ix = max(x0, 0); ix < min(x0 + K, w); ix++)
                    sum += load_some(x + ((size_t)iy * w + ix) * c + k, c - k);
            store_some(sum * scale, y + (size_t)ox * c + k, c - k);
        }
    }
}

/* Gathers: each x adds up its share of the windows that hold it. One work-item or more to an input row. */
__kernel void avg_pool_backward(int rows, int h, int w, int oh, int ow, int c, __global const float *restrict dy,
                                __global float *restrict dx)
{
    int row = (int)get_global_id(2), iy = row % h + P;
    if (row >= rows) return;
    int oy0 = max((iy - K + S) / S, 0), oy1 = min(iy / S, oh - 1);
    dy += (size_t)(row / h) * oh * ow * c;
    dx += (size_t)row * w * c;
    for (int ix = (int)get_global_id(1); ix < w; ix += (int)get_global_size(1)) {
        int ox0 = max((ix + P - K + S) / S, 0), ox1 = min((ix + P) / S, ow - 1);
        for (int k = (int)get_global_id(0) * W; k < c; k += (int)get_global_size(0) * W) {
            V sum = 0;
            for (int oy = oy0; oy <= oy1; oy++)
                for (int ox = ox0; ox <= ox1; ox++)
                    sum += load_some(dy + ((size_t)oy * ow + ox) * c + k, c - k) *
                           (1.0f / (float)(places(oy * S - P, h) * places(ox * S - P, w)));
            store_some(sum, dx + (size_t)ix * c + k, c - k);
        }
    }
}
