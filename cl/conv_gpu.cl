/* convolution, GPU class: the three passes as matrix products whose operands are gathered in tiles of local memory
 *
 *   y[n][oy][ox][k] = bias[k] + sum over kh, kw, c of x[n][oy*sy - py + kh*dy][ox*sx - px + kw*dx][c] * w[kh][kw][c][k]
 *
 * A work-group of LX by LY work-items computes BM rows by BN columns, TM by TN to a work-item, BK terms of the sums at
 * a time: while those are multiplied, the next are on their way into registers. Rows are the pixels of all images
 * (backward_w: taps and input channels), columns the output channels of a group, terms taps and input channels
 * (backward_w: pixels). In backward_x, with BACKWARD, the taps that reach a pixel depend on its phase, its place modulo
 * the stride; a work-group's pixels are of one phase. IN4, OUT4: a group's input, output channels are a multiple of
 * 4. */
#include "conv_geometry.h"

#ifndef LX
#define LX 16
#endif
#ifndef LY
#define LY 16
#endif
#ifndef TM
#define TM 4
#endif
#ifndef TN
#define TN 4
#endif
#ifndef BK
#define BK 16
#endif

#define ITEMS (LX * LY)
#define BM (LY * TM)
#define BN (LX * TN)
#define PAD 4 /* rows of a tile begin in other banks, and at 16 bytes */
#define LEFT (BM * BK / 4 / ITEMS) /* float4s to a work-item of the left operand's tile */
#define RIGHT ((BN * BK / 4 + ITEMS - 1) / ITEMS)
#define TILE(name, size) __local float name[BK][(size) + PAD] __attribute__((aligned(16)))
#define GROUP __kernel __attribute__((reqd_work_group_size(LX, LY, 1)))
#define FAR (-(1 << 28)) /* outside of any map, whatever the tap */

/* A number with three digits, to count without dividing: (c, x, y) of a term, (x, y, image) of a pixel. */
typedef struct {
    int low, middle, high;
} digits;

static inline digits digits_of(int i, int base_low, int base_middle)
{
    digits d;
    d.low = i % base_low;
    d.middle = i / base_low % base_middle;
    d.high = i / base_low / base_middle;
    return d;
}

static inline digits digits_add(digits d, digits step, int base_low, int base_middle)
{
    d.low += step.low;
    int carry = d.low >= base_low;
    d.low -= carry ? base_low : 0;
    d.middle += step.middle + carry;
    carry = d.middle >= base_middle;
    d.middle -= carry ? base_middle : 0;
    d.high += step.high + carry;
    return d;
}

static inline float4 load4(__global const float *p) { return *(__global const float4 *)p; }

/* Up to four floats at p, of which `count` are there. */
static inline float4 load_columns(__global const float *p, int count)
{
#ifdef OUT4
    return count > 0 ? load4(p) : (float4)(0);
#else
    return (float4)(count > 0 ? p[0] : 0, count > 1 ? p[1] : 0, count > 2 ? p[2] : 0, count > 3 ? p[3] : 0);
#endif
}

static inline void store_columns(float4 v, __global float *p, int count)
{
#ifdef OUT4
    if (count > 0) *(__global float4 *)p = v;
#else
    if (count > 0) p[0] = v.x;
    if (count > 1) p[1] = v.y;
    if (count > 2) p[2] = v.z;
    if (count > 3) p[3] = v.w;
#endif
}

/* Four floats down a tile's column. */
#define STORE_DOWN(tile, k, at, v) \
    tile[k][at] = (v).x; \
    tile[(k) + 1][at] = (v).y; \
    tile[(k) + 2][at] = (v).z; \
    tile[(k) + 3][at] = (v).w

/* The sums of a work-item: rows TM * y and following, columns 4 * x and following, each float4 LX * 4 on. */
#define SUMS(acc) \
    float4 acc[TM][TN / 4]; \
    for (int i = 0; i < TM; i++) \
        for (int j = 0; j < TN / 4; j++) acc[i][j] = (float4)(0)

static inline void multiply(float4 acc[TM][TN / 4], __local float left[BK][BM + PAD],
                            __local float right[BK][BN + PAD], int x, int y)
{
#pragma unroll
    for (int k = 0; k < BK; k++) {
        float  a[TM];
        float4 b[TN / 4];
#if TM % 4 == 0
#pragma unroll
        for (int i = 0; i < TM; i += 4) vstore4(*(__local const float4 *)&left[k][y * TM + i], 0, a + i);
#else
#pragma unroll
        for (int i = 0; i < TM; i++) a[i] = left[k][y * TM + i];
#endif
#pragma unroll
        for (int j = 0; j < TN / 4; j++) b[j] = *(__local const float4 *)&right[k][4 * (x + j * LX)];
#pragma unroll
        for (int i = 0; i < TM; i++)
#pragma unroll
            for (int j = 0; j < TN / 4; j++) acc[i][j] += a[i] * b[j];
    }
}

