/* common -- what most kernels share: V, a vector of W floats, and its unaligned loads and stores. */
#ifndef COMMON_H
#define COMMON_H

#ifndef W
#define W 4
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#if W == 1
#define V float
#define VLOAD(p) (*(p))
#define VSTORE(v, p) (*(p) = (v))
#else
#define V JOIN(float, W)
#define VLOAD(p) JOIN(vload, W)(0, p)
#define VSTORE(v, p) JOIN(vstore, W)(v, 0, p)
#endif

#endif
