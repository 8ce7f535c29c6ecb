/* conv_mma -- the products of conv_tiles.h by NVIDIA's tensor cores: mma.sync.m16n8k8, operands rounded to fp16, sums
 * in fp32 (PTX ISA, matrix fragments for mma.m16n8k8; compute capability 7.5 and later). MMA: 1 by inline PTX; 2 the
 * same fragments multiplied in software, for tests on any device.
 *
 * A warp is two rows of 16 work-items. Its sums are 16 rows of the tile by all BN columns, those that its work-items
 * have in the plain layout too. Work-item `lane` of it holds, with g = lane / 4 and t = lane % 4:
 *   a: rows g and g + 8, terms 2 t and 2 t + 1;   b: terms 2 t and 2 t + 1, column g;
 *   sums: row g, columns 2 t and 2 t + 1; row g + 8, the same. */
#ifndef CONV_MMA_H
#define CONV_MMA_H

#if LX != 16 || LY % 2 != 0 || TM != 8 || TN != 8 || BK != 8
#error tensor cores want rows of 16 work-items with 8 x 8 sums, and 8 terms
#endif

#define STEPS (BN / 8)
#define SUMS_OF(acc, n) acc[(n) / (TN / 4)][(n) % (TN / 4)]

typedef struct {
    uint a0, a1, b;
} fragment;

#if MMA == 1
#define EACH_STEP UNROLL
#define FRAGMENTS(name)
#define WITH_FRAGMENTS(name)
#define TAKE_FRAGMENTS(name)

/* Two numbers, the first in the lower half. */
static inline uint pair(float low, float high)
{
    uint both;
    __asm__("{ .reg .b16 l, h; cvt.rn.f16.f32 l, %1; cvt.rn.f16.f32 h, %2; mov.b32 %0, {l, h}; }"
            : "=r"(both)
            : "f"(low), "f"(high));
    return both;
}

static inline float4 mma(float4 sums, fragment f)
{
    float x = sums.x, y = sums.y, z = sums.z, w = sums.w;
    __asm__ volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, "
                     "{%0, %1, %2, %3};"
                     : "+f"(x), "+f"(y), "+f"(z), "+f"(w)
                     : "r"(f.a0), "r"(f.a1), "r"(f.b));
    return (float4)(x, y, z, w);
}
#define MULTIPLY(sums, f, name) sums = mma(sums, f)
#else
#define EACH_STEP /* many barriers in a row take PoCL minutes to compile */
#define FRAGMENTS(name) __local fragment name[ITEMS];
#define WITH_FRAGMENTS(name) , name
#define TAKE_FRAGMENTS(name) , __local fragment *name

static inline uint pair(float low, float high)
{
    uint both;
    vstore_half_rte(low, 0, (__private half *)&both);
    vstore_half_rte(high, 1, (__private half *)&both);
    return both;
}

/* Row r of a by column c of b, from what the work-items of a warp hold. */
static inline float dot_of(__local const fragment *warp, int r, int c)
{
    float sum = 0;
    for (int k = 0; k < BK; k++) {
        uint a = r < 8 ? warp[r * 4 + k / 2].a0 : warp[(r - 8) * 4 + k / 2].a1, b = warp[c * 4 + k / 2].b;
        sum += vload_half(k % 2, (__private const half *)&a) * vload_half(k % 2, (__private const half *)&b);
    }
    return sum;
}
#define MULTIPLY(sums, f, name) \
    barrier(CLK_LOCAL_MEM_FENCE); \
    name[y / 2 * 32 + lane] = f; \
    barrier(CLK_LOCAL_MEM_FENCE); \
    __local const fragment *warp = name + y / 2 * 32; \
    sums += (float4)(dot_of(warp, g, 2 * t), dot_of(warp, g, 2 * t + 1), dot_of(warp, g + 8, 2 * t), \
                     dot_of(warp, g + 8, 2 * t + 1))
#endif

#define multiply(acc, left, right, x, y) multiply_fragments(acc, left, right, x, y WITH_FRAGMENTS(fragments))
static inline void multiply_fragments(float4 acc[TM][TN / 4], __local float left[BK][BM + PAD],
                                      __local float right[BK][BN + PAD], int x, int y TAKE_FRAGMENTS(fragments))
{
    int      lane = y % 2 * 16 + x, g = lane / 4, t = lane % 4, row = y / 2 * 16 + g;
    fragment f;
    f.a0 = pair(left[2 * t][row], left[2 * t + 1][row]);
    f.a1 = pair(left[2 * t][row + 8], left[2 * t + 1][row + 8]);
    EACH_STEP
    for (int n = 0; n < STEPS; n++) {
        f.b = pair(right[2 * t][8 * n + g], right[2 * t + 1][8 * n + g]);
        MULTIPLY(SUMS_OF(acc, n), f, fragments);
    }
}

/* From the warp's layout into the plain one, eight columns at a time, through the left tile's memory. */
#define SETTLE(acc) settle(acc, (__local float *)left, lx, ly)
static inline void settle(float4 acc[TM][TN / 4], __local float *room, int x, int y)
{
    int            lane = y % 2 * 16 + x, g = lane / 4, t = lane % 4;
    __local float *block = room + y / 2 * 128; /* [16][8] of the warp */
    float4         plain[TM][TN / 4];
    EACH_STEP
    for (int n = 0; n < STEPS; n++) {
        barrier(CLK_LOCAL_MEM_FENCE);
        *(__local float2 *)(block + g * 8 + 2 * t) = SUMS_OF(acc, n).xy;
        *(__local float2 *)(block + (g + 8) * 8 + 2 * t) = SUMS_OF(acc, n).zw;
        barrier(CLK_LOCAL_MEM_FENCE);
        if (x / 2 == n % 8)
            UNROLL
            for (int i = 0; i < TM; i++)
                plain[i][n / 8] = *(__local const float4 *)(block + (y % 2 * 8 + i) * 8 + x % 2 * 4);
    }
    for (int i = 0; i < TM; i++)
        for (int j = 0; j < TN / 4; j++) acc[i][j] = plain[i][j];
}

#endif
