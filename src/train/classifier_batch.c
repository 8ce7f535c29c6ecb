/* classifier_batch -- the batches that a classifier is trained on: fed, changed, mixed. */
#include "train/classifier_parts.h"

enum { SECOND_SALT = 0x8000, AUGMENT_BLOCKS = 4 }; /* block[1] of a stream's augmentation, bal_augmenter_run */

/* The first pass over `count` images that begins at step t or later. */
static uint64_t pass_of(int t, int batch, int count)
{
    return ((uint64_t)t * (uint64_t)batch + (uint64_t)count - 1) / (uint64_t)count;
}

static bal_status open_feeder(bal_classifier *c, int which)
{
    bal_feeder_settings s = {.data = c->job.data, .batch = c->o.batch, .shuffle = c->o.shuffle};
    s.count = bal_dataset_part(c->job.data, BAL_TRAIN, -1, &s.index);
    s.seed = (uint64_t)c->job.setup->run.seed;
    s.scaling = c->scaling;
    s.start = (uint64_t)c->step * (uint64_t)c->o.batch;
    s.label_noise = c->o.label_noise;
    s.sampler = which ? BAL_SAMPLE_BALANCED : (bal_sampling)c->o.sampler;
    s.salt = which ? SECOND_SALT : 0;
    s.begin = pass_of(c->watch.balanced > c->deferral ? c->watch.balanced : c->deferral, c->o.batch, s.count);
    s.end = pass_of(c->total, c->o.batch, s.count) - 1;
    return bal_feeder_open(&c->fed[which].feeder, c->job.dev, &s);
}

bal_status bal_classifier_batches(bal_classifier *c)
{
    const bal_where at = {"[train.classifier]", 0}; /* the lines were checked with their place by setup */
    bal_shape       batch = bal_net_in(c->net);
    bal_augment     what;
    BAL_TRY(bal_augment_parse(&what, c->o.augment, at));
    BAL_TRY(bal_mix_parse(&c->mix, c->o.mix, at));
    if (bal_augment_active(&what))
        BAL_TRY(bal_augmenter_init(&c->augment, c->job.dev, &what, batch, c->scaling.mean, c->scaling.deviation));
    for (int i = 0; i < (c->mix.kind == BAL_MIX_BALANCED ? 2 : 1); i++) {
        if (bal_augment_active(&what)) BAL_TRY(bal_tensor_init(&c->fed[i].changed, c->job.dev, batch));
        BAL_TRY(open_feeder(c, i));
    }
    if (c->mix.kind == BAL_MIX_NONE) return BAL_OK;
    BAL_TRY(bal_tensor_init(&c->mixed.x, c->job.dev, batch));
    return bal_tensor_init(&c->mixed.label, c->job.dev, (bal_shape){batch.n, 1, 1, 3});
}

void bal_classifier_end_batches(bal_classifier *c)
{
    for (int i = 0; i < 2; i++) {
        bal_feeder_close(c->fed[i].feeder);
        c->fed[i].feeder = NULL;
        bal_tensor_free(&c->fed[i].changed);
    }
    bal_augmenter_free(&c->augment);
    bal_tensor_free(&c->mixed.x);
    bal_tensor_free(&c->mixed.label);
}

static bal_status next_changed(bal_classifier *c, int which, bal_batch *out)
{
    bal_stream stream = bal_stream_for((uint64_t)c->job.setup->run.seed, BAL_FOR_AUGMENT, (uint32_t)c->step,
                                       (uint32_t)(which * AUGMENT_BLOCKS));
    bal_tensor y = c->fed[which].changed;
    BAL_TRY(bal_feeder_next(c->fed[which].feeder, &out->x, &out->label));
    if (!bal_has(&y)) return BAL_OK;
    y.shape.n = out->x.shape.n;
    bal_device_scope(c->job.dev, "augment");
    BAL_TRY(bal_augmenter_run(&c->augment, &y, &out->x, &stream));
    out->x = y;
    return BAL_OK;
}

bal_status bal_classifier_next(bal_classifier *c, bal_batch *out)
{
    bal_batch second;
    BAL_TRY(next_changed(c, 0, out));
    if (c->mix.kind == BAL_MIX_NONE) return BAL_OK;
    bool balanced = c->mix.kind == BAL_MIX_BALANCED;
    if (balanced) BAL_TRY(next_changed(c, 1, &second));
    bal_shape    s = out->x.shape;
    bal_mix_draw draw = bal_mix_drawn(&c->mix, (uint64_t)c->job.setup->run.seed, (uint32_t)c->step, s.h, s.w);
    bal_device_scope(c->job.dev, "mix");
    BAL_TRY(bal_mix_run(&c->mixed, out, balanced ? &second : out, balanced ? 0 : 1, &draw));
    *out = c->mixed;
    return BAL_OK;
}
