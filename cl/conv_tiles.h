/* conv_tiles -- convolution, GPU class: a pass as a matrix product whose operands are gathered into local memory.
 *
 * A work-group of LX by LY work-items computes BM rows by BN columns, TM by TN to a work-item, BK terms of the sums at
 * a time. There are two copies of each tile: while one is multiplied, the next terms are on their way into registers,
 * then into the other, so that a round needs one barrier. IN4, OUT4: a group's input, output channels are a multiple
 * of 4.
 *
 * As a GPU runs it (32 banks of 4 bytes, 32 or 64 work-items that go together): a float4 of columns is next to its
 * neighbour's and a row's floats go to all of them at once, so reads of local memory meet no conflict. Nor do the
 * writes down a column where BK is 8: with PAD, four rows further is 16 banks further, for 16 work-items each. BK of 8
 * is 32 contiguous bytes of a pixel, the sector that a cache line is filled by. 8 x 8 sums to a work-item are 64
 * registers, some 110 with all else: 512 work-items in a compute unit of 64 Ki registers.
 *
 * SUB_GROUPS: a row of LX work-items is a sub-group. Each reads one float of the left tile, which the others get from
 * its register: on Intel's GPUs that costs nothing, on others a broadcast from local memory is as good. */
#ifndef CONV_TILES_H
#define CONV_TILES_H

#include "conv_digits.h"
#include "conv_geometry.h"
#include "storage.h"

#ifndef LX
#define LX 16
#endif
#ifndef LY
#define LY 16
#endif
#ifndef TM
#define TM 8
#endif
#ifndef TN
#define TN 8
#endif
#ifndef BK
#define BK 8
#endif

#define ITEMS (LX * LY)
#define BM (LY * TM)
#define BN (LX * TN)
#define PAD 4 /* rows of a tile begin in other banks, and at 16 bytes */
#define LEFT (BM * BK / 4 / ITEMS) /* float4s to a work-item of the left operand's tile */
#if LEFT * ITEMS * 4 != BM * BK || TM % 4 != 0 || TN % 4 != 0 || BK % 4 != 0
#error a tile that its work-items cannot share out
#endif
#define RIGHT ((BN * BK / 4 + ITEMS - 1) / ITEMS)
#define TILES(name, size) __local float name[2][BK][(size) + PAD] __attribute__((aligned(16)))
#if defined(SUB_GROUPS) && defined(cl_intel_subgroups) && LX % TM == 0
#pragma OPENCL EXTENSION cl_intel_subgroups : enable
#define SPREAD (LX / TM) /* rows of the left tile that a sub-group reads at a time */
#define GROUP __kernel __attribute__((reqd_work_group_size(LX, LY, 1), intel_reqd_sub_group_size(LX)))
#else
#define SPREAD 0
#define GROUP __kernel __attribute__((reqd_work_group_size(LX, LY, 1)))
#endif
#define UNROLL _Pragma("unroll")
#define FAR (-(1 << 28)) /* outside of any map, whatever the tap */

/* Up to four numbers of type T at p, of which `count` are there. */
#ifdef OUT4
#define LOAD_COLUMNS(T, p, count) ((count) > 0 ? GET4(T, p) : (float4)(0))
#define STORE_COLUMNS(T, v, p, count) \
    if ((count) > 0) PUT4(T, v, p)
#else
#define LOAD_COLUMNS(T, p, count) \
    (float4)((count) > 0 ? GET(T, p) : 0, (count) > 1 ? GET(T, (p) + 1) : 0, (count) > 2 ? GET(T, (p) + 2) : 0, \
             (count) > 3 ? GET(T, (p) + 3) : 0)
#define STORE_COLUMNS(T, v, p, count) \
    if ((count) > 0) PUT(T, (v).x, p); \
    if ((count) > 1) PUT(T, (v).y, (p) + 1); \
    if ((count) > 2) PUT(T, (v).z, (p) + 2); \
    if ((count) > 3) PUT(T, (v).w, (p) + 3)
#endif

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

static inline void load_right(float4 b[TN / 4], __local const float *right, int x)
{
    UNROLL
    for (int j = 0; j < TN / 4; j++) b[j] = *(__local const float4 *)(right + 4 * (x + j * LX));
}

#ifdef MMA
#include "conv_mma.h"
#else
#define SETTLE(acc)
#define FRAGMENTS(name)
static inline void multiply(float4 acc[TM][TN / 4], __local float left[BK][BM + PAD],
                            __local float right[BK][BN + PAD], int x, int y)
{
    float4 b[TN / 4];
#if SPREAD
    UNROLL
    for (int k = 0; k < BK; k++) {
        float mine = left[k / SPREAD * SPREAD + x / TM][y * TM + x % TM];
        load_right(b, right[k], x);
        UNROLL
        for (int i = 0; i < TM; i++) {
            float a = sub_group_broadcast(mine, k % SPREAD * TM + i);
            UNROLL
            for (int j = 0; j < TN / 4; j++) acc[i][j] += a * b[j];
        }
    }
#else
    UNROLL
    for (int k = 0; k < BK; k++) {
        float a[TM];
        load_right(b, right[k], x);
        UNROLL
        for (int i = 0; i < TM; i += 4) vstore4(*(__local const float4 *)&left[k][y * TM + i], 0, a + i);
        UNROLL
        for (int i = 0; i < TM; i++)
            UNROLL
            for (int j = 0; j < TN / 4; j++) acc[i][j] += a[i] * b[j];
    }
#endif
}
#endif

#endif
