/* storage -- how a layer's tensors lie in memory: X is its inputs and their gradients, Y its output and the gradient of
 * that; float, or with X_HALF, Y_HALF half (fp16), which is only ever read into floats and rounded to nearest from
 * them. vload_half and vstore_half are core OpenCL C and need no cl_khr_fp16; a pointer to half may not be indexed,
 * hence GET(X, p + i) for p[i]. */
#ifndef STORAGE_H
#define STORAGE_H

#include "common.h"

#ifdef X_HALF
#define X half
#else
#define X float
#endif
#ifdef Y_HALF
#define Y half
#else
#define Y float
#endif

/* One number; W of them, at any address; the n <= W at the end of a row; four at a multiple of four numbers. */
#define GET(T, p) JOIN(T, _get)(p)
#define PUT(T, v, p) JOIN(T, _put)(v, p)
#define GETV(T, p) JOIN(T, _getv)(p)
#define PUTV(T, v, p) JOIN(T, _putv)(v, p)
#define GET_SOME(T, p, n) JOIN(T, _get_some)(p, n)
#define PUT_SOME(T, v, p, n) JOIN(T, _put_some)(v, p, n)
#define GET4(T, p) JOIN(T, _get4)(p)
#define PUT4(T, v, p) JOIN(T, _put4)(v, p)

#define float_get(p) (*(p))
#define float_put(v, p) (*(p) = (v))
#define float_getv(p) VLOAD(p)
#define float_putv(v, p) VSTORE(v, p)
#define float_get_some(p, n) load_some(p, n)
#define float_put_some(v, p, n) store_some(v, p, n)
#define float_get4(p) (*(__global const float4 *)(p))
#define float_put4(v, p) (*(__global float4 *)(p) = (v))

#if defined(X_HALF) || defined(Y_HALF)
#define half_get(p) vload_half(0, p)
#define half_put(v, p) vstore_half_rte(v, 0, p)
#if W == 1
#define half_getv(p) half_get(p)
#define half_putv(v, p) half_put(v, p)
#else
#define half_getv(p) JOIN(vload_half, W)(0, p)
#define half_putv(v, p) JOIN(JOIN(vstore_half, W), _rte)(v, 0, p)
#endif
#define half_get4(p) vloada_half4(0, p)
#define half_put4(v, p) vstorea_half4_rte(v, 0, p)

static inline V half_get_some(__global const half *p, int n)
{
    if (n >= W) return half_getv(p);
    float v[W];
    for (int j = 0; j < W; j++) v[j] = j < n ? half_get(p + j) : 0;
    return VLOAD(v);
}

static inline void half_put_some(V v, __global half *p, int n)
{
    if (n >= W) {
        half_putv(v, p);
        return;
    }
    float some[W];
    VSTORE(v, some);
    for (int j = 0; j < n; j++) half_put(some[j], p + j);
}
#endif

#endif
