/* classifier -- training a net to tell classes apart, keeping the best epoch, and classifying with it. */
#ifndef BALLAST_CLASSIFIER_H
#define BALLAST_CLASSIFIER_H

#include "ballast/device.h"
#include "ballast/run.h"

typedef struct bal_classifier_job {
    const bal_setup   *setup;
    const bal_dataset *data;
    bal_device        *dev;
    const char        *folder; /* classifier/ of a run; goes on from its last.safetensors. NULL: nothing is written */
    const bal_watch   *watch;
    const char        *what; /* for the watch; NULL: "classifier" */
} bal_classifier_job;

/* Whether [classifier] has one output for each class of the data, or a single one for two. Needs no device. */
bal_status bal_classifier_check(const bal_setup *s, const bal_dataset *data);

/* Train to the end of the budget, until patience ends, or until watch->stop (then *stopped). Writes last.safetensors,
 * best.safetensors (the epoch with the highest validation balanced accuracy), log.csv, speed.csv, curves.svg, and
 * augmented.png where training images are changed. At the end what is made of the weights: bal_model_finish. */
bal_status bal_classifier_train(const bal_classifier_job *job, bool *stopped);

/* The same, in pieces: to measure a step, or to drive it from elsewhere. */
typedef struct bal_classifier bal_classifier;
bal_status                    bal_classifier_open(bal_classifier **out, const bal_classifier_job *job);
bal_status                    bal_classifier_step(bal_classifier *c);
int                           bal_classifier_steps(const bal_classifier *c, int *total);
void                          bal_classifier_close(bal_classifier *c);

#endif
