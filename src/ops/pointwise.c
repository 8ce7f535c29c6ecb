/* pointwise -- see ballast/pointwise.h and cl/pointwise.cl. */
#include "ballast/pointwise.h"

#include <assert.h>

enum { BEFORE = 16 }; /* the first pair ends at a whole vector of any device */

bal_status bal_average_both(const bal_tensor *const average[2], const bal_tensor *const w[2], double decay)
{
    bal_kernel *kernel;
    bool        two = bal_has(average[1]);
    int         n = bal_size(w[0]), more = two ? bal_size(w[1]) : 0;
    size_t      all = ((size_t)n + BEFORE - 1) / BEFORE * BEFORE + (size_t)more;
    assert(bal_size(average[0]) == n && (!two || bal_size(average[1]) == more));
    BAL_TRY(bal_kernel_get(&kernel, w[0]->dev, "pointwise", "pointwise_average", ""));
    return bal_run(kernel, bal_flat(w[0]->dev, all), bal_buf(average[0]), bal_buf(w[0]), bal_i32(n),
                   bal_buf(average[two]), bal_buf(w[two]), bal_i32(more), bal_f32((float)decay),
                   bal_f32((float)(1 - decay)));
}

bal_status bal_average(const bal_tensor *average, const bal_tensor *w, double decay)
{
    return bal_average_both((const bal_tensor *[]){average, NULL}, (const bal_tensor *[]){w, NULL}, decay);
}

bal_status bal_join(const bal_tensor *y, const bal_tensor *a, const bal_tensor *b)
{
    bal_kernel *kernel;
    int         n = bal_size(y);
    assert(bal_size(a) + bal_size(b) == n);
    BAL_TRY(bal_kernel_get(&kernel, y->dev, "pointwise", "pointwise_join", ""));
    return bal_run(kernel, bal_flat(y->dev, (size_t)n), bal_buf(y), bal_buf(a), bal_buf(b), bal_i32(bal_size(a)),
                   bal_i32(n));
}

bal_status bal_exchange(const bal_tensor *a, const bal_tensor *b)
{
    bal_kernel *kernel;
    int         n = bal_size(a);
    assert(bal_size(b) == n);
    BAL_TRY(bal_kernel_get(&kernel, a->dev, "pointwise", "pointwise_exchange", ""));
    return bal_run(kernel, bal_flat(a->dev, (size_t)n), bal_buf(a), bal_buf(b), bal_i32(n));
}

bal_status bal_clamp(const bal_tensor *w, float limit)
{
    bal_kernel *kernel;
    int         n = bal_size(w);
    BAL_TRY(bal_kernel_get(&kernel, w->dev, "pointwise", "pointwise_clamp", ""));
    return bal_run(kernel, bal_flat(w->dev, (size_t)n), bal_buf(w), bal_f32(limit), bal_i32(n));
}

bal_status bal_clip_factor(const bal_tensor *factor, const bal_tensor *norms, int index, float limit)
{
    bal_kernel *kernel;
    assert(index >= 0 && index < bal_size(norms));
    BAL_TRY(bal_kernel_get(&kernel, factor->dev, "pointwise", "pointwise_clip_factor", ""));
    return bal_run(kernel, bal_items(1, 1, 1), bal_buf(factor), bal_buf(norms), bal_i32(index), bal_f32(limit));
}
