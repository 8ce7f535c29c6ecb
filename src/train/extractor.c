/* extractor -- see include/ballast/extractor.h. */
#include "ballast/extractor.h"
#include <stdlib.h>
#include "ballast/candidates.h"

bal_status bal_extractor_trained(bal_extractor *out, bal_device *dev, const bal_setup *s, const char *folder)
{
    *out = (bal_extractor){0};
    BAL_TRY(bal_model_load(&out->model, dev, s, folder));
    out->scorer = (bal_scorer){out->model.net, dev, BAL_VIEWS_ONE};
    out->scaling = out->model.scaling;
    return BAL_OK;
}

bal_status bal_extractor_random(bal_extractor *out, bal_device *dev, const bal_setup *s, const bal_dataset *data)
{
    enum { BATCH = 64, SEED = 1, SALT = 2 };
    *out = (bal_extractor){0};
    BAL_TRY(bal_setup_net(&out->random, s, "classifier", BATCH));
    bal_status st = bal_net_build(out->random, dev, false, SEED, SALT);
    out->scorer = (bal_scorer){out->random, dev, BAL_VIEWS_ONE};
    out->scaling = bal_dataset_scaling(data, false);
    if (st != BAL_OK) bal_extractor_free(out);
    return st;
}

void bal_extractor_free(bal_extractor *e)
{
    bal_model_close(&e->model);
    bal_net_free(e->random);
    *e = (bal_extractor){0};
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

static const bal_scaling unit = {{0, 0, 0}, {1, 1, 1}};

typedef struct images {
    const bal_extractor *e; /* NULL: pixels as they are */
    const bal_dataset   *data;
    const int           *index;
    const float         *pixel;
    const bal_scaling   *from;
    bal_shape            shape;
} images;

static bal_status fill_real(void *user, int i, float *pixel)
{
    const images *m = user;
    return bal_dataset_fill(m->data, m->index[i], pixel, m->e ? &m->e->scaling : &unit);
}

/* Cut to 0 .. 1, as an image in a file is. */
static bal_status fill_generated(void *user, int i, float *pixel)
{
    const images      *m = user;
    const bal_scaling *to = m->e ? &m->e->scaling : &unit;
    size_t             c = (size_t)m->shape.c, size = (size_t)m->shape.h * (size_t)m->shape.w * c;
    for (size_t k = 0; k < size; k++) {
        float v = m->pixel[(size_t)i * size + k] * m->from->deviation[k % c] + m->from->mean[k % c];
        v = v < 0 ? 0 : v > 1 ? 1 : v;
        pixel[k] = (v - to->mean[k % c]) / to->deviation[k % c];
    }
    return BAL_OK;
}

bal_status bal_extractor_real(bal_features *out, const bal_extractor *e, const bal_dataset *data, const int *index,
                              int count)
{
    images m = {.e = e, .data = data, .index = index};
    return bal_features_of(out, &e->scorer, count, fill_real, &m);
}

bal_status bal_extractor_generated(bal_features *out, const bal_extractor *e, const float *pixel, int count,
                                   const bal_scaling *from)
{
    images m = {.e = e, .pixel = pixel, .from = from, .shape = bal_net_in(e->scorer.net)};
    return bal_features_of(out, &e->scorer, count, fill_generated, &m);
}

/* ---- small images ------------------------------------------------------------------------------------------------ */

static bal_status make_thumbs(bal_features *out, int count, bal_fill_image fill, images *m)
{
    const bal_dataset_options *d = bal_dataset_settings(m->data);
    int                        width = bal_thumb_size(d->size, d->channels);
    float                     *x = malloc(((size_t)count * (size_t)width + 1) * sizeof *x);
    float                     *pixel = malloc((size_t)d->size * (size_t)d->size * (size_t)d->channels * sizeof *pixel);
    bal_status                 st = x && pixel ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for %d small images", count);
    m->shape = (bal_shape){1, d->size, d->size, d->channels};
    for (int i = 0; st == BAL_OK && i < count; i++) {
        st = fill(m, i, pixel);
        if (st == BAL_OK) bal_thumb(x + (size_t)i * (size_t)width, pixel, d->size, d->channels);
    }
    free(pixel);
    *out = (bal_features){x, count, width};
    return st;
}

bal_status bal_thumbs_real(bal_features *out, const bal_dataset *data, const int *index, int count)
{
    return make_thumbs(out, count, fill_real, &(images){.data = data, .index = index});
}

bal_status bal_thumbs_generated(bal_features *out, const bal_dataset *data, const float *pixel, int count,
                                const bal_scaling *from)
{
    return make_thumbs(out, count, fill_generated, &(images){.data = data, .pixel = pixel, .from = from});
}
