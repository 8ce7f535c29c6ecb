/* convolution, CPU class: the three passes in register tiles of the sums
 *
 *   y[n][oy][ox][k] = bias[k] + sum over kh, kw, c of x[n][oy*sy - py + kh*dy][ox*sx - px + kw*dx][c] * w[kh][kw][c][k]
 *
 * forward and, with BACKWARD, backward_x gather: an output pixel reads, for each tap that reaches it, the channels of
 * one input pixel. In backward_x those taps are the same for all pixels of a phase (their place modulo the stride), so
 * a tile's pixels are of one phase. `depth` and `width`: input and output channels of a group. */
#include "conv_geometry.h"
#include "tile.h"

/* ---- forward, backward_x --------------------------------------------------------------------------------------- */

/* w into [group][panel][tap][depth][NB] behind `zeros` floats, which become zero. One panel of one tap to a work-item.
 */
ITEM conv_pack(GEOMETRY, int depth, int width, int panels, int zeros, __global const float *restrict w,
               __global float *restrict packed)
{
    int tap = (int)get_global_id(0), panel = (int)get_global_id(1), group = panel / panels,
        column = panel % panels * NB;
    __global float *to = packed + zeros + ((size_t)panel * k_h * k_w + tap) * depth * NB;
    if (tap == 0 && panel == 0)
        for (int i = 0; i < zeros; i++) packed[i] = 0;
#ifdef BACKWARD
    w += ((size_t)tap * width + column) * y_c + group * depth;
    pack_columns(to, w, (size_t)y_c, width - column, depth);
#else
    w += (size_t)tap * depth * y_c + group * width + column;
    pack_rows(to, w, (size_t)y_c, width - column, depth);
#endif
}

/* `tiles` tiles of MR pixels of one phase by one panel to a work-item. sweep: tiles are the slowest, not the fastest
 * index. */
ITEM conv_gather(GEOMETRY, int depth, int width, int panels, int zeros, int tiles, int sweep,
                 __global const float *restrict in, __global const float *restrict packed,
                 __global const float *restrict bias, int has_bias, __global float *restrict out)
{
    int  tile = (int)get_global_id(sweep ? 2 : 0), panel = (int)get_global_id(sweep ? 0 : 1);
    int  phase = (int)get_global_id(sweep ? 1 : 2), group = panel / panels, column = panel % panels * NB;
    axis v = make_axis(phase / s_w, OUT_H, k_h, s_h, p_h, d_h), u = make_axis(phase % s_w, OUT_W, k_w, s_w, p_w, d_w);
    int  pixels = n * v.extent * u.extent, p = tile * tiles * MR, last = min(p + tiles * MR, pixels);
    __global const float *panel_taps = packed + zeros + (size_t)panel * k_h * k_w * depth * NB;
    in += group * depth;
    out += group * width + column;
    bias += group * width + column;
    width -= column;
    for (; p < last; p += MR) {
        __global const float *at[MR], *left[MR];
        int                   iy[MR], ix[MR];
        size_t                to[MR];
        float16               acc[MR][NV];
        int                   qx = p % u.extent, qy = p / u.extent % v.extent, image = p / (u.extent * v.extent);
        EACH_ROW (i) {
            iy[i] = qy * v.stride + v.offset;
            ix[i] = qx * u.stride + u.offset;
            at[i] = in + ((long)(image * IN_H + iy[i]) * IN_W + ix[i]) * IN_C;
            to[i] = ((size_t)(image * OUT_H + v.phase + qy * v.apart) * OUT_W + u.phase + qx * u.apart) * OUT_C;
            if (p + i + 1 < pixels && ++qx == u.extent) {
                qx = 0;
                if (++qy == v.extent) {
                    qy = 0;
                    image++;
                }
            }
        }
        TILE_ZERO(acc)
        for (int ty = 0; ty < v.count; ty++)
            for (int tx = 0; tx < u.count; tx++) {
                long                  reach = ((long)ty * v.move * IN_W + tx * u.move) * IN_C;
                __global const float *b =
                    panel_taps + (size_t)((v.first + ty * v.step) * k_w + u.first + tx * u.step) * depth * NB;
                EACH_ROW (i) {
                    int inside = (uint)(iy[i] + ty * v.move) < (uint)IN_H && (uint)(ix[i] + tx * u.move) < (uint)IN_W;
                    left[i] = inside ? at[i] + reach : packed;
                }
                for (int c = 0; c < depth; c++, b += NB) TILE_STEP(acc, left, c, b)
            }
        EACH_ROW (i)
            EACH_VECTOR (j)
                if (p + i < pixels && 16 * j < width) {
                    if (has_bias) acc[i][j] += load_part(bias + 16 * j, width - 16 * j);
                    store_part(acc[i][j], out + to[i] + 16 * j, width - 16 * j);
                }
    }
}

