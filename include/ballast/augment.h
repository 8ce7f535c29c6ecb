/* augment -- small random changes that leave the label true, made on the device: flip, rotation, shift, brightness.
 * Random numbers are keyed by (seed, BAL_FOR_AUGMENT, step) and the place in the batch, so a run repeats to the bit. */
#ifndef BALLAST_AUGMENT_H
#define BALLAST_AUGMENT_H

#include "ballast/device.h"
#include "ballast/option.h"
#include "ballast/rng.h"

/* `augment = classic rotate=10 shift=0.1`: a policy's name, then what differs from it. */
typedef struct bal_augment {
    bool  flip;       /* left and right, every second image */
    float rotate;     /* up to so many degrees to either side */
    float shift;      /* up to so much of the side, in either direction */
    float brightness; /* added: up to so much either way, where black is 0 and white is 1 */
} bal_augment;

extern const bal_option  bal_augment_option_table[];
extern const char *const bal_augment_policies[]; /* none, classic; NULL-terminated */

/* From a line; NULL or "none": nothing is changed. */
bal_status bal_augment_parse(bal_augment *out, const char *line, bal_where at);
bool       bal_augment_active(const bal_augment *a);

/* y[i] = x[i] changed (shapes equal, y is not x); between pixels bilinear, beyond the border the nearest pixel.
 * `deviation`: by which an image was divided when it was scaled, per channel. Queues one launch, allocates nothing. */
bal_status bal_augment_run(const bal_augment *a, const bal_tensor *y, const bal_tensor *x, const float deviation[3],
                           const bal_stream *stream);

#endif
