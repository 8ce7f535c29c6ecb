/* group_norm -- y = gamma (x - mean) inv + beta over x[sample][area][c], inv = 1 / sqrt(variance + eps), statistics
 * over the area and the `size` channels of a group (Wu and He 2018). layer_norm is the case of one group and an area of
 * one pixel.
 *
 * A work-item is a sample's group: dimension 1 is the sample, 0 the group. stats[sample][group][2]: mean, inv. */
/* Vectors no wider than a group. */
#ifdef WIDTH
#undef W
#define W WIDTH
#endif
#include "common.h"

static inline float total(V v)
{
    float some[W], sum = 0;
    VSTORE(v, some);
    for (int j = 0; j < W; j++) sum += some[j];
    return sum;
}

/* For every vector of the group: `at` is its offset from the group's first element, k its first channel there. */
#define EACH_VECTOR(at, k) \
    for (size_t pixel = 0; pixel < (size_t)area; pixel++) \
        for (size_t k = 0, at = pixel * c; k < (size_t)size; k += W, at += W)

__kernel void group_norm_forward(int samples, int area, int c, int size, __global const float *restrict x,
                                 __global float *restrict y, __global const float *gamma, __global const float *beta,
                                 float eps, __global float *stats)
{
    int group = (int)get_global_id(0), sample = (int)get_global_id(1), groups = c / size;
    if (group >= groups || sample >= samples) return;
    size_t begin = (size_t)sample * area * c + (size_t)group * size;
    float  count = (float)area * (float)size;
    V      sum = 0, squares = 0;
    x += begin;
    y += begin;
    EACH_VECTOR (at, k) sum += load_some(x + at, size - (int)k);
    float mean = total(sum) / count;
    EACH_VECTOR (at, k) {
        V d = (load_some(x + at, size - (int)k) - mean) * first_some(size - (int)k);
        squares += d * d;
    }
    float inv = 1 / sqrt(total(squares) / count + eps);
    EACH_VECTOR (at, k) {
        int left = size - (int)k;
        V   v = (load_some(x + at, left) - mean) * inv;
        if (gamma) v = v * load_some(gamma + group * size + k, left) + load_some(beta + group * size + k, left);
        store_some(v, y + at, left);
    }
    stats += 2 * ((size_t)sample * groups + group);
    stats[0] = mean;
    stats[1] = inv;
}

__kernel void group_norm_backward(int samples, int area, int c, int size, __global const float *restrict x,
                                  __global const float *restrict dy, __global float *restrict dx,
                                  __global const float *gamma, __global const float *stats)
{
    int group = (int)get_global_id(0), sample = (int)get_global_id(1), groups = c / size;
    if (group >= groups || sample >= samples) return;
    size_t begin = (size_t)sample * area * c + (size_t)group * size;
    float  count = (float)area * (float)size;
    float  mean = stats[2 * ((size_t)sample * groups + group)], inv = stats[2 * ((size_t)sample * groups + group) + 1];
    V      sums = 0, products = 0;
    x += begin;
    dy += begin;
    dx += begin;
#define SCALED(at, k, left) \
    (gamma ? load_some(dy + at, left) * load_some(gamma + group * size + k, left) : load_some(dy + at, left))
    EACH_VECTOR (at, k) {
        V d = SCALED(at, k, size - (int)k);
        sums += d;
        products += d * (load_some(x + at, size - (int)k) - mean);
    }
    float sum = total(sums) / count, product = total(products) * inv * inv / count;
    EACH_VECTOR (at, k) {
        int left = size - (int)k;
        store_some(inv * (SCALED(at, k, left) - sum - (load_some(x + at, left) - mean) * product), dx + at, left);
    }
}

/* out[0][sample][c]: sums over the area of dy; [1]: of dy (x - mean) inv. */
__kernel void group_norm_products(int samples, int area, int c, int size, __global const float *restrict x,
                                  __global const float *restrict dy, __global const float *stats,
                                  __global float *restrict out)
{
    int group = (int)get_global_id(0), sample = (int)get_global_id(1), groups = c / size;
    if (group >= groups || sample >= samples) return;
    size_t begin = (size_t)sample * area * c + (size_t)group * size;
    float  mean = stats[2 * ((size_t)sample * groups + group)], inv = stats[2 * ((size_t)sample * groups + group) + 1];
    x += begin;
    dy += begin;
    out += (size_t)sample * c + (size_t)group * size;
    for (int k = 0; k < size; k += W) {
        V sum = 0, product = 0;
        for (int pixel = 0; pixel < area; pixel++) {
            V d = load_some(dy + (size_t)pixel * c + k, size - k);
            sum += d;
            product += d * (load_some(x + (size_t)pixel * c + k, size - k) - mean);
        }
        store_some(sum, out + k, size - k);
        store_some(product * inv, out + (size_t)samples * c + k, size - k);
    }
}

#define BLOCK 64

/* Adds the sums over samples to the gradients, W channels to a work-item; sums of BLOCK samples first, for precision.
 */
__kernel void group_norm_weights(int samples, int c, __global const float *restrict sums,
                                 __global float *restrict dgamma, __global float *restrict dbeta)
{
    int k = (int)get_global_id(0) * W;
    if (k >= c) return;
    V sum = 0, product = 0;
    for (int first = 0; first < samples; first += BLOCK) {
        V a = 0, b = 0;
        for (int i = first; i < min(first + BLOCK, samples); i++) {
            a += load_some(sums + (size_t)i * c + k, c - k);
            b += load_some(sums + ((size_t)samples + i) * c + k, c - k);
        }
        sum += a;
        product += b;
    }
    store_some(load_some(dgamma + k, c - k) + product, dgamma + k, c - k);
    store_some(load_some(dbeta + k, c - k) + sum, dbeta + k, c - k);
}
