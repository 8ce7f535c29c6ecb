/* optim -- what the kernels of the optimizers share. They run over flat arenas whose sizes and `decayed` are multiples
 * of 16, W elements to a work-item. */
#ifndef W
#define W 4
#endif
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define VECTOR JOIN(float, W)
#define VLOAD JOIN(vload, W)
#define VSTORE JOIN(vstore, W)

/* A factor of 0 leaves the step out: the gradient is not a number (ballast/scaler.h). */
static inline int left_out(__global const float *factor, int clipped) { return clipped && factor[0] == 0; }

/* The gradient at i: times factor[0] where there is one (clipping), then plus decay * w before element `decayed`. */
VECTOR gradient(__global const float *g, VECTOR w, int i, __global const float *factor, int clipped, int decayed,
                float decay)
{
    VECTOR v = VLOAD(0, g + i);
    if (clipped) v *= factor[0];
    if (i < decayed) v += decay * w;
    return v;
}
