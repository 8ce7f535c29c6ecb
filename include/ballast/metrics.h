/* metrics -- how well each class is found, from counts of (truth, prediction) and from probabilities.
 *
 * All are scikit-learn's values, with zero_division=nan: what is undefined is NaN, and averages leave it out. So it is
 * with the precision of a class that was never predicted, AUROC without images of other classes, and Matthews'
 * correlation where all labels or all predictions are of one class (0 in scikit-learn). */
#ifndef BALLAST_METRICS_H
#define BALLAST_METRICS_H

#include "ballast/predictions.h"
#include "ballast/status.h"

#define BAL_ECE_BINS 15

typedef struct bal_scores {
    double precision;   /* TP / (TP + FP): of the images given this class, the part that is of it */
    double recall;      /* TP / (TP + FN): of the images of this class, the part that was found; sensitivity */
    double specificity; /* TN / (TN + FP): of the other images, the part that was not given this class */
    double f1;          /* 2 TP / (2 TP + FP + FN) */
    double auroc;       /* area under the ROC curve, this class against the rest; equal probabilities count half */
    double auprc;       /* average precision: sum of (rise of recall) * precision over the probabilities, falling */
    int    support;     /* images of this class: TP + FN */
    int    predicted;   /* images given this class: TP + FP */
} bal_scores;

typedef struct bal_metrics {
    int         class_count, count;
    int        *confusion; /* [class_count][class_count]: rows truth, columns prediction */
    bal_scores *classes;
    bal_scores  macro;    /* mean over the classes where it is defined */
    bal_scores  weighted; /* weighted by support; the plain mean where these are all 0 (as scikit-learn does) */
    bal_scores  micro;    /* from TP, FP, FN, TN summed over the classes; nothing that is ranked */
    double      accuracy, balanced_accuracy; /* the latter is the macro recall */
    double      mcc;      /* Matthews' correlation coefficient, -1 to 1 */
    double      kappa;    /* Cohen's, without weights */
    /* NaN without probabilities: */
    double      loss;     /* mean of -ln p(true class), p not below DBL_EPSILON */
    double      brier;    /* mean of the sum over classes of (p - truth)^2; with two classes its half, one class's */
    double      ece;      /* expected calibration error: BAL_ECE_BINS equal bins (a, b] of the highest probability, mean
                             over images of |mean probability - part that is right| in its bin (Guo et al. 2017) */
} bal_metrics;

/* The figures that have an interval, in the order of report.json: of all images, and of each class. */
enum {
    BAL_FIGURE_ACCURACY, BAL_FIGURE_BALANCED_ACCURACY, BAL_FIGURE_LOSS, BAL_FIGURE_MCC, BAL_FIGURE_KAPPA,
    BAL_FIGURE_AUROC_MACRO, BAL_FIGURE_AUPRC_MACRO, BAL_FIGURE_BRIER, BAL_FIGURE_ECE, BAL_FIGURES
};
enum {
    BAL_CLASS_PRECISION, BAL_CLASS_RECALL, BAL_CLASS_SPECIFICITY, BAL_CLASS_F1, BAL_CLASS_AUROC, BAL_CLASS_AUPRC,
    BAL_CLASS_FIGURES
};

typedef struct bal_metric {
    const char *key, *words; /* in report.json and in sentences */
    size_t      offset;      /* of the double in bal_metrics, or in bal_scores */
    double      lowest, highest;
    bool        falls; /* the lower the better */
} bal_metric;
extern const bal_metric bal_figures[BAL_FIGURES], bal_class_figures[BAL_CLASS_FIGURES];

double bal_metrics_figure(const bal_metrics *m, int figure);
double bal_scores_figure(const bal_scores *s, int figure);

/* Count one by one, then finish; or all of a list at once (rows without a label are passed over). */
bal_status bal_metrics_init(bal_metrics *out, int class_count);
void       bal_metrics_add(bal_metrics *m, int label, int predicted);
void       bal_metrics_finish(bal_metrics *m);
bal_status bal_metrics_of(bal_metrics *out, const bal_predictions *p);
void       bal_metrics_free(bal_metrics *m);

/* The bins of the calibration error: images, the sum of their highest probabilities, how many were right. All 0 without
 * probabilities. */
typedef struct bal_reliability {
    int    count[BAL_ECE_BINS], right[BAL_ECE_BINS];
    double sure[BAL_ECE_BINS];
} bal_reliability;
void bal_reliability_of(bal_reliability *out, const bal_predictions *p);

#endif
