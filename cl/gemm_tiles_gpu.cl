/* gemm, GPU class: several products of one size in tiles (conv_tiles.h), c[copy][m][n] = sum over k of a times b.
 *
 * a is [copy][m][k], with TRANS_A [copy][k][m]; b [copy][k][n], with TRANS_B [copy][n][k]. All rows are multiples of 4
 * floats. */
#define IN4
#define OUT4
#include "conv_tiles.h"

/* Where float4 i of a work-item lies in a tile of `size` rows or columns: its term and its place. Along the terms where
 * these are next to each other in memory, else along the places. */
#define TERM_ALONG(i) (item % (BK / 4) * 4)
#define PLACE_ALONG(i) (item / (BK / 4) + (i) * (ITEMS / (BK / 4)))
#define TERM_DOWN(i, size) ((item + (i)*ITEMS) / ((size) / 4))
#define PLACE_DOWN(i, size) ((item + (i)*ITEMS) % ((size) / 4) * 4)

#ifdef TRANS_A
#define A_TERM(i) TERM_DOWN(i, BM)
#define A_ROW(i) PLACE_DOWN(i, BM)
#define A_FROM(term, row) ((term)*m + (row))
#define STORE_A(i) *(__local float4 *)&left[now][A_TERM(i)][A_ROW(i)] = x[i]
#else
#define A_TERM(i) TERM_ALONG(i)
#define A_ROW(i) PLACE_ALONG(i)
#define A_FROM(term, row) ((row)*k + (term))
#define STORE_A(i) STORE_DOWN(left[now], A_TERM(i), A_ROW(i), x[i])
#endif
#ifdef TRANS_B
#define B_TERM(i) TERM_ALONG(i)
#define B_COLUMN(i) PLACE_ALONG(i)
#define B_FROM(term, column) ((column)*k + (term))
#define STORE_B(i) STORE_DOWN(right[now], B_TERM(i), B_COLUMN(i), y[i])
#else
#define B_TERM(i) TERM_DOWN(i, BN)
#define B_COLUMN(i) PLACE_DOWN(i, BN)
#define B_FROM(term, column) ((term)*n + (column))
#define STORE_B(i) *(__local float4 *)&right[now][B_TERM(i)][B_COLUMN(i)] = y[i]
#endif
#define IN_B(i) (B_TERM(i) < BK && B_COLUMN(i) < BN) /* its tile may be less than a float4 to a work-item */

/* Work-groups: tiles of rows, tiles of columns, copies by parts. Sums over terms [part * share, + share), to
 * [part][copy][m][n]. */
GROUP void gemm_tiles(int m, int n, int k, int share, int parts, __global const float *restrict a, int a_at,
                      __global const float *restrict b, int b_at, __global float *restrict c, int c_at)
{
    TILES(left, BM);
    TILES(right, BN);
    SUMS(acc);
    int    lx = (int)get_local_id(0), ly = (int)get_local_id(1), item = ly * LX + lx, now = 0;
    int    copy = (int)get_group_id(2) / parts, part = (int)get_group_id(2) % parts;
    int    copies = (int)get_num_groups(2) / parts;
    int    row = (int)get_group_id(0) * BM, column = (int)get_group_id(1) * BN;
    int    first = part * share, last = min(first + share, k);
    float4 x[LEFT], y[RIGHT];
    a += a_at + copy * m * k;
    b += b_at + copy * k * n;
    c += c_at + (part * copies + copy) * m * n;
#define LOAD(from) \
    UNROLL for (int i = 0; i < LEFT; i++) \
    { \
        int term = (from) + A_TERM(i), at = row + A_ROW(i); \
        x[i] = term < last && at < m ? GET4(float, a + A_FROM(term, at)) : (float4)(0); \
    } \
    UNROLL for (int i = 0; i < RIGHT; i++) \
    { \
        int term = (from) + B_TERM(i), at = column + B_COLUMN(i); \
        y[i] = IN_B(i) && term < last && at < n ? GET4(float, b + B_FROM(term, at)) : (float4)(0); \
    }
#define STORE \
    UNROLL for (int i = 0; i < LEFT; i++) { STORE_A(i); } \
    UNROLL for (int i = 0; i < RIGHT; i++) if (IN_B(i)) { STORE_B(i); }
    LOAD(first)
    STORE
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int from = first; from < last; from += BK) {
        LOAD(from + BK)
        multiply(acc, left[now], right[now], lx, ly);
        now = 1 - now;
        STORE
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    UNROLL
    for (int i = 0; i < TM; i++) {
        int r = row + ly * TM + i;
        if (r >= m) continue;
        UNROLL
        for (int j = 0; j < TN / 4; j++) {
            int at = column + 4 * (lx + j * LX);
            STORE_COLUMNS(float, acc[i][j], c + r * n + at, n - at);
        }
    }
}
