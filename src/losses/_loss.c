/* _loss -- see _loss.h and cl/loss.cl. */
#include "_loss.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bal_status bal_loss_kernels_get(bal_loss_kernels *out, bal_loss *l, bal_device *dev, const char *file, const char *name,
                                size_t terms)
{
    l->scratch = 2 * terms;
    BAL_TRY(bal_kernel_get(&out->sum, dev, "loss", "loss_sum", ""));
    return bal_kernel_get(&out->terms, dev, file, name, "");
}

bal_status bal_loss_sum(const bal_loss_kernels *k, const bal_loss *l, int n, int slots, const bal_tensor *figures,
                        int slot)
{
    assert(slot >= 0 && 2 * (slot + slots) <= bal_size(figures));
    return bal_run(k->sum, bal_items(2 * (size_t)slots, 1, 1), bal_buf(figures), bal_i32(2 * slot),
                   bal_buf(&l->workspace), bal_i32(n), bal_i32(slots));
}

bal_status bal_loss_vector(const bal_loss *l, int c, bal_where at)
{
    const char *name = l->def->name;
    bal_shape   y = l->y;
    if (y.h != 1 || y.w != 1)
        return bal_fail_at(at,
                           "loss %s needs one vector a sample, the net gives %dx%dx%d: end it with "
                           "global_avg_pool or dense",
                           name, y.h, y.w, y.c);
    if (c && y.c != c)
        return bal_fail_at(at, "loss %s needs %d output%s, the net has %d", name, c, c > 1 ? "s" : "", y.c);
    if (!c && y.c < 2) return bal_fail_at(at, "loss %s needs an output for each class, the net has %d", name, y.c);
    return BAL_OK;
}

bal_status bal_labelled_run(const bal_loss_kernels *k, const bal_loss *l, const bal_tensor *y, const bal_tensor *label,
                            const bal_tensor *dy, const bal_tensor *figures, int slot, const bal_arg *own, int count)
{
    int     n = y->shape.n, columns = label->shape.c;
    bal_arg args[9 + BAL_LOSS_OWN] = {
        bal_buf(y),          bal_buf(label),  bal_i32(columns),       bal_buf(&l->weight),
        bal_i32(n),          bal_i32(l->y.c), bal_buf(&l->workspace), bal_buf(bal_has(dy) ? dy : &l->workspace),
        bal_i32(bal_has(dy))};
    assert(n <= l->y.n && label->shape.n >= n && (columns == 1 || columns == 3) && count <= BAL_LOSS_OWN);
    memcpy(args + 9, own, (size_t)count * sizeof *own);
    BAL_TRY(bal_launch(k->terms, bal_1d((size_t)n), args, 9 + count));
    return bal_loss_sum(k, l, n, 1, figures, slot);
}

bal_status bal_loss_adjustment(bal_tensor *out, const bal_loss *l, bal_device *dev, float tau, bool odds)
{
    int    c = l->y.c, classes = bal_loss_classes(l);
    double all = 0;
    float *offset = calloc((size_t)c, sizeof *offset);
    if (!offset) return bal_fail(BAL_ENOMEM, "no memory for %d priors", c);
    for (int k = 0; k < classes; k++) all += bal_loss_images(l, k);
    for (int k = 0; k < c; k++) {
        double n = bal_loss_images(l, c == 1 ? 1 : k);
        offset[k] = (float)((double)tau * log(n / (odds ? all - n : all)));
    }
    bal_status st = bal_tensor_init(out, dev, (bal_shape){1, 1, 1, c});
    if (!st) st = bal_tensor_write(out, offset);
    free(offset);
    return st;
}

bal_status bal_adversarial_shape(bal_loss *l, bal_where at)
{
    if (l->y.c == 1) return BAL_OK;
    return bal_fail_at(at, "loss %s needs a discriminator with one output channel, this one gives %dx%dx%d",
                       l->def->name, l->y.h, l->y.w, l->y.c);
}

bal_status bal_adversarial_build(bal_loss_kernels *out, bal_loss *l, bal_device *dev)
{
    l->scratch = 2 * bal_shape_size(l->y);
    return bal_kernel_get(&out->terms, dev, l->def->name, "adversarial", "");
}

bal_status bal_adversarial_run(const bal_loss_kernels *k, const bal_loss *l, bal_target target, const float settings[2],
                               const bal_tensor *y, const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    enum { LANES = 64 }; /* as in cl/adversarial.h */
    int slots = target == BAL_BOTH ? 2 : 1;
    assert(target != BAL_LABELS && y->shape.n <= l->y.n && y->shape.n % slots == 0);
    assert(slot >= 0 && 2 * (slot + slots) <= bal_size(figures));
    return bal_run(k->terms, bal_groups(1, 1, 1, LANES, 1), bal_buf(y), bal_i32(bal_size(y)), bal_i32((int)target),
                   bal_f32(settings[0]), bal_f32(settings[1]), bal_buf(&l->workspace),
                   bal_buf(bal_has(dy) ? dy : &l->workspace), bal_i32(bal_has(dy)), bal_buf(figures),
                   bal_i32(2 * slot));
}
