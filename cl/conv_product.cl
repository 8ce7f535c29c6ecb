/* convolution as a matrix product: y[i] = bias[i % c], before the product is added. */
#include "common.h"

__kernel void conv_fill_bias(int size, int c, __global const float *bias, __global float *y)
{
    int first = (int)get_global_id(0) * W;
    for (int i = first; i < min(first + W, size); i++) y[i] = bias[i % c];
}
