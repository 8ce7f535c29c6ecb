/* classifier_augmented -- augmented.png: what the augmentation makes of some training images. See
 * train/classifier_parts.h. */
#include <stdlib.h>
#include <string.h>
#include "train/classifier_parts.h"

enum { ROWS = 6, CHANGED = 7, COLUMNS = CHANGED + 1 };

/* [count] training images, evenly chosen, each at the head of a row and CHANGED times in `same`. */
static bal_status fill(const bal_classifier *c, float *grid, float *same, int count, size_t image)
{
    const int *index;
    int        images = bal_dataset_part(c->job.data, BAL_TRAIN, -1, &index);
    for (int r = 0; r < count; r++) {
        float *first = grid + (size_t)(r * COLUMNS) * image;
        BAL_TRY(bal_dataset_fill(c->job.data, index[(long)r * images / count], first, &c->scaling));
        for (int k = 0; k < CHANGED; k++)
            memcpy(same + (size_t)(r * CHANGED + k) * image, first, image * sizeof *first);
    }
    return BAL_OK;
}

static bal_status change(const bal_classifier *c, float *same, bal_shape shape)
{
    bal_stream    stream = bal_stream_for((uint64_t)c->job.setup->run.seed, BAL_FOR_SAMPLE, 0, 0);
    bal_augmenter a = {0};
    bal_tensor    x = {0}, y = {0};
    bal_status    st;
    BAL_TRY_OR(end, st,
               bal_augmenter_init(&a, c->job.dev, &c->augment.what, shape, c->scaling.mean, c->scaling.deviation));
    BAL_TRY_OR(end, st, bal_tensor_init(&x, c->job.dev, shape));
    BAL_TRY_OR(end, st, bal_tensor_init(&y, c->job.dev, shape));
    BAL_TRY_OR(end, st, bal_tensor_write(&x, same));
    BAL_TRY_OR(end, st, bal_augmenter_run(&a, &y, &x, &stream));
    BAL_TRY_OR(end, st, bal_tensor_read(&y, same));
end:
    bal_tensor_free(&y);
    bal_tensor_free(&x);
    bal_augmenter_free(&a);
    return st;
}

bal_status bal_classifier_save_augmented(const char *path, void *user)
{
    const bal_classifier *c = user;
    const int            *index;
    int                   images = bal_dataset_part(c->job.data, BAL_TRAIN, -1, &index);
    bal_shape             shape = bal_net_in(c->net);
    size_t                image = (size_t)shape.h * (size_t)shape.w * (size_t)shape.c;
    int                   rows = images < ROWS ? images : ROWS;
    float *grid = malloc(ROWS * COLUMNS * image * sizeof *grid), *same = malloc(ROWS * CHANGED * image * sizeof *same);
    bal_status st = grid && same ? fill(c, grid, same, rows, image) : bal_fail(BAL_ENOMEM, "no memory for a picture");
    shape.n = rows * CHANGED;
    if (st == BAL_OK) st = change(c, same, shape);
    for (int r = 0; st == BAL_OK && r < rows; r++)
        memcpy(grid + (size_t)(r * COLUMNS + 1) * image, same + (size_t)(r * CHANGED) * image,
               CHANGED * image * sizeof *grid);
    if (st == BAL_OK) st = bal_run_grid(path, grid, rows * COLUMNS, COLUMNS, &c->job.setup->data, &c->scaling);
    free(grid);
    free(same);
    return st;
}
