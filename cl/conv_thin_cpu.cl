/* convolution, CPU class, where the output has few channels, WIDTH, and one group: forward, backward_x (BACKWARD; the
 * output is x there), and backward_w for few channels of y.
 *
 * They alone would leave most of a vector idle, so the taps of a kernel row fill it, lane kw * WIDTH + c: for a row of
 * the output, each pixel of the input rows that reach it is multiplied into `part`, the sum over kh and the input's
 * channels, and an output pixel adds up those lanes that belong to it. */
#include "conv_geometry.h"
#include "tile.h"

#ifndef WIDTH
#define WIDTH 1
#endif
#define SPAN 128 /* input pixels at a time, at most */

/* w into [kh][depth][NB]. One kh to a work-item. */
ITEM conv_thin_pack(GEOMETRY, int depth, __global const float *restrict w, __global float *restrict packed)
{
    int kh = (int)get_global_id(0), lanes = k_w * WIDTH;
    w += (size_t)kh * lanes * depth;
    packed += (size_t)kh * depth * NB;
#ifdef BACKWARD
    pack_columns(packed, w, (size_t)depth, lanes, depth);
#else
    for (int d = 0; d < depth; d++)
        for (int l = 0; l < NB; l++)
            packed[d * NB + l] = l < lanes ? w[(size_t)(l / WIDTH * depth + d) * WIDTH + l % WIDTH] : 0;
#endif
}

/* The row of the input that tap kh of output row `oy` reads; -1 if there is none. */
inline int input_row(int oy, int kh, int in_h, int s, int p, int d)
{
#ifdef BACKWARD
    int at = oy + p - kh * d;
    return at < 0 || at % s != 0 || at / s >= in_h ? -1 : at / s;
#else
    int at = oy * s - p + kh * d;
    return at >= in_h ? -1 : at;
#endif
}

/* part[q - low][:] of the input's pixels q in [low, high) for one row of the output. */
inline void multiply_row(GEOMETRY, int depth, int image, int oy, int low, int high, __global const float *in,
                         __global const float *packed, float *part)
{
    for (int q = low; q < high; q += MR, part += MR * NB) {
        float16 acc[MR][NV];
        TILE_ZERO(acc)
        for (int kh = 0; kh < k_h; kh++) {
            int iy = input_row(oy, kh, IN_H, s_h, p_h, d_h);
            if (iy < 0) continue;
            __global const float *left[MR], *b = packed + (size_t)kh * depth * NB;
            EACH_ROW (i) left[i] = in + ((size_t)(image * IN_H + iy) * IN_W + min(q + i, high - 1)) * depth;
            for (int c = 0; c < depth; c++, b += NB) TILE_STEP(acc, left, c, b)
        }
        EACH_ROW (i)
            EACH_VECTOR (j) vstore16(acc[i][j], j, part + i * NB);
    }
}

/* `rows` rows of the output, `span` pixels wide, to a work-item. */
ITEM conv_thin(GEOMETRY, int depth, int span, int rows, __global const float *restrict in,
               __global const float *restrict packed, __global const float *restrict bias, int has_bias,
               __global float *restrict out)
{
    int   x0 = (int)get_global_id(0) * span, x1 = min(x0 + span, OUT_W), reach = (k_w - 1) * d_w;
    int   row = (int)get_global_id(1) * rows, last = min(row + rows, n * OUT_H);
    float part[(SPAN + MR) * NB];
#ifdef BACKWARD
    int low = max(0, (x0 + p_w - reach + s_w - 1) / s_w), high = min(IN_W, (x1 - 1 + p_w) / s_w + 1);
    if (x0 + p_w < reach) low = 0;
#else
    int low = max(0, x0 * s_w - p_w), high = min(IN_W, (x1 - 1) * s_w - p_w + reach + 1);
#endif
    for (; row < last; row++) {
        __global float *to = out + (size_t)row * OUT_W * WIDTH;
        multiply_row(n, x_h, x_w, x_c, y_h, y_w, y_c, k_h, k_w, s_h, s_w, p_h, p_w, d_h, d_w, groups, depth,
                     row / OUT_H, row % OUT_H, low, high, in, packed, part);
        for (int x = x0; x < x1; x++)
            for (int c = 0; c < WIDTH; c++) to[x * WIDTH + c] = has_bias ? bias[c] : 0;
        for (int kw = 0; kw < k_w; kw++) {
#ifdef BACKWARD
            for (int q = low; q < high; q++) {
                int x = q * s_w - p_w + kw * d_w;
#else
            for (int x = x0; x < x1; x++) {
                int q = x * s_w - p_w + kw * d_w;
#endif
                if (x < x0 || x >= x1 || q < low || q >= high) continue;
                for (int c = 0; c < WIDTH; c++) to[x * WIDTH + c] += part[(q - low) * NB + kw * WIDTH + c];
            }
        }
    }
}

#ifndef BACKWARD

#define CHANNELS 64 /* of x to a work-item, at most */

/* backward_w of one tap: rows [part * share, + share) of y, added to dw, or stored as the part's own. The vectors run
 * along the channels of x. */
ITEM conv_thin_weights(GEOMETRY, int share, int parts, __global const float *restrict x,
                       __global const float *restrict dy, __global float *restrict sums)
{
    int     tap = (int)get_global_id(0), c = (int)get_global_id(1) * CHANNELS, part = (int)get_global_id(2);
    int     row = part * share, last = min(row + share, n * y_h), count = x_c - c, shift = p_w - tap % k_w * d_w;
    int     first, end;
    float16 acc[WIDTH][CHANNELS / 16];
    for (int k = 0; k < WIDTH; k++)
        for (int j = 0; j < CHANNELS / 16; j++) acc[k][j] = 0;
    reached(shift, s_w, x_w, y_w, &first, &end);
    for (; row < last; row++) {
        int iy = row % y_h * s_h - p_h + tap / k_w * d_h;
        if ((uint)iy >= (uint)x_h) continue;
        __global const float *from = x + ((long)(row / y_h * x_h + iy) * x_w - shift) * x_c + c;
        __global const float *d = dy + (size_t)row * y_w * WIDTH;
        for (int ox = first; ox < end; ox++) _Pragma("unroll") for (int j = 0; j < CHANNELS / 16; j++)
            {
                float16 v = load_part(from + ox * s_w * x_c + 16 * j, count - 16 * j);
                _Pragma("unroll") for (int k = 0; k < WIDTH; k++) acc[k][j] =
                    fma((float16)(d[ox * WIDTH + k]), v, acc[k][j]);
            }
    }
    sums += ((size_t)part * k_h * k_w + tap) * x_c * WIDTH + c * WIDTH;
    for (int j = 0; j < CHANNELS / 16; j++)
        for (int k = 0; k < WIDTH; k++) {
            float lanes[16];
            vstore16(acc[k][j], 0, lanes);
            for (int l = 0; l < min(16, count - 16 * j); l++) {
                __global float *to = sums + (16 * j + l) * WIDTH + k;
                *to = parts == 1 ? *to + lanes[l] : lanes[l];
            }
        }
}

#endif
