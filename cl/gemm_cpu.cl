/* gemm, CPU class: C[m][n] = op(A)[m][k] op(B)[k][n] + bias[n] + beta C, row-major.
 *
 * A stored [m][k] is read in place; A stored [k][m] goes through pack_a, or is read in place where few panels share it.
 * B goes through pack_b, or is read in place where too few rows of A share it. */
#include "tile.h"

/* A [k][m] into [m / MR][k][MR]; rows beyond m repeat the last one. 16 k and `tiles` tiles to a work-item. */
ITEM gemm_pack_a(int m, int k, int tiles, __global const float *restrict a, __global float *restrict packed)
{
    int k0 = (int)get_global_id(0) * 16, k1 = min(k0 + 16, k);
    int first = (int)get_global_id(1) * tiles, last = min(first + tiles, (m + MR - 1) / MR);
    for (int t = first; t < last; t++) {
        __global float *to = packed + ((size_t)t * k + k0) * MR;
        for (int p = k0; p < k1; p++, to += MR)
            EACH_ROW (i) to[i] = a[(size_t)p * m + min(t * MR + i, m - 1)];
    }
}

/* B into [n / NB][k][NB]; B is stored [k][n], or [n][k] if transposed. 64 k of one panel to a work-item. */
ITEM gemm_pack_b(int n, int k, __global const float *restrict b, __global float *restrict packed, int packed_at,
                 int transposed)
{
    int k0 = (int)get_global_id(0) * 64, rows = min(64, k - k0), j = (int)get_global_id(1),
        columns = min(NB, n - j * NB);
    __global float *panel = packed + packed_at + ((size_t)j * k + k0) * NB;
    if (transposed) pack_columns(panel, b + (size_t)j * NB * k + k0, (size_t)k, columns, rows);
    else pack_rows(panel, b + (size_t)k0 * n + j * NB, (size_t)n, columns, rows);
}

/* Bits of `flags`. */
#define BIAS 1
#define ADD 2
#define PACK_B 4 /* the work-item has all tiles of its panel, which it makes of b, stored [n][k], first */

/* `depth` k at a time. A tile of A begins a_tile floats behind the one above it; from one row of it to the next it is
 * a_row floats, from one k to the next a_step. B begins at b_at floats; from one k to the next it is b_row floats, from
 * one panel to the next b_panel; from k = whole on, a row of a panel may reach beyond its end. `tiles` tiles, one below
 * the other, to a work-item. */
ITEM gemm_multiply(int m, int n, int k, int whole, int depth, int tiles, int flags, __global const float *restrict a,
                   int a_tile, int a_row, int a_step, __global const float *restrict b, __global float *packed,
                   int b_at, int b_row, int b_panel, __global const float *restrict bias, __global float *restrict c)
{
    int j = (int)get_global_id(1), top = (int)get_global_id(0) * tiles, last = min(top + tiles, (m + MR - 1) / MR);
    int most = n - j * NB;
    if (flags & PACK_B) {
        for (int p = 0; p < k; p += 64)
            pack_columns(packed + b_at + (size_t)j * b_panel + p * NB, b + (size_t)j * NB * k + p, (size_t)k,
                         min(NB, most), min(64, k - p));
        b = packed;
    }
    bias += j * NB;
    c += j * NB;
    for (int first = 0; first < k; first += depth)
        for (int t = top; t < last; t++) {
            __global const float *left[MR];
            __global const float *right_row = b + b_at + (size_t)j * b_panel + (size_t)first * b_row;
            float16               acc[MR][NV];
            int                   rows = min(MR, m - t * MR), p = 0, end = min(depth, k - first) * a_step;
            int                   safe = min(end, (whole - first) * a_step);
            TILE_ZERO(acc)
            EACH_ROW (i)
                left[i] = a + (size_t)t * a_tile + (size_t)min(i, rows - 1) * a_row + (size_t)first * a_step;
            if (NV > 1 && most <= 16) /* the last panel, and nothing in its other vectors */
                for (; p < safe; p += a_step, right_row += b_row) {
                    float16 right = vload16(0, right_row);
                    EACH_ROW (i) acc[i][0] = fma((float16)(left[i][p]), right, acc[i][0]);
                }
            else
                for (; p < safe; p += a_step, right_row += b_row) TILE_STEP(acc, left, p, right_row)
            for (; p < end; p += a_step, right_row += b_row)
                EACH_VECTOR (v) {
                    float16 right = load_part(right_row + 16 * v, most - 16 * v);
                    EACH_ROW (i) acc[i][v] = fma((float16)(left[i][p]), right, acc[i][v]);
                }
            EACH_ROW (i)
                EACH_VECTOR (v) {
                    int columns = most - 16 * v;
                    if (i < rows && columns > 0) {
                        __global float *to = c + (size_t)(t * MR + i) * n + 16 * v;
                        float16         sum = acc[i][v];
                        if (first == 0 && flags & BIAS) sum += load_part(bias + 16 * v, columns);
                        if (first > 0 || flags & ADD) sum += load_part(to, columns);
                        store_part(sum, to, columns);
                    }
                }
        }
}
