/* feeder -- batches of a data set on a device, prepared by a thread of its own while the device works (double
 * buffered).
 *
 * An endless stream of images by position: position p is image index[order[p % count]] with order that of the sampler
 * for pass p / count (ballast/sampler.h). Batches are always full and straddle passes, so any count feeds any batch,
 * and going on at a step means starting at position step * batch.
 *
 * A share label_noise of the images, drawn by (seed, BAL_FOR_LABEL) and image, is labelled as the class after its own,
 * the last as the first ("pair flip" noise): the same images in every pass and every stream of a run. */
#ifndef BALLAST_FEEDER_H
#define BALLAST_FEEDER_H

#include "ballast/dataset.h"
#include "ballast/device.h"
#include "ballast/sampler.h"

typedef struct bal_feeder_settings {
    const bal_dataset *data;
    const int         *index; /* images, as from bal_dataset_part; copied */
    int                count, batch;
    bool               shuffle;
    uint64_t           seed;
    uint32_t           salt;  /* tells streams of one run apart */
    bal_scaling        scaling;
    uint64_t           start; /* first position */
    float              label_noise;
    bal_sampling       sampler;
    uint64_t           begin, end; /* the sampler's passes */
} bal_feeder_settings;

typedef struct bal_feeder bal_feeder;

bal_status bal_feeder_open(bal_feeder **out, bal_device *dev, const bal_feeder_settings *settings);
void       bal_feeder_close(bal_feeder *feeder);

/* The next batch: x [n][size][size][channels], label [n] (class indices as floats; -1 unlabelled). Views, not
 * yours, valid until the next call; work on them that was queued before it still sees them. Allocates nothing. A fault
 * of the thread (an image that has gone) is reported here. */
bal_status bal_feeder_next(bal_feeder *feeder, bal_tensor *x, bal_tensor *label);

/* Seconds that bal_feeder_next has waited for the thread so far. */
double bal_feeder_waited(const bal_feeder *feeder);

#endif
