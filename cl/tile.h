/* tile -- the register tile of the CPU class: MR rows by NB = 16 NV columns of accumulators, one work-item at a time.
 *
 * The right operand lies in panels [k][NB], zero beyond the matrix's edge; the left one is read in place, one pointer a
 * row. */
#ifndef TILE_H
#define TILE_H

#ifndef MR
#define MR 8
#endif
#ifndef NV
#define NV 2
#endif
#define NB (16 * NV)

#define ITEM __kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
#define EACH_ROW(i) _Pragma("unroll") for (int i = 0; i < MR; i++)
#define EACH_VECTOR(j) _Pragma("unroll") for (int j = 0; j < NV; j++)

#define TILE_ZERO(acc) \
    EACH_ROW (i) \
        EACH_VECTOR (j) acc[i][j] = (float16)(0);

/* acc[i][:] += a[i][at] * b[0 .. NB) */
#define TILE_STEP(acc, a, at, b) \
    { \
        float16 tile_b[NV]; \
        EACH_VECTOR (j) tile_b[j] = vload16(j, b); \
        EACH_ROW (i) { \
            float16 tile_a = (float16)(a[i][at]); \
            EACH_VECTOR (j) acc[i][j] = fma(tile_a, tile_b[j], acc[i][j]); \
        } \
    }

/* store16: vstore16, which PoCL does in four pieces. FETCH: have what lies at p brought into the cache, some hundred
 * instructions before it is read; what is not there does no harm. */
#ifdef __clang__
typedef float16 unaligned16 __attribute__((aligned(4)));
__attribute__((overloadable)) inline void store16(float16 v, int j, __global float *p)
{
    *(__global unaligned16 *)(p + 16 * j) = v;
}
__attribute__((overloadable)) inline void store16(float16 v, int j, __private float *p)
{
    *(__private unaligned16 *)(p + 16 * j) = v;
}
#else
#define store16 vstore16
#endif
#if defined(__clang__) && !defined(__SPIR__) && !defined(__SPIRV__)
#define FETCH(p) __builtin_prefetch((const void *)(size_t)(p))
#else
#define FETCH(p)
#endif

/* The first `count` of 16 floats, zero for the others. */
inline float16 load_part(__global const float *from, int count)
{
    float16 v;
    if (count >= 16) v = vload16(0, from);
    else {
        float part[16];
        for (int l = 0; l < 16; l++) part[l] = l < count ? from[l] : 0;
        v = vload16(0, part);
    }
    return v;
}

inline void store_part(float16 v, __global float *to, int count)
{
    if (count >= 16) store16(v, 0, to);
    else {
        float part[16];
        store16(v, 0, part);
        for (int l = 0; l < count; l++) to[l] = part[l];
    }
}

/* Rows of at most NB floats, `stride` apart, into a panel. */
inline void pack_rows(__global float *panel, __global const float *from, size_t stride, int columns, int rows)
{
    for (int r = 0; r < rows; r++, from += stride, panel += NB)
        EACH_VECTOR (j) store16(load_part(from + 16 * j, columns - 16 * j), j, panel);
}

/* The transpose of at most NB rows, `stride` apart, of `rows` floats each. */
inline void pack_columns(__global float *panel, __global const float *from, size_t stride, int columns, int rows)
{
    float block[NB][16];
    for (int r = 0; r < rows; r += 16, panel += 16 * NB) {
        int count = min(16, rows - r);
        for (int l = 0; l < NB; l++)
            store16(l < columns ? load_part(from + l * stride + r, count) : (float16)(0), 0, block[l]);
        for (int k = 0; k < count; k++)
            for (int l = 0; l < NB; l++) panel[k * NB + l] = block[l][k];
    }
}

#endif
