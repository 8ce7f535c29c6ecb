/* model -- classifying with a net, and a trained classifier read back from a run's folder. */
#ifndef BALLAST_MODEL_H
#define BALLAST_MODEL_H

#include "ballast/device.h"
#include "ballast/predictions.h"
#include "ballast/report.h"
#include "ballast/setup.h"

/* Class probabilities of `count` images, out[count][classes], from a built net: softmax of its outputs, or for a single
 * output p and 1 - p by the logistic function. `fill` writes image i as the net sees it. */
typedef bal_status (*bal_fill_image)(void *user, int i, float *pixel);
bal_status bal_probabilities(double *out, bal_net *net, bal_device *dev, int count, bal_fill_image fill,
                                        void *user);

/* The images of a part of a data set, with paths, labels and groups. */
bal_status bal_classify_part(bal_predictions *out, bal_net *net, bal_device *dev, const bal_dataset *data,
                             bal_part part, const bal_scaling *scaling);

/* Index of the largest of `classes` probabilities; of equal ones the first. */
int bal_most_probable(const double *p, int classes);

/* A trained classifier, read back from a run's folder. */
typedef struct bal_model {
    const bal_setup *setup;
    bal_setup       *own; /* the same, if the model opened it */
    bal_device      *dev; /* not owned */
    bal_net         *net;
    char           **classes;
    int              class_count;
    bal_scaling      scaling;
    bool             has_point; /* whether its predictions are decided by a threshold */
    bal_threshold    point;
    bool             likeliest; /* somebody asked for the likeliest class, whatever is kept */
} bal_model;
bal_status bal_model_open(bal_model *m, bal_device *dev, const char *run);
/* The same from the folder that holds best.safetensors, trained as `s` says; `s` must outlive the model. */
bal_status bal_model_load(bal_model *m, bal_device *dev, const bal_setup *s, const char *folder);
void       bal_model_close(bal_model *m); /* accepts a zeroed model */

/* Choose the threshold that [train.classifier] `want` asks for, on the validation part alone, and keep it in the
 * best.safetensors of the folder; without such a wish keep none. What cannot be had is a warning. */
bal_status bal_model_operate(bal_device *dev, const bal_setup *s, const bal_dataset *data, const char *folder);
/* Predictions were made by the likeliest class: decide them by the model's threshold, if it has one. */
void bal_model_decide(const bal_model *m, bal_predictions *p);
/* For a report on its predictions; valid as long as the model. */
bal_background bal_model_background(const bal_model *m, const bal_history *history);

/* Predictions for images of a part, with paths, labels and groups, decided. */
bal_status bal_model_classify(bal_predictions *out, bal_model *m, const bal_dataset *data, bal_part part);

#endif