/* ---- backward_w ---------------------------------------------------------------------------------------------- */

/* A work-item's block: ROWS rows of (kh, kw, c) by COLUMNS output channels, summed CHUNK pixels at a time. */
#define ROWS 128
#define COLUMNS 128
#define CHUNK 64
#define STRIDE ((ROWS + MR - 1) / MR * MR)

inline void copy_floats(float *to, __global const float *from, int count)
{
    int i = 0;
    for (; i + 16 <= count; i += 16) store16(vload16(0, from + i), 0, to + i);
    for (; i < count; i++) to[i] = from[i];
}

inline void zero_floats(float *to, int count)
{
    for (int i = 0; i < count; i++) to[i] = 0;
}

/* Sums of x dy over pixels [part * share, + share) for one block: added to dw, or stored as the part's own. */
ITEM conv_weights(GEOMETRY, int share, int parts, __global const float *restrict x, __global const float *restrict dy,
                  __global float *restrict sums)
{
    int depth = x_c / groups, width = y_c / groups, blocks = (width + COLUMNS - 1) / COLUMNS,
        part = (int)get_global_id(2);
    int   row = (int)get_global_id(0) * ROWS, rows = min(ROWS, k_h * k_w * depth - row);
    int   group = (int)get_global_id(1) / blocks, column = (int)get_global_id(1) % blocks * COLUMNS;
    int   columns = min(COLUMNS, width - column), first = part * share, last = min(first + share, n * y_h * y_w);
    float left[CHUNK * STRIDE], panels[CHUNK * COLUMNS], sum[STRIDE * COLUMNS];
    for (int i = 0; i < STRIDE * COLUMNS; i += 16) store16((float16)(0), 0, sum + i);
    for (int i = 0; i < CHUNK * STRIDE; i += 16) store16((float16)(0), 0, left + i);
    x += group * depth;
    dy += group * width + column;
    for (; first < last; first += CHUNK) {
        int count = min(CHUNK, last - first);
        for (int j = 0; j < columns; j += NB) {
            __global const float *from = dy + (size_t)first * y_c + j;
            float                *to = panels + CHUNK * j;
            for (int p = 0; p < count; p++, from += y_c, to += NB)
                EACH_VECTOR (l) store16(load_part(from + 16 * l, columns - j - 16 * l), l, to);
        }
        for (int r = 0, run; r < rows; r += run) {
            int tap = (row + r) / depth, c = (row + r) % depth, shift = p_w - tap % k_w * d_w, from, end;
            reached(shift, s_w, x_w, y_w, &from, &end);
            run = min(depth - c, rows - r);
            for (int p = 0, length; p < count; p += length) { /* a row of y, or what the chunk has of it */
                int ox = (first + p) % y_w, y_row = (first + p) / y_w, low, high;
                int iy = y_row % y_h * s_h - p_h + tap / k_w * d_h;
                length = min(y_w - ox, count - p);
                high = (uint)iy < (uint)x_h ? clamp(end - ox, 0, length) : 0;
                low = clamp(from - ox, 0, high);
                float                *to = left + p * STRIDE + r;
                __global const float *in = x + ((long)(y_row / y_h * x_h + iy) * x_w + ox * s_w - shift) * x_c + c;
                for (int q = 0; q < low; q++) zero_floats(to + q * STRIDE, run);
                for (int q = low; q < high; q++) copy_floats(to + q * STRIDE, in + q * s_w * x_c, run);
                for (int q = high; q < length; q++) zero_floats(to + q * STRIDE, run);
            }
        }
        for (int j = 0; j < columns; j += NB)
            for (int r = 0; r < rows; r += MR) {
                float16 acc[MR][NV];
                float  *a[MR], *b = panels + CHUNK * j, *s = sum + STRIDE * j + r * NB;
                EACH_ROW (i) a[i] = left + r + i;
                EACH_ROW (i)
                    EACH_VECTOR (l) acc[i][l] = vload16(l, s + i * NB);
                for (int p = 0; p < count; p++, b += NB) TILE_STEP(acc, a, p * STRIDE, b)
                EACH_ROW (i)
                    EACH_VECTOR (l) store16(acc[i][l], l, s + i * NB);
            }
    }
    sums += (size_t)part * k_h * k_w * depth * y_c + (size_t)row * y_c + group * width + column;
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < columns; j += 16) {
            __global float *to = sums + (size_t)r * y_c + j;
            float16         s = vload16(0, sum + (j / NB * STRIDE + r) * NB + j % NB);
            if (parts == 1) s += load_part(to, columns - j);
            store_part(s, to, columns - j);
        }
}
