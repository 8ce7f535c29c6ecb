/* augment -- y[i] = x[i] flipped, rotated, shifted, brightened. One work-item draws the numbers of its image once and
 * makes one row of it. Numbers of image i: positions 2i (flip, angle, shift x, shift y) and 2i + 1 (brightness) of the
 * stream. */
#include "philox.h"

float uniform_pm1(uint bits) { return (float)(bits >> 8) * 0x1p-23f - 1; } /* [-1, 1) */

float pixel(__global const float *image, int size, int c, int y, int x, int k)
{
    return image[((size_t)clamp(y, 0, size - 1) * size + clamp(x, 0, size - 1)) * c + k];
}

__kernel void augment(int n, int size, int c, __global float *restrict y, __global const float *restrict x, int flip,
                      float rotate, float shift, float brightness, float d0, float d1, float d2, uint key0, uint key1,
                      uint block0, uint block1)
{
    int row = get_global_id(0) % size, i = get_global_id(0) / size;
    if (i >= n) return;
    uint2 key = (uint2)(key0, key1), block = (uint2)(block0, block1);
    uint4 one = philox(key, block, 2 * (uint)i), two = philox(key, block, 2 * (uint)i + 1);
    float angle = rotate * uniform_pm1(one.y), s = sinpi(angle / 180), t = cospi(angle / 180), side = size;
    float mx = shift * side * uniform_pm1(one.z), my = shift * side * uniform_pm1(one.w);
    float light = brightness * uniform_pm1(two.x);
    float middle = 0.5f * (side - 1), sign = flip && (one.x & 1) ? -1.0f : 1.0f;
    float add[3] = {light / d0, light / d1, light / d2};
    __global const float *from = x + (size_t)i * size * size * c;
    __global float       *to = y + ((size_t)i * size + row) * size * c;
    for (int column = 0; column < size; column++) {
        float u = sign * (column - middle), v = row - middle;
        float fx = t * u - s * v + middle + mx, fy = s * u + t * v + middle + my;
        int   x0 = (int)floor(fx), y0 = (int)floor(fy);
        float ax = fx - x0, ay = fy - y0;
        for (int k = 0; k < c; k++) {
            float top = mix(pixel(from, size, c, y0, x0, k), pixel(from, size, c, y0, x0 + 1, k), ax);
            float low = mix(pixel(from, size, c, y0 + 1, x0, k), pixel(from, size, c, y0 + 1, x0 + 1, k), ax);
            to[column * c + k] = mix(top, low, ay) + add[min(k, 2)];
        }
    }
}
