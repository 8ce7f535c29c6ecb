/* critic -- see include/ballast/critic.h and cl/critic.cl. */
#include "ballast/critic.h"
#include <assert.h>

bal_status bal_critic_init(bal_critic *c, bal_device *dev, const bal_critic_settings *settings)
{
    const float state[BAL_CRITIC_STATE] = {settings->adaptive ? 0 : 1};
    *c = (bal_critic){.settings = *settings};
    bal_status st = bal_tensor_init(&c->state, dev, (bal_shape){1, 1, 1, BAL_CRITIC_STATE});
    if (st == BAL_OK) st = bal_tensor_write(&c->state, state);
    if (st != BAL_OK) bal_critic_free(c);
    return st;
}

void bal_critic_free(bal_critic *c) { bal_tensor_free(&c->state); }

bal_status bal_critic_run(const bal_critic *c, const bal_tensor *y, const bal_tensor *dy, int step,
                          const bal_tensor *figures, int at)
{
    const bal_critic_settings *s = &c->settings;
    bal_kernel                *k;
    bool                       begun = step >= s->start;
    assert(bal_size(y) % 2 == 0 && bal_size(dy) == bal_size(y) && at + BAL_CRITIC_FIGURES <= bal_size(figures));
    BAL_TRY(bal_kernel_get(&k, y->dev, "critic", "critic", ""));
    return bal_run(k, bal_items(1, 1, 1), bal_i32(bal_size(y) / 2), bal_buf(y), bal_buf(dy), bal_buf(&c->state),
                   bal_f32(s->boundary), bal_f32(begun ? s->lecam : 0), bal_f32(begun ? s->decay : 0),
                   bal_f32(s->target), bal_f32(s->adaptive ? s->pace : 0), bal_i32(s->every), bal_buf(figures),
                   bal_i32(at));
}
