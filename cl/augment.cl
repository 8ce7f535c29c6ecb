/* augment -- y[i] = x[i] changed at random (include/ballast/augment.h says what a change is and in which units).
 * augment_draw draws what each image is given, one work-item an image, into a row of `drawn`; augment_change follows
 * the row. So whoever needs a batch's changes again has them.
 *
 * A pixel p of y, counted from the middle, is taken from x at M p + move + d(p): M is rotation, shear, scale, turn and
 * flip in one, d the elastic displacement: cubic B-splines over 8 x 8 nodes (Rueckert et al. 1999), which do not fold
 * where nodes move by less than 0.48 of a cell (Choi & Lee 2000). Blur widens the two taps of the interpolation.
 *
 * Numbers of image i, block being (a, b): (a, b): positions 2i, 2i + 1; (a, b + 1): from 8i; (a, b + 2): nodes, from
 * 64i; (a, b + 3): noise, number 4p + j of the batch from position p. */
#include "philox.h"

#ifndef CHANNELS
#define CHANNELS 3
#endif

/* The changes, in the order of bal_augment_option_table, and what is drawn. */
enum {
    HFLIP,
    VFLIP,
    TURN,
    ROTATE,
    SHIFT,
    SCALE,
    SHEAR,
    ELASTIC,
    BRIGHTNESS,
    CONTRAST,
    SATURATION,
    TINT,
    GAMMA,
    NOISE,
    BLUR,
    CUTOUT,
    CHANGES
};
enum { CELLS = 5, SIDE = CELLS + 3, TAPS = 9, SAMPLES = 16 }; /* nodes of a side; radius of the widest blur */
enum {
    MATRIX,
    MOVE = 4,
    ADD = 6,
    FACTOR = 9,
    PIVOT,
    COLOUR,
    POWER,
    DEVIATION,
    SIGMA,
    SQUARE,
    SQUARE_X,
    SQUARE_Y,
    BENT,
    NODES = 32,
    DRAWN = NODES + 2 * SIDE * SIDE
};

float unit(uint bits) { return (float)(bits >> 8) * 0x1p-24f; }       /* [0, 1) */
float either(uint bits) { return (float)(bits >> 8) * 0x1p-23f - 1; } /* [-1, 1) */

/* ---- drawing ---------------------------------------------------------------------------------------------------- */

/* m: the limits of those that are drawn, 0 for the others. `number` of the active ones, each subset equally likely:
 * with `left` to look at and `want` to take, the next is taken with probability want / left. */
void choose(float *m, __global const float *limit, int number, uint2 key, uint2 block, uint i)
{
    int left = 0;
    for (int k = 0; k < CHANGES; k++) left += limit[k] > 0;
    int want = number > 0 ? min(number, left) : left;
    for (int k = 0; k < CHANGES; k += 4) {
        uint4 bits = philox(key, block, 8 * i + 3 + (uint)k / 4);
        uint  four[4] = {bits.x, bits.y, bits.z, bits.w};
        for (int j = 0; j < 4; j++) {
            bool active = limit[k + j] > 0, taken = active && unit(four[j]) * (float)left < (float)want;
            m[k + j] = taken ? limit[k + j] : 0;
            left -= active;
            want -= taken;
        }
    }
}

/* Rotation and shear over scale, then quarter turns and flips, whose matrix has entries 0, 1, -1. */
void put_matrix(__global float *to, const float *m, uint4 one, uint4 three)
{
    float angle = m[ROTATE] * either(one.y) / 180, s = sinpi(angle), c = cospi(angle);
    float tx = tan(m[SHEAR] * either(three.z) * (M_PI_F / 180)), ty = tan(m[SHEAR] * either(three.w) * (M_PI_F / 180));
    float z = pow(1 + m[SCALE], -either(three.y));
    float a = z * (c - s * ty), b = z * (c * tx - s), d = z * (s + c * ty), e = z * (s * tx + c);
    int   turn = m[TURN] > 0 ? (int)(three.x >> 30) : 0;
    float g = turn & 1 ? 0 : 1 - turn, h = turn & 1 ? turn - 2 : 0; /* its cosine and minus its sine */
    float left = m[HFLIP] > 0 && (one.x & 1) ? -1 : 1, top = m[VFLIP] > 0 && (three.x & 1) ? -1 : 1;
    to[0] = left * (a * g - b * h);
    to[1] = top * (a * h + b * g);
    to[2] = left * (d * g - e * h);
    to[3] = top * (d * h + e * g);
}

