/* report -- how well each class is found, for people (report.txt: scikit-learn's table, the confusion matrix, then
 * words) and for programs (report.json). Undefined is n/a in text and null in JSON. Numbers in JSON read back to the
 * same double; the same input gives the same bytes.
 *
 * report.json: accuracy, balanced_accuracy, loss, mcc, kappa, auroc_macro, auprc_macro, brier, ece (null where they
 * need probabilities and there are none), classes.<name>.{precision, recall, specificity, f1-score, support, predicted,
 * auroc, auprc, ci95}, "macro avg", "weighted avg", "micro avg" (.{precision, recall, specificity, f1-score, support}),
 * confusion_matrix.{labels, counts} (rows truth, columns prediction), ci95, resamples.{count, seed, groups},
 * operating_point.{class, want, value, threshold, validation.{recall, precision, specificity, positives, negatives}}
 * (null: the likeliest class was answered), wanted (null, or what no threshold was found for), generated (null, or
 * balanced_accuracy and real_balanced_accuracy of a classifier that was validated or tested on generated images),
 * answers.{members, views, last_layer, temperatures, validation_balanced_accuracy, offsets.<class>} (null: as the
 * net says), generators.<class> (how good its generated images are, ballast/generators.h), gate (words on whether
 * generated images helped; only there where a gate decided it), leaks.<kind> (counts,
 * ballast/leaks.h), warnings (the lines of the text). ci95 has [low, high] under the names of the figures, or null
 * (ballast/intervals.h); seed and groups say how the bootstrap drew, count how often. */
#ifndef BALLAST_REPORT_H
#define BALLAST_REPORT_H

#include <stdbool.h>
#include "ballast/bands.h"
#include "ballast/files.h"
#include "ballast/generators.h"
#include "ballast/history.h"
#include "ballast/intervals.h"
#include "ballast/leaks.h"
#include "ballast/metrics.h"
#include "ballast/predictions.h"
#include "ballast/threshold.h"

/* When the words warn. Each warning says the figure behind it. */
#define BAL_WIDTH_MAX 0.30       /* of the 95 % interval of a class's recall; a wider one concludes nothing */
#define BAL_SIGNIFICANT 0.05     /* p from which on accuracy is not shown to be better than the majority's rate */
#define BAL_DRIFT_ACCURACY 0.10  /* train accuracy above validation accuracy by more, at the kept epoch */
#define BAL_NEAR_ONE 0.95        /* balanced accuracy on generated images, where real ones are found less well by */
#define BAL_GENERATED_GAP 0.05   /* more than this */
#define BAL_DRIFT_LOSS 1.25      /* last validation loss above its lowest by more than this factor */

/* What was made of a net's outputs before a class was answered; zeroed: nothing. */
typedef enum { BAL_LAYER_TRAINED, BAL_LAYER_RETRAINED, BAL_LAYER_NORMALIZED } bal_last_layer;
typedef struct bal_answers {
    int           members, views; /* classifiers, and looks at an image, that the mean is over; 0: one */
    int           last_layer;     /* bal_last_layer */
    double        temperature[2]; /* the lowest and the highest of the members'; 0: none */
    double        validated;      /* balanced accuracy of the mean of members on validation images; 0: not known */
    const double *offset;         /* of each class, to the logarithm of its probability; NULL: none; not owned */
} bal_answers;

/* What is known besides the predictions; zeroed: nothing. */
typedef struct bal_background {
    const bal_history *history;   /* of the training that made them, or NULL; not owned, must outlive the report */
    bool               has_point; /* whether a threshold decided them; else the likeliest class was answered */
    bal_threshold      point;
    bal_goal           unmet; /* what was wanted where no threshold was found for it */
    bool               generated; /* whether validation or test images were generated; then balanced accuracy */
    double             on_generated, on_real; /* on those, and of the same classifier on the real test images, or NaN */
    int                leaks[BAL_LEAKS];
    bal_answers        answers;
    double            *own; /* memory of what was read */
    const bal_generators *generators; /* how good generated images are, or NULL; not owned */
    char               gate[4096]; /* whether generated images helped, in words (ballast/gate.h); empty: not asked */
    const char        *alarms; /* that the training raised (bal_collapse_summary), or NULL; not owned */
    const char        *source; /* the file that the predictions stand in, which is copied, or NULL: they are written */
} bal_background;

/* What an earlier report.json of a folder says of it, without history; nothing where there is none. free: of one that
 * was read; the report on it must not outlive it. */
bal_status bal_background_read(bal_background *out, const char *folder, const bal_predictions *p);
void       bal_background_free(bal_background *b);

typedef struct bal_report {
    const bal_predictions *predictions; /* not owned */
    bal_background         background;
    bal_metrics            metrics;
    bal_intervals          intervals;
    bal_bands              bands; /* what the ROC and PR curves show */
    char                  *operating; /* one line: the threshold and what it gave on validation; NULL without one */
    char                  *made;     /* one line: what was made of the net's outputs; NULL: nothing */
    char                  *answer;   /* one line: balanced accuracy, lowest recall and of which class */
    bal_names              warnings; /* one line each */
    uint64_t               seed;     /* of the resamples */
} bal_report;

#define BAL_REPORT_SEED 1 /* of the resamples, where nobody names another: the same predictions give the same report */

/* The predictions must outlive the report; b may be NULL. */
bal_status bal_report_make(bal_report *out, const bal_predictions *p, const bal_background *b, uint64_t seed);
void       bal_report_free(bal_report *r);

/* The caller frees *out. Both end with a line end. */
bal_status bal_report_text(char **out, const bal_report *r);
bal_status bal_report_json(char **out, const bal_report *r, bool one_line);

/* report.txt, report.json, report.html and its plots (ballast/html.h), curves.json (ballast/threshold.h) and
 * predictions.csv in a folder, which is made where it is not there. */
bal_status bal_report_save(const bal_report *r, const char *folder);

/* All of that in one call, by BAL_REPORT_SEED. */
bal_status bal_report_write(const char *folder, const bal_predictions *p, const bal_background *b);

#endif
