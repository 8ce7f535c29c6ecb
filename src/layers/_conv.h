/* _conv -- what conv and deconv share: their options' struct, the geometry of the convolution, its passes. */
#ifndef BALLAST_LAYERS_CONV_H
#define BALLAST_LAYERS_CONV_H

#include "ballast/convolution.h"
#include "ballast/layer.h"

/* The private struct of both. kernel_h and kernel_w are 0 where they are `kernel`. */
typedef struct bal_conv {
    int               filters, kernel, kernel_h, kernel_w, stride, pad, output_pad, dilation, groups;
    bool              bias;
    bal_conv_geometry geometry;
    bal_convolution  *op;
} bal_conv;

/* Rows of an option table. */
/* clang-format off */
#define BAL_CONV_OPTIONS \
    BAL_OPT(bal_conv, filters, BAL_INT, BAL_REQUIRED, 1, 65536, "output channels"), \
    BAL_OPT(bal_conv, kernel, BAL_INT, 3, 1, 64, "side of the kernel, pixels"), \
    BAL_OPT(bal_conv, kernel_h, BAL_INT, 0, 0, 64, "height of the kernel; 0: as `kernel`"), \
    BAL_OPT(bal_conv, kernel_w, BAL_INT, 0, 0, 64, "width of the kernel; 0: as `kernel`"), \
    BAL_OPT(bal_conv, stride, BAL_INT, 1, 1, 64, "step, pixels"), \
    BAL_OPT(bal_conv, pad, BAL_INT, 0, 0, 64, "padding at each side, pixels"), \
    BAL_OPT(bal_conv, dilation, BAL_INT, 1, 1, 64, "distance between a kernel's taps, pixels"), \
    BAL_OPT(bal_conv, groups, BAL_INT, 1, 1, 65536, "channels are cut into so many independent groups"), \
    BAL_OPT_BOOL(bal_conv, bias, 1, "a learned number is added to each filter's output")
/* clang-format on */

/* The extent of the kernel with dilation along axis 0 (height) or 1. */
int bal_conv_extent(const bal_conv *p, int axis);

/* Check groups and sizes against l->in and l->out (already set), fill the geometry: the convolution goes from `x` to
 * `y`. Declare weight [kh][kw][x.c/groups][y.c] in this layout, and bias. Fans as PyTorch counts them. */
bal_status bal_conv_declare(bal_layer *l, bal_shape x, bal_shape y, bal_layout layout);

bal_status bal_conv_build(bal_layer *l, bal_device *dev);
void       bal_conv_free(bal_layer *l);

#endif
