/* recipe -- a whole configuration chosen for a collection of images: small rules go from the facts (fingerprint.h) to
 * settings, in order, and give the reason of each. The text is an INI file that `check`, `train` and `experiment` take
 * as it is. */
#ifndef BALLAST_RECIPE_H
#define BALLAST_RECIPE_H

#include "ballast/device.h"
#include "ballast/fingerprint.h"

typedef struct bal_choice {
    const char *section, *key; /* a key that begins with ';' is a suggestion, written as a comment */
    char       *value;
    char       *reason; /* NULL: as that of the choice before */
} bal_choice;

/* What a person asks for. The net is as large, and the training as long, as the time allows. */
typedef struct bal_wish {
    double      minutes; /* for one training, on `dev` */
    bool        gan;     /* arms with generated images too */
    const char *which;   /* what [run] device shall say, or NULL */
    bal_device *dev;     /* a few steps are timed on it; NULL: nothing is, */
    double      gflops;  /* and multiply-adds, counted as two, are done at this rate; 0: at that of two cores */
} bal_wish;

typedef struct bal_recipe {
    bal_choice *choice; /* in the order of the file; `layer` lines are choices too */
    int         count, capacity;
    char       *because; /* of the next choice */

    /* What later rules go by. */
    bal_wish wish;
    int      size, channels, folds;            /* folds 0: one split */
    int      train_images, validation_images;  /* of one fold or of the split, about */
    int      width, convolutions;              /* filters of the first stage; convolutions in a stage */
    int      batch, epochs, updates, members;  /* of each of so many classifiers whose mean answers */
    double   step_seconds;                     /* of that net */
    bool     shortened;                        /* fewer epochs than are good: the time does not allow them */
    bool     uneven, generates; /* a class has clearly more images than another; there is a GAN for some arm */
} bal_recipe;

/* `path` is what [data] path shall say: the images, as seen from where the file will be. BAL_EIO if it cannot stand in
 * an INI file. The caller's, bal_recipe_free, also on failure. */
bal_status bal_recipe_choose(bal_recipe *out, const bal_fingerprint *facts, const char *path, const bal_wish *wish);
void       bal_recipe_free(bal_recipe *r);

/* The value chosen for a key, or NULL. */
const char *bal_recipe_find(const bal_recipe *r, const char *section, const char *key);

/* The facts in a few lines; the INI file, which begins with them. malloc'd. */
bal_status bal_fingerprint_text(char **out, const bal_fingerprint *f);
bal_status bal_recipe_text(char **out, const bal_recipe *r, const bal_fingerprint *f);

/* Median seconds of a training step of a net, [classifier], on in.n made-up images, behind one that builds kernels. */
bal_status bal_recipe_time_step(double *seconds, bal_device *dev, const bal_section *net, bal_shape in);

#endif
