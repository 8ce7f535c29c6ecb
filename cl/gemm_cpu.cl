/* gemm, CPU class: C[m][n] = op(A)[m][k] op(B)[k][n] + bias[n] + beta C, row-major.
 *
 * A stored [m][k] is read in place; A stored [k][m] goes through pack_a. B goes through pack_b, or is read in place
 * where its rows are whole panels and too few rows of A share them. */
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

/* Adds up k from `first` on, `count` of them; those before were added by an earlier launch. A begins at a_at floats, B
 * at b_at. From one row of a tile of A to the next it is a_row floats, from one k to the next a_step; from one k of B
 * to the next b_row floats, from one panel to the next b_panel. `tiles` tiles, one below the other, to a work-item. Bit
 * 0 of `flags`: add the bias; bit 1: add to C. */
ITEM gemm_multiply(int m, int n, int k, int first, int count, int tiles, int flags, __global const float *restrict a,
                   int a_at, int a_row, int a_step, __global const float *restrict b, int b_at, int b_row, int b_panel,
                   __global const float *restrict bias, __global float *restrict c)
{
    int j = (int)get_global_id(1), t = (int)get_global_id(0) * tiles, last = min(t + tiles, (m + MR - 1) / MR);
    a += a_at;
    b += (size_t)j * b_panel + (size_t)first * b_row + b_at;
    bias += j * NB;
    c += j * NB;
    for (; t < last; t++) {
        __global const float *left[MR];
        __global const float *right_row = b;
        float16               acc[MR][NV];
        int                   rows = min(MR, m - t * MR);
        TILE_ZERO(acc)
        EACH_ROW (i) left[i] = a + (size_t)t * MR * k + (size_t)min(i, rows - 1) * a_row + (size_t)first * a_step;
        for (int p = 0; p < count * a_step; p += a_step, right_row += b_row) TILE_STEP(acc, left, p, right_row)
        EACH_ROW (i)
            EACH_VECTOR (v) {
                int columns = n - j * NB - 16 * v;
                if (i < rows && columns > 0) {
                    __global float *to = c + (size_t)(t * MR + i) * n + 16 * v;
                    float16         sum = acc[i][v];
                    if (flags & 1) sum += load_part(bias + 16 * v, columns);
                    if (flags & 2) sum += load_part(to, columns);
                    store_part(sum, to, columns);
                }
            }
    }
}
