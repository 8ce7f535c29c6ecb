/* paired -- two classifiers on the same images: which does better, and could it be chance?
 *
 * McNemar 1947: of the images that only one of them has right, the part that is the first's; exact (binomial,
 * two-sided) for fewer than BAL_MCNEMAR_EXACT such images, else chi-square with Edwards' correction of 1. Every
 * difference first - second has the interval of a paired bootstrap: both are measured on the same resamples, which are
 * those of ballast/intervals.h. */
#ifndef BALLAST_PAIRED_H
#define BALLAST_PAIRED_H

#include "ballast/intervals.h"

#define BAL_MCNEMAR_EXACT 25

/* P of at least such an imbalance where both are equally good. */
double bal_mcnemar(int only_first, int only_second);

typedef struct bal_named_predictions {
    const char            *name; /* of the file, for messages and sentences */
    const bal_predictions *p;
} bal_named_predictions;

typedef struct bal_paired {
    const char      *name[2];
    bal_predictions  predictions[2]; /* row i of both is of the same image */
    bal_metrics      metrics[2];
    int              only[2]; /* images that only this one has right */
    double           p;       /* McNemar's */
    bal_intervals    differences; /* of the first minus the second */
} bal_paired;

/* Rows are matched by path. Refused, with the name of the file: a row without a path, a path that is there twice or in
 * one file only, another label for it, classes with probabilities in one file only. */
bal_status bal_paired_make(bal_paired *out, bal_named_predictions first, bal_named_predictions second, uint64_t seed);
void       bal_paired_free(bal_paired *p);

/* The caller frees *out. */
bal_status bal_paired_text(char **out, const bal_paired *p);
bal_status bal_paired_json(char **out, const bal_paired *p, bool one_line);

#endif
