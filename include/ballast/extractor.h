/* extractor -- features of real and of generated images: what the last layer of a classifier reads, trained or with
 * random weights. Distances in them compare generators of one run; they are not those of an Inception net. */
#ifndef BALLAST_EXTRACTOR_H
#define BALLAST_EXTRACTOR_H

#include "ballast/model.h"

typedef struct bal_extractor {
    bal_model   model;  /* trained; zeroed with random weights */
    bal_net    *random; /* NULL where trained */
    bal_scorer  scorer;
    bal_scaling scaling; /* of the images that it reads */
} bal_extractor;

/* The classifier of FOLDER/best.safetensors; `s` must outlive it. */
bal_status bal_extractor_trained(bal_extractor *out, bal_device *dev, const bal_setup *s, const char *folder);
/* [classifier] of `s`, untrained: always the same weights. */
bal_status bal_extractor_random(bal_extractor *out, bal_device *dev, const bal_setup *s, const bal_dataset *data);
void       bal_extractor_free(bal_extractor *e); /* accepts a zeroed one */

/* Of images index[0..count) of a data set; of generated ones, `from` being how these are scaled. out->x is malloc'd,
 * also where it fails. */
bal_status bal_extractor_real(bal_features *out, const bal_extractor *e, const bal_dataset *data, const int *index,
                              int count);
bal_status bal_extractor_generated(bal_features *out, const bal_extractor *e, const float *pixel, int count,
                                   const bal_scaling *from);

/* Without a classifier: small images (bal_thumb) of their pixels, from 0 black to 1 white. Generated ones are of the
 * size of those in `data`. */
bal_status bal_thumbs_real(bal_features *out, const bal_dataset *data, const int *index, int count);
bal_status bal_thumbs_generated(bal_features *out, const bal_dataset *data, const float *pixel, int count,
                                const bal_scaling *from);

#endif
