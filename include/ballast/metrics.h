/* metrics -- how well each class is found, from counts of (truth, prediction).
 *
 * Undefined values (precision of a class that was never predicted) are NaN, and averages leave them out: the values of
 * scikit-learn's precision_recall_fscore_support with zero_division=nan, and of balanced_accuracy_score. */
#ifndef BALLAST_METRICS_H
#define BALLAST_METRICS_H

#include "ballast/predictions.h"
#include "ballast/status.h"

typedef struct bal_scores {
    double precision;   /* TP / (TP + FP): of the images given this class, the part that is of it */
    double recall;      /* TP / (TP + FN): of the images of this class, the part that was found; sensitivity */
    double specificity; /* TN / (TN + FP): of the other images, the part that was not given this class */
    double f1;          /* 2 TP / (2 TP + FP + FN) */
    int    support;     /* images of this class: TP + FN */
    int    predicted;   /* images given this class: TP + FP */
} bal_scores;

typedef struct bal_metrics {
    int         class_count, count;
    int        *confusion; /* [class_count][class_count]: rows truth, columns prediction */
    bal_scores *classes;
    bal_scores  macro;    /* mean over the classes where it is defined */
    bal_scores  weighted; /* weighted by support; the plain mean where these are all 0 (as scikit-learn does) */
    bal_scores  micro;    /* from TP, FP, FN, TN summed over the classes */
    double      accuracy, balanced_accuracy; /* the latter is the macro recall */
    double      loss;     /* mean of -ln p(true class), p not below DBL_EPSILON; NaN without probabilities */
} bal_metrics;

/* Count one by one, then finish; or all of a list at once (rows without a label are passed over). */
bal_status bal_metrics_init(bal_metrics *out, int class_count);
void       bal_metrics_add(bal_metrics *m, int label, int predicted);
void       bal_metrics_finish(bal_metrics *m);
bal_status bal_metrics_of(bal_metrics *out, const bal_predictions *p);
void       bal_metrics_free(bal_metrics *m);

#endif
