/* common -- what most kernels share: V, a vector of W floats, its unaligned loads and stores, whole or cut short, and
 * the flat pass. */
#ifndef COMMON_H
#define COMMON_H

#ifndef W
#define W 4
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#if W == 1
#define V float
#define VI int
#define VLOAD(p) (*(p))
#define VSTORE(v, p) (*(p) = (v))
#else
#define V JOIN(float, W)
#define VI JOIN(int, W)
#define VLOAD(p) JOIN(vload, W)(0, p)
#define VSTORE(v, p) JOIN(vstore, W)(v, 0, p)
#endif

/* n <= W of them, at the end of a row: only those n are touched, and the other elements are 0. */
static inline V load_some(__global const float *p, int n)
{
    if (n >= W) return VLOAD(p);
    float v[W];
    for (int j = 0; j < W; j++) v[j] = j < n ? p[j] : 0;
    return VLOAD(v);
}

static inline void store_some(V v, __global float *p, int n)
{
    if (n >= W) {
        VSTORE(v, p);
        return;
    }
    float some[W];
    VSTORE(v, some);
    for (int j = 0; j < n; j++) p[j] = some[j];
}

/* 1 in the first n elements, 0 in the others. */
static inline V first_some(int n)
{
    float v[W];
    for (int j = 0; j < W; j++) v[j] = j < n ? 1 : 0;
    return VLOAD(v);
}

/* The body of a kernel over n floats, W to a work-item (bal_flat): `vector` where W remain, else `scalar` for each i.
 */
#define EACH(i, n, vector, scalar) \
    uint i = (uint)get_global_id(0) * W; \
    if (i + W <= (uint)(n)) { \
        vector; \
    } else { \
        for (; i < (uint)(n); i++) { scalar; } \
    }

#endif
