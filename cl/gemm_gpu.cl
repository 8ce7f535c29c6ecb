/* gemm, GPU class: the bias of a product that CLBlast then adds to, c[i][j] = bias[j], with `add` += bias[j]. */
#include "common.h"

__kernel void gemm_bias(int size, int n, int add, __global const float *restrict bias, __global float *restrict c)
{
    EACH(i, size, for (int j = 0; j < W; j++) c[i + j] = (add ? c[i + j] : 0) + bias[(i + j) % n],
         c[i] = (add ? c[i] : 0) + bias[i % n])
}