/* The image's mean, from at most SAMPLES x SAMPLES pixels spread evenly. */
float mean_value(__global const float *x, int size, const float *mean, const float *deviation)
{
    int   side = min(size, SAMPLES);
    float sum = 0;
    for (int j = 0; j < side * side; j++) {
        int row = (2 * (j / side) + 1) * size / (2 * side), column = (2 * (j % side) + 1) * size / (2 * side);
        for (int k = 0; k < CHANNELS; k++) sum += x[(row * size + column) * CHANNELS + k] * deviation[k] + mean[k];
    }
    return sum / (float)(side * side * CHANNELS);
}

void put_nodes(__global float *to, float reach, uint2 key, uint2 block, uint i)
{
    for (uint j = 0; reach > 0 && j < SIDE * SIDE; j++) {
        uint4 bits = philox(key, block, SIDE * SIDE * i + j);
        to[2 * j] = reach * either(bits.x);
        to[2 * j + 1] = reach * either(bits.y);
    }
}

__kernel void augment_draw(int n, int size, __global float *restrict drawn, __global const float *restrict x,
                           __global const float *restrict limit, int number, float mean0, float mean1, float mean2,
                           float d0, float d1, float d2, uint key0, uint key1, uint block0, uint block1)
{
    int i = get_global_id(0);
    if (i >= n) return;
    const float mean[3] = {mean0, mean1, mean2}, deviation[3] = {d0, d1, d2};
    uint2       key = (uint2)(key0, key1), block = (uint2)(block0, block1), more = (uint2)(block0, block1 + 1);
    uint4       one = philox(key, block, 2 * (uint)i), two = philox(key, block, 2 * (uint)i + 1);
    uint4       three = philox(key, more, 8 * (uint)i), four = philox(key, more, 8 * (uint)i + 1);
    uint4       five = philox(key, more, 8 * (uint)i + 2);
    float       m[CHANGES], side = size;
    __global float *to = drawn + (size_t)i * DRAWN;
    choose(m, limit, number, key, more, (uint)i);
    put_matrix(to + MATRIX, m, one, three);
    to[MOVE] = m[SHIFT] * side * either(one.z);
    to[MOVE + 1] = m[SHIFT] * side * either(one.w);
    float light = m[BRIGHTNESS] * either(two.x);
    to[ADD] = light + m[TINT] * either(four.x);
    to[ADD + 1] = light + m[TINT] * either(four.y);
    to[ADD + 2] = light + m[TINT] * either(four.z);
    to[FACTOR] = 1 + m[CONTRAST] * either(two.y);
    to[PIVOT] = m[CONTRAST] > 0 ? mean_value(x + (size_t)i * size * size * CHANNELS, size, mean, deviation) : 0;
    to[COLOUR] = 1 + m[SATURATION] * either(two.w);
    to[POWER] = pow(1 + m[GAMMA], either(two.z));
    to[DEVIATION] = m[NOISE] * unit(five.x);
    to[SIGMA] = m[BLUR] * unit(four.w);
    to[SQUARE] = floor(m[CUTOUT] * side * unit(five.y) + 0.5f);
    to[SQUARE_X] = floor(side * unit(five.z)) - floor(to[SQUARE] / 2);
    to[SQUARE_Y] = floor(side * unit(five.w)) - floor(to[SQUARE] / 2);
    to[BENT] = m[ELASTIC];
    put_nodes(to + NODES, m[ELASTIC] * side, key, (uint2)(block0, block1 + 2), (uint)i);
}

/* ---- changing --------------------------------------------------------------------------------------------------- */

/* W pixels of a row at a time: v[k] holds channel k of them. */

#define TO_VI JOIN(convert_int, W)

VI inside(VI i, int size, int reflect)
{
    if (reflect) {
        i = select(i, -i, i < 0);
        i = select(i, 2 * (size - 1) - i, i >= size);
    }
    return clamp(i, (VI)0, (VI)(size - 1));
}

int inside_one(int i, int size, int reflect)
{
    if (reflect) i = i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
    return clamp(i, 0, size - 1);
}

V gather(__global const float *image, VI offset)
{
    int   from[W];
    float v[W];
    VSTORE(offset, from);
    for (int j = 0; j < W; j++) v[j] = image[from[j]];
    return VLOAD(v);
}

