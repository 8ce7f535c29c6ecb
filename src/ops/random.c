/* random -- see cl/random.cl. */
#include "ballast/random.h"

bal_status bal_fill_normal(const bal_tensor *t, const bal_stream *s)
{
    bal_kernel *k;
    int         n = bal_size(t);
    BAL_TRY(bal_kernel_get(&k, t->dev, "random", "fill_normal", ""));
    return bal_run(k, bal_1d(((size_t)n + 3) / 4), bal_i32(n), bal_buf(t), bal_u32(s->key[0]), bal_u32(s->key[1]),
                   bal_u32(s->block[0]), bal_u32(s->block[1]));
}
