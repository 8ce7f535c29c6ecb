/* _pool -- the window that max_pool and avg_pool share: its options, its shape, the kernels' options. */
#ifndef BALLAST_LAYERS_POOL_H
#define BALLAST_LAYERS_POOL_H

#include "ballast/layer.h"

typedef struct bal_window {
    int kernel, stride, pad;
} bal_window;

/* clang-format off */
#define BAL_WINDOW_OPTIONS(type) \
    {"kernel", BAL_INT, offsetof(type, window.kernel), BAL_REQUIRED, 1, 64, NULL, "side of the window, pixels"}, \
    {"stride", BAL_INT, offsetof(type, window.stride), 0, 0, 64, NULL, "step, pixels; 0: the kernel"}, \
    {"pad", BAL_INT, offsetof(type, window.pad), 0, 0, 32, NULL, "padding at each side, at most half the kernel"}
/* clang-format on */

/* Settles the stride and sets l->out: floor((size + 2 pad - kernel) / stride) + 1, as PyTorch. */
bal_status bal_window_shape(bal_layer *l, bal_window *w);

/* "-DK=2 -DS=2 -DP=0" into text, and what kind of number cl/taps.h takes. */
void bal_window_defines(char *text, size_t size, const bal_window *w);

/* Of a tensor for which place of each window was chosen, of `area` places (cl/taps.h). */
bal_shape bal_taps_shape(bal_shape out, int area);

#endif
