/* philox -- Philox4x32-10 (Salmon et al. 2011), the same numbers as include/ballast/rng.h: a stream is key (seed,
 * purpose) and block (what it is for); position i gives the four numbers of counter {i, 0, block.x, block.y}. */
#ifndef PHILOX_H
#define PHILOX_H

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

/* Numbers 4i to 4i + 3, uniform in [0, 1) with 24 bits. */
static inline float4 philox_uniform(uint2 key, uint2 block, uint i)
{
    return convert_float4(philox(key, block, i) >> 8) * 0x1p-24f;
}

#endif
