/* intervals -- how far chance alone could have moved the figures: 95 % intervals, and the tests behind the words.
 *
 * Proportions (accuracy, precision, recall, specificity): Wilson 1927. AUROC: DeLong 1988, estimate +- 1.96 standard
 * errors within [0, 1]; the mean of the classes by the same structural components added up over the classes for each
 * image, within strata of the label. The others: a stratified bootstrap, which draws as many images of each class as
 * there are, with replacement, or whole groups of images, a group standing with its most frequent label. Wilson and
 * DeLong take images as independent also where there are groups.
 *
 * The bootstrap's interval goes from the 2.5th to the 97.5th percentile of BAL_RESAMPLES resamples; that of the
 * calibration error, which is higher in resamples, is moved down by its bias. Large lists get fewer resamples, so many
 * that (rows * (4 + classes) + classes^2) * resamples is 5e8, but at least 64; below 1000 the interval is the estimate
 * +- 1.96 standard deviations of the resamples. An interval is undefined (NaN) where the figure is, and where the
 * images show no spread at all: a class with one image (or group), resamples that are all the same, an AUROC of 1. */
#ifndef BALLAST_INTERVALS_H
#define BALLAST_INTERVALS_H

#include <stdbool.h>
#include <stdint.h>
#include "ballast/metrics.h"
#include "ballast/predictions.h"

#define BAL_RESAMPLES 2000
#define BAL_Z95 1.959963984540054 /* 97.5th percentile of the normal distribution */

typedef struct bal_interval {
    double low, high; /* both NaN: undefined */
} bal_interval;

typedef bal_interval bal_class_intervals[BAL_CLASS_FIGURES];

typedef struct bal_intervals {
    int                  class_count, resamples;
    bool                 grouped; /* groups were drawn, because some hold several images */
    bal_interval         figure[BAL_FIGURES];
    bal_class_intervals *classes; /* [class_count] */
} bal_intervals;

/* All undefined. */
bal_status bal_intervals_init(bal_intervals *out, int class_count);

/* m: the metrics of p. The same seed gives the same bits. */
bal_status bal_intervals_of(bal_intervals *out, const bal_predictions *p, const bal_metrics *m, uint64_t seed);
void       bal_intervals_free(bal_intervals *i);

/* Of `part` in `whole`; undefined of none. */
bal_interval bal_interval_wilson(double part, double whole);

/* P(X >= k) for X binomial (n, p), exact: the one-sided test of "no better than p". */
double bal_binomial_tail(int k, int n, double p);

#endif
