/* learner -- see include/ballast/learner.h. */
#include "ballast/learner.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/pointwise.h"
#include "ballast/reduce.h"

static bal_status make_flat(bal_tensor *t, bal_device *dev, size_t floats)
{
    return floats ? bal_tensor_init(t, dev, (bal_shape){1, 1, 1, (int)floats}) : BAL_OK;
}

static bal_status make_average(bal_learner *l, bal_device *dev, size_t weights, size_t states)
{
    if (l->settings.ema <= 0) return BAL_OK;
    BAL_TRY(make_flat(&l->average, dev, weights));
    BAL_TRY(make_flat(&l->average_states, dev, states));
    BAL_TRY(bal_tensor_copy(&l->average, bal_net_weights(l->net)));
    return states ? bal_tensor_copy(&l->average_states, bal_net_states(l->net)) : BAL_OK;
}

static bal_status make(bal_learner *l, bal_device *dev)
{
    const bal_where at = {"[train]", 0}; /* lines were checked with their place by setup */
    size_t          weights = bal_has(bal_net_weights(l->net)) ? (size_t)bal_size(bal_net_weights(l->net)) : 0;
    size_t          states = bal_has(bal_net_states(l->net)) ? (size_t)bal_size(bal_net_states(l->net)) : 0;
    BAL_TRY(bal_optim_read(&l->optim, &l->pool, l->settings.optimizer, at));
    BAL_TRY(bal_schedule_parse(&l->schedule, l->settings.schedule, at));
    BAL_TRY(l->optim.def->build(&l->optim, dev));
    for (int i = 0; i < l->optim.def->moments; i++) BAL_TRY(make_flat(&l->moment[i], dev, weights));
    BAL_TRY(make_flat(&l->factor, dev, 1));
    BAL_TRY(make_flat(&l->scratch, dev, bal_norm_scratch(dev, weights)));
    if (l->settings.mixed) BAL_TRY(bal_scaler_init(&l->scaler, dev));
    return make_average(l, dev, weights, states);
}

bal_status bal_learner_init(bal_learner *l, bal_device *dev, bal_net *net, const bal_learner_settings *settings)
{
    *l = (bal_learner){.net = net, .settings = *settings, .rate = 1};
    bal_status st = make(l, dev);
    if (st != BAL_OK) bal_learner_free(l);
    return st;
}

void bal_learner_free(bal_learner *l)
{
    bal_tensor *all[] = {&l->moment[0], &l->moment[1], &l->average, &l->average_states, &l->factor, &l->scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) bal_tensor_free(all[i]);
    bal_scaler_free(&l->scaler);
    bal_optim_free(&l->optim);
    bal_option_pool_free(l->pool);
    *l = (bal_learner){0};
}

static bal_status average(bal_learner *l)
{
    double warm = (1.0 + l->t) / (10.0 + l->t), decay = warm < (double)l->settings.ema ? warm : (double)l->settings.ema;
    if (!bal_has(&l->average)) return BAL_OK;
    return bal_average_both((const bal_tensor *[]){&l->average, &l->average_states},
                            (const bal_tensor *[]){bal_net_weights(l->net), bal_net_states(l->net)}, decay);
}

bal_status bal_learner_step(bal_learner *l, const bal_tensor *figures, int index)
{
    assert(!l->swapped);
    const bal_tensor *g = bal_net_gradients(l->net), *w = bal_net_weights(l->net);
    bal_optim_step s = {.w = *w, .g = *g, .moment = {l->moment[0], l->moment[1]}, .decayed = bal_net_decayed(l->net)};
    double         base = bal_option_number(l->optim.def->options, l->optim.self, "lr");
    BAL_TRY(bal_norm(figures, index, g, &l->scratch));
    if (l->settings.mixed) BAL_TRY(bal_scaler_update(&l->scaler, figures, index, l->settings.clip, &l->factor));
    else if (l->settings.clip > 0) BAL_TRY(bal_clip_factor(&l->factor, figures, index, l->settings.clip));
    if (l->settings.mixed || l->settings.clip > 0) s.factor = l->factor;
    s.t = ++l->t;
    s.lr = l->lr = (float)(base * bal_schedule_factor(&l->schedule, l->t, l->settings.total)) * l->rate;
    BAL_TRY(l->optim.def->step(&l->optim, &s));
    if (l->settings.weight_clip > 0) BAL_TRY(bal_clamp(w, l->settings.weight_clip));
    return average(l);
}

