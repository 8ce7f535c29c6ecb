/* generator -- a trained generator made by hand: one dense layer that answers an image whatever its latents are. */
#ifndef BALLAST_TEST_GENERATOR_H
#define BALLAST_TEST_GENERATOR_H

#include "ballast/dataset.h"

/* FOLDER/generator.safetensors of step 7 for `layer = dense units=PIXELS`: image, scaled as `data` is, and `noise`
 * times the latents on top. */
void write_generator(const char *folder, const bal_dataset *data, const float *image, int latent, float noise);

#endif
