/* model -- classifying with a net, and a trained classifier read back from a run's folder. */
#ifndef BALLAST_MODEL_H
#define BALLAST_MODEL_H

#include "ballast/device.h"
#include "ballast/predictions.h"
#include "ballast/quality.h"
#include "ballast/report.h"
#include "ballast/setup.h"

/* What looks at images: a built net, and from how many sides (test-time augmentation). */
typedef struct bal_scorer {
    bal_net    *net;
    bal_device *dev;
    bal_views   views;
} bal_scorer;

/* Class probabilities of `count` images, out[count][classes]: softmax of the net's outputs, or for a single output p
 * and 1 - p by the logistic function; the mean over the views. `fill` writes image i as the net sees it. */
typedef bal_status (*bal_fill_image)(void *user, int i, float *pixel);
bal_status bal_probabilities(double *out, const bal_scorer *scorer, int count, bal_fill_image fill, void *user);

/* The images of a part of a data set, with paths, labels and groups. */
bal_status bal_classify_part(bal_predictions *out, const bal_scorer *scorer, const bal_dataset *data, bal_part part,
                             const bal_scaling *scaling);

/* What the last layer sees of `count` images, or of a part's: x is malloc'd, [count][width], also where it fails. */
bal_status bal_features_of(bal_features *out, const bal_scorer *scorer, int count, bal_fill_image fill, void *user);
bal_status bal_features_of_part(bal_features *out, const bal_scorer *scorer, const bal_dataset *data, bal_part part,
                                const bal_scaling *scaling);

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
    double           temperature; /* 1: none */
    double          *offset;      /* of each class, added to the logarithm of its probability; NULL: none */
    bool             has_point;   /* whether its predictions are decided by a threshold */
    bal_threshold    point;
    bool             likeliest; /* somebody asked for the likeliest class, whatever is kept */
    double           validated; /* balanced accuracy that an ensemble's mean had on validation images, or NaN */
    int              members;   /* the others, where it is the first of several; offsets and point are of all */
    struct bal_model *member;   /* [members] */
} bal_model;
bal_status bal_model_open(bal_model *m, bal_device *dev, const char *run);
/* The same from the folder that holds best.safetensors, trained as `s` says, with all members of an ensemble; `s` must
 * outlive the model. */
bal_status bal_model_load(bal_model *m, bal_device *dev, const bal_setup *s, const char *folder);
void       bal_model_close(bal_model *m); /* accepts a zeroed model */
bal_scorer bal_model_scorer(const bal_model *m);

/* What [train.classifier] asks for once the weights are there, kept in the folder's best.safetensors: a last layer of
 * another kind (fitted on the training part, its ridge or exponent chosen on the validation part), then on the
 * validation part alone a temperature, offsets, the threshold that `want` asks for. What is not asked for is taken
 * back, so that it comes out the same whenever it is asked for. A threshold that cannot be had is a warning. */
bal_status bal_model_finish(bal_device *dev, const bal_setup *s, const bal_dataset *data, const char *folder);
/* The same for a folder of several (ballast/ensemble.h), of which each has been finished alone: offsets and threshold
 * for the mean of their probabilities, kept in the first one's file. An image's mean is over those that were validated
 * on it. Turns the data (bal_dataset_turn) and turns it back. */
bal_status bal_model_finish_ensemble(bal_device *dev, const bal_setup *s, bal_dataset *data, const char *folder);

/* Member i, from 0: the model itself is the first. */
bal_model *bal_model_member(bal_model *m, int i);
/* Take over all members of another one; zeroes it. BAL_ECONFIG where classes, or size and channels of the images, are
 * not the same. Offsets and thresholds are left as m has them. */
bal_status bal_model_join(bal_model *m, bal_model *more);

/* Rows with each image's probabilities by one member, its temperature applied. */
typedef bal_status (*bal_look)(bal_predictions *out, const bal_model *member, void *user);
/* The mean over all members, and the answers that the model gives by its offsets or threshold. */
bal_status bal_model_answer(bal_predictions *out, bal_model *m, bal_look look, void *user);
/* For a report on its predictions; valid as long as the model. */
bal_background bal_model_background(const bal_model *m, const bal_history *history);

/* Predictions for images of a part, with paths, labels and groups, decided. */
bal_status bal_model_classify(bal_predictions *out, bal_model *m, const bal_dataset *data, bal_part part);
/* Those of one member alone, the likeliest class answered. */
bal_status bal_member_classify(bal_predictions *out, const bal_model *member, const bal_dataset *data, bal_part part);

#endif
