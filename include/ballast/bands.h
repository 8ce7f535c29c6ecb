/* bands -- ROC and precision-recall curves of a class against the rest on a grid, with pointwise 95 % intervals.
 *
 * At point i of a ROC curve stands the recall at a false positive rate of i / (BAL_BAND_POINTS - 1): the highest of
 * that rate, between two thresholds on the line that joins them, so that the area is AUROC. At point i of a PR curve
 * stands the precision at the highest threshold that gives a recall of at least i / (BAL_BAND_POINTS - 1), more than 0:
 * the steps whose area is average precision. Averaging and intervals at a fixed rate ("vertical"): Fawcett 2006, An
 * introduction to ROC analysis; Macskassy and Provost 2004, Confidence bands for ROC curves.
 *
 * The intervals of a list of predictions are percentiles of the resamples of ballast/intervals.h, the same ones: within
 * strata of the label, whole groups where there are groups. Each holds for its point, not for the whole curve at once.
 * Where all resamples agree the interval is the estimate alone, which is not certainty: the bootstrap cannot see
 * further than its images. A class that cannot be resampled (one image or group) has curves without intervals. */
#ifndef BALLAST_BANDS_H
#define BALLAST_BANDS_H

#include "ballast/intervals.h"
#include "ballast/metrics.h"
#include "ballast/predictions.h"

#define BAL_BAND_POINTS 101
#define BAL_BAND_CLASSES 6 /* those with the lowest AUROC; more lines are not told apart */

typedef double bal_band_line[BAL_BAND_POINTS];

typedef struct bal_band {
    bal_band_line value, low, high; /* low and high are NaN where there is no interval */
} bal_band;

/* The curve itself, from the corner where no image is given the class on (with the precision of the next point): one
 * point for each probability that occurs, of many those that are 1 / BAL_CURVE_POINTS in fpr + recall beyond the one
 * before. */
#define BAL_CURVE_POINTS 500

typedef struct bal_class_bands {
    int      class;
    bal_band roc, pr;
    int      points;
    double  *fpr, *recall, *precision; /* [points] */
} bal_class_bands;

typedef struct bal_bands {
    int              count; /* classes, the lowest AUROC first; 0 without probabilities */
    bal_class_bands *of;
} bal_bands;

/* m: the metrics of p. The same seed gives the same bits, and the resamples of bal_intervals_of. */
bal_status bal_bands_of(bal_bands *out, const bal_predictions *p, const bal_metrics *m, uint64_t seed);
void       bal_bands_free(bal_bands *b);

/* The curves of every class alone, without resampling: roc and pr are [class_count], NaN for a class that has no images
 * or all of them. */
bal_status bal_band_lines(bal_band_line *roc, bal_band_line *pr, const bal_predictions *p);

/* The classes with the lowest of `auroc` [count], the lowest first, of equal ones the first; those with NaN are left
 * out. How many. */
int bal_bands_choose(int out[BAL_BAND_CLASSES], const double *auroc, int count);

#endif
