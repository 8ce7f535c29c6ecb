/* gradient_penalty -- R1 (Mescheder et al. 2018, "Which training methods for GANs do actually converge?"): gamma / 2
 * times the mean of |dD/dx|^2 over real images, added to a discriminator's loss, without second derivatives:
 *   d/dw |g|^2 / 2 = |g| d/dw (D(x + s) - D(x - s)) / (2 |s|),  s a small step along g = dD/dx,
 * central differences of first derivatives, exact as s becomes small. Three passes; with `every` > 1 only in every so
 * manyth step, and so many times as strong ("lazy", Karras et al. 2020, "Analyzing and improving the image quality of
 * StyleGAN"). Of a discriminator that is told classes (train/condition.h) D is an image's score as its own class. */
#ifndef BALLAST_TRAIN_GRADIENT_PENALTY_H
#define BALLAST_TRAIN_GRADIENT_PENALTY_H

#include "ballast/net.h"

typedef struct bal_gradient_penalty {
    float      gamma; /* 0: off */
    int        every;
    float      step;  /* root mean square of s, of a pixel as the net sees it */
    bal_tensor gradient, moved, norms, slope;
    bal_tensor value; /* [1]: the last mean of |dD/dx|^2 */
} bal_gradient_penalty;

/* For batches of up to images.n. */
bal_status bal_gradient_penalty_init(bal_gradient_penalty *p, bal_device *dev, bal_shape images, float gamma,
                                     int every);
void       bal_gradient_penalty_free(bal_gradient_penalty *p);

bool bal_gradient_penalty_due(const bal_gradient_penalty *p, int step);
/* Adds to the gradients of the weights of `net`, whose output is one number for an image of x; with `label`, of as many
 * images or more, one for all classes and one for each. */
bal_status bal_gradient_penalty_add(const bal_gradient_penalty *p, bal_net *net, const bal_pass *pass,
                                    const bal_tensor *x, const bal_tensor *label);

#endif
