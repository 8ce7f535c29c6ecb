/* _loss -- see _loss.h and cl/loss.cl. */
#include "_loss.h"

#include <assert.h>

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

bal_status bal_adversarial_shape(bal_loss *l, bal_where at)
{
    if (l->y.c == 1) return BAL_OK;
    return bal_fail_at(at, "loss %s needs a discriminator with one output channel, this one gives %dx%dx%d",
                       l->def->name, l->y.h, l->y.w, l->y.c);
}

bal_status bal_adversarial_build(bal_loss_kernels *out, bal_loss *l, bal_device *dev)
{
    return bal_loss_kernels_get(out, l, dev, l->def->name, "adversarial", bal_shape_size(l->y));
}

bal_status bal_adversarial_run(const bal_loss_kernels *k, const bal_loss *l, bal_target target, const float settings[2],
                               const bal_tensor *y, const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    int n = bal_size(y), slots = target == BAL_BOTH ? 2 : 1;
    assert(target != BAL_LABELS && y->shape.n <= l->y.n && y->shape.n % slots == 0);
    BAL_TRY(bal_run(k->terms, bal_1d((size_t)n), bal_buf(y), bal_i32(n), bal_i32((int)target), bal_f32(settings[0]),
                    bal_f32(settings[1]), bal_buf(&l->workspace), bal_buf(bal_has(dy) ? dy : &l->workspace),
                    bal_i32(bal_has(dy))));
    return bal_loss_sum(k, l, n / slots, slots, figures, slot);
}