/* ---- forward, backward_x ---------------------------------------------------------------------------------------- */

/* Channels `at.low` and the next three of the pixel that tap (at.middle, at.high) finds from (y, x) on; taps that are
 * not there, or find nothing, give 0. */
static inline float4 gather(__global const float *in, int image, int y, int x, digits at, digits one, axis v, axis u,
                            int h, int w, int channels, int depth)
{
#ifdef IN4
    y += at.high * v.move;
    x += at.middle * u.move;
    int inside = at.high < v.count && (uint)y < (uint)h && (uint)x < (uint)w;
    return inside ? load4(in + ((image * h + y) * w + x) * channels + at.low) : (float4)(0);
#else
    float  found[4];
    digits d = at; /* if `at` itself changed, Mesa 22.3 would change the caller's */
#pragma unroll
    for (int j = 0; j < 4; j++) {
        int iy = y + d.high * v.move, ix = x + d.middle * u.move;
        int inside = d.high < v.count && (uint)iy < (uint)h && (uint)ix < (uint)w;
        found[j] = inside ? in[((image * h + iy) * w + ix) * channels + d.low] : 0;
        d = digits_add(d, one, depth, max(u.count, 1));
    }
    return vload4(0, found);
#endif
}

/* backward_x: w[tap][column][channels], at.low and the next three of them. */
static inline float4 gather_weights(__global const float *w, digits at, digits one, axis v, axis u, int k_w, int width,
                                    int column, int channels, int depth)
{
    float4 found = (float4)(0);
#ifdef IN4
    int tap = (v.first + at.high * v.step) * k_w + u.first + at.middle * u.step;
    if (column < width && at.high < v.count) found = load4(w + (tap * width + column) * channels + at.low);
#else
    float  each[4];
    digits d = at;
#pragma unroll
    for (int j = 0; j < 4; j++) {
        int tap = (v.first + d.high * v.step) * k_w + u.first + d.middle * u.step;
        each[j] = column < width && d.high < v.count ? w[(tap * width + column) * channels + d.low] : 0;
        d = digits_add(d, one, depth, max(u.count, 1));
    }
    found = vload4(0, each);
#endif
    return found;
}

/* Work-groups: tiles of rows, tiles of columns, groups by phases. `depth` and `width`: input and output channels of a
 * group. */
