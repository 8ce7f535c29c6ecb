/* comparison -- what an experiment found: arms, each trained once for every fold and seed, beside each other.
 *
 * Intervals are 95 % intervals of the mean over the parts (fold x seed) of an arm, by Student's t with the correction
 * of Nadeau and Bengio 2003 ("Inference for the generalization error"): training sets of folds overlap, so the variance
 * of the mean is s^2 (1/n + test/train) rather than s^2 / n. They are cut where no figure can be: 0 and 1, of
 * differences -1 and 1. With one part there is no interval.
 *
 * Differences have another interval too, by all test predictions together: that of the paired bootstrap over images
 * or groups (ballast/paired.h), each with all its answers. The first tells how much trainings scatter, which few parts
 * tell badly; the second how much the test images do, with the trainings as they are.
 */
#ifndef BALLAST_COMPARISON_H
#define BALLAST_COMPARISON_H

#include <stdbool.h>
#include "ballast/bands.h"
#include "ballast/generators.h"
#include "ballast/history.h"
#include "ballast/intervals.h"
#include "ballast/metrics.h"
#include "ballast/predictions.h"

/* Mean and interval of a figure; low and high are NaN where there is none. n: parts in which the figure is defined. */
typedef struct bal_estimate {
    double mean, low, high;
    int    n;
} bal_estimate;

/* What the gate decided for a class of a part (ballast/gate.h), as far as reports show it. */
typedef struct bal_class_gate {
    int          label;
    double       ratio;        /* of generated to real images that was taken; 0: none */
    double       tried, gain;  /* the ratio taken, or else the one that gained most; NaN: none was tried. Gain in */
    bal_interval interval;     /* balanced accuracy on validation images, over the classes before it */
    int          candidates, wrong_class, outliers, copies, repeated; /* and how many were dropped, and why */
} bal_class_gate;

/* One trained and tested classifier. */
typedef struct bal_part_result {
    char       *arm;
    int         fold, seed;       /* fold -1: the experiment has none */
    bool        generated, leaks; /* generated images among its training images; its test images are generated */
    double      on_real;          /* where that is so: balanced accuracy on the real test images; NaN: not known */
    double      validated; /* balanced accuracy on validation images of a mean of several; 0: as `kept` has it */
    bal_metrics test;
    bal_epoch   kept; /* of the history: the epoch whose weights were kept; NaN where not known */
    bal_band_line  *roc, *pr; /* [class_count]; NULL without probabilities, or with more than 40 classes */
    bal_reliability reliability;
    bal_predictions examples; /* ballast/examples.h */
    bal_class_gate *gate; /* of an arm that has one: classes in the order in which they were tried */
    int             gates;
} bal_part_result;

/* An arm, and the arm before it from which it differs by the fewest settings. */
typedef struct bal_added {
    char *arm, *base;
    char *settings; /* those that differ, in words */
} bal_added;

/* Figures of an arm by all its test predictions, with intervals of a bootstrap over images or groups, each with all its
 * answers. n: answers. */
enum { BAL_TESTED_BALANCED_ACCURACY, BAL_TESTED_LOWEST_RECALL, BAL_TESTED_RECALL }; /* the last: of class 0, 1, ... */
typedef struct bal_tested {
    const char   *arm;    /* of the comparison */
    int           drawn;  /* images or groups that a resample draws */
    bal_estimate *figure; /* [BAL_TESTED_RECALL + class_count] */
} bal_tested;

/* An arm minus another by all test predictions of the parts that both have. */
typedef struct bal_pooled {
    const char  *arm, *other;      /* of the comparison */
    bal_estimate accuracy, recall; /* balanced accuracy; recall of the class that matters. n: answers */
} bal_pooled;

/* Generators of a fold; ballast/generators.h. */
typedef struct bal_fold_generators {
    int            fold;
    bal_generators generators;
} bal_fold_generators;