bal_status bal_learner_swap(bal_learner *l)
{
    if (!bal_has(&l->average)) return BAL_OK;
    l->swapped = !l->swapped;
    BAL_TRY(bal_exchange(bal_net_weights(l->net), &l->average));
    return bal_has(&l->average_states) ? bal_exchange(bal_net_states(l->net), &l->average_states) : BAL_OK;
}

bal_status bal_learner_scale_loss(const bal_learner *l, const bal_tensor *dy)
{
    return l->settings.mixed ? bal_scaler_apply(&l->scaler, dy) : BAL_OK;
}

bal_status bal_learner_scale(const bal_learner *l, double *scale, double *skipped)
{
    float state[BAL_SCALER_STATE];
    assert(l->settings.mixed);
    BAL_TRY(bal_tensor_read(&l->scaler.state, state));
    *scale = (double)state[0];
    *skipped = (double)state[2];
    return BAL_OK;
}

static bal_status put_scaler(const bal_learner *l, bal_checkpoint *c, const char *name)
{
    float state[BAL_SCALER_STATE];
    if (!l->settings.mixed) return BAL_OK;
    BAL_TRY(bal_tensor_read(&l->scaler.state, state));
    return bal_checkpoint_put(c, name, BAL_F32, 1, (int[]){BAL_SCALER_STATE}, state);
}

static bal_status get_scaler(bal_learner *l, const bal_checkpoint *c, const char *name)
{
    float            state[BAL_SCALER_STATE];
    const bal_saved *saved = bal_checkpoint_find(c, name);
    if (!l->settings.mixed) return BAL_OK;
    if (!saved || saved->dtype != BAL_F32 || saved->size != sizeof state)
        return bal_fail(BAL_EIO, "the checkpoint has no \"%s\" of %d numbers", name, BAL_SCALER_STATE);
    memcpy(state, saved->data, sizeof state);
    return bal_tensor_write(&l->scaler.state, state);
}

/* "generator." + "moment0." */
static const char *join(char out[64], const char *prefix, const char *part)
{
    snprintf(out, 64, "%s%s", prefix, part);
    return out;
}

static const char *const moment_names[] = {"moment0.", "moment1."};

bal_status bal_learner_put(const bal_learner *l, bal_checkpoint *c, const char *prefix)
{
    char name[64], step[16];
    assert(!l->swapped);
    BAL_TRY(bal_checkpoint_put_net(c, prefix, l->net, NULL, NULL));
    for (int i = 0; i < l->optim.def->moments; i++)
        BAL_TRY(bal_checkpoint_put_arena(c, join(name, prefix, moment_names[i]), l->net, &l->moment[i]));
    if (bal_has(&l->average))
        BAL_TRY(bal_checkpoint_put_net(c, join(name, prefix, "ema."), l->net, &l->average, &l->average_states));
    BAL_TRY(put_scaler(l, c, join(name, prefix, "scaler")));
    snprintf(step, sizeof step, "%d", l->t);
    return bal_checkpoint_note(c, join(name, prefix, "step"), step);
}

bal_status bal_learner_get(bal_learner *l, const bal_checkpoint *c, const char *prefix)
{
    char        name[64];
    const char *step = bal_checkpoint_find_note(c, join(name, prefix, "step"));
    if (!step) return bal_fail(BAL_EIO, "the checkpoint has no \"%s\"", name);
    l->t = (int)strtol(step, NULL, 10);
    BAL_TRY(bal_checkpoint_get_net(c, prefix, l->net, NULL, NULL));
    BAL_TRY(get_scaler(l, c, join(name, prefix, "scaler")));
    for (int i = 0; i < l->optim.def->moments; i++)
        BAL_TRY(bal_checkpoint_get_arena(c, join(name, prefix, moment_names[i]), l->net, &l->moment[i]));
    return bal_has(&l->average)
               ? bal_checkpoint_get_net(c, join(name, prefix, "ema."), l->net, &l->average, &l->average_states)
               : BAL_OK;
}
