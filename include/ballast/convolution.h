/* convolution -- the three passes that conv and deconv share, any kernel, stride, padding, dilation, groups.
 *
 *   y[n][oy][ox][k] = bias[k] + sum over kh, kw, c of x[n][oy*sy - py + kh*dy][ox*sx - px + kw*dx][c] * w[kh][kw][c][k]
 *
 * with c running over the input channels of k's group: w is [kh][kw][c/groups][k]. A deconv forward is `backward_x`
 * (its input is our y, its output our x), its backward is `forward`. Deterministic: no atomics; what changes bits
 * (split of a sum) follows from the geometry and the kernel class alone. */
#ifndef BALLAST_CONVOLUTION_H
#define BALLAST_CONVOLUTION_H

#include "ballast/device.h"

typedef struct bal_conv_geometry {
    bal_shape x, y;                         /* n: the largest batch; runs may use less (the tensors' own n) */
    int       kernel[2], stride[2], pad[2], dilation[2]; /* [0] height, [1] width */
    int       groups;
    bool      half_x, half_y;               /* x and dx, y and dy are stored as half; GPU class only */
} bal_conv_geometry;

typedef struct bal_convolution bal_convolution;

/* Get kernels for this device's class; *out is the caller's, bal_convolution_free. */
bal_status bal_convolution_init(bal_convolution **out, bal_device *dev, const bal_conv_geometry *g);
void       bal_convolution_free(bal_convolution *op);

/* From now on forward gives y where it is positive, slope * y elsewhere; false: this algorithm does not. */
bool bal_convolution_leak(bal_convolution *op, float slope);

/* Floats of scratch, the most of the three passes. */
size_t bal_convolution_scratch(const bal_convolution *op);

/* Each queues work and allocates nothing. `bias` may be NULL ([k], or in backward_x [c]). forward and backward_x
 * overwrite their output; backward_w adds to dw. The name of the algorithm chosen for a pass:
 * bal_convolution_algorithm. */
bal_status bal_convolution_forward(const bal_convolution *op, const bal_tensor *y, const bal_tensor *x,
                                   const bal_tensor *w, const bal_tensor *bias, const bal_tensor *scratch);
bal_status bal_convolution_backward_x(const bal_convolution *op, const bal_tensor *dx, const bal_tensor *dy,
                                      const bal_tensor *w, const bal_tensor *bias, const bal_tensor *scratch);
bal_status bal_convolution_backward_w(const bal_convolution *op, const bal_tensor *dw, const bal_tensor *x,
                                      const bal_tensor *dy, const bal_tensor *scratch);
typedef enum { BAL_CONV_FORWARD, BAL_CONV_BACKWARD_X, BAL_CONV_BACKWARD_W } bal_conv_pass;
const char *bal_convolution_algorithm(const bal_convolution *op, bal_conv_pass pass);

#endif