GROUP void conv_gather(GEOMETRY, int depth, int width, __global const float *restrict in,
                       __global const float *restrict w, __global const float *restrict bias, int has_bias,
                       __global float *restrict out)
{
    TILE(left, BM);
    TILE(right, BN);
    SUMS(acc);
#ifdef BACKWARD
    int phases = s_h * s_w;
#else
    int phases = 1;
#endif
    int    lx = (int)get_local_id(0), ly = (int)get_local_id(1), item = ly * LX + lx;
    int    group = (int)get_group_id(2) / phases, phase = (int)get_group_id(2) % phases;
    axis   v = make_axis(phase / s_w, OUT_H, k_h, s_h, p_h, d_h), u = make_axis(phase % s_w, OUT_W, k_w, s_w, p_w, d_w);
    int    rows = n * v.extent * u.extent, row = (int)get_group_id(0) * BM, column = (int)get_group_id(1) * BN;
    int    terms = row < rows ? v.count * u.count * depth : 0, across = max(u.count, 1), quad = item % (BK / 4) * 4;
    digits one = digits_of(1, depth, across), step = digits_of(BK, depth, across), at = digits_of(quad, depth, across);
    int    image[LEFT], y[LEFT], x[LEFT], down = item / (BK / 4);
    float4 a[LEFT], b[RIGHT];
    in += group * depth;
#pragma unroll
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
    if (down + i * (ITEMS / (BK / 4)) < BN) { STORE_DOWN(right, quad, down + i * (ITEMS / (BK / 4)), b[i]); }
#else
#define COLUMN(i) ((item + i * ITEMS) % (BN / 4) * 4)
#define TERM(i) ((item + i * ITEMS) / (BN / 4))
#define LOAD_RIGHT(i, k) \
    b[i] = load_columns(w + ((k) + TERM(i)) * y_c + group * width + column + COLUMN(i), \
                        (k) + TERM(i) < terms && TERM(i) < BK ? width - column - COLUMN(i) : 0)
#define STORE_RIGHT(i) \
    if (TERM(i) < BK) *(__local float4 *)&right[TERM(i)][COLUMN(i)] = b[i]
#endif
#define LOAD(k) \
    for (int i = 0; i < LEFT; i++) a[i] = gather(in, image[i], y[i], x[i], at, one, v, u, IN_H, IN_W, IN_C, depth); \
    for (int i = 0; i < RIGHT; i++) LOAD_RIGHT(i, k)
    LOAD(0);
    for (int k = 0; k < terms; k += BK) {
#pragma unroll
        for (int i = 0; i < LEFT; i++) { STORE_DOWN(left, quad, down + i * (ITEMS / (BK / 4)), a[i]); }
#pragma unroll
        for (int i = 0; i < RIGHT; i++) { STORE_RIGHT(i); }
        at = digits_add(at, step, depth, across);
        barrier(CLK_LOCAL_MEM_FENCE);
        LOAD(k + BK);
        multiply(acc, left, right, lx, ly);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
#pragma unroll
    for (int i = 0; i < TM; i++) {
        int r = row + ly * TM + i, q = r / max(u.extent, 1);
        if (r >= rows) continue;
        int oy = q % v.extent * v.apart + v.phase, ox = r % u.extent * u.apart + u.phase;
        int to = ((q / v.extent * OUT_H + oy) * OUT_W + ox) * OUT_C + group * width;
#pragma unroll
        for (int j = 0; j < TN / 4; j++) {
            int    c = column + 4 * (lx + j * LX);
            float4 add = has_bias ? load_columns(bias + group * width + c, width - c) : (float4)(0);
            store_columns(acc[i][j] + add, out + to + c, width - c);
        }
    }
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

/* Channels c and the next three of row (tap, c) at the pixel; or four rows of four taps. */
static inline float4 gather_rows(__global const float *x, digits pixel, int pixels_left, const int ty[4],
                                 const int tx[4], const int c[4], int s_h, int s_w, int x_h, int x_w, int x_c)
{
#ifdef IN4
    int y = pixel.middle * s_h + ty[0], w = pixel.low * s_w + tx[0];
    int inside = pixels_left > 0 && (uint)y < (uint)x_h && (uint)w < (uint)x_w;
    return inside ? load4(x + ((pixel.high * x_h + y) * x_w + w) * x_c + c[0]) : (float4)(0);
#else
    float found[4];
#pragma unroll
    for (int j = 0; j < 4; j++) {
        int y = pixel.middle * s_h + ty[j], w = pixel.low * s_w + tx[j];
        int inside = pixels_left > 0 && (uint)y < (uint)x_h && (uint)w < (uint)x_w;
        found[j] = inside ? x[((pixel.high * x_h + y) * x_w + w) * x_c + c[j]] : 0;
    }
    return vload4(0, found);
#endif
}

/* Work-groups: tiles of rows, tiles of columns, groups by parts. Sums over pixels [part * share, + share): with one
 * part they are added to dw (`sums`), else stored as [part][dw]. */
GROUP void conv_weights(GEOMETRY, int share, int parts, __global const float *restrict x,
                        __global const float *restrict dy, __global float *restrict sums)
{
    TILE(left, BM);
    TILE(right, BN);
    SUMS(acc);
    int    lx = (int)get_local_id(0), ly = (int)get_local_id(1), item = ly * LX + lx;
    int    group = (int)get_group_id(2) / parts, part = (int)get_group_id(2) % parts;
    int    depth = x_c / groups, width = y_c / groups, rows = k_h * k_w * depth;
    int    row = (int)get_group_id(0) * BM, column = (int)get_group_id(1) * BN;
    int    first = part * share, last = min(first + share, n * y_h * y_w);
    int    across = item % (BM / 4) * 4, ty[4], tx[4], c[4];
    digits step = digits_of(BK, y_w, y_h), at[LEFT];
    float4 a[LEFT], b[RIGHT];
    x += group * depth;
    dy += group * width + column;
#pragma unroll
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
    for (int i = 0; i < LEFT; i++) \
        a[i] = gather_rows(x, at[i], last - (k)-PIXEL(i), ty, tx, c, s_h, s_w, x_h, x_w, x_c); \
    for (int i = 0; i < RIGHT; i++) \
        b[i] = load_columns(dy + ((k) + DY_PIXEL(i)) * y_c + DY_COLUMN(i), \
                            (k) + DY_PIXEL(i) < last && DY_PIXEL(i) < BK ? width - column - DY_COLUMN(i) : 0)
#pragma unroll
    for (int i = 0; i < LEFT; i++) at[i] = digits_of(first + PIXEL(i), y_w, y_h);
    LOAD_PIXELS(first);
    for (int k = first; k < last; k += BK) {
#pragma unroll
        for (int i = 0; i < LEFT; i++) {
            *(__local float4 *)&left[PIXEL(i)][across] = a[i];
            at[i] = digits_add(at[i], step, y_w, y_h);
        }
#pragma unroll
        for (int i = 0; i < RIGHT; i++)
            if (DY_PIXEL(i) < BK) *(__local float4 *)&right[DY_PIXEL(i)][DY_COLUMN(i)] = b[i];
        barrier(CLK_LOCAL_MEM_FENCE);
        LOAD_PIXELS(k + BK);
        multiply(acc, left, right, lx, ly);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
#pragma unroll
    for (int i = 0; i < TM; i++) {
        int r = row + ly * TM + i;
        if (r >= rows) continue;
#pragma unroll
        for (int j = 0; j < TN / 4; j++) {
            int             c0 = column + 4 * (lx + j * LX), count = width - c0;
            __global float *to = sums + (parts > 1 ? (size_t)part * rows * y_c : 0) + r * y_c + group * width + c0;
            store_columns(parts > 1 ? acc[i][j] : acc[i][j] + load_columns(to, count), to, count);
        }
    }
}

/* dw += the sum of its parts, in their order. */
__kernel void conv_add_parts(int size, int parts, __global const float *restrict sums, __global float *restrict dw)
{
    int   i = (int)get_global_id(0);
    float sum = 0;
    if (i >= size) return;
    for (int p = 0; p < parts; p++) sum += sums[(size_t)p * size + i];
    dw[i] += sum;
}

/* ---- groups of few channels ------------------------------------------------------------------------------------- */

/* An element of the output to a work-item. */
__kernel void conv_direct(GEOMETRY, int depth, int width, __global const float *restrict in,
                          __global const float *restrict w, __global const float *restrict bias, int has_bias,
                          __global float *restrict out)
{
    int i = (int)get_global_id(0), c = i % OUT_C, x = i / OUT_C % OUT_W, y = i / OUT_C / OUT_W % OUT_H;
    int group = c / width, image = i / OUT_C / OUT_W / OUT_H;
    if (image >= n) return;
#ifdef BACKWARD
    axis v = make_axis(y % s_h, OUT_H, k_h, s_h, p_h, d_h), u = make_axis(x % s_w, OUT_W, k_w, s_w, p_w, d_w);
#else
    axis v = make_axis(0, OUT_H, k_h, s_h, p_h, d_h), u = make_axis(0, OUT_W, k_w, s_w, p_w, d_w);
#endif
    int   from_y = y / v.apart * v.stride + v.offset, from_x = x / u.apart * u.stride + u.offset;
    float sum = has_bias ? bias[c] : 0;
    in += group * depth;
    for (int ty = 0; ty < v.count; ty++)
        for (int tx = 0; tx < u.count; tx++) {
            int iy = from_y + ty * v.move, ix = from_x + tx * u.move;
            int tap = (v.first + ty * v.step) * k_w + u.first + tx * u.step;
            if ((uint)iy >= (uint)IN_H || (uint)ix >= (uint)IN_W) continue;
            for (int d = 0; d < depth; d++) {
#ifdef BACKWARD
                float weight = w[(tap * width + c - group * width) * y_c + group * depth + d];
#else
                float weight = w[(tap * depth + d) * y_c + c];
#endif
                sum += weight * in[((image * IN_H + iy) * IN_W + ix) * IN_C + d];
            }
        }
    out[i] = sum;
}

/* A weight and a part of the pixels to a work-item, as conv_weights. */
__kernel void conv_direct_weights(GEOMETRY, int share, int parts, __global const float *restrict x,
                                  __global const float *restrict dy, __global float *restrict sums)
{
    int    depth = x_c / groups, width = y_c / groups, size = k_h * k_w * depth * y_c;
    int    i = (int)get_global_id(0), part = (int)get_global_id(1), k = i % y_c;
    digits row = digits_of(i / y_c, depth, k_w), one = digits_of(1, y_w, y_h);
    int    first = part * share, last = min(first + share, n * y_h * y_w);
    digits at = digits_of(first, y_w, y_h);
    float  sum = 0;
    if (i >= size || part >= parts) return;
    x += k / width * depth + row.low;
    for (int p = first; p < last; p++) {
        int iy = at.middle * s_h + row.high * d_h - p_h, ix = at.low * s_w + row.middle * d_w - p_w;
        if ((uint)iy < (uint)x_h && (uint)ix < (uint)x_w)
            sum += x[((at.high * x_h + iy) * x_w + ix) * x_c] * dy[p * y_c + k];
        at = digits_add(at, one, y_w, y_h);
    }
    if (parts > 1) sums[(size_t)part * size + i] = sum;
    else sums[i] += sum;
}
