/* convolution, GPU class, forward and, with BACKWARD, backward_x:
 *
 *   y[n][oy][ox][k] = bias[k] + sum over kh, kw, c of x[n][oy*sy - py + kh*dy][ox*sx - px + kw*dx][c] * w[kh][kw][c][k]
 *
 * in tiles: rows are the pixels of all images, columns the output channels of a group, terms taps and input channels,
 * which may be summed in parts. In backward_x the taps that reach a pixel depend on its phase, its place modulo the
 * stride; a work-group's pixels are of one phase. */
#include "conv_tiles.h"

/* Parts of a sum are floats, whatever the output is. */
#ifdef SPLIT
#define SUM float
#else
#define SUM OUT
#endif

/* Channels `from.low` and the next three of the pixel that tap (from.middle, from.high) finds from (y, x) on; a
 * tap that is not there, or finds nothing, gives 0. */
static inline float4 gather(__global const IN *in, int image, int y, int x, digits from, digits one, axis v, axis u,
                            int h, int w, int channels, int depth)
{
    digits at = from;
#ifdef IN4
    y += at.high * v.move;
    x += at.middle * u.move;
    int inside = at.high < v.count && (uint)y < (uint)h && (uint)x < (uint)w;
    return inside ? GET4(IN, in + ((image * h + y) * w + x) * channels + at.low) : (float4)(0);
#else
    float  found[4];
    digits d = at; /* if `at` itself changed, Mesa 22.3 would change the caller's */
    UNROLL
    for (int j = 0; j < 4; j++) {
        int iy = y + d.high * v.move, ix = x + d.middle * u.move;
        int inside = d.high < v.count && (uint)iy < (uint)h && (uint)ix < (uint)w;
        found[j] = inside ? GET(IN, in + ((image * h + iy) * w + ix) * channels + d.low) : 0;
        d = digits_add(d, one, depth, max(u.count, 1));
    }
    return vload4(0, found);
#endif
}

/* backward_x: w[tap][column][channels], from.low and the next three of them. */
static inline float4 gather_weights(__global const float *w, digits from, digits one, axis v, axis u, int k_w,
                                    int width, int column, int channels, int depth)
{
    float4 found = (float4)(0);
    digits at = from;
#ifdef IN4
    int tap = (v.first + at.high * v.step) * k_w + u.first + at.middle * u.step;
    if (column < width && at.high < v.count) found = GET4(float, w + (tap * width + column) * channels + at.low);
#else
    float  each[4];
    digits d = at;
    UNROLL
    for (int j = 0; j < 4; j++) {
        int tap = (v.first + d.high * v.step) * k_w + u.first + d.middle * u.step;
        each[j] = column < width && d.high < v.count ? w[(tap * width + column) * channels + d.low] : 0;
        d = digits_add(d, one, depth, max(u.count, 1));
    }
    found = vload4(0, each);
#endif
    return found;
}

/* Work-groups: tiles of rows, tiles of columns, groups by phases by parts. `depth` and `width`: input and output
 * channels of a group. Sums over terms [part * share, + share): with one part they are the output, else stored as
 * [part][out]. */
