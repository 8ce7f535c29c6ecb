/* gan_quality -- how good a trained generator's images are. See include/ballast/gan.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/checkpoint.h"
#include "ballast/extractor.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "ballast/generators.h"
#include "ballast/log.h"

enum {
    GENERATED = 256,  /* and at most as many training images beside them */
    VALIDATION = 512, /* at most, evenly chosen, as the training images are */
    TRAINING = 2000,
    NEIGHBOURS = 5,
    WIDEST = 512, /* features that FID is worked out of: its time grows with their third power */
    COLUMNS = 8,
    SHOWN = 2 * COLUMNS
};

typedef struct list {
    int *index, count;
} list;

/* A generator's images, and real ones beside them. */
typedef struct subject {
    const bal_gan_job *job;
    const char        *folder;  /* where it is written */
    bal_scaling        scaling; /* of what the generator makes */
    float             *pixel;
    size_t             image; /* floats */
    int                kept;  /* images of classes before */
    list               few, training, validation;
    bal_features       near, of; /* thumbs of generated and of training images */
} subject;

/* ---- images ------------------------------------------------------------------------------------------------------ */

static bal_status choose(list *out, const bal_gan_job *job, bal_part part, int most)
{
    const int *index;
    int        count = bal_dataset_part(job->data, part, job->label, &index);
    out->count = count < most ? count : most;
    out->index = malloc(((size_t)out->count + 1) * sizeof *out->index);
    if (!out->index) return bal_fail(BAL_ENOMEM, "no memory for a list of images");
    for (int i = 0; i < out->count; i++) out->index[i] = index[(long)i * count / out->count];
    return BAL_OK;
}

static bal_status keep_images(void *user, int first, int count, const float *pixel, const bal_scaling *scaling)
{
    subject *s = user;
    s->scaling = *scaling;
    memcpy(s->pixel + (size_t)(s->kept + first) * s->image, pixel, (size_t)count * s->image * sizeof *pixel);
    return BAL_OK;
}

/* A conditional generator's are of one class, or of all as the validation part has them. */
static bal_status generate(subject *s, const char *weights)
{
    const bal_gan_job *j = s->job;
    const int         *unused;
    int                all = 0, seen = 0, classes = bal_dataset_class_count(j->data);
    bal_gan_request    r = {j->setup, j->dev, weights, (uint64_t)j->setup->run.seed, j->label, GENERATED, NULL};
    if (!bal_setup_conditional(j->setup) || j->label >= 0) return bal_gan_generate(&r, keep_images, s);
    for (int k = 0; k < classes; k++) all += bal_dataset_part(j->data, BAL_VALIDATION, k, &unused);
    if (!all) return bal_fail(BAL_ECONFIG, "%s: no validation image has a class", j->what);
    for (r.label = 0; r.label < classes; r.label++) {
        seen += bal_dataset_part(j->data, BAL_VALIDATION, r.label, &unused);
        r.count = (int)((long)seen * GENERATED / all) - s->kept;
        if (r.count) BAL_TRY(bal_gan_generate(&r, keep_images, s));
        s->kept += r.count;
    }
    return BAL_OK;
}

static bal_status gather(subject *s, const char *weights)
{
    const bal_gan_job         *j = s->job;
    const bal_dataset_options *d = bal_dataset_settings(j->data);
    s->image = (size_t)d->size * (size_t)d->size * (size_t)d->channels;
    s->pixel = malloc(GENERATED * s->image * sizeof *s->pixel);
    if (!s->pixel) return bal_fail(BAL_ENOMEM, "no memory for %d images", GENERATED);
    BAL_TRY(choose(&s->few, j, BAL_TRAIN, GENERATED));
    BAL_TRY(choose(&s->training, j, BAL_TRAIN, TRAINING));
    BAL_TRY(choose(&s->validation, j, BAL_VALIDATION, VALIDATION));
    return generate(s, weights);
}

