/* _layer -- what several layers share: whole passes of pointwise layers without options, ranges over maps. */
#ifndef BALLAST_LAYERS_LAYER_H
#define BALLAST_LAYERS_LAYER_H

#include "ballast/layer.h"

/* A pointwise layer NAME of any formula: kernels NAME_forward(n, x, y) and NAME_backward(n, x, y, dy, dx) of
 * cl/NAME.cl. These four are the functions of its definition, and its private struct is this one or begins with it. */
typedef struct bal_pointwise {
    bal_kernel *forward, *backward;
} bal_pointwise;
bal_status bal_pointwise_shape(bal_layer *l);
bal_status bal_pointwise_build(bal_layer *l, bal_device *dev);
bal_status bal_pointwise_forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y);
bal_status bal_pointwise_backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                                  const bal_tensor *dy, const bal_tensor *dx);
/* clang-format off */
#define BAL_POINTWISE(layer, text) \
    const bal_layer_def bal_layer_##layer = { \
        .name = #layer, .help = (text), .size = sizeof(bal_pointwise), .shape = bal_pointwise_shape, \
        .build = bal_pointwise_build, .forward = bal_pointwise_forward, .backward = bal_pointwise_backward}
/* clang-format on */

/* An activation NAME: a pointwise layer whose gradient follows from its output, so that the layer before it can absorb
 * it. cl/NAME.cl gives the formulas that cl/activation.cl names, built with the options of def->absorbed. */
bal_status bal_activation_build(bal_layer *l, bal_device *dev);
bal_status bal_activation_backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                                   const bal_tensor *dy, const bal_tensor *dx);
void       bal_activation_absorbed(const bal_layer *l, char options[BAL_ABSORBED]); /* none */
/* clang-format off */
#define BAL_ACTIVATION(layer, text) \
    const bal_layer_def bal_layer_##layer = { \
        .name = #layer, .help = (text), .size = sizeof(bal_pointwise), .halves = true, .shape = bal_pointwise_shape, \
        .build = bal_activation_build, .forward = bal_pointwise_forward, .backward = bal_activation_backward, \
        .absorbed = bal_activation_absorbed}
/* clang-format on */

/* Kernel `name` of cl/FILE.cl, behind the formulas of this activation (NULL: of none), built with its options and
 * these. */
bal_status bal_activated_get(bal_kernel **out, const bal_layer *activation, bal_device *dev, const char *file,
                             const char *name, const char *options);

/* The kernels FILE_forward and FILE_backward of cl/FILE.cl. */
bal_status bal_passes_get(bal_kernel **forward, bal_kernel **backward, bal_device *dev, const char *file,
                          const char *options);

/* Work-items over the pixels of a map: dimension 2 is the row (of n * h), 1 the column, 0 the vector of channels. The
 * CPU class has one work-item to a row; kernels step by get_global_size(1) and (0), so the same text serves both
 * classes. */
bal_range bal_map_range(const bal_device *dev, bal_shape s);

#endif
