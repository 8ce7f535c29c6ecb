/* classifier -- training a net to tell classes apart, keeping the best epoch, and classifying with it. */
#ifndef BALLAST_CLASSIFIER_H
#define BALLAST_CLASSIFIER_H

#include "ballast/device.h"
#include "ballast/predictions.h"
#include "ballast/run.h"

typedef struct bal_classifier_job {
    const bal_setup   *setup;
    const bal_dataset *data;
    bal_device        *dev;
    const char        *folder; /* classifier/ of a run; goes on from its last.safetensors. NULL: nothing is written */
    const bal_watch   *watch;
} bal_classifier_job;

/* Train to the end of the budget, until patience ends, or until watch->stop (then *stopped). Writes last.safetensors,
 * best.safetensors (the epoch with the highest validation balanced accuracy), log.csv, speed.csv, curves.svg. */
bal_status bal_classifier_train(const bal_classifier_job *job, bool *stopped);

/* The same, in pieces: to measure a step, or to drive it from elsewhere. */
typedef struct bal_classifier bal_classifier;
bal_status                    bal_classifier_open(bal_classifier **out, const bal_classifier_job *job);
bal_status                    bal_classifier_step(bal_classifier *c);
int                           bal_classifier_steps(const bal_classifier *c, int *total);
void                          bal_classifier_close(bal_classifier *c);

/* Class probabilities of `count` images, out[count][classes], from a built net: softmax of its outputs, or for a single
 * output p and 1 - p by the logistic function. `fill` writes image i as the net sees it. */
typedef bal_status (*bal_classifier_fill)(void *user, int i, float *pixel);
bal_status bal_classifier_probabilities(double *out, bal_net *net, bal_device *dev, int count, bal_classifier_fill fill,
                                        void *user);

/* A trained classifier, read back from a run's folder. */
typedef struct bal_model {
    const bal_setup *setup;
    bal_setup       *own; /* the same, if the model opened it */
    bal_device      *dev; /* not owned */
    bal_net         *net;
    char           **classes;
    int              class_count;
    bal_scaling      scaling;
} bal_model;
bal_status bal_model_open(bal_model *m, bal_device *dev, const char *run);
/* The same from the folder that holds best.safetensors, trained as `s` says; `s` must outlive the model. */
bal_status bal_model_load(bal_model *m, bal_device *dev, const bal_setup *s, const char *folder);
void       bal_model_close(bal_model *m); /* accepts a zeroed model */

/* Predictions for images of a part, with paths, labels and groups. */
bal_status bal_model_classify(bal_predictions *out, bal_model *m, const bal_dataset *data, bal_part part);

#endif