static void drop(subject *s)
{
    free(s->pixel);
    free(s->few.index);
    free(s->training.index);
    free(s->validation.index);
    free((void *)(uintptr_t)s->near.x);
    free((void *)(uintptr_t)s->of.x);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static bal_status compare(bal_likeness *out, const bal_features *real, const bal_features *other)
{
    BAL_TRY(bal_quality_kid(&out->kid, real, other));
    out->fid = (double)NAN;
    if (real->width <= WIDEST) BAL_TRY(bal_quality_fid(&out->fid, real, other));
    return bal_quality_prdc(&out->prdc, real, other, NEIGHBOURS);
}

/* near: room for a verdict on each generated image; copies NULL: not looked for. */
static bal_status measure_in(bal_generator_quality *q, int kind, const bal_extractor *e, const subject *s, bool *near)
{
    const bal_dataset *data = s->job->data;
    bal_features       real = {0}, few = {0}, fake = {0}, training = {0};
    bal_status         st;
    BAL_TRY_OR(end, st, bal_extractor_real(&real, e, data, s->validation.index, s->validation.count));
    BAL_TRY_OR(end, st, bal_extractor_real(&few, e, data, s->few.index, s->few.count));
    BAL_TRY_OR(end, st, bal_extractor_generated(&fake, e, s->pixel, GENERATED, &s->scaling));
    BAL_TRY_OR(end, st, compare(&q->of_generated[kind], &real, &fake));
    BAL_TRY_OR(end, st, compare(&q->of_real[kind], &real, &few));
    if (kind != BAL_TRAINED_FEATURES) goto end;
    BAL_TRY_OR(end, st, bal_extractor_real(&training, e, data, s->training.index, s->training.count));
    BAL_TRY_OR(end, st, bal_quality_copies(&q->copies[BAL_IN_FEATURES], near, &training, &fake));
end:
    free((void *)(uintptr_t)real.x);
    free((void *)(uintptr_t)few.x);
    free((void *)(uintptr_t)fake.x);
    free((void *)(uintptr_t)training.x);
    return st;
}

static bal_status measure_features(bal_generator_quality *q, const subject *s, bool *near)
{
    const bal_gan_job *j = s->job;
    bal_extractor      e = {0};
    bal_status         st;
    BAL_TRY_OR(end, st, bal_extractor_trained(&e, j->dev, j->setup, j->features));
    BAL_TRY_OR(end, st, measure_in(q, BAL_TRAINED_FEATURES, &e, s, near));
    bal_extractor_free(&e);
    BAL_TRY_OR(end, st, bal_extractor_random(&e, j->dev, j->setup, j->data));
    BAL_TRY_OR(end, st, measure_in(q, BAL_RANDOM_FEATURES, &e, s, near));
end:
    bal_extractor_free(&e);
    return st;
}

/* ---- nearest.png ------------------------------------------------------------------------------------------------- */

typedef struct pair {
    int    generated, real;
    double distance;
} pair;

static int by_distance(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return x->generated - y->generated;
}

/* All generated images with the training image that each is nearest to, the nearest first. */
static bal_status find_pairs(pair *out, const subject *s)
{
    double *distance = malloc(GENERATED * sizeof *distance);
    int    *nearest = malloc(GENERATED * sizeof *nearest);
    if (distance && nearest) {
        bal_quality_nearest(nearest, distance, &s->near, &s->of);
        for (int i = 0; i < GENERATED; i++) out[i] = (pair){i, nearest[i], distance[i]};
        qsort(out, GENERATED, sizeof *out, by_distance);
    }
    bal_status st = distance && nearest ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for neighbours");
    free(distance);
    free(nearest);
    return st;
}

static bal_status draw_pairs(const char *path, void *user)
{
    const subject *s = user;
    pair           found[GENERATED];
    float         *grid = malloc(2 * SHOWN * s->image * sizeof *grid);
    bal_status     st = grid ? find_pairs(found, s) : bal_fail(BAL_ENOMEM, "no memory for a picture");
    for (int i = 0; st == BAL_OK && i < SHOWN; i++) {
        int at = i / COLUMNS * 2 * COLUMNS + i % COLUMNS;
        memcpy(grid + (size_t)at * s->image, s->pixel + (size_t)found[i].generated * s->image, s->image * sizeof *grid);
        st = bal_dataset_fill(s->job->data, s->training.index[found[i].real], grid + (size_t)(at + COLUMNS) * s->image,
                              &s->scaling);
    }
    if (st == BAL_OK) st = bal_run_grid(path, grid, 2 * SHOWN, COLUMNS, &s->job->setup->data, &s->scaling);
    free(grid);
    return st;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int step_of(const char *weights)
{
    bal_checkpoint *c;
    if (bal_checkpoint_read(&c, weights) != BAL_OK) return 0;
    const char *step = bal_checkpoint_find_note(c, "step");
    int         n = step ? (int)strtol(step, NULL, 10) : 0;
    bal_checkpoint_free(c);
    return n;
}

static bal_status measure(bal_generator_quality *q, subject *s, const char *weights)
{
    bool near[GENERATED];
    BAL_TRY(gather(s, weights));
    q->step = step_of(weights);
    q->generated = GENERATED;
    q->real = s->few.count;
    q->training = s->training.count;
    q->validation = s->validation.count;
    BAL_TRY(measure_features(q, s, near));
    BAL_TRY(bal_thumbs_generated(&s->near, s->job->data, s->pixel, GENERATED, &s->scaling));
    BAL_TRY(bal_thumbs_real(&s->of, s->job->data, s->training.index, s->training.count));
    BAL_TRY(bal_quality_copies(&q->copies[BAL_IN_PIXELS], near, &s->of, &s->near));
    return bal_path_use(s->folder, "nearest.png", draw_pairs, s);
}

static void say(const bal_gan_job *job, const bal_generator_quality *q)
{
    const bal_likeness *own = &q->of_generated[BAL_TRAINED_FEATURES], *real = &q->of_real[BAL_TRAINED_FEATURES];
    bal_info("%s: KID %.3g +- %.2g, coverage %.2f against %d validation images (training images: %.3g, %.2f)",
             job->what, own->kid.value, own->kid.error, own->prdc.coverage, q->validation, real->kid.value,
             real->prdc.coverage);
    for (int i = 0; i < BAL_COPY_SPACES; i++)
        if (bal_copies_alarm(&q->copies[i]))
            bal_warn("%s: %d of %d generated images are nearer to a training image by %s than real ones are to each "
                     "other: they may be copies",
                     job->what, q->copies[i].count, q->generated, i == BAL_IN_PIXELS ? "pixels" : "features");
}

static bal_status write_quality(const char *path, void *user) { return bal_generator_write(user, path); }

static bal_status measure_into(const char *folder, const bal_gan_job *job)
{
    bal_generator_quality q = {0};
    subject               s = {.job = job, .folder = folder};
    char                 *weights = bal_path_join(job->folder, "generator.safetensors");
    bal_status            st = weights ? measure(&q, &s, weights) : bal_fail(BAL_ENOMEM, "no memory for a path");
    if (st == BAL_OK) say(job, &q);
    if (st == BAL_OK) st = bal_path_use(folder, "quality.json", write_quality, &q);
    drop(&s);
    free(weights);
    return st;
}

/* What a conditional one makes of a class, unless there is no image to compare it with. */
static bal_status measure_class(const bal_gan_job *all, int label)
{
    char        name[256];
    const int  *unused;
    bal_gan_job job = *all;
    if (!bal_dataset_part(job.data, BAL_VALIDATION, label, &unused)) return BAL_OK;
    bal_run_class_folder(name, sizeof name, bal_dataset_class(job.data, label));
    char *folder = bal_format("%s/classes/%s", job.folder, name), *what = bal_format("%s, %s", job.what, name);
    job.label = label;
    job.what = what;
    bal_status st = folder && what ? bal_folder_create(folder) : bal_fail(BAL_ENOMEM, "no memory for a path");
    if (st == BAL_OK) st = measure_into(folder, &job);
    free(folder);
    free(what);
    return st;
}

bal_status bal_gan_measure(const bal_gan_job *job)
{
    BAL_TRY(measure_into(job->folder, job));
    for (int k = 0; bal_setup_conditional(job->setup) && k < bal_dataset_class_count(job->data); k++)
        BAL_TRY(measure_class(job, k));
    return BAL_OK;
}
