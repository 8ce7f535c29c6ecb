/* global_avg_pool -- y[n][c] = the mean of x[n][area][c] over area; dx = dy / area. Means are of sums of BLOCK pixels,
 * so that large maps lose no precision. */
#include "storage.h"

#define BLOCK 64

/* W channels of one image to a work-item. */
__kernel void global_avg_pool_forward(int n, int area, int c, __global const X *restrict x,
                                      __global Y *restrict y)
{
    int k = (int)get_global_id(0) * W, i = (int)get_global_id(1);
    if (k >= c || i >= n) return;
    V sum = 0;
    x += (size_t)i * area * c + k;
    for (int first = 0; first < area; first += BLOCK) {
        V part = 0;
        for (int at = first; at < min(first + BLOCK, area); at++) part += GET_SOME(X, x + (size_t)at * c, c - k);
        sum += part;
    }
    PUT_SOME(Y, sum / (float)area, y + (size_t)i * c + k, c - k);
}

/* W channels of BLOCK pixels of one image to a work-item. */
__kernel void global_avg_pool_backward(int n, int area, int c, __global const Y *restrict dy,
                                       __global X *restrict dx)
{
    int k = (int)get_global_id(0) * W, first = (int)get_global_id(1) * BLOCK, i = (int)get_global_id(2);
    if (k >= c || i >= n) return;
    V d = GET_SOME(Y, dy + (size_t)i * c + k, c - k) / (float)area;
    dx += (size_t)i * area * c + k;
    for (int at = first; at < min(first + BLOCK, area); at++) PUT_SOME(X, d, dx + (size_t)at * c, c - k);
}
