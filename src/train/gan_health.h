/* gan_health -- whether a GAN has collapsed: a judgement on a few figures alone. Limits and the runs that they were
 * chosen by are in docs/gan.md. */
#ifndef BALLAST_TRAIN_GAN_HEALTH_H
#define BALLAST_TRAIN_GAN_HEALTH_H

#include <stddef.h>

typedef enum {
    BAL_GAN_WELL,
    BAL_GAN_ONE_IMAGE, /* generated images hardly differ from each other */
    BAL_GAN_WON,       /* the discriminator is never wrong, and its loss is next to nothing, for long */
    BAL_GAN_NOT_FINITE /* a loss or a gradient is no number */
} bal_gan_alarm;

extern const char *const bal_gan_alarms[]; /* names */

typedef struct bal_gan_health {
    double real;      /* mean distance of two real images; 0: not known yet */
    double diversity; /* mean distance of two generated images over that; NaN: not known yet */
    double best;      /* the largest so far */
    int    won;       /* steps in a row that the discriminator was never wrong */
    int    said;      /* bits: alarms that people know of */
    int    rescues;   /* how often it was set back */
} bal_gan_health;

/* Mean over all pairs of n images of the root mean square of their difference. 0 for less than two. */
double bal_image_distance(const float *pixel, int n, size_t values);

/* `steps` more steps in which the discriminator's loss was this and so large a share of real and of generated images
 * were told right. */
void bal_gan_health_count(bal_gan_health *h, double loss, double real_right, double fake_right, int steps);
/* A look at generated images after this step. */
bal_gan_alarm bal_gan_health_look(bal_gan_health *h, double distance, int step);

#endif
