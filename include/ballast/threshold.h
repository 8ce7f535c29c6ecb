/* threshold -- operating points of one class against the rest: what every threshold gives, and which one to use.
 *
 * An image is given to the class where its probability is at least the threshold, else to the likeliest of the other
 * classes. A threshold is chosen on validation images and then kept: chosen on the images that are reported on, recall
 * and precision would look better than they are. */
#ifndef BALLAST_THRESHOLD_H
#define BALLAST_THRESHOLD_H

#include "ballast/option.h"
#include "ballast/predictions.h"

/* The points of the ROC and of the precision-recall curve, one for each probability that occurs, falling. Recall is
 * true_positives / positives, the false positive rate false_positives / negatives, precision true_positives over the
 * sum of both. Those of scikit-learn's roc_curve and precision_recall_curve, without their points that are added. */
typedef struct bal_curve {
    const bal_predictions *of; /* not owned */
    int                    positive;
    int                    count, positives, negatives;
    int                   *row;                              /* [count] one that has the probability of the point */
    int                   *true_positives, *false_positives; /* [count] images at or above it */
} bal_curve;

/* Of the labelled rows, which have probabilities. */
bal_status bal_curve_of(bal_curve *out, const bal_predictions *p, int positive);
double     bal_curve_threshold(const bal_curve *c, int i);
void       bal_curve_free(bal_curve *c);

typedef enum { BAL_WANT_NONE, BAL_WANT_RECALL, BAL_WANT_PRECISION } bal_want;

/* What a threshold is to give: at least that recall, or that precision, of the positive class. */
typedef struct bal_goal {
    bal_want want;
    double   value; /* above 0, to 1 */
} bal_goal;

/* "recall 0.95", "precision=0.8" or "none". Fails at `at`; `what` names the setting in the message. */
bal_status bal_goal_parse(bal_goal *out, const char *text, const char *what, bal_where at);

/* An operating point: the threshold, and what it gave on the images that it was chosen on. */
typedef struct bal_threshold {
    bal_goal goal;
    int      positive; /* the class */
    double   threshold;
    double   recall, precision, specificity; /* precision is never undefined; specificity is without negatives */
    int      positives, negatives;           /* images */
} bal_threshold;

/* A recall of at least the goal's: the highest threshold that gives it, so the fewest false alarms. A precision of at
 * least that: the lowest threshold that gives it, so the most images found. BAL_ECONFIG with the best that there is
 * where none gives it, and where there is no image of the class. */
bal_status bal_threshold_choose(bal_threshold *out, const bal_predictions *validation, int positive, bal_goal goal);

/* The class with the fewest labelled images (at least one; of equal ones the first), or -1. */
int bal_predictions_rarest(const bal_predictions *p);

/* The class of an image by its probabilities, and of all rows. */
int  bal_threshold_class(const bal_threshold *t, const double *probability, int class_count);
void bal_threshold_apply(bal_predictions *p, const bal_threshold *t);

/* What was chosen, on what, and what it gave there, as one line. The caller frees *out. */
bal_status bal_threshold_words(char **out, const bal_threshold *t, const char *positive);

/* curves.json: classes.<name>.roc.{threshold, fpr, tpr} and .pr.{threshold, recall, precision}, thresholds falling, the
 * ROC from its corner (threshold null) on; null where there are no probabilities, or no images of the class or of the
 * others. A curve of more than 2000 points is thinned: a point stays where fpr + tpr is 1/1000 beyond the last that
 * stayed. reliability.{confidence, accuracy, count}: the bins of the calibration error, null in empty ones. The caller
 * frees *out. */
bal_status bal_curves_json(char **out, const bal_predictions *p);

#endif
