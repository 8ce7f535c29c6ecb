/* philox -- Philox4x32-10 (Salmon et al. 2011), the same numbers as include/ballast/rng.h: a stream is key (seed,
 * purpose) and block (what it is for); position i gives the four numbers of counter {i, 0, block.x, block.y}. */
#ifndef PHILOX_H
#define PHILOX_H

#include "common.h"

static inline uint4 philox(uint2 key, uint2 block, uint i)
{
    uint4 x = (uint4)(i, 0, block.x, block.y);
    for (int round = 0; round < 10; round++) {
        ulong a = (ulong)x.x * 0xD2511F53u, b = (ulong)x.z * 0xCD9E8D57u; /* mul_hi is a slow call on PoCL */
        x = (uint4)((uint)(b >> 32) ^ x.y ^ key.x, (uint)b, (uint)(a >> 32) ^ x.w ^ key.y, (uint)a);
        key += (uint2)(0x9E3779B9u, 0xBB67AE85u);
    }
    return x;
}

#define VU JOIN(uint, W)
#define VLONG JOIN(ulong, W)
#define TO_VU JOIN(convert_uint, W)
#define TO_VLONG JOIN(convert_ulong, W)
#define TO_UNIT(bits) (JOIN(convert_float, W)((bits) >> 8) * 0x1p-24f)

/* Numbers 4i to 4i + 4W - 1, uniform in [0, 1) with 24 bits, from W positions at once: number 4i + j is
 * u[j % 4][j / 4]. */
static inline void philox_uniform(float u[4][W], uint2 key, uint2 block, uint i)
{
    uint positions[W];
    for (int j = 0; j < W; j++) positions[j] = i + j;
    VU x = VLOAD(positions), y = 0, z = block.x, w = block.y;
    for (int round = 0; round < 10; round++) {
        VLONG a = TO_VLONG(x) * (VLONG)0xD2511F53u, b = TO_VLONG(z) * (VLONG)0xCD9E8D57u;
        x = TO_VU(b >> 32) ^ y ^ key.x;
        y = TO_VU(b & 0xFFFFFFFFu);
        z = TO_VU(a >> 32) ^ w ^ key.y;
        w = TO_VU(a & 0xFFFFFFFFu);
        key += (uint2)(0x9E3779B9u, 0xBB67AE85u);
    }
    VSTORE(TO_UNIT(x), u[0]);
    VSTORE(TO_UNIT(y), u[1]);
    VSTORE(TO_UNIT(z), u[2]);
    VSTORE(TO_UNIT(w), u[3]);
}

#endif
