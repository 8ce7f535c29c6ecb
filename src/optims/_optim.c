/* _optim -- see _optim.h. */
#include "_optim.h"

#include <assert.h>
#include <math.h>

double bal_optim_decimal(float setting) { return round((double)setting * 1e7) / 1e7; }

void bal_optim_check(const bal_optim *o, const bal_optim_step *s)
{
    int n = bal_size(&s->w);
    assert(n % 16 == 0 && s->decayed % 16 == 0 && s->t >= 1 && bal_size(&s->g) == n);
    for (int i = 0; i < o->def->moments; i++) assert(bal_size(&s->moment[i]) == n);
    (void)n;
}

bal_arg bal_optim_factor(const bal_optim_step *s) { return bal_buf(bal_has(&s->factor) ? &s->factor : &s->w); }

bal_arg bal_optim_clipped(const bal_optim_step *s) { return bal_i32(bal_has(&s->factor)); }

bal_status bal_adam_build(bal_optim *o, bal_device *dev)
{
    bal_adam *p = o->self;
    return bal_kernel_get(&p->kernel, dev, "adam", "adam", "");
}

bal_status bal_adam_step(bal_optim *o, const bal_optim_step *s, bool decoupled)
{
    const bal_adam *p = o->self;
    int             n = bal_size(&s->w);
    double          beta1 = bal_optim_decimal(p->beta1), beta2 = bal_optim_decimal(p->beta2);
    double          rate = (double)s->lr / (1 - pow(beta1, s->t)), root = 1 / sqrt(1 - pow(beta2, s->t));
    double          keep = decoupled ? 1 - (double)s->lr * (double)p->weight_decay : 1;
    bal_optim_check(o, s);
    return bal_run(p->kernel, bal_flat(s->w.dev, (size_t)n), bal_buf(&s->w), bal_buf(&s->g), bal_buf(&s->moment[0]),
                   bal_buf(&s->moment[1]), bal_optim_factor(s), bal_optim_clipped(s), bal_i32(n), bal_i32(s->decayed),
                   bal_f32(decoupled ? 0 : p->weight_decay), bal_f32((float)keep), bal_f32((float)beta1),
                   bal_f32((float)(1 - beta1)), bal_f32((float)beta2), bal_f32((float)(1 - beta2)),
                   bal_f32((float)rate), bal_f32((float)root), bal_f32(p->eps));
}
