/* _reshape -- passes that flatten and reshape share: the same numbers in NCHW order, in another shape.
 *
 * Memory is NHWC, PyTorch's flatten and view count in NCHW order. So that a state_dict means the same there (a Linear
 * behind a Flatten, an Unflatten behind a Linear), both layers move the numbers; on 1x1 maps and single channels that
 * is a copy. */
#ifndef BALLAST_LAYERS_RESHAPE_H
#define BALLAST_LAYERS_RESHAPE_H

#include "ballast/layer.h"

typedef struct bal_reshape {
    int         h, w, c; /* the output */
    bal_kernel *apply;
} bal_reshape;

/* These are the functions of a layer whose private struct is a bal_reshape. */
bal_status bal_reshape_build(bal_layer *l, bal_device *dev);
bal_status bal_reshape_forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y);
bal_status bal_reshape_backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                                const bal_tensor *dy, const bal_tensor *dx);

#endif
