/* convolution, CPU class, where the output has few channels, WIDTH, and one group: forward, backward_x (BACKWARD; the
 * output is x there), and backward_w for few channels of y.
 *
 * They alone would leave most of a vector idle, so pixels fill it: each pixel of a row of the input, its channels
 * turned to lie apart, is multiplied once by all taps, and an output pixel adds up the products that belong to it.
 * Those of the rows that an output row reaches are kept, row iy in slot iy % slots:
 *
 *   part[slot][r][pixel] = sum over the input's channels of in[iy][pixel][:] * w[r][:],   r = (kh, kw, output channel)
 */
#include "conv_geometry.h"
#include "tile.h"

#ifndef WIDTH
#define WIDTH 1
#endif
#define PARTS (1 << 16) /* floats of all parts, at most */
#define CHUNK 64        /* channels of the input at a time */

/* An element of a, one of b, and so on; in one expression, which becomes one instruction. */
#define ZIP(a, b, s0, s1, s2, s3, s4, s5, s6, s7) \
    (float16)(a.s0, b.s0, a.s1, b.s1, a.s2, b.s2, a.s3, b.s3, a.s4, b.s4, a.s5, b.s5, a.s6, b.s6, a.s7, b.s7)

/* r[i][j] = r[j][i] */
inline void turn(float16 r[16])
{
    for (int round = 0; round < 4; round++) {
        float16 t[16];
        _Pragma("unroll") for (int i = 0; i < 8; i++)
        {
            t[2 * i] = ZIP(r[i], r[i + 8], s0, s1, s2, s3, s4, s5, s6, s7);
            t[2 * i + 1] = ZIP(r[i], r[i + 8], s8, s9, sa, sb, sc, sd, se, sf);
        }
        _Pragma("unroll") for (int i = 0; i < 16; i++) r[i] = t[i];
    }
}

/* b[c][NB]: `count` channels of NB pixels, `pixels` of which there are; the others are 0. */
inline void turn_pixels(float *b, int count, int pixels, int depth, __global const float *in)
{
    for (int v = 0; v < NB; v += 16)
        for (int c = 0; c < count; c += 16) {
            float16 r[16];
            _Pragma("unroll") for (int i = 0; i < 16; i++) r[i] =
                v + i < pixels ? load_part(in + (size_t)(v + i) * depth + c, count - c) : (float16)(0);
            turn(r);
            _Pragma("unroll") for (int i = 0; i < 16; i++) store16(r[i], 0, b + (c + i) * NB + v);
        }
}

/* Where w[r][c] lies, and how far behind is the next c. */
#ifdef BACKWARD
#define WEIGHT(r, c) ((size_t)(r) * depth + (c))
#define NEXT_WEIGHT 1
#else
#define WEIGHT(r, c) ((size_t)((r) / WIDTH * depth + (c)) * WIDTH + (r) % WIDTH)
#define NEXT_WEIGHT WIDTH
#endif

/* part[r][line] of `pixels` pixels of one row. */
inline void multiply_row(float *part, int line, int taps, int depth, int pixels, __global const float *in,
                         __global const float *w)
{
    float turned[CHUNK * NB];
    for (int q = 0; q < pixels; q += NB, in += NB * depth, part += NB)
        for (int c0 = 0; c0 < depth; c0 += CHUNK) {
            int count = min(CHUNK, depth - c0);
            turn_pixels(turned, count, pixels - q, depth, in + c0);
            for (int r = 0; r < taps; r += MR) {
                __global const float *left[MR], *ahead = in + NB * (depth + c0);
                const float          *b = turned;
                float16               acc[MR][NV];
                EACH_ROW (i) {
                    int one = min(r + i, taps - 1);
                    left[i] = w + WEIGHT(one, c0);
                    EACH_VECTOR (j) acc[i][j] = c0 ? vload16(j, part + one * line) : (float16)(0);
                }
                for (int c = 0; c < count; c++, b += NB, ahead += NB) {
                    EACH_VECTOR (j) FETCH(ahead + 16 * j);
                    TILE_STEP(acc, left, c * NEXT_WEIGHT, b)
                }
                EACH_ROW (i)
                    if (r + i < taps)
                        EACH_VECTOR (j) store16(acc[i][j], j, part + (r + i) * line);
            }
        }
}

