/* classify -- a run's classifier on images, and the report on that: what `train`, `eval` and `predict` share. */
#ifndef BALLAST_CLI_CLASSIFY_H
#define BALLAST_CLI_CLASSIFY_H

#include "ballast/model.h"
#include "ballast/report.h"

/* The option --threshold: by the run's operating point, if it has one, or by the likeliest class. */
enum { BAL_THRESHOLD_RUN, BAL_THRESHOLD_NONE };
#define BAL_OPT_THRESHOLD(type) \
    BAL_OPT_CHOICE(type, threshold, BAL_THRESHOLD_RUN, "run|none", \
                   "by the threshold that the run keeps, or by the likeliest class")

typedef struct bal_classify {
    bal_device *dev;
    int         threshold;
    uint64_t    seed; /* of the resamples behind a report's intervals */
} bal_classify;

/* Option --arm of an experiment. */
#define BAL_OPT_ARM(type) BAL_OPT_TEXT(type, arm, NULL, "RUN is an experiment: the mean of this arm's classifiers")

/* A run's classifier, that decides as --threshold says. */
bal_status bal_classify_open(bal_model *out, const bal_classify *how, const char *run);

/* The mean of the classifiers of several runs or, with `arm`, of all parts of that arm that are done in experiments;
 * each counts the same. Offsets are the mean of theirs where all keep some. A threshold that one of several keeps was
 * not chosen for the mean: it is left out, with a warning. */
bal_status bal_classify_open_all(bal_model *out, const bal_classify *how, const char *const *run, int count,
                                 const char *arm);

/* Whether a folder is a run's or an experiment's: how many of the first words are. */
int bal_classify_runs(const char *const *word, int count);

/* A list of images. fill writes image i as a member of the model sees it, and is called for each member in turn;
 * describe sets path, group and label (a class of the model's, -1: not known) of row i, or says false, and the row is
 * left out. */
typedef struct bal_images {
    int count;
    bal_status (*fill)(void *user, const bal_model *member, int i, float *pixel);
    bool (*describe)(void *user, int i, bal_prediction *row);
    void *user;
} bal_images;
bal_status bal_classify_images(bal_predictions *out, bal_model *m, const bal_images *images);

/* An image file as the model's net sees it. */
bal_status bal_classify_read(float *pixel, const bal_model *m, const char *path);

/* All images of a data set, whatever their part. Its classes must be among the model's. */
bal_status bal_classify_all(bal_predictions *out, bal_model *m, const bal_dataset *data);

/* The report on standard output, and in a folder (all that bal_report_save writes) unless that is NULL. seed: of the
 * resamples behind the intervals. */
bal_status bal_classify_report(const bal_predictions *p, const bal_background *b, const char *folder, uint64_t seed);

/* The test images of a run: predictions and report into `folder`. Without test images: a warning. */
bal_status bal_classify_test(const bal_classify *how, const char *run, const bal_dataset *data, const char *folder);

/* The report of a run, or of a part of an experiment, from its predictions.csv and log.csv; aloud: on standard output
 * too. Touches no device. */
bal_status bal_classify_again(const char *folder, uint64_t seed, bool aloud);

#endif
