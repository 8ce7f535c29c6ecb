/* _group_norm -- passes that group_norm and layer_norm share. See cl/group_norm.cl. */
#ifndef BALLAST_LAYERS_GROUP_NORM_H
#define BALLAST_LAYERS_GROUP_NORM_H

#include "ballast/layer.h"

/* The private struct of both. */
typedef struct bal_group_norm {
    int         groups;
    float       eps;
    bool        affine;
    bool        by_pixel; /* every pixel is a sample of its own */
    int         width;    /* floats of a kernel's vector */
    bal_tensor  stats;
    bal_kernel *forward, *backward, *products, *weights;
} bal_group_norm;

/* clang-format off */
#define BAL_GROUP_NORM_OPTIONS \
    BAL_OPT(bal_group_norm, eps, BAL_FLOAT, 1e-5, 1e-12, 1, "added to the variance"), \
    BAL_OPT_BOOL(bal_group_norm, affine, 1, "a learned scale and shift per channel")
/* clang-format on */

/* Set out and declare weights; the others are the functions of both layers. */
bal_status bal_group_norm_declare(bal_layer *l);
bal_status bal_group_norm_build(bal_layer *l, bal_device *dev);
bal_status bal_group_norm_forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y);
bal_status bal_group_norm_backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                                   const bal_tensor *dy, const bal_tensor *dx);
void       bal_group_norm_free(bal_layer *l);

#endif
