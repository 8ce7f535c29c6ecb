/* convolution, GPU class: the transforms of Winograd's F(M, R) as conv_winograd.h has it; the products between them are
 * those of gemm_tiles_gpu.cl. One channel of one tile to a work-item, so that neighbours read and write neighbouring
 * channels. Tiles [first, first + count) of all images at a time, which bounds the memory of what lies between. */
#define CHANNELS float
#include "conv_winograd.h"

#ifdef BACKWARD
#define BACK 1
#define IN_PHASES 1
#define OUT_PHASES (STRIDE * STRIDE)
#else
#define BACK 0
#define IN_PHASES (STRIDE * STRIDE)
#define OUT_PHASES 1
#endif
#define ALL_DEPTH (IN_PHASES * IN_C)

/* u, [out phase][t][ALL_DEPTH][y_c], or with BACKWARD, whose products transpose it, [out phase][t][x_c][y_c]. */
__kernel void winograd_weights(GEOMETRY, __global const float *restrict w, __global float *restrict u)
{
    int   i = (int)get_global_id(0), phase = (int)get_global_id(1), k = i % y_c, c = i / y_c;
    float g[R * R], all[TT];
    if (c >= x_c) return;
    UNROLL
    for (int tap = 0; tap < R * R; tap++) {
#ifdef BACKWARD
        int kh = (R - 1 - tap / R) * STRIDE + phase / STRIDE, kw = (R - 1 - tap % R) * STRIDE + phase % STRIDE;
#else
        int kh = tap / R * STRIDE + phase / STRIDE, kw = tap % R * STRIDE + phase % STRIDE;
#endif
        g[tap] = w[((kh * k_w + kw) * x_c + c) * y_c + k];
    }
    evaluate_2d(all, g, R);
#ifdef BACKWARD
    int rows = x_c, row = phase * TT * x_c + c;
#else
    int rows = ALL_DEPTH, row = phase * x_c + c;
#endif
    POINTS(t)
    u[(t * rows + row) * y_c + k] = winograd_factor(t / T) * winograd_factor(t % T) * all[t];
}

/* v, [out phase][t][tile][ALL_DEPTH], from `v_at` on. */
__kernel void winograd_input(GEOMETRY, int first, int count, __global const float *restrict in,
                             __global float *restrict v, int v_at)
{
    int i = (int)get_global_id(0), phase = (int)get_global_id(1), c = i % IN_C, tile = i / IN_C;
    if (tile >= count) return;
    place p = tile_place(BACK, first + tile, OUT_H, OUT_W);
    lane  down = make_lane(BACK, phase / STRIDE, OUT_H, p_h), across = make_lane(BACK, phase % STRIDE, OUT_W, p_w);
    float d[TT], all[TT];
    UNROLL
    for (int j = 0; j < TT; j++) {
        int y = down.in + (p.y + j / T) * down.in_step, x = across.in + (p.x + j % T) * across.in_step;
        int inside = (uint)y < (uint)IN_H && (uint)x < (uint)IN_W;
        d[j] = inside ? in[((p.image * IN_H + y) * IN_W + x) * IN_C + c] : 0;
    }
    filter_2d(all, d);
    int at = OUT_PHASES > 1 ? phase * TT * count + tile : tile, row = OUT_PHASES > 1 ? c : phase * IN_C + c;
    POINTS(t)
    v[v_at + (t * count + at) * ALL_DEPTH + row] = all[t];
}

/* The outputs of the tiles, from s[out phase][t][tile][OUT_C]. */
__kernel void winograd_output(GEOMETRY, int first, int count, __global const float *restrict s, int s_at,
                              __global const float *restrict bias, int has_bias, __global float *restrict out)
{
    int i = (int)get_global_id(0), phase = (int)get_global_id(1), k = i % OUT_C, tile = i / OUT_C;
    if (tile >= count) return;
    place p = tile_place(BACK, first + tile, OUT_H, OUT_W);
    lane  down = make_lane(BACK, phase / STRIDE, OUT_H, p_h), across = make_lane(BACK, phase % STRIDE, OUT_W, p_w);
    float all[TT], y[M * M], add = has_bias ? bias[k] : 0;
    POINTS(t)
    all[t] = s[s_at + ((phase * TT + t) * count + tile) * OUT_C + k];
    collect_2d(y, all, M);
    UNROLL
    for (int j = 0; j < M * M; j++) {
        int oy = p.y + j / M, ox = p.x + j % M;
        if (oy >= down.extent || ox >= across.extent) continue;
        int at = (p.image * OUT_H + down.out + oy * down.out_step) * OUT_W + across.out + ox * across.out_step;
        out[at * OUT_C + k] = y[j] + add;
    }
}

#ifndef BACKWARD
/* A dy A', [t][tile][y_c], from `d_at` on. */
__kernel void winograd_slope(GEOMETRY, int first, int count, __global const float *restrict dy,
                             __global float *restrict d, int d_at)
{
    int i = (int)get_global_id(0), k = i % y_c, tile = i / y_c;
    if (tile >= count) return;
    place p = tile_place(BACK, first + tile, y_h, y_w);
    float from[M * M], all[TT];
    UNROLL
    for (int j = 0; j < M * M; j++) {
        int y = p.y + j / M, x = p.x + j % M;
        from[j] = y < y_h && x < y_w ? dy[((p.image * y_h + y) * y_w + x) * y_c + k] : 0;
    }
    evaluate_2d(all, from, M);
    POINTS(t)
    d[d_at + (t * count + tile) * y_c + k] = all[t];
}

/* dw += the sums of all parts, [part][t][ALL_DEPTH][y_c]. */
__kernel void winograd_gradient(GEOMETRY, int parts, __global const float *restrict sums, int sums_at,
                                __global float *restrict dw)
{
    int   i = (int)get_global_id(0), phase = (int)get_global_id(1), k = i % y_c, c = i / y_c;
    float all[TT], g[R * R];
    if (c >= x_c) return;
    POINTS(t)
    all[t] = 0;
    for (int part = 0; part < parts; part++) POINTS(t)
    all[t] += sums[sums_at + ((part * TT + t) * ALL_DEPTH + phase * x_c + c) * y_c + k];
    POINTS(t)
    all[t] *= winograd_factor(t / T) * winograd_factor(t % T);
    collect_2d(g, all, R);
    UNROLL
    for (int tap = 0; tap < R * R; tap++) {
        int kh = tap / R * STRIDE + phase / STRIDE, kw = tap % R * STRIDE + phase % STRIDE;
        dw[((kh * k_w + kw) * x_c + c) * y_c + k] += g[tap];
    }
}
#endif
