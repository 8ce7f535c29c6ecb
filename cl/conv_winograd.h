/* conv_winograd -- convolution by Winograd's F(M, R), for kernels of R x R with stride 1 and of 2 R x 2 R with stride
 * 2, no groups, no dilation: which tiles there are, and where they lie.
 *
 * STRIDE 2 is STRIDE 1 four times: forward, input pixels of one parity (a phase) meet the taps of one parity, and the
 * four are summed like channels; backward_x, output pixels of one phase meet the taps of one parity. A tile is M x M
 * output pixels of a phase, computed from T x T input pixels. For each of the T x T points t
 *
 *   s[t][tile][k] = sum over c of v[t][tile][c] u[t][c][k]
 *
 * v and u being the transformed input and weights, k and c output and input channels. */
#ifndef CONV_WINOGRAD_H
#define CONV_WINOGRAD_H

#include "conv_geometry.h"
#include "winograd.h"

#ifndef STRIDE
#define STRIDE 2
#endif
#define POINTS(to) UNROLL for (int to = 0; to < TT; to++)

/* Along one axis: output o of a phase is pixel out + o * out_step, o < extent, and reads from pixel in + o * in_step
 * on, every in_step. */
typedef struct {
    int in, in_step, out, out_step, extent;
} lane;

inline lane make_lane(int backward, int phase, int out_size, int p)
{
    lane l;
    if (backward) {
        int first = p > phase ? (p - phase + STRIDE - 1) / STRIDE : 0;
        l.in = first - (R - 1);
        l.in_step = 1;
        l.out = first * STRIDE + phase - p;
        l.out_step = STRIDE;
        l.extent = (out_size - l.out + STRIDE - 1) / STRIDE;
    } else {
        l.in = phase - p;
        l.in_step = STRIDE;
        l.out = 0;
        l.out_step = 1;
        l.extent = out_size;
    }
    return l;
}

typedef struct {
    int image, y, x; /* the first output of a tile in its phase */
} place;

inline place tile_place(int backward, int tile, int out_h, int out_w)
{
    int   phased = backward ? STRIDE : 1;
    int   high = ((out_h + phased - 1) / phased + M - 1) / M, wide = ((out_w + phased - 1) / phased + M - 1) / M;
    place at = {tile / (high * wide), tile / wide % high * M, tile % wide * M};
    return at;
}

#endif
