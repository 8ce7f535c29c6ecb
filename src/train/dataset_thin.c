/* dataset_thin -- a class made rarer than it is. The images of a rarer split are among those of a less rare one of the
 * same seed, and the test part stays whole, so that splits compare. */
#include <stdlib.h>
#include "ballast/rng.h"
#include "dataset_parts.h"

/* Of a part: how many images of `positive` stay; one at least. */
static int quota(const bal_dataset *ds, bal_part part)
{
    int others = 0, every = ds->options.imbalance;

    for (int i = 0; i < ds->count; i++) {
        const bal_sample *s = &ds->sample[i];
        others += s->part == part && s->label >= 0 && s->label != ds->positive;
    }
    int n = (others + every / 2) / every;
    return n > 0 ? n : 1;
}

bal_status bal_dataset_thin(bal_dataset *ds, uint64_t seed)
{
    bal_stream stream = bal_stream_for(seed, BAL_FOR_IMBALANCE, 0, 0);
    int        left[BAL_PARTS] = {0};

    ds->thinned = 0;
    if (!ds->options.imbalance) return BAL_OK;
    int *order = malloc(((size_t)ds->count + 1) * sizeof *order);
    if (!order) return bal_fail(BAL_ENOMEM, "no memory to split %d images", ds->count);
    bal_random_order(order, ds->count, &stream);
    for (int p = BAL_TRAIN; p <= BAL_VALIDATION; p++) left[p] = quota(ds, (bal_part)p);
    for (int k = 0; k < ds->count; k++) {
        bal_sample *s = &ds->sample[order[k]];
        if (s->label != ds->positive || (s->part != BAL_TRAIN && s->part != BAL_VALIDATION)) continue;
        if (left[s->part]-- > 0) continue;
        s->part = BAL_NO_PART;
        ds->thinned++;
    }
    free(order);
    return BAL_OK;
}
