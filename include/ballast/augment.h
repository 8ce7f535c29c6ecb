/* augment -- small random changes that leave the label true, made on the device. An image is resampled once (flip,
 * turn, rotation, shift, scale, shear, elastic; blurred on the way), then its values change (contrast, saturation,
 * brightness, tint, gamma), then a square is cut out, then noise is added. Random numbers are keyed by the stream and
 * the place in the batch, so a run repeats to the bit, in whatever order work-items run. docs/augmentation.md says
 * which changes suit which images, and why. */
#ifndef BALLAST_AUGMENT_H
#define BALLAST_AUGMENT_H

#include "ballast/device.h"
#include "ballast/option.h"
#include "ballast/rng.h"

enum { BAL_AUGMENT_CHANGES = 16 };
typedef enum { BAL_BORDER_NEAREST, BAL_BORDER_REFLECT } bal_border;

/* `augment = skin rotate=30 strength=0.5`: a policy's name, then what differs from it. 0 or off: not made. Magnitudes
 * are the largest; each image draws its own, uniform up to them (to either side where there are two). Values are meant
 * of images from 0 black to 1 white, whatever they were scaled to for the net. */
typedef struct bal_augment {
    bool  hflip, vflip; /* left and right, top and bottom: every second image */
    bool  turn;         /* by 0, 90, 180 or 270 degrees */
    float rotate;       /* degrees */
    float shift;        /* of the side, in x and in y */
    float scale;        /* larger or smaller by a factor of up to 1 + scale */
    float shear;        /* degrees, in x and in y */
    float elastic;      /* of the side: a smooth displacement, cubic B-splines over 5 x 5 cells (Rueckert 1999) */
    float brightness;   /* added to all channels */
    float contrast;     /* distances from the image's mean (of 16 x 16 of its pixels) times 1 - contrast to 1 + it */
    float saturation;   /* distances of the channels from their mean, likewise */
    float tint;         /* added to each channel, another number to each */
    float gamma;        /* to the power of up to 1 + gamma, or the inverse; the sign stays */
    float noise;        /* standard deviation of normal noise, of each value */
    float blur;         /* pixels of the image as it was: standard deviation of a Gaussian, cut off at 3 of them */
    float cutout;       /* of the side: a square around any pixel set to 0 as the net sees it (DeVries & Taylor 2017) */
    int   border;       /* bal_border: beyond it is its nearest pixel, or the mirror image */
    float strength;     /* times all magnitudes (no flips, no turns), each no larger than its option may be */
    int   number;       /* so many of the changes, drawn for each image, as RandAugment (Cubuk et al. 2020); 0: all */
} bal_augment;

typedef struct bal_augment_policy {
    const char *name, *help;
    bal_augment values;
} bal_augment_policy;

extern const bal_option         bal_augment_option_table[]; /* the changes first, in the order of cl/augment.cl */
extern const bal_augment_policy bal_augment_policies[];     /* ends with a NULL name */

/* From a line; NULL or "none": nothing is changed. */
bal_status bal_augment_parse(bal_augment *out, const char *line, bal_where at);
bool       bal_augment_active(const bal_augment *a);

/* On a device. */
typedef struct bal_augmenter {
    bal_augment what;
    float       mean[3], deviation[3];
    bal_tensor  limits; /* of each change, strength in it */
    bal_tensor  drawn;  /* what each image of the batch was given, a row of cl/augment.cl's */
} bal_augmenter;

/* For batches of up to `batch` images, square, of 1 or 3 channels, seen by the net as (value - mean) / deviation. */
bal_status bal_augmenter_init(bal_augmenter *a, bal_device *dev, const bal_augment *what, bal_shape batch,
                              const float mean[3], const float deviation[3]);
void       bal_augmenter_free(bal_augmenter *a);

/* y[i] = x[i] changed (shapes equal, y is not x), bilinear between pixels. Owns the stream's block[1] to block[1] + 3.
 * Queues two launches, three with noise; allocates nothing. */
bal_status bal_augmenter_run(const bal_augmenter *a, const bal_tensor *y, const bal_tensor *x,
                             const bal_stream *stream);

#endif
