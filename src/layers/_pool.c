/* _pool -- the window that max_pool and avg_pool share. */
#include <stdio.h>
#include "_pool.h"

enum { BYTE = 256 };

bal_status bal_window_shape(bal_layer *l, bal_window *w)
{
    bal_shape in = l->in[0];
    if (w->stride == 0) w->stride = w->kernel;
    if (2 * w->pad > w->kernel)
        return bal_fail_at(l->at, "layer %s: pad=%d is more than half of kernel=%d", l->def->name, w->pad, w->kernel);
    if (in.h + 2 * w->pad < w->kernel || in.w + 2 * w->pad < w->kernel)
        return bal_fail_at(l->at, "layer %s: kernel=%d is larger than its input of %dx%d with pad=%d", l->def->name,
                           w->kernel, in.h, in.w, w->pad);
    l->out = (bal_shape){in.n, (in.h + 2 * w->pad - w->kernel) / w->stride + 1,
                         (in.w + 2 * w->pad - w->kernel) / w->stride + 1, in.c};
    return BAL_OK;
}

void bal_window_defines(char *text, size_t size, const bal_window *w)
{
    snprintf(text, size, "-DK=%d -DS=%d -DP=%d%s", w->kernel, w->stride, w->pad,
             w->kernel * w->kernel > BYTE ? " -DTAP_SHORT" : "");
}

bal_shape bal_taps_shape(bal_shape out, int area)
{
    size_t size = bal_shape_size(out) * (area > BYTE ? 2 : 1);
    return (bal_shape){1, 1, 1, (int)((size + sizeof(float) - 1) / sizeof(float))};
}