GROUP void conv_gather(GEOMETRY, int depth, int width, int share, int parts, __global const IN *restrict in,
                       __global const float *restrict w, __global const float *restrict bias, int has_bias,
                       __global SUM *restrict out)
{
    TILES(left, BM);
    TILES(right, BN);
    SUMS(acc);
    FRAGMENTS(fragments)
#ifdef BACKWARD
    int phases = s_h * s_w;
#else
    int phases = 1;
#endif
    int    lx = (int)get_local_id(0), ly = (int)get_local_id(1), item = ly * LX + lx;
    int    part = (int)get_group_id(2) % parts, phased = (int)get_group_id(2) / parts;
    int    group = phased / phases, phase = phased % phases;
    axis   v = make_axis(phase / s_w, OUT_H, k_h, s_h, p_h, d_h), u = make_axis(phase % s_w, OUT_W, k_w, s_w, p_w, d_w);
    int    rows = n * v.extent * u.extent, row = (int)get_group_id(0) * BM, column = (int)get_group_id(1) * BN;
    int    all = v.count * u.count * depth, first = part * share, across = max(u.count, 1);
    int    terms = row < rows ? min(all, first + share) : 0, quad = item % (BK / 4) * 4, now = 0;
    digits one = digits_of(1, depth, across), step = digits_of(BK, depth, across);
    digits at = digits_of(first + quad, depth, across);
    int    image[LEFT], y[LEFT], x[LEFT], down = item / (BK / 4);
    float4 a[LEFT], b[RIGHT];
    in += group * depth;
    UNROLL
    for (int i = 0; i < LEFT; i++) {
        int r = row + down + i * (ITEMS / (BK / 4)), q = r / max(u.extent, 1);
        image[i] = q / max(v.extent, 1);
        y[i] = r < rows ? q % v.extent * v.stride + v.offset : FAR;
        x[i] = r < rows ? r % u.extent * u.stride + u.offset : FAR;
    }
#ifdef BACKWARD
#define LOAD_RIGHT(i, k) \
    b[i] = gather_weights(w + group * depth, at, one, v, u, k_w, width, column + down + i * (ITEMS / (BK / 4)), y_c, \
                          depth)
#define STORE_RIGHT(i) \
    if (down + i * (ITEMS / (BK / 4)) < BN) { STORE_DOWN(right[now], quad, down + i * (ITEMS / (BK / 4)), b[i]); }
#else
#define COLUMN(i) ((item + i * ITEMS) % (BN / 4) * 4)
#define TERM(i) ((item + i * ITEMS) / (BN / 4))
#define LOAD_RIGHT(i, k) \
    b[i] = LOAD_COLUMNS(float, w + ((k) + TERM(i)) * y_c + group * width + column + COLUMN(i), \
                        (k) + TERM(i) < terms && TERM(i) < BK ? width - column - COLUMN(i) : 0)
#define STORE_RIGHT(i) \
    if (TERM(i) < BK) *(__local float4 *)&right[now][TERM(i)][COLUMN(i)] = b[i]
#endif
#define LOAD(k) \
    UNROLL for (int i = 0; i < LEFT; i++) a[i] = \
        gather(in, image[i], y[i], x[i], at, one, v, u, IN_H, IN_W, IN_C, depth); \
    UNROLL for (int i = 0; i < RIGHT; i++) LOAD_RIGHT(i, k)
#define STORE \
    UNROLL for (int i = 0; i < LEFT; i++) { STORE_DOWN(left[now], quad, down + i * (ITEMS / (BK / 4)), a[i]); } \
    UNROLL for (int i = 0; i < RIGHT; i++) { STORE_RIGHT(i); }
    LOAD(first);
    STORE;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = first; k < terms; k += BK) {
        at = digits_add(at, step, depth, across);
        LOAD(k + BK);
        multiply(acc, left[now], right[now], lx, ly);
        now = 1 - now;
        STORE;
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    SETTLE(acc);
    if (parts > 1) out += (size_t)part * n * OUT_H * OUT_W * OUT_C;
    UNROLL
    for (int i = 0; i < TM; i++) {
        int r = row + ly * TM + i, q = r / max(u.extent, 1);
        if (r >= rows) continue;
        int oy = q % v.extent * v.apart + v.phase, ox = r % u.extent * u.apart + u.phase;
        int to = ((q / v.extent * OUT_H + oy) * OUT_W + ox) * OUT_C + group * width;
        UNROLL
        for (int j = 0; j < TN / 4; j++) {
            int    c = column + 4 * (lx + j * LX);
            float4 add = has_bias ? LOAD_COLUMNS(float, bias + group * width + c, width - c) : (float4)(0);
            STORE_COLUMNS(SUM, acc[i][j] + add, out + to + c, width - c);
        }
    }
}
