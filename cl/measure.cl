/* measure -- multiply-adds from registers: ACC independent chains of V, `rounds` of 16 each; as fast as a device can
 * be. The result is written so that nothing is optimised away. */
#include "common.h"

#ifndef ACC
#define ACC 8
#endif

__kernel void measure_fma(int rounds, __global float *restrict out, float a, float b)
{
    V acc[ACC];
    int id = get_global_id(0);
    for (int i = 0; i < ACC; i++) acc[i] = (V)((float)(id + i));
    for (int r = 0; r < rounds; r++)
#pragma unroll
        for (int k = 0; k < 16; k++)
#pragma unroll
            for (int i = 0; i < ACC; i++) acc[i] = fma(acc[i], (V)(a), (V)(b));
    V sum = acc[0];
    for (int i = 1; i < ACC; i++) sum += acc[i];
    VSTORE(sum, out + (size_t)id * W);
}
