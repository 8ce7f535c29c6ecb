/* max_pool -- y[n][oy][ox][c] = the largest x in a K x K window at stride S, padding P (never chosen). The first of
 * equal values wins, row by row, and a NaN always does: PyTorch's rules. taps[n][oy][ox][c]: the winner's place ky * K
 * + kx. */
#include "storage.h"
#include "taps.h"

#ifndef K
#define K 2
#endif
#ifndef S
#define S 2
#endif
#ifndef P
#define P 0
#endif

/* One work-item or more to an output row: bal_map_range. */
__kernel void max_pool_forward(int rows, int h, int w, int oh, int ow, int c, __global const X *restrict x,
                               __global Y *restrict y, __global TAP *restrict taps)
{
    int row = (int)get_global_id(2), y0 = row % oh * S - P;
    if (row >= rows) return;
    int ky0 = max(-y0, 0), ky1 = min(K, h - y0);
    x += (size_t)(row / oh) * h * w * c;
    y += (size_t)row * ow * c;
    taps += (size_t)row * ow * c;
    for (int ox = (int)get_global_id(1); ox < ow; ox += (int)get_global_size(1)) {
        int x0 = ox * S - P, kx0 = max(-x0, 0), kx1 = min(K, w - x0);
        for (int k = (int)get_global_id(0) * W; k < c; k += (int)get_global_size(0) * W) {
            V  best = -INFINITY;
            VI at = ky0 * K + kx0;
            for (int ky = ky0; ky < ky1; ky++)
                for (int kx = kx0; kx < kx1; kx++) {
                    V  v = GET_SOME(X, x + ((size_t)(y0 + ky) * w + x0 + kx) * c + k, c - k);
                    VI better = (v > best) | isnan(v);
                    best = better ? v : best;
                    at = better ? (VI)(ky * K + kx) : at;
                }
            PUT_SOME(Y, best, y + (size_t)ox * c + k, c - k);
            store_taps(at, taps + (size_t)ox * c + k, c - k);
        }
    }
}

/* Gathers: each x adds up the dy of the windows that chose it. One work-item or more to an input row. */
__kernel void max_pool_backward(int rows, int h, int w, int oh, int ow, int c, __global const Y *restrict dy,
                                __global const TAP *restrict taps, __global X *restrict dx)
{
    int row = (int)get_global_id(2), iy = row % h + P;
    if (row >= rows) return;
    int    oy0 = max((iy - K + S) / S, 0), oy1 = min(iy / S, oh - 1);
    size_t image = (size_t)(row / h) * oh * ow * c;
    dx += (size_t)row * w * c;
    for (int ix = (int)get_global_id(1); ix < w; ix += (int)get_global_size(1)) {
        int ox0 = max((ix + P - K + S) / S, 0), ox1 = min((ix + P) / S, ow - 1);
        for (int k = (int)get_global_id(0) * W; k < c; k += (int)get_global_size(0) * W) {
            V sum = 0;
            for (int oy = oy0; oy <= oy1; oy++)
                for (int ox = ox0; ox <= ox1; ox++) {
                    size_t at = image + ((size_t)oy * ow + ox) * c + k;
                    VI     tap = (iy - oy * S) * K + ix + P - ox * S;
                    sum += load_taps(taps + at, c - k) == tap ? GET_SOME(Y, dy + at, c - k) : (V)0;
                }
            PUT_SOME(X, sum, dx + (size_t)ix * c + k, c - k);
        }
    }
}
