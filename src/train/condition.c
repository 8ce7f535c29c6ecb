/* condition -- see train/condition.h and cl/condition.cl. */
#include "train/condition.h"
#include <assert.h>
#include <math.h>

static bal_status find(bal_kernel **k, const bal_tensor *x, const char *name)
{
    return bal_kernel_get(k, x->dev, "condition", name, "");
}

bal_status bal_condition_latent(const bal_tensor *z, const bal_tensor *label, int classes)
{
    bal_kernel *k;
    int         n = z->shape.n, latent = z->shape.c - classes;
    assert(latent > 0 && z->shape.h == 1 && z->shape.w == 1 && label->shape.n >= n);
    BAL_TRY(find(&k, z, "condition_latent"));
    return bal_run(k, bal_1d((size_t)n), bal_i32(n), bal_i32(latent), bal_i32(classes), bal_f32(sqrtf((float)latent)),
                   bal_buf(z), bal_buf(label));
}

bal_status bal_condition_score(const bal_tensor *score, const bal_tensor *y, const bal_tensor *label)
{
    bal_kernel *k;
    int         n = y->shape.n;
    assert(bal_size(y) == n * y->shape.c && score->shape.n >= n && label->shape.n >= n);
    BAL_TRY(find(&k, y, "condition_score"));
    return bal_run(k, bal_1d((size_t)n), bal_i32(n), bal_i32(y->shape.c - 1), bal_buf(score), bal_buf(y),
                   bal_buf(label));
}

bal_status bal_condition_gradient(const bal_tensor *dy, const bal_tensor *dscore, const bal_tensor *label)
{
    bal_kernel *k;
    int         n = dy->shape.n;
    assert(bal_size(dy) == n * dy->shape.c && dscore->shape.n >= n && label->shape.n >= n);
    BAL_TRY(find(&k, dy, "condition_gradient"));
    return bal_run(k, bal_1d((size_t)n), bal_i32(n), bal_i32(dy->shape.c - 1), bal_buf(dy), bal_buf(dscore),
                   bal_buf(label));
}
