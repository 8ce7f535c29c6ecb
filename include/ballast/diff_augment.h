/* diff_augment -- changes of real and generated images alike before a discriminator sees them, so that with few images
 * it cannot learn these by heart; their gradient goes through to the generator. `diff` always makes them (Zhao et al.
 * 2020, "Differentiable augmentation for data-efficient GAN training"), `ada` each with a probability that the
 * discriminator sets (Karras et al. 2020, "Training generative adversarial networks with limited data";
 * ballast/critic.h). Color (brightness, then saturation, then contrast), translation, cutout, in this order. */
#ifndef BALLAST_DIFF_AUGMENT_H
#define BALLAST_DIFF_AUGMENT_H

#include "ballast/device.h"
#include "ballast/rng.h"
#include "ballast/word.h"

typedef enum { BAL_DIFF_NONE, BAL_DIFF_ALWAYS, BAL_DIFF_ADAPTIVE } bal_diff_kind;

typedef struct bal_diff {
    int   kind;        /* bal_diff_kind */
    float color;       /* 1: brightness +- a quarter of black to white, saturation 0 to 2, contrast 0.5 to 1.5 */
    float translation; /* of the side, to either side, whole pixels; what comes in is 0 as the net sees it */
    float cutout;      /* of the side: a square of zeros around any place */
    float target;      /* of the mean sign of the discriminator's outputs on real images */
    int   images;      /* real ones, that take the probability from 0 to 1 */
} bal_diff;

extern const bal_word bal_diff_words[]; /* none, diff, ada */

/* From a line "diff cutout=0.3"; NULL or "": none. */
bal_status bal_diff_parse(bal_diff *out, const char *line, bal_where at);

/* On a device. */
typedef struct bal_diff_augmenter {
    bal_diff   what;
    float      deviation;
    bal_tensor drawn, sums; /* what each image was given: a row of cl/diff_augment.cl's; of each row of an image */
} bal_diff_augmenter;

/* For batches of up to `batch` images, square, seen by the net as (value - mean) / deviation. */
bal_status bal_diff_augmenter_init(bal_diff_augmenter *a, bal_device *dev, const bal_diff *what, bal_shape batch,
                                   float deviation);
void       bal_diff_augmenter_free(bal_diff_augmenter *a);

/* Draw anew and y[i] = A_i(x[i]) (y is not x). probability[0], on the device: that of each change of each image. */
bal_status bal_diff_augmenter_run(const bal_diff_augmenter *a, const bal_tensor *y, const bal_tensor *x,
                                  const bal_tensor *probability, const bal_stream *stream);
/* dx[i] = the gradient through the changes of the last run (dx is not dy). */
bal_status bal_diff_augmenter_back(const bal_diff_augmenter *a, const bal_tensor *dx, const bal_tensor *dy);

#endif
