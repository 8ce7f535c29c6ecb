/* class_weights -- how much each training image counts in the loss, by its class: `weights = inverse power=0.5`. */
#ifndef BALLAST_CLASS_WEIGHTS_H
#define BALLAST_CLASS_WEIGHTS_H

#include "ballast/word.h"

typedef struct bal_class_weights {
    int   kind;  /* place in bal_class_weights_words */
    float power; /* 1: in full; 0.5: the square root; 0: none */
    float beta;  /* effective */
} bal_class_weights;

extern const bal_word bal_class_weights_words[]; /* none, inverse, effective */

/* From a line "effective beta=0.999"; NULL or "": none. */
bal_status bal_class_weights_parse(bal_class_weights *out, const char *line, bal_where at);
bool       bal_class_weights_active(const bal_class_weights *w);

/* weight[c] = a u[c]^power for a class of n[c] images, where
 *   none:      u = 1
 *   inverse:   u = 1 / n
 *   effective: u = (1 - beta) / (1 - beta^n), the inverse of the effective number of images (Cui et al. 2019, eq. 2)
 * and a such that the mean over all images is 1 (Cui et al.: over all classes), so that a mean of weighted losses keeps
 * its scale, and with it the learning rate. inverse in full is N / (C n), scikit-learn's "balanced", where no class is
 * empty. An empty class has weight 0. */
void bal_class_weights_fill(float *weight, const bal_class_weights *w, const int *images, int classes);

#endif
