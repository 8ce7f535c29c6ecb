/* reduce -- sums over the rows of x[rows][c] in an order that follows from the shape alone: the same bits for any W and
 * U.
 *
 * A pass folds rows so that a row is `wide` floats, a multiple of c and of 64 (element i of the fold belongs to column
 * i % c), and sums each `chunk` of folded rows: [rows][c] becomes [chunks * wide / c][c]. The host repeats it until few
 * rows are left. Buffers may be the same one; offsets are in floats, and what is read and what is written do not
 * overlap. */
#include "storage.h"

#ifdef BAL_CLASS_CPU
#define U 4 /* vectors to a work-item: whole cache lines beside each other */
#else
#define U 1
#endif

/* out[chunk][wide]: sums of x, or of x^2 where power is 2. U * W columns of one chunk to a work-item. */
__kernel void reduce_rows(__global float *out, int out_at, __global const X *x, int x_at, int total, int wide,
                          int chunk, int chunks, int power)
{
    int i = (int)get_global_id(0) * U * W;
    if (i >= wide * chunks) return;
    int    column = i % wide, first = i / wide * chunk, whole = min(first + chunk, total / wide);
    V sum[U];
    for (int u = 0; u < U; u++) sum[u] = 0;
    x += x_at + column;
    for (int row = first; row < whole; row++)
        for (int u = 0; u < U; u++) {
            V v = GETV(X, x + (size_t)row * wide + u * W);
            sum[u] += power == 2 ? v * v : v;
        }
    out += out_at + i;
    for (int u = 0; u < U; u++) VSTORE(sum[u], out + u * W);
    if (first + chunk <= total / wide) return;
    for (int j = 0; j < U * W && column + j < total - whole * wide; j++) { /* the last folded row may be cut short */
        float v = GET(X, x + (size_t)whole * wide + j);
        out[j] += power == 2 ? v * v : v;
    }
}

/* sum[c] (+)= sum over the rows of x. */
__kernel void reduce_finish(__global float *sum, __global const X *x, int x_at, int rows, int c, int add)
{
    int i = (int)get_global_id(0) * W;
    x += x_at;
    if (i + W <= c) {
        V v = 0;
        for (int row = 0; row < rows; row++) v += GETV(X, x + (size_t)row * c + i);
        VSTORE(add ? VLOAD(sum + i) + v : v, sum + i);
        return;
    }
    for (; i < c; i++) {
        float v = 0;
        for (int row = 0; row < rows; row++) v += GET(X, x + (size_t)row * c + i);
        sum[i] = add ? sum[i] + v : v;
    }
}

/* out[index] = sqrt(sum of x[i]^power). One work-group. */
#define LANES 64
__kernel __attribute__((reqd_work_group_size(LANES, 1, 1)))
void reduce_norm(__global float *out, int index, __global const float *x, int x_at, int count, int power)
{
    __local float part[LANES];
    int           lane = (int)get_local_id(0);
    float         sum = 0;
    x += x_at;
    for (int i = lane; i < count; i += LANES) sum += power == 2 ? x[i] * x[i] : x[i];
    part[lane] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane > 0) return;
    for (int i = 1; i < LANES; i++) sum += part[i];
    out[index] = sqrt(sum);
}

/* y += x */
__kernel void reduce_add(__global X *y, __global const X *x, int n)
{
    EACH(i, n, PUTV(X, GETV(X, y + i) + GETV(X, x + i), y + i), PUT(X, GET(X, y + i) + GET(X, x + i), y + i));
}

/* dw += sums[parts][size], 1024 elements to a work-item. */
__kernel void reduce_parts(int size, int parts, __global const float *restrict sums, __global float *restrict dw)
{
    int first = (int)get_global_id(0) * 1024, last = min(first + 1024, size);
    for (int i = first; i < last; i += W) {
        V s = 0;
        for (int p = 0; p < parts; p++) s += load_some(sums + (size_t)p * size + i, last - i);
        store_some(load_some(dw + i, last - i) + s, dw + i, last - i);
    }
}
