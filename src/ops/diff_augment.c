/* diff_augment -- see include/ballast/diff_augment.h and cl/diff_augment.cl. */
#include "ballast/diff_augment.h"
#include <assert.h>

enum { DRAWN = 8 }; /* floats of an image's row, as in cl/diff_augment.cl */

#define CHANGES \
    BAL_OPT(bal_diff, color, BAL_FLOAT, 1, 0, 1, "brightness, saturation, contrast: a share of their full range"), \
        BAL_OPT(bal_diff, translation, BAL_FLOAT, 0.125, 0, 1, "of the side, whole pixels to either side"), \
        BAL_OPT(bal_diff, cutout, BAL_FLOAT, 0.5, 0, 1, "of the side: a square of zeros")

static const bal_option none_options[] = {BAL_OPT_END};
static const bal_option diff_options[] = {CHANGES, BAL_OPT_END};
static const bal_option ada_options[] = {
    CHANGES,
    BAL_OPT(bal_diff, target, BAL_FLOAT, 0.6, -1, 1, "mean sign of the discriminator's outputs on real images"),
    BAL_OPT(bal_diff, images, BAL_INT, 500000, 1, 2e9, "real images that may take the probability from 0 to 1"),
    BAL_OPT_END,
};

const bal_word bal_diff_words[] = {
    {"none", "images stay as they are", none_options},
    {"diff", "each image is changed, real or generated", diff_options},
    {"ada", "each change with a probability that grows while the discriminator overfits", ada_options},
    {NULL, NULL, NULL},
};

bal_status bal_diff_parse(bal_diff *out, const char *line, bal_where at)
{
    *out = (bal_diff){0};
    return bal_word_parse(&out->kind, out, bal_diff_words, "augment", line, at);
}

bal_status bal_diff_augmenter_init(bal_diff_augmenter *a, bal_device *dev, const bal_diff *what, bal_shape batch,
                                   float deviation)
{
    assert(batch.h == batch.w);
    *a = (bal_diff_augmenter){.what = *what, .deviation = deviation};
    bal_status st = bal_tensor_init(&a->drawn, dev, (bal_shape){batch.n, 1, 1, DRAWN});
    if (st == BAL_OK) st = bal_tensor_init(&a->sums, dev, (bal_shape){batch.n, batch.h, 1, 1});
    if (st != BAL_OK) bal_diff_augmenter_free(a);
    return st;
}

void bal_diff_augmenter_free(bal_diff_augmenter *a)
{
    bal_tensor_free(&a->drawn);
    bal_tensor_free(&a->sums);
}

static bal_status find(bal_kernel **k, const bal_tensor *x, const char *name)
{
    return bal_kernel_get(k, x->dev, "diff_augment", name, "");
}

static bal_status draw(const bal_diff_augmenter *a, const bal_tensor *x, const bal_tensor *probability,
                       const bal_stream *s)
{
    const bal_diff *d = &a->what;
    bal_kernel     *k;
    float           size = (float)x->shape.h;
    BAL_TRY(find(&k, x, "diff_augment_draw"));
    return bal_run(k, bal_1d((size_t)x->shape.n), bal_i32(x->shape.n), bal_i32(x->shape.h), bal_buf(&a->drawn),
                   bal_buf(probability), bal_f32(0.25F * d->color / a->deviation), bal_f32(d->color),
                   bal_i32((int)(d->translation * size + 0.5F)), bal_i32((int)(d->cutout * size + 0.5F)),
                   bal_u32(s->key[0]), bal_u32(s->key[1]), bal_u32(s->block[0]), bal_u32(s->block[1]));
}

/* Sums of each row of x, then y from x by `name`; a work-item is a row. */
static bal_status change(const bal_diff_augmenter *a, const bal_tensor *y, const bal_tensor *x, const char *name,
                         bool back)
{
    bal_kernel *k;
    bal_shape   s = x->shape;
    bal_range   rows = bal_1d((size_t)s.n * (size_t)s.h);
    assert(bal_shape_equal(s, y->shape) && x->mem != y->mem && s.n <= a->drawn.shape.n);
    BAL_TRY(find(&k, x, "diff_augment_sums"));
    BAL_TRY(bal_run(k, rows, bal_i32(s.n), bal_i32(s.h), bal_i32(s.c), bal_i32(back), bal_buf(&a->sums), bal_buf(x),
                    bal_buf(&a->drawn)));
    BAL_TRY(find(&k, x, name));
    return bal_run(k, rows, bal_i32(s.n), bal_i32(s.h), bal_i32(s.c), bal_buf(y), bal_buf(x), bal_buf(&a->drawn),
                   bal_buf(&a->sums));
}

bal_status bal_diff_augmenter_run(const bal_diff_augmenter *a, const bal_tensor *y, const bal_tensor *x,
                                  const bal_tensor *probability, const bal_stream *stream)
{
    BAL_TRY(draw(a, x, probability, stream));
    return change(a, y, x, "diff_augment_change", false);
}

bal_status bal_diff_augmenter_back(const bal_diff_augmenter *a, const bal_tensor *dx, const bal_tensor *dy)
{
    return change(a, dx, dy, "diff_augment_back", true);
}
