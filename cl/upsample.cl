/* upsample -- a map FACTOR times as high and wide. NEAREST: each pixel repeated. Else bilinear with
 * align_corners=False: output o lies at input (o + 1/2) / FACTOR - 1/2, held at the border. */
#include "common.h"

#ifndef FACTOR
#define FACTOR 2
#endif
#ifndef NEAREST
#define NEAREST 0
#endif

/* How much of output o is input i, along one axis of `size` inputs. */
static inline float share(int o, int i, int size)
{
#if NEAREST
    return o / FACTOR == i;
#else
    float at = fmax(((float)o + 0.5f) / FACTOR - 0.5f, 0.0f);
    int   low = min((int)at, size - 1), high = min(low + 1, size - 1);
    float t = at - (float)low;
    return (low == i ? 1 - t : 0) + (high == i ? t : 0);
#endif
}

/* The first input that output o takes from; the next one is the other. */
static inline int first(int o, int size)
{
    return NEAREST ? o / FACTOR : min(max(2 * o + 1 - FACTOR, 0) / (2 * FACTOR), size - 1);
}

/* One work-item or more to an output row: bal_map_range. */
__kernel void upsample_forward(int rows, int h, int w, int c, __global const float *restrict x,
                               __global float *restrict y)
{
    int row = (int)get_global_id(2), oh = h * FACTOR, ow = w * FACTOR, oy = row % oh, y0 = first(oy, h),
        last = NEAREST ? 0 : 1;
    if (row >= rows) return;
    x += (size_t)(row / oh) * h * w * c;
    y += (size_t)row * ow * c;
    for (int ox = (int)get_global_id(1); ox < ow; ox += (int)get_global_size(1)) {
        int x0 = first(ox, w);
        for (int k = (int)get_global_id(0) * W; k < c; k += (int)get_global_size(0) * W) {
            V sum = 0;
            for (int iy = y0; iy <= min(y0 + last, h - 1); iy++)
                for (int ix = x0; ix <= min(x0 + last, w - 1); ix++)
                    sum += share(oy, iy, h) * share(ox, ix, w) * load_some(x + ((size_t)iy * w + ix) * c + k, c - k);
            store_some(sum, y + (size_t)ox * c + k, c - k);
        }
    }
}

/* The outputs that input i may be in: FACTOR of them, or up to as many again on either side. */
#define REACH (NEAREST ? 0 : FACTOR)

/* Gathers. One work-item or more to an input row. */
__kernel void upsample_backward(int rows, int h, int w, int c, __global const float *restrict dy,
                                __global float *restrict dx)
{
    int row = (int)get_global_id(2), oh = h * FACTOR, ow = w * FACTOR, iy = row % h;
    if (row >= rows) return;
    dy += (size_t)(row / h) * oh * ow * c;
    dx += (size_t)row * w * c;
    for (int ix = (int)get_global_id(1); ix < w; ix += (int)get_global_size(1))
        for (int k = (int)get_global_id(0) * W; k < c; k += (int)get_global_size(0) * W) {
            V sum = 0;
            for (int oy = max(iy * FACTOR - REACH, 0); oy < min((iy + 1) * FACTOR + REACH, oh); oy++)
                for (int ox = max(ix * FACTOR - REACH, 0); ox < min((ix + 1) * FACTOR + REACH, ow); ox++) {
                    float t = share(oy, iy, h) * share(ox, ix, w);
                    if (t > 0) sum += t * load_some(dy + ((size_t)oy * ow + ox) * c + k, c - k);
                }
            store_some(sum, dx + (size_t)ix * c + k, c - k);
        }
}
