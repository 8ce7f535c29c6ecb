/* convolution, GPU class, groups of few channels: the sums of cl/conv_gpu.cl and cl/conv_weights_gpu.cl without tiles.
 */
#include "conv_digits.h"
#include "conv_geometry.h"
#include "storage.h"

/* An element of the output to a work-item. */
__kernel void conv_direct(GEOMETRY, int depth, int width, __global const IN *restrict in,
                          __global const float *restrict w, __global const float *restrict bias, int has_bias,
                          __global OUT *restrict out)
{
    int i = (int)get_global_id(0), c = i % OUT_C, x = i / OUT_C % OUT_W, y = i / OUT_C / OUT_W % OUT_H;
    int group = c / width, image = i / OUT_C / OUT_W / OUT_H;
    if (image >= n) return;
#ifdef BACKWARD
    axis v = make_axis(y % s_h, OUT_H, k_h, s_h, p_h, d_h), u = make_axis(x % s_w, OUT_W, k_w, s_w, p_w, d_w);
#else
    axis v = make_axis(0, OUT_H, k_h, s_h, p_h, d_h), u = make_axis(0, OUT_W, k_w, s_w, p_w, d_w);
#endif
    int   from_y = y / v.apart * v.stride + v.offset, from_x = x / u.apart * u.stride + u.offset;
    float sum = has_bias ? bias[c] : 0;
    in += group * depth;
    for (int ty = 0; ty < v.count; ty++)
        for (int tx = 0; tx < u.count; tx++) {
            int iy = from_y + ty * v.move, ix = from_x + tx * u.move;
            int tap = (v.first + ty * v.step) * k_w + u.first + tx * u.step;
            if ((uint)iy >= (uint)IN_H || (uint)ix >= (uint)IN_W) continue;
            for (int d = 0; d < depth; d++) {
#ifdef BACKWARD
                float weight = w[(tap * width + c - group * width) * y_c + group * depth + d];
#else
                float weight = w[(tap * depth + d) * y_c + c];
#endif
                sum += weight * GET(IN, in + ((image * IN_H + iy) * IN_W + ix) * IN_C + d);
            }
        }
    PUT(OUT, sum, out + i);
}

/* A weight and a part of the pixels to a work-item, as conv_weights. */
__kernel void conv_direct_weights(GEOMETRY, int share, int parts, __global const X *restrict x,
                                  __global const Y *restrict dy, __global float *restrict sums)
{
    int    depth = x_c / groups, width = y_c / groups, size = k_h * k_w * depth * y_c;
    int    i = (int)get_global_id(0), part = (int)get_global_id(1), k = i % y_c;
    digits row = digits_of(i / y_c, depth, k_w), one = digits_of(1, y_w, y_h);
    int    first = part * share, last = min(first + share, n * y_h * y_w);
    digits at = digits_of(first, y_w, y_h);
    float  sum = 0;
    if (i >= size || part >= parts) return;
    x += k / width * depth + row.low;
    for (int p = first; p < last; p++) {
        int iy = at.middle * s_h + row.high * d_h - p_h, ix = at.low * s_w + row.middle * d_w - p_w;
        if ((uint)iy < (uint)x_h && (uint)ix < (uint)x_w)
            sum += GET(X, x + ((at.high * x_h + iy) * x_w + ix) * x_c) * GET(Y, dy + p * y_c + k);
        at = digits_add(at, one, y_w, y_h);
    }
    if (parts > 1) sums[(size_t)part * size + i] = sum;
    else sums[i] += sum;
}

/* dw += the sum of its parts, in their order. */
__kernel void conv_add_parts(int size, int parts, __global const float *restrict sums, __global float *restrict dw)
{
    int   i = (int)get_global_id(0);
    float sum = 0;
    if (i >= size) return;
    for (int p = 0; p < parts; p++) sum += sums[(size_t)p * size + i];
    dw[i] += sum;
}

/* out = bias + the sum of its parts, in their order; stored as Y in either direction. */
__kernel void conv_sum_parts(int size, int channels, int parts, __global const float *restrict sums,
                             __global const float *restrict bias, int has_bias, __global Y *restrict out)
{
    int i = (int)get_global_id(0);
    if (i >= size) return;
    float sum = has_bias ? bias[i % channels] : 0;
    for (int p = 0; p < parts; p++) sum += sums[(size_t)p * size + i];
    PUT(Y, sum, out + i);
}
