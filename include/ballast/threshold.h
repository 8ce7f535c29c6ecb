/* threshold -- operating points of one class against the rest: what every threshold gives, and which one to use.
 *
 * An image is given to the class where its probability is at least the threshold, else to the likeliest of the other
 * classes. A threshold is chosen on validation images and then kept: chosen on the images that are reported on, recall
 * and precision would look better than they are. */
#ifndef BALLAST_THRESHOLD_H
#define BALLAST_THRESHOLD_H

#include "ballast/predictions.h"

/* The points of the ROC and of the precision-recall curve, one for each probability that occurs, falling. Recall is
 * true_positives / positives, the false positive rate false_positives / negatives, precision true_positives over the
 * sum of both. Those of scikit-learn's roc_curve and precision_recall_curve, without their points that are added. */
typedef struct bal_curve {
    int     count, positives, negatives;
    double *threshold;                        /* [count] */
    int    *true_positives, *false_positives; /* [count] images at or above it */
} bal_curve;

/* Of the labelled rows, which have probabilities. */
bal_status bal_curve_of(bal_curve *out, const bal_predictions *p, int positive);
void       bal_curve_free(bal_curve *c);

typedef enum { BAL_WANT_RECALL, BAL_WANT_PRECISION } bal_want;

typedef struct bal_threshold {
    int    positive; /* the class */
    double threshold;
    double recall, precision, specificity; /* at it, on the images it was chosen on; precision is never undefined */
} bal_threshold;

/* A recall of at least `value` (above 0, to 1): the highest threshold that gives it, so the fewest false alarms. A
 * precision of at least that: the lowest threshold that gives it, so the most images found. Fails with the best that
 * there is where none gives it, and where there is no image of the class. */
bal_status bal_threshold_choose(bal_threshold *out, const bal_predictions *validation, int positive, bal_want want,
                                double value);

/* The class of an image by its probabilities, and of all rows. */
int  bal_threshold_class(const bal_threshold *t, const double *probability, int class_count);
void bal_threshold_apply(bal_predictions *p, const bal_threshold *t);

/* curves.json: classes.<name>.roc.{threshold, fpr, tpr} and .pr.{threshold, recall, precision}, thresholds falling, the
 * ROC from its corner (threshold null) on; null where there are no probabilities, or no images of the class or of the
 * others. A curve of more than 2000 points is thinned: a point stays where fpr + tpr is 1/1000 beyond the last that
 * stayed. reliability.{confidence, accuracy, count}: the bins of the calibration error, null in empty ones. The caller
 * frees *out. */
bal_status bal_curves_json(char **out, const bal_predictions *p);

#endif
