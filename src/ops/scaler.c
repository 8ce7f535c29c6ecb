/* scaler -- see ballast/scaler.h and cl/scaler.cl. */
#include "ballast/scaler.h"

#include <assert.h>
#include <stdio.h>

static bal_status build(bal_scaler *s, bal_device *dev)
{
    static const float begin[BAL_SCALER_STATE] = {32768, 0, 0};
    char               growth[32];
    snprintf(growth, sizeof growth, "-DGROWTH=%d", BAL_SCALER_GROWTH);
    BAL_TRY(bal_kernel_get(&s->apply, dev, "scaler", "scaler_apply", growth));
    BAL_TRY(bal_kernel_get(&s->update, dev, "scaler", "scaler_update", growth));
    BAL_TRY(bal_tensor_init(&s->state, dev, (bal_shape){1, 1, 1, BAL_SCALER_STATE}));
    return bal_tensor_write(&s->state, begin);
}

bal_status bal_scaler_init(bal_scaler *s, bal_device *dev)
{
    *s = (bal_scaler){0};
    bal_status st = build(s, dev);
    if (st != BAL_OK) bal_scaler_free(s);
    return st;
}

void bal_scaler_free(bal_scaler *s) { bal_tensor_free(&s->state); }

bal_status bal_scaler_apply(const bal_scaler *s, const bal_tensor *dy)
{
    int n = bal_size(dy);
    assert(!dy->half);
    return bal_run(s->apply, bal_flat(dy->dev, (size_t)n), bal_i32(n), bal_buf(&s->state), bal_buf(dy));
}

bal_status bal_scaler_update(const bal_scaler *s, const bal_tensor *figures, int index, float limit,
                             const bal_tensor *factor)
{
    assert(index >= 0 && index < bal_size(figures));
    return bal_run(s->update, bal_items(1, 1, 1), bal_buf(&s->state), bal_buf(figures), bal_i32(index), bal_f32(limit),
                   bal_buf(factor));
}
