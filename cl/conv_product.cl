/* convolution as a matrix product: y[i] = bias[i % c], before the product is added; and, where the kernel covers its
 * input and has one output channel, the dot and outer products of x[n][depth], w[depth], y[n]. */
#include "common.h"

__kernel void conv_fill_bias(int size, int c, __global const float *bias, __global float *y)
{
    int first = (int)get_global_id(0) * W;
    for (int i = first; i < min(first + W, size); i++) y[i] = bias[i % c];
}

#define DOT_LANES 64 /* work-items to an image */

__kernel __attribute__((reqd_work_group_size(DOT_LANES, 1, 1)))
void conv_dot(int depth, __global const float *x, __global const float *w, __global const float *bias, int biased,
              __global float *y)
{
    __local float part[DOT_LANES];
    int           image = (int)get_group_id(0), lane = (int)get_local_id(0);
    V             sum = 0;
    x += (size_t)image * depth;
    for (int i = lane * W; i < depth; i += DOT_LANES * W)
        sum += load_some(x + i, depth - i) * load_some(w + i, depth - i);
    float each[W], all = 0;
    VSTORE(sum, each);
    for (int j = 0; j < W; j++) all += each[j];
    part[lane] = all;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane > 0) return;
    for (int l = 1; l < DOT_LANES; l++) all += part[l];
    y[image] = biased ? all + bias[0] : all;
}

/* dx[n][depth] = dy w + bias[. % c]. W floats of an image to a work-item. */
__kernel void conv_outer(int depth, int c, __global const float *dy, __global const float *w,
                         __global const float *bias, int biased, __global float *dx)
{
    int image = (int)get_global_id(1), i = (int)get_global_id(0) * W;
    if (i >= depth) return;
    V v = dy[image] * load_some(w + i, depth - i);
    if (biased) {
        float add[W];
        for (int j = 0; j < W; j++) add[j] = bias[(i + j) % c];
        v += VLOAD(add);
    }
    store_some(v, dx + (size_t)image * depth + i, depth - i);
}

/* dw += the sum of dy x over the images. */
__kernel void conv_outer_weights(int n, int depth, __global const float *x, __global const float *dy,
                                 __global float *dw)
{
    int i = (int)get_global_id(0) * W;
    if (i >= depth) return;
    V sum = 0;
    for (int image = 0; image < n; image++) sum += dy[image] * load_some(x + (size_t)image * depth + i, depth - i);
    store_some(load_some(dw + i, depth - i) + sum, dw + i, depth - i);
}