void sample(V *v, __global const float *image, int size, int reflect, V x, V y)
{
    V  left = floor(x), top = floor(y), ax = x - left, ay = y - top;
    VI x0 = inside(TO_VI(left), size, reflect) * CHANNELS, x1 = inside(TO_VI(left) + 1, size, reflect) * CHANNELS;
    VI y0 = inside(TO_VI(top), size, reflect) * (size * CHANNELS);
    VI y1 = inside(TO_VI(top) + 1, size, reflect) * (size * CHANNELS);
    for (int k = 0; k < CHANNELS; k++) {
        V high = mix(gather(image + k, y0 + x0), gather(image + k, y0 + x1), ax);
        V low = mix(gather(image + k, y1 + x0), gather(image + k, y1 + x1), ax);
        v[k] = mix(high, low, ay);
    }
}

/* A tap of the interpolation, i pixels from floor(x), when the image is blurred: g[j], j = 0 to TAPS, is the Gaussian
 * on either side, 0 beyond. */
float tap(const float *g, int i, float a)
{
    int one = abs(i), two = abs(i - 1);
    return (one <= TAPS ? (1 - a) * g[one] : 0) + (two <= TAPS ? a * g[two] : 0);
}

/* One pixel, into v[k * W]. */
void sample_blurred(float *v, __global const float *image, int size, int reflect, float x, float y, const float *g,
                    int radius)
{
    int   left = (int)floor(x), top = (int)floor(y);
    float ax = x - left, ay = y - top;
    for (int k = 0; k < CHANNELS; k++) v[k * W] = 0;
    for (int j = -radius; j <= radius + 1; j++) {
        int   row = inside_one(top + j, size, reflect) * size;
        float down = tap(g, j, ay);
        for (int i = -radius; i <= radius + 1; i++) {
            float weight = down * tap(g, i, ax);
            int   from = (row + inside_one(left + i, size, reflect)) * CHANNELS;
            for (int k = 0; k < CHANNELS; k++) v[k * W] += weight * image[from + k];
        }
    }
}

void sample_all_blurred(V *v, __global const float *image, int size, int reflect, V x, V y, const float *g, int radius)
{
    float xs[W], ys[W], values[CHANNELS * W];
    VSTORE(x, xs);
    VSTORE(y, ys);
    for (int j = 0; j < W; j++) sample_blurred(values + j, image, size, reflect, xs[j], ys[j], g, radius);
    for (int k = 0; k < CHANNELS; k++) v[k] = VLOAD(values + k * W);
}

/* The Gaussian's taps, their sum over both sides 1; its radius. */
int gaussian(float *g, float sigma)
{
    int   radius = sigma > 0 ? min((int)ceil(3 * sigma), TAPS) : 0;
    float sum = 1;
    g[0] = 1;
    for (int j = 1; j <= TAPS; j++) {
        g[j] = j <= radius ? exp(-0.5f * (j * j) / (sigma * sigma)) : 0;
        sum += 2 * g[j];
    }
    for (int j = 0; j <= radius; j++) g[j] /= sum;
    return radius;
}

float4 spline(float t)
{
    float s = 1 - t;
    return (float4)(s * s * s, t * t * (3 * t - 6) + 4, s * s * (3 * s - 6) + 4, t * t * t) / 6;
}

float2 displacement(__global const float *node, int size, int row, int column)
{
    float  u = (column + 0.5f) * CELLS / size, v = (row + 0.5f) * CELLS / size;
    int    i = min((int)u, CELLS - 1), j = min((int)v, CELLS - 1);
    float4 across = spline(u - i), down = spline(v - j);
    float  w[4] = {across.x, across.y, across.z, across.w}, h[4] = {down.x, down.y, down.z, down.w};
    float2 sum = 0;
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++) sum += h[a] * w[b] * vload2((j + a) * SIDE + i + b, node);
    return sum;
}

void bend(V *x, V *y, __global const float *node, int size, int row, int column)
{
    float dx[W], dy[W];
    for (int j = 0; j < W; j++) {
        float2 d = displacement(node, size, row, min(column + j, size - 1));
        dx[j] = d.x;
        dy[j] = d.y;
    }
    *x += VLOAD(dx);
    *y += VLOAD(dy);
}

/* In the units of an image from 0 to 1. */
void change_values(V *v, __global const float *p, const float *mean, const float *deviation)
{
    V grey = 0;
    for (int k = 0; k < CHANNELS; k++) {
        v[k] = p[PIVOT] + p[FACTOR] * (v[k] * deviation[k] + mean[k] - p[PIVOT]);
        grey += v[k] / CHANNELS;
    }
    for (int k = 0; k < CHANNELS; k++) {
        if (CHANNELS > 1) v[k] = grey + p[COLOUR] * (v[k] - grey);
        v[k] += p[ADD + k];
        if (p[POWER] != 1) v[k] = copysign(exp2(p[POWER] * log2(fabs(v[k]))), v[k]);
        v[k] = (v[k] - mean[k]) / deviation[k];
    }
}

