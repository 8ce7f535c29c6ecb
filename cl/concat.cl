/* concat -- y[row][c] holds x[row][k] of each input side by side; `at` is where this input's channels begin. */
#include "common.h"

/* A row (pixel) by W channels to a work-item: dimensions 1 and 0. */
__kernel void concat_forward(int rows, int k, int c, int at, __global const float *restrict x,
                             __global float *restrict y)
{
    int i = (int)get_global_id(0) * W, row = (int)get_global_id(1);
    if (i >= k || row >= rows) return;
    store_some(load_some(x + (size_t)row * k + i, k - i), y + (size_t)row * c + at + i, k - i);
}

__kernel void concat_backward(int rows, int k, int c, int at, __global const float *restrict dy,
                              __global float *restrict dx)
{
    int i = (int)get_global_id(0) * W, row = (int)get_global_id(1);
    if (i >= k || row >= rows) return;
    store_some(load_some(dy + (size_t)row * c + at + i, k - i), dx + (size_t)row * k + i, k - i);
}
