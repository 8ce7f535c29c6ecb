/* condition -- one GAN for all classes, which is told the class of each image.
 *
 * The generator reads its latent numbers and then one number for each class, all 0 but that of the image's own class
 * (Mirza and Osindero 2014): its first layer's kernel holds the classes' embeddings. That number is sqrt(latent), so
 * that the class is as long as the latent numbers are.
 * The discriminator ends in 1 + classes outputs y; the score of an image of class c is y[0] + y[1 + c], that is
 * (w + e[c]) . features: the projection of Miyato and Koyama 2018, whose embeddings e are the last layer's kernel. */
#ifndef BALLAST_CONDITION_H
#define BALLAST_CONDITION_H

#include "ballast/device.h"

/* The last `classes` of z's channels from the labels of its images (-1: none, all are 0); the others stay. */
bal_status bal_condition_latent(const bal_tensor *z, const bal_tensor *label, int classes);
/* score [n] of y [n][1 + classes]. */
bal_status bal_condition_score(const bal_tensor *score, const bal_tensor *y, const bal_tensor *label);
/* dy, overwritten, from the scores' gradient. */
bal_status bal_condition_gradient(const bal_tensor *dy, const bal_tensor *dscore, const bal_tensor *label);

#endif