/* Without a change that multiplies, there is only something to add. */
void shade(V *v, __global const float *p, const float *mean, const float *deviation)
{
    if (p[FACTOR] != 1 || p[COLOUR] != 1 || p[POWER] != 1) change_values(v, p, mean, deviation);
    else
        for (int k = 0; k < CHANNELS; k++) v[k] += p[ADD + k] / deviation[k];
}

/* The square's part of a row is 0. */
void put(__global float *to, V *v, __global const float *p, int size, int row, int column)
{
    float values[CHANNELS * W];
    int   left = (int)p[SQUARE_X], top = (int)p[SQUARE_Y], side = (int)p[SQUARE];
    bool  through = row >= top && row < top + side;
    for (int k = 0; k < CHANNELS; k++) VSTORE(v[k], values + k * W);
    for (int j = 0; j < W && column + j < size; j++) {
        bool gone = through && column + j >= left && column + j < left + side;
        for (int k = 0; k < CHANNELS; k++) to[(column + j) * CHANNELS + k] = gone ? 0 : values[k * W + j];
    }
}

__kernel void augment_change(int n, int size, int reflect, __global float *restrict y,
                             __global const float *restrict x, __global const float *restrict drawn, float mean0,
                             float mean1, float mean2, float d0, float d1, float d2)
{
    const float mean[3] = {mean0, mean1, mean2}, deviation[3] = {d0, d1, d2};
    float       g[TAPS + 1], ramp[W], middle = 0.5f * ((float)size - 1);
#ifdef BAL_CLASS_CPU
    int line = get_global_id(0), first = 0, end = size;
#else
    int parts = (size + W - 1) / W;
    int line = get_global_id(0) / parts, first = get_global_id(0) % parts * W, end = first + 1;
#endif
    int i = line / size, row = line % size;
    if (i >= n) return;
    __global const float *p = drawn + (size_t)i * DRAWN, *from = x + (size_t)i * size * size * CHANNELS;
    int                   radius = gaussian(g, p[SIGMA]);
    for (int j = 0; j < W; j++) ramp[j] = j - middle;
    for (int column = first; column < end; column += W) {
        V     u = VLOAD(ramp) + column, v[CHANNELS];
        float down = row - middle;
        V     px = p[MATRIX] * u + p[MATRIX + 1] * down + middle + p[MOVE];
        V     py = p[MATRIX + 2] * u + p[MATRIX + 3] * down + middle + p[MOVE + 1];
        if (p[BENT] > 0) bend(&px, &py, p + NODES, size, row, column);
        if (radius) sample_all_blurred(v, from, size, reflect, px, py, g, radius);
        else sample(v, from, size, reflect, px, py);
        shade(v, p, mean, deviation);
        put(y + (size_t)line * size * CHANNELS, v, p, size, row, column);
    }
}

/* ---- noise ------------------------------------------------------------------------------------------------------ */

/* Numbers 4p to 4p + 3 of position p are the cosine and sine of two pairs (Box & Muller 1958). */
__kernel void augment_noise(int n, int image, __global float *restrict y, __global const float *restrict drawn,
                            float d0, float d1, float d2, uint key0, uint key1, uint block0, uint block1)
{
    uint first = (uint)get_global_id(0) * 4 * W;
    if (first >= (uint)n) return;
    const float deviation[3] = {d0, d1, d2};
    float       u[4][W], z[4][W];
    philox_uniform(u, (uint2)(key0, key1), (uint2)(block0, block1 + 3), first / 4);
    for (int j = 0; j < 4; j += 2) {
        V r = sqrt(-2 * log(1 - VLOAD(u[j]))), angle = 2 * VLOAD(u[j + 1]);
        VSTORE(r * cospi(angle), z[j]);
        VSTORE(r * sinpi(angle), z[j + 1]);
    }
    uint end = min((uint)n, first + 4 * W);
    for (uint i = first; i < end; i++) {
        float sd = drawn[i / image * DRAWN + DEVIATION];
        y[i] += sd * z[(i - first) % 4][(i - first) / 4] / deviation[i % CHANNELS];
    }
}
