/* diff_augment -- see include/ballast/diff_augment.h. Changes are linear but for what brightness adds. With m the mean
 * of a pixel's channels and M that of all values, of the image before any change:
 *   color: FACTOR (COLOUR (x - m) + m - M) + M + ADD
 * then y[row][column] is the pixel at (row + DOWN, column + RIGHT), 0 outside the image and within the square. The
 * gradient is that of color with ADD = 0, which is its own adjoint, of what the square left, shifted back.
 *
 * Numbers of image i: positions 4i to 4i + 3 of the stream. */
#include "philox.h"

enum { ADD, COLOUR, FACTOR, DOWN, RIGHT, TOP, LEFT, SIDE, DRAWN };

float unit(uint bits) { return (float)(bits >> 8) * 0x1p-24f; }       /* [0, 1) */
float either(uint bits) { return (float)(bits >> 8) * 0x1p-23f - 1; } /* [-1, 1) */

int below(uint bits, int count) { return (int)(unit(bits) * (float)count); }

__kernel void diff_augment_draw(int n, int size, __global float *restrict drawn, __global const float *probability,
                                float light, float color, int reach, int side, uint key0, uint key1, uint block0,
                                uint block1)
{
    int i = get_global_id(0);
    if (i >= n) return;
    uint2           key = (uint2)(key0, key1), block = (uint2)(block0, block1);
    uint4           one = philox(key, block, 4 * (uint)i), two = philox(key, block, 4 * (uint)i + 1);
    uint4           three = philox(key, block, 4 * (uint)i + 2), four = philox(key, block, 4 * (uint)i + 3);
    float           p = probability[0];
    bool            moved = unit(three.w) < p, cut = unit(four.x) < p;
    __global float *to = drawn + (size_t)i * DRAWN;
    to[ADD] = unit(three.x) < p ? light * either(one.x) : 0;
    to[COLOUR] = unit(three.y) < p ? 1 + color * either(one.y) : 1;
    to[FACTOR] = unit(three.z) < p ? 1 + 0.5f * color * either(one.z) : 1;
    to[DOWN] = moved ? below(one.w, 2 * reach + 1) - reach : 0;
    to[RIGHT] = moved ? below(two.x, 2 * reach + 1) - reach : 0;
    to[TOP] = below(two.y, size + 1 - side % 2) - side / 2;
    to[LEFT] = below(two.z, size + 1 - side % 2) - side / 2;
    to[SIDE] = cut ? side : 0;
}

bool inside(int row, int column, int size) { return row >= 0 && row < size && column >= 0 && column < size; }

bool gone(__global const float *p, int row, int column)
{
    int top = (int)p[TOP], left = (int)p[LEFT], side = (int)p[SIDE];
    return row >= top && row < top + side && column >= left && column < left + side;
}

/* sums[line]: of the values of a row of an image, or (back) of those of a gradient that came from inside it. */
__kernel void diff_augment_sums(int n, int size, int c, int back, __global float *restrict sums,
                                __global const float *restrict x, __global const float *restrict drawn)
{
    int line = get_global_id(0), i = line / size, row = line % size;
    if (i >= n) return;
    __global const float *p = drawn + (size_t)i * DRAWN;
    float                 sum = 0;
    x += (size_t)line * size * c;
    for (int column = 0; column < size; column++) {
        if (back && (gone(p, row, column) || !inside(row + (int)p[DOWN], column + (int)p[RIGHT], size))) continue;
        for (int k = 0; k < c; k++) sum += x[column * c + k];
    }
    sums[line] = sum;
}

float mean_of(__global const float *sums, int size, int c)
{
    float sum = 0;
    for (int row = 0; row < size; row++) sum += sums[row];
    return sum / ((float)size * (float)size * (float)c);
}

float channels_mean(__global const float *x, int c)
{
    float sum = 0;
    for (int k = 0; k < c; k++) sum += x[k];
    return sum / (float)c;
}

/* A work-item makes a row of an image. */
__kernel void diff_augment_change(int n, int size, int c, __global float *restrict y, __global const float *restrict x,
                                  __global const float *restrict drawn, __global const float *restrict sums)
{
    int line = get_global_id(0), i = line / size, row = line % size;
    if (i >= n) return;
    __global const float *p = drawn + (size_t)i * DRAWN;
    float                 all = mean_of(sums + (size_t)i * size, size, c);
    int                   down = (int)p[DOWN], right = (int)p[RIGHT];
    y += (size_t)line * size * c;
    x += ((size_t)i * size + clamp(row + down, 0, size - 1)) * size * c;
    for (int column = 0; column < size; column++) {
        bool                  left_out = gone(p, row, column) || !inside(row + down, column + right, size);
        __global const float *from = x + clamp(column + right, 0, size - 1) * c;
        float                 m = channels_mean(from, c);
        for (int k = 0; k < c; k++)
            y[column * c + k] =
                left_out ? 0 : p[FACTOR] * (p[COLOUR] * (from[k] - m) + m - all) + all + p[ADD];
    }
}

__kernel void diff_augment_back(int n, int size, int c, __global float *restrict dx, __global const float *restrict dy,
                                __global const float *restrict drawn, __global const float *restrict sums)
{
    int line = get_global_id(0), i = line / size, row = line % size;
    if (i >= n) return;
    __global const float *p = drawn + (size_t)i * DRAWN;
    float                 all = (1 - p[FACTOR]) * mean_of(sums + (size_t)i * size, size, c);
    int                   to = row - (int)p[DOWN], right = (int)p[RIGHT];
    dx += (size_t)line * size * c;
    dy += ((size_t)i * size + clamp(to, 0, size - 1)) * size * c;
    for (int column = 0; column < size; column++) {
        bool                  left_out = !inside(to, column - right, size) || gone(p, to, column - right);
        __global const float *from = dy + clamp(column - right, 0, size - 1) * c;
        float                 m = left_out ? 0 : channels_mean(from, c);
        for (int k = 0; k < c; k++) {
            float g = left_out ? 0 : from[k];
            dx[column * c + k] = p[FACTOR] * (p[COLOUR] * (g - m) + m) + all;
        }
    }
}