/* Along one axis, the first and the last input that an output may read; both may lie outside. */
#ifdef BACKWARD
#define OUT_PHASES s_w
#define PHASE(o, s) ((o) % (s))
inline int floor_of(int a, int s) { return (a >= 0 ? a : a - s + 1) / s; }
inline int first_input(int o, int k, int s, int p, int d) { return floor_of(o + p - (k - 1) * d + s - 1, s); }
inline int last_input(int o, int k, int s, int p, int d) { return floor_of(o + p, s); }
#else
#define OUT_PHASES 1
#define PHASE(o, s) 0
inline int first_input(int o, int k, int s, int p, int d) { return o * s - p; }
inline int last_input(int o, int k, int s, int p, int d) { return o * s - p + (k - 1) * d; }
#endif

/* 16 of p, every `step`. */
inline float16 load_every(const float *p, int step)
{
    if (step == 1) return vload16(0, p);
    float some[16];
    for (int l = 0; l < 16; l++) some[l] = p[l * step];
    return vload16(0, some);
}

/* The pixels [x0, x1) of one row of the output, whose axis is v and which is q of it. */
inline void collect_row(GEOMETRY, axis v, int q, int x0, int x1, int low, int line, int slots, const float *parts,
                        __global const float *bias, int has_bias, __global float *out)
{
    int all = k_h * k_w * WIDTH;
    for (int phase = 0; phase < OUT_PHASES; phase++) {
        axis u = make_axis(phase, OUT_W, k_w, s_w, p_w, d_w);
        int  from = (x0 - phase + u.apart - 1) / u.apart, end = (x1 - phase + u.apart - 1) / u.apart;
        for (int c = 0; c < WIDTH; c++)
            for (int x = from; x < end; x += 16) {
                float16 sum = has_bias ? bias[c] : 0;
                for (int ty = 0; ty < v.count; ty++) {
                    int iy = q * v.stride + v.offset + ty * v.move, tap = (v.first + ty * v.step) * k_w + u.first;
                    if ((uint)iy >= (uint)IN_H) continue;
                    const float *p = parts + (iy % slots * all + tap * WIDTH + c) * line + x * u.stride;
                    p += u.offset - low;
                    for (int tx = 0; tx < u.count; tx++)
                        sum += load_every(p + tx * (u.step * WIDTH * line + u.move), u.stride);
                }
                float lanes[16];
                store16(sum, 0, lanes);
                for (int l = 0; l < min(16, end - x); l++) out[(phase + (x + l) * u.apart) * WIDTH + c] = lanes[l];
            }
    }
}

/* `rows` rows of the output, `span` pixels wide, to a work-item. */
ITEM conv_thin(GEOMETRY, int depth, int span, int line, int slots, int rows, __global const float *restrict in,
               __global const float *restrict w, __global const float *restrict bias, int has_bias,
               __global float *restrict out)
{
    int   x0 = (int)get_global_id(0) * span, x1 = min(x0 + span, OUT_W), all = k_h * k_w * WIDTH;
    int   row = (int)get_global_id(1) * rows, last = min(row + rows, n * OUT_H), next = 0, image = -1;
    int   low = first_input(x0, k_w, s_w, p_w, d_w), high = min(last_input(x1 - 1, k_w, s_w, p_w, d_w) + 1, IN_W);
    int   first = max(low, 0);
    float parts[PARTS];
    for (int i = 0; i < slots * all * line; i += 16) store16((float16)(0), 0, parts + i);
    for (; row < last; row++) {
        int  y = row % OUT_H, top = max(first_input(y, k_h, s_h, p_h, d_h), 0);
        int  bottom = min(last_input(y, k_h, s_h, p_h, d_h) + 1, IN_H);
        axis v = make_axis(PHASE(y, s_h), OUT_H, k_h, s_h, p_h, d_h);
        next = row / OUT_H == image ? max(next, top) : top;
        image = row / OUT_H;
        for (; next < bottom; next++)
            multiply_row(parts + next % slots * all * line + first - low, line, all, depth, high - first,
                         in + ((size_t)(image * IN_H + next) * IN_W + first) * depth, w);
        collect_row(n, x_h, x_w, x_c, y_h, y_w, y_c, k_h, k_w, s_h, s_w, p_h, p_w, d_h, d_w, groups, v, y / v.apart, x0,
                    x1, low, line, slots, parts, bias, has_bias, out + (size_t)row * OUT_W * WIDTH);
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
            store16(acc[k][j], 0, lanes);
            for (int l = 0; l < min(16, count - 16 * j); l++) {
                __global float *to = sums + (16 * j + l) * WIDTH + k;
                *to = parts == 1 ? *to + lanes[l] : lanes[l];
            }
        }
}

#endif