typedef struct bal_comparison {
    bal_part_result *part;
    int              count, capacity;
    char           **classes;
    int              class_count;
    double           test_per_train; /* images of a test part over those of a training part */
    int              positive;       /* the class that matters; -1: none was named */
    bal_added       *added;          /* in the order of the arms; see bal_comparison_builds_on */
    int              added_count;
    bal_tested      *tested;         /* in the order of the arms */
    int              tested_count;
    bal_pooled      *pooled;         /* of each arm against original, and against what it builds on */
    int              pooled_count;
    int             *trained;        /* [class_count]: real training images (of the first fold); NULL: not known */
    bal_fold_generators *made; /* of folds that have any, in the order of the parts */
    int              made_count;
} bal_comparison;

bal_status bal_comparison_init(bal_comparison *out, const char *const *classes, int class_count, double test_per_train);
void       bal_comparison_free(bal_comparison *c);
/* The part's own members are taken from `like` (arm and gate are copied, the rest is made here). */
bal_status bal_comparison_add(bal_comparison *c, const bal_part_result *like, const bal_predictions *test,
                              const bal_history *history);

/* Copies the texts. */
bal_status bal_comparison_builds_on(bal_comparison *c, const char *arm, const char *base, const char *settings);
/* Behind all that was added, and with the class that matters: compare the arms by their predictions, which are
 * told apart by arm, fold and seed; those without a path are left out. */
bal_status bal_comparison_pair_up(bal_comparison *c, const bal_predictions *all);
/* Likewise: each arm alone. */
bal_status bal_comparison_test_together(bal_comparison *c, const bal_predictions *all);
/* Real training images of each class; copies them. */
bal_status bal_comparison_trained_on(bal_comparison *c, const int *images);
/* Those of the largest class over those of the rarest; NaN: not known. */
double bal_comparison_imbalance(const bal_comparison *c);

/* How good the generators of a fold are, by FOLDER/gan; once a fold, and nothing where there are no figures. */
bal_status bal_comparison_made(bal_comparison *c, int fold, const char *folder);

typedef enum {
    BAL_BALANCED_ACCURACY,
    BAL_LOWEST_RECALL,
    BAL_MACRO_F1,
    BAL_ACCURACY,
    BAL_VALIDATION_BALANCED_ACCURACY,
    BAL_REAL_BALANCED_ACCURACY, /* of arms that are tested on generated images; else undefined */
    BAL_POSITIVE_RECALL,        /* of the class that matters; undefined where none was named */
    BAL_COMPARED
} bal_compared;
bal_estimate bal_comparison_estimate(const bal_comparison *c, const char *arm, bal_compared figure);
/* Of the differences arm - other, part by part where both are there. */
bal_estimate bal_comparison_difference(const bal_comparison *c, const char *arm, const char *other,
                                       bal_compared figure);

/* The mean of a figure and its interval, from n values (exposed for its test). */
bal_estimate bal_estimate_of(const double *value, int n, double test_per_train);

/* Part i is the first of its arm: loops over these see each arm once. */
bool bal_comparison_first(const bal_comparison *c, int i);
bool bal_comparison_has(const bal_comparison *c, const char *arm);
/* Test predictions of all parts of an arm together: counts and what follows from them. Free with bal_metrics_free. */
bal_status bal_comparison_pool(bal_metrics *out, const bal_comparison *c, const char *arm);

/* ROC and PR curves of an arm, averaged over its parts at fixed rates (ballast/bands.h), with intervals of the mean as
 * above; the classes with the lowest mean AUROC. Free with bal_bands_free. */
bal_status bal_comparison_bands(bal_bands *out, const bal_comparison *c, const char *arm);
/* A figure of a class (BAL_CLASS_...) over the parts of an arm, within 0 to 1. */
bal_estimate bal_comparison_class(const bal_comparison *c, const char *arm, int class, int figure);
/* Bins of all parts of an arm together. */
void bal_comparison_reliability(bal_reliability *out, const bal_comparison *c, const char *arm);

/* The curves and bins of a part whose other members are set (of this module). */
bal_status bal_part_trace(bal_part_result *part, const bal_predictions *test);

/* The answer in words, a sentence a line; the caller frees *out. */
bal_status bal_comparison_answer(char **out, const bal_comparison *c);

/* The tables and the answer in words; the caller frees *out. */
bal_status bal_comparison_text(char **out, const bal_comparison *c);
bal_status bal_comparison_json(char **out, const bal_comparison *c);

#endif
