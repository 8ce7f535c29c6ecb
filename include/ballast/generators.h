/* generators -- how good a run's generated images are: gan/<class>/quality.json, read, written, in words.
 *
 * Everything in it is in features of this run's own classifier, and of the same net with random weights as a control:
 * it compares generators that were judged by the same classifier, and is not comparable with published figures, which
 * are of an Inception net. */
#ifndef BALLAST_GENERATORS_H
#define BALLAST_GENERATORS_H

#include <stdio.h>
#include "ballast/quality.h"

/* Images against the validation part's, in one kind of features. NaN: not defined, or (FID) too wide to work out. */
typedef struct bal_likeness {
    bal_kid  kid;
    double   fid;
    bal_prdc prdc; /* with balls to the 5th nearest */
} bal_likeness;

enum { BAL_TRAINED_FEATURES, BAL_RANDOM_FEATURES, BAL_FEATURE_KINDS };
enum { BAL_IN_PIXELS, BAL_IN_FEATURES, BAL_COPY_SPACES };

typedef struct bal_generator_quality {
    char        *name;                            /* of the class's folder; malloc'd */
    int          step;                            /* of the generator that made them */
    int          generated, real, validation;     /* images; real: training images, not more than generated ones */
    bal_likeness of_generated[BAL_FEATURE_KINDS]; /* generated images against validation ones */
    bal_likeness of_real[BAL_FEATURE_KINDS];      /* training images against the same: what real images get */
    int          training;                        /* images among which copies were looked for */
    bal_copies   copies[BAL_COPY_SPACES];
} bal_generator_quality;

/* Fewer such images or more would come from chance in 1 of 100 generators: then the report warns of copies. */
#define BAL_COPIES_P 0.01
/* Whether more generated images than real ones would be lie near a training image, in a space. */
bool bal_copies_alarm(const bal_copies *c);

bal_status bal_generator_write(const bal_generator_quality *q, const char *path);

/* FOLDER/gan/<class>/quality.json of every class that has one, by name, and those of a conditional one's classes; those
 * that cannot be read fail. */
typedef struct bal_generators {
    bal_generator_quality *of;
    int                    count;
} bal_generators;
bal_status bal_generators_read(bal_generators *out, const char *folder);
bal_status bal_generator_read(bal_generator_quality *out, const char *path, const char *name);
void       bal_generators_free(bal_generators *g); /* accepts a zeroed one */

/* A table with what stands for what; nothing where there are none. */
void bal_generators_text(FILE *to, const bal_generators *g);
/* The warning of copies: nothing where there is none. */
void bal_generators_warn(FILE *to, const bal_generators *g);

#endif
