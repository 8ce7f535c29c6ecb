/* convolution, GPU class, backward_w: dw[kh][kw][c][k] += sum over n, oy, ox of
 * x[n][oy*sy - py + kh*dy][ox*sx - px + kw*dx][c] * dy[n][oy][ox][k] in tiles: rows are taps and input channels,
 * columns the output channels of a group, terms the pixels of all images, which may be summed in parts. */
#include "conv_tiles.h"

/* Channels c and the next three of row (tap, c) at the pixel; or four rows of four taps. */
static inline float4 gather_rows(__global const X *x, digits pixel, int pixels_left, const int ty[4],
                                 const int tx[4], const int c[4], int s_h, int s_w, int x_h, int x_w, int x_c)
{
#ifdef IN4
    int y = pixel.middle * s_h + ty[0], w = pixel.low * s_w + tx[0];
    int inside = pixels_left > 0 && (uint)y < (uint)x_h && (uint)w < (uint)x_w;
    return inside ? GET4(X, x + ((pixel.high * x_h + y) * x_w + w) * x_c + c[0]) : (float4)(0);
#else
    float found[4];
    UNROLL
    for (int j = 0; j < 4; j++) {
        int y = pixel.middle * s_h + ty[j], w = pixel.low * s_w + tx[j];
        int inside = pixels_left > 0 && (uint)y < (uint)x_h && (uint)w < (uint)x_w;
        found[j] = inside ? GET(X, x + ((pixel.high * x_h + y) * x_w + w) * x_c + c[j]) : 0;
    }
    return vload4(0, found);
#endif
}

/* Work-groups: tiles of rows, tiles of columns, groups by parts. Sums over pixels [part * share, + share): with one
 * part they are added to dw (`sums`), else stored as [part][dw]. */
GROUP void conv_weights(GEOMETRY, int share, int parts, __global const X *restrict x,
                        __global const Y *restrict dy, __global float *restrict sums)
{
    TILES(left, BM);
    TILES(right, BN);
    SUMS(acc);
    FRAGMENTS(fragments)
    int    lx = (int)get_local_id(0), ly = (int)get_local_id(1), item = ly * LX + lx;
    int    group = (int)get_group_id(2) / parts, part = (int)get_group_id(2) % parts;
    int    depth = x_c / groups, width = y_c / groups, rows = k_h * k_w * depth;
    int    row = (int)get_group_id(0) * BM, column = (int)get_group_id(1) * BN;
    int    first = part * share, last = min(first + share, n * y_h * y_w);
    int    across = item % (BM / 4) * 4, now = 0, ty[4], tx[4], c[4];
    digits step = digits_of(BK, y_w, y_h), at[LEFT];
    float4 a[LEFT], b[RIGHT];
    x += group * depth;
    dy += group * width + column;
    UNROLL
    for (int j = 0; j < 4; j++) {
        digits d = digits_of(row + across + j, depth, k_w);
        ty[j] = row + across + j < rows ? d.high * d_h - p_h : FAR;
        tx[j] = d.middle * d_w - p_w;
        c[j] = d.low;
    }
#define PIXEL(i) ((item + i * ITEMS) / (BM / 4))
#define DY_COLUMN(i) ((item + i * ITEMS) % (BN / 4) * 4)
#define DY_PIXEL(i) ((item + i * ITEMS) / (BN / 4))
#define LOAD_PIXELS(k) \
    UNROLL for (int i = 0; i < LEFT; i++) \
        a[i] = gather_rows(x, at[i], last - (k)-PIXEL(i), ty, tx, c, s_h, s_w, x_h, x_w, x_c); \
    UNROLL for (int i = 0; i < RIGHT; i++) \
        b[i] = LOAD_COLUMNS(Y, dy + ((k) + DY_PIXEL(i)) * y_c + DY_COLUMN(i), \
                            (k) + DY_PIXEL(i) < last && DY_PIXEL(i) < BK ? width - column - DY_COLUMN(i) : 0)
    UNROLL
    for (int i = 0; i < LEFT; i++) at[i] = digits_of(first + PIXEL(i), y_w, y_h);
#define STORE \
    UNROLL for (int i = 0; i < LEFT; i++) { \
        *(__local float4 *)&left[now][PIXEL(i)][across] = a[i]; \
        at[i] = digits_add(at[i], step, y_w, y_h); \
    } \
    UNROLL for (int i = 0; i < RIGHT; i++) \
        if (DY_PIXEL(i) < BK) *(__local float4 *)&right[now][DY_PIXEL(i)][DY_COLUMN(i)] = b[i]
    LOAD_PIXELS(first);
    STORE;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = first; k < last; k += BK) {
        LOAD_PIXELS(k + BK);
        multiply(acc, left[now], right[now], lx, ly);
        now = 1 - now;
        STORE;
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    SETTLE(acc);
    UNROLL
    for (int i = 0; i < TM; i++) {
        int r = row + ly * TM + i;
        if (r >= rows) continue;
        UNROLL
        for (int j = 0; j < TN / 4; j++) {
            int             c0 = column + 4 * (lx + j * LX), count = width - c0;
            __global float *to = sums + (parts > 1 ? (size_t)part * rows * y_c : 0) + r * y_c + group * width + c0;
            STORE_COLUMNS(float, parts > 1 ? acc[i][j] : acc[i][j] + LOAD_COLUMNS(float, to, count), to, count);
        }
    }
}
