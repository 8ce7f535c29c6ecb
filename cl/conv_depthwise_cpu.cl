/* convolution, CPU class, a group for each channel: y[..][c] = bias[c] + sum of x[..][c] w[kh][kw][c], 16 channels at a
 * time.
 *
 * forward and (BACKWARD) backward_x gather as in conv_cpu.cl; backward_w sums parts of the rows. */
#include "conv_geometry.h"
#include "tile.h"

/* The taps [*from, *to) of an axis that find their input inside, from base on. */
inline void inside(axis a, int base, int in, int *from, int *to)
{
    *from = 0;
    *to = a.count;
    while (*from < *to && (uint)(base + *from * a.move) >= (uint)in) ++*from;
    while (*to > *from && (uint)(base + (*to - 1) * a.move) >= (uint)in) --*to;
}

/* `rows` rows of one phase's pixels to a work-item. */
ITEM conv_depthwise(GEOMETRY, int rows, __global const float *restrict in, __global const float *restrict w,
                    __global const float *restrict bias, int has_bias, __global float *restrict out)
{
    int  phase = (int)get_global_id(1), c = OUT_C, u0, u1, v0, v1;
    axis v = make_axis(phase / s_w, OUT_H, k_h, s_h, p_h, d_h), u = make_axis(phase % s_w, OUT_W, k_w, s_w, p_w, d_w);
    int  row = (int)get_global_id(0) * rows, last = min(row + rows, n * v.extent);
    for (; row < last; row++) {
        int             image = row / v.extent, qy = row % v.extent, iy = qy * v.stride + v.offset;
        __global float *to = out + ((size_t)(image * OUT_H + v.phase + qy * v.apart) * OUT_W + u.phase) * c;
        inside(v, iy, IN_H, &v0, &v1);
        for (int qx = 0; qx < u.extent; qx++, to += u.apart * c) {
            int  ix = qx * u.stride + u.offset;
            long at = ((long)(image * IN_H + iy) * IN_W + ix) * c;
            inside(u, ix, IN_W, &u0, &u1);
            for (int l = 0; l < c; l += 16) {
                float16 sum = has_bias ? load_part(bias + l, c - l) : (float16)(0);
                for (int ty = v0; ty < v1; ty++)
                    for (int tx = u0; tx < u1; tx++) {
                        __global const float *x = in + at + ((long)ty * v.move * IN_W + tx * u.move) * c + l;
                        int                   tap = (v.first + ty * v.step) * k_w + u.first + tx * u.step;
                        sum = fma(load_part(x, c - l), load_part(w + tap * c + l, c - l), sum);
                    }
                store_part(sum, to + l, c - l);
            }
        }
    }
}

#define TAPS 64 /* at most */

/* Rows [part * share, + share) of y: sums for 16 channels, added to dw, or stored as the part's own. */
ITEM conv_depthwise_weights(GEOMETRY, int share, int parts, __global const float *restrict x,
                            __global const float *restrict dy, __global float *restrict sums)
{
    int     c = (int)get_global_id(1) * 16, count = x_c - c, part = (int)get_global_id(2);
    int     row = part * share, last = min(row + share, n * y_h);
    float16 sum[TAPS];
    for (int t = 0; t < k_h * k_w; t++) sum[t] = 0;
    for (; row < last; row++)
        for (int t = 0; t < k_h * k_w; t++) {
            int iy = row % y_h * s_h - p_h + t / k_w * d_h, shift = p_w - t % k_w * d_w, first, end;
            if ((uint)iy >= (uint)x_h) continue;
            reached(shift, s_w, x_w, y_w, &first, &end);
            __global const float *from = x + ((long)(row / y_h * x_h + iy) * x_w - shift) * x_c + c;
            __global const float *d = dy + (size_t)row * y_w * x_c + c;
            float16               s = sum[t];
            for (int ox = first; ox < end; ox++)
                s = fma(load_part(from + ox * s_w * x_c, count), load_part(d + ox * x_c, count), s);
            sum[t] = s;
        }
    sums += (size_t)part * k_h * k_w * x_c + c;
    for (int t = 0; t < k_h * k_w; t++, sums += x_c)
        store_part(parts == 1 ? sum[t] + load_part(sums, count) : sum[t], sums, count);
}
