/* gan_own -- generated images that copy no training image. See include/ballast/gan.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/candidates.h"
#include "ballast/extractor.h"
#include "ballast/gan.h"

enum { SPARE = 64 }; /* images more than twice as many, for a few */

/* Training images in both spaces, and where those that are kept go. */
typedef struct filter {
    const bal_gan_real *real;
    bal_extractor       extractor; /* zeroed without features */
    bal_looks           looks;
    double              limit[2];
    bal_gan_sink        sink;
    void               *user;
    size_t              image; /* floats */
    int                 wanted, kept, copies;
    bool                enough;
} filter;

static void free_looks(bal_looks *l)
{
    free((void *)(uintptr_t)l->thumb.x);
    free((void *)(uintptr_t)l->feature.x);
}

static bal_status open(filter *f, const bal_gan_request *r)
{
    const bal_dataset_options *d = bal_dataset_settings(f->real->data);
    const int                 *index;
    int                        count = bal_dataset_part(f->real->data, BAL_TRAIN, f->real->label, &index);
    f->image = (size_t)d->size * (size_t)d->size * (size_t)d->channels;
    BAL_TRY(bal_thumbs_real(&f->looks.thumb, f->real->data, index, count));
    if (f->real->features) {
        BAL_TRY(bal_extractor_trained(&f->extractor, r->dev, r->setup, f->real->features));
        BAL_TRY(bal_extractor_real(&f->looks.feature, &f->extractor, f->real->data, index, count));
    }
    return bal_candidates_limits(f->limit, &f->looks);
}

static bal_status find_copies(bool *copy, filter *f, const float *pixel, int count, const bal_scaling *scaling)
{
    bal_looks  made = {0};
    bal_status st = bal_thumbs_generated(&made.thumb, f->real->data, pixel, count, scaling);
    if (st == BAL_OK && f->real->features)
        st = bal_extractor_generated(&made.feature, &f->extractor, pixel, count, scaling);
    if (st == BAL_OK) st = bal_candidates_near(copy, f->limit, &f->looks, &made);
    free_looks(&made);
    return st;
}

static bal_status pass_on(void *user, int first, int count, const float *pixel, const bal_scaling *scaling)
{
    filter *f = user;
    int     kept = 0;
    bool   *copy = calloc((size_t)count, sizeof *copy);
    float  *own = malloc((size_t)count * f->image * sizeof *own);
    (void)first;
    bal_status st = copy && own ? find_copies(copy, f, pixel, count, scaling)
                                : bal_fail(BAL_ENOMEM, "no memory for %d images", count);
    for (int i = 0; st == BAL_OK && i < count && f->kept + kept < f->wanted; i++) {
        f->copies += copy[i];
        if (!copy[i]) memcpy(own + (size_t)kept++ * f->image, pixel + (size_t)i * f->image, f->image * sizeof *own);
    }
    if (st == BAL_OK && kept) st = f->sink(f->user, f->kept, kept, own, scaling);
    f->kept += kept;
    f->enough = f->kept == f->wanted;
    free(copy);
    free(own);
    return st;
}

bal_status bal_gan_generate_own(int *passed, int *left_out, const bal_gan_request *r, const bal_gan_real *real,
                                bal_gan_sink sink, void *user)
{
    filter          f = {.real = real, .sink = sink, .user = user, .wanted = r->count};
    bal_gan_request more = *r;
    more.count = r->count > INT_MAX / 4 ? INT_MAX : 2 * r->count + SPARE;
    more.enough = &f.enough;
    bal_status st = open(&f, r);
    if (st == BAL_OK) st = bal_gan_generate(&more, pass_on, &f);
    *passed = f.kept;
    *left_out = f.copies;
    free_looks(&f.looks);
    bal_extractor_free(&f.extractor);
    return st;
}
