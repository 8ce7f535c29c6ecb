/* gan_checkpoint -- see train/gan_parts.h. */
#include "train/gan_parts.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/checkpoint.h"
#include "ballast/files.h"
#include "ballast/stored.h"

enum { NUMBERS = 8 };

/* A few numbers on the device, if they are there, under a name of their own. */
static bal_status put_numbers(bal_checkpoint *c, const char *name, const bal_tensor *t)
{
    float values[NUMBERS];
    if (!bal_has(t)) return BAL_OK;
    assert(bal_size(t) <= NUMBERS);
    BAL_TRY(bal_tensor_read(t, values));
    return bal_checkpoint_put(c, name, BAL_F32, 1, (int[]){bal_size(t)}, values);
}

/* Those that a checkpoint of an older program lacks stay as they are. */
static bal_status get_numbers(const bal_tensor *t, const bal_checkpoint *c, const char *name)
{
    float            values[NUMBERS];
    const bal_saved *saved = bal_checkpoint_find(c, name);
    if (!saved || !bal_has(t)) return BAL_OK;
    if (saved->dtype != BAL_F32 || saved->size != (size_t)bal_size(t) * sizeof *values)
        return bal_fail(BAL_EIO, "the checkpoint's \"%s\" is not %d numbers", name, bal_size(t));
    memcpy(values, saved->data, saved->size);
    return bal_tensor_write(t, values);
}

static bal_status put_health(bal_checkpoint *c, const bal_gan_health *h)
{
    char text[128];
    snprintf(text, sizeof text, "%.17g %.17g %.17g %d %d %d", h->real, h->diversity, h->best, h->won, h->said,
             h->rescues);
    return bal_checkpoint_note(c, "health", text);
}

static bal_status get_health(bal_gan_health *h, const bal_checkpoint *c)
{
    const char *text = bal_checkpoint_find_note(c, "health");
    char       *end;
    if (!text) return BAL_OK;
    h->real = strtod(text, &end);
    h->diversity = strtod(end, &end);
    h->best = strtod(end, &end);
    h->won = (int)strtol(end, &end, 10);
    h->said = (int)strtol(end, &end, 10);
    h->rescues = (int)strtol(end, &end, 10);
    return *end ? bal_fail(BAL_EIO, "the checkpoint's \"health\" is \"%s\"", text) : BAL_OK;
}

bal_status bal_gan_save_last(const char *path, void *user)
{
    const bal_gan  *gan = user;
    bal_checkpoint *c;
    bal_status      st;
    BAL_TRY(bal_checkpoint_new(&c));
    BAL_TRY_OR(end, st, bal_learner_put(&gan->learn_g, c, "generator."));
    BAL_TRY_OR(end, st, bal_learner_put(&gan->learn_d, c, "discriminator."));
    BAL_TRY_OR(end, st, put_numbers(c, "critic", &gan->critic.state));
    BAL_TRY_OR(end, st, put_numbers(c, "r1", &gan->penalty.value));
    BAL_TRY_OR(end, st, put_health(c, &gan->health));
    BAL_TRY_OR(end, st, bal_spectral_put(&gan->spectral, c, "spectral."));
    BAL_TRY_OR(end, st, bal_stored_put_figures(c, gan->host, gan->step % gan->o.log * BAL_GAN_FIGURES));
    BAL_TRY_OR(end, st, bal_checkpoint_write(c, path));
end:
    bal_checkpoint_free(c);
    return st;
}

bal_status bal_gan_load_last(const char *path, void *user)
{
    bal_gan        *gan = user;
    bal_checkpoint *c;
    bal_status      st;
    if (!bal_file_exists(path)) return BAL_OK;
    BAL_TRY(bal_checkpoint_read(&c, path));
    BAL_TRY_OR(end, st, bal_learner_get(&gan->learn_g, c, "generator."));
    BAL_TRY_OR(end, st, bal_learner_get(&gan->learn_d, c, "discriminator."));
    BAL_TRY_OR(end, st, get_numbers(&gan->critic.state, c, "critic"));
    BAL_TRY_OR(end, st, get_numbers(&gan->penalty.value, c, "r1"));
    BAL_TRY_OR(end, st, get_health(&gan->health, c));
    bal_gan_set_rate(gan);
    BAL_TRY_OR(end, st, bal_spectral_get(&gan->spectral, c, "spectral."));
    gan->step = gan->read = gan->learn_g.t;
    BAL_TRY_OR(end, st, bal_stored_get_figures(gan->host, gan->step % gan->o.log * BAL_GAN_FIGURES, c));
    BAL_TRY_OR(end, st, bal_tensor_write(&gan->figures, gan->host));
end:
    bal_checkpoint_free(c);
    return st;
}

bal_status bal_gan_save_generator(const char *path, void *user)
{
    const bal_gan     *gan = user;
    const bal_learner *l = &gan->learn_g;
    bal_checkpoint    *c;
    bal_status         st;
    char               step[16], kid[32];
    snprintf(step, sizeof step, "%d", gan->step);
    snprintf(kid, sizeof kid, "%.17g", gan->judge.best);
    BAL_TRY(bal_checkpoint_new(&c));
    BAL_TRY_OR(end, st,
               bal_checkpoint_put_net(c, "", gan->generator, bal_has(&l->average) ? &l->average : NULL,
                                      bal_has(&l->average_states) ? &l->average_states : NULL));
    BAL_TRY_OR(end, st, bal_stored_put_scaling(c, &gan->scaling));
    if (gan->classes) BAL_TRY_OR(end, st, bal_stored_put_classes(c, gan->job.data));
    BAL_TRY_OR(end, st, bal_checkpoint_note(c, "step", step));
    if (gan->judge.improved) BAL_TRY_OR(end, st, bal_checkpoint_note(c, "kid", kid));
    BAL_TRY_OR(end, st, bal_checkpoint_write(c, path));
end:
    bal_checkpoint_free(c);
    return st;
}

bal_status bal_gan_save_discriminator(const char *path, void *user)
{
    const bal_gan  *gan = user;
    bal_checkpoint *c;
    BAL_TRY(bal_checkpoint_new(&c));
    bal_status st = bal_checkpoint_put_net(c, "", gan->discriminator, NULL, NULL);
    if (st == BAL_OK) st = bal_checkpoint_write(c, path);
    bal_checkpoint_free(c);
    return st;
}
