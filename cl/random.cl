/* random -- standard normal numbers by Box-Muller: numbers 2j and 2j+1 of a stream are the cosine and sine of one
 * pair. */
#include "philox.h"

/* sqrt(-2 ln u) for u = (bits + 1) / 2^32; the upper half by 1 - u, which is exact where u would be rounded. */
float radius(uint bits)
{
    float l = bits < 0x80000000u ? log(((float)bits + 1) * 0x1p-32f) : log1p(-(float)(0xFFFFFFFFu - bits) * 0x1p-32f);
    return sqrt(-2 * l);
}

__kernel void fill_normal(int n, __global float *restrict y, uint key0, uint key1, uint block0, uint block1)
{
    int i = get_global_id(0) * 4;
    if (i >= n) return;
    uint4 bits = philox((uint2)(key0, key1), (uint2)(block0, block1), (uint)i / 4);
    float a = (float)bits.y * 0x1p-31f, b = (float)bits.w * 0x1p-31f, r = radius(bits.x), s = radius(bits.z);
    float four[4] = {r * cospi(a), r * sinpi(a), s * cospi(b), s * sinpi(b)};
    for (int j = 0; j < 4 && i + j < n; j++) y[i + j] = four[j];
}
