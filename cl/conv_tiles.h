/* conv_tiles -- convolution, GPU class: a pass as a matrix product whose operands are gathered into local memory.
 *
 * A work-group of LX by LY work-items computes BM rows by BN columns, TM by TN to a work-item, BK terms of the sums at
 * a time: while those are multiplied, the next are on their way into registers. IN4, OUT4: a group's input, output
 * channels are a multiple of 4. */
#ifndef CONV_TILES_H
#define CONV_TILES_H

#include "conv_digits.h"
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

#endif
