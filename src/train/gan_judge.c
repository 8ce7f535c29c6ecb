/* gan_judge -- how far generated images are from the validation part, and whether they never were nearer. See
 * train/gan_parts.h. */
#include <math.h>
#include <stdlib.h>
#include "ballast/checkpoint.h"
#include "ballast/files.h"
#include "ballast/log.h"
#include "train/gan_parts.h"

enum { LEAST = 3, MOST = 512 }; /* validation images, evenly chosen */

static bal_status open_extractor(bal_gan_judge *j, const bal_gan *gan)
{
    const int *index;
    int       *chosen, count = bal_dataset_part(gan->job.data, BAL_VALIDATION, gan->job.label, &index);
    int        n = count < MOST ? count : MOST;
    if (count < LEAST) {
        bal_warn("%s: %d validation images are too few to choose a checkpoint by: the last one is kept", gan->job.what,
                 count);
        return BAL_OK;
    }
    if (!(chosen = malloc((size_t)n * sizeof *chosen))) return bal_fail(BAL_ENOMEM, "no memory for a list of images");
    for (int i = 0; i < n; i++) chosen[i] = index[(long)i * count / n];
    bal_status st = bal_extractor_trained(&j->extractor, gan->job.dev, gan->job.setup, gan->job.features);
    if (st == BAL_OK) st = bal_extractor_real(&j->real, &j->extractor, gan->job.data, chosen, n);
    free(chosen);
    j->open = st == BAL_OK;
    return st;
}

/* What a former part of this training found. */
static bal_status read_best(const char *path, void *user)
{
    bal_gan_judge  *j = user;
    bal_checkpoint *c;
    if (!bal_file_exists(path)) return BAL_OK;
    BAL_TRY(bal_checkpoint_read(&c, path));
    const char *kid = bal_checkpoint_find_note(c, "kid"), *step = bal_checkpoint_find_note(c, "step");
    if (kid && step) {
        j->best = strtod(kid, NULL);
        j->best_step = (int)strtol(step, NULL, 10);
    }
    bal_checkpoint_free(c);
    return BAL_OK;
}

bal_status bal_gan_judge_open(bal_gan *gan)
{
    bal_gan_judge *j = &gan->judge;
    j->kid = j->best = (double)NAN;
    if (gan->job.features) BAL_TRY(open_extractor(j, gan));
    return gan->step && j->open ? bal_path_use(gan->job.folder, "generator.safetensors", read_best, j) : BAL_OK;
}

bal_status bal_gan_judge_run(bal_gan *gan)
{
    bal_gan_judge *j = &gan->judge;
    size_t         image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    bal_features   fake = {0};
    bal_kid        kid;
    bal_status     st;
    float         *pixel = malloc(BAL_GAN_JUDGED * image * sizeof *pixel);
    if (!pixel) return bal_fail(BAL_ENOMEM, "no memory for %d images", BAL_GAN_JUDGED);
    BAL_TRY_OR(end, st, bal_gan_sample_pixels(gan, pixel, BAL_GAN_JUDGED));
    BAL_TRY_OR(end, st, bal_extractor_generated(&fake, &j->extractor, pixel, BAL_GAN_JUDGED, &gan->scaling));
    BAL_TRY_OR(end, st, bal_quality_kid(&kid, &j->real, &fake));
    j->kid = kid.value;
    j->improved = isfinite(j->kid) && (!(j->kid >= j->best) || gan->step == j->best_step); /* once more after a kill */
    if (j->improved) {
        j->best = j->kid;
        j->best_step = gan->step;
    }
end:
    free((void *)(uintptr_t)fake.x);
    free(pixel);
    return st;
}

void bal_gan_judge_close(bal_gan *gan)
{
    bal_extractor_free(&gan->judge.extractor);
    free((void *)(uintptr_t)gan->judge.real.x);
}
