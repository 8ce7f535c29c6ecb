/* classifier_parts -- what classifier*.c share. */
#ifndef BALLAST_CLASSIFIER_PARTS_H
#define BALLAST_CLASSIFIER_PARTS_H

#include "ballast/augment.h"
#include "ballast/class_weights.h"
#include "ballast/classifier.h"
#include "ballast/feeder.h"
#include "ballast/history.h"
#include "ballast/learner.h"
#include "ballast/mix.h"

enum { BAL_CLASSIFIER_FIGURES = 4 }; /* of a step */

/* Batches of images, and where they are after augmentation; not there without. */
typedef struct bal_classifier_stream {
    bal_feeder *feeder;
    bal_tensor  changed;
} bal_classifier_stream;

struct bal_classifier {
    bal_classifier_job     job;
    bal_classifier_options o;
    bal_net               *net;
    bal_learner            learn;
    bal_loss               loss;
    bal_option_pool       *pool;
    bal_scaling            scaling;
    bal_classifier_stream  fed[2]; /* the second for balanced mixup */
    bal_augmenter          augment;
    bal_mix                mix;
    bal_batch              mixed;
    bal_tensor             figures; /* [steps of an epoch][BAL_CLASSIFIER_FIGURES] */
    float                 *host;
    int                   *images;   /* training images of each class */
    float                 *weight;   /* of each class, in the loss, from step `deferral` on */
    int                    deferral;
    bool                   weighted; /* whether the loss has the weights */
    bal_run_log            log, speed;
    bal_history            history;
    int                    step, total, epoch_steps;
    double                 synced, epoch_began;
};

/* Count the classes and choose their weights; the budget is known. */
bal_status bal_classifier_balance(bal_classifier *c);
/* With prior_bias: the output bias with which the untrained net would say each class's share, as the loss counts it,
 * were it not for its input: log(p), or log(p / (1 - p)) for sigmoid outputs (Lin et al. 2017, section 4.1). After
 * build and before the weights' average begins. */
bal_status bal_classifier_prior_bias(const bal_classifier *c);
/* Begin feeding batches, of step c->step first; next gives one, changed and mixed as the settings say. */
bal_status bal_classifier_batches(bal_classifier *c);
void       bal_classifier_end_batches(bal_classifier *c);
bal_status bal_classifier_next(bal_classifier *c, bal_batch *out);
/* Before a step: give the loss its weights, once they are due. */
bal_status bal_classifier_reweight(bal_classifier *c);

/* For bal_path_use; `user` is the bal_classifier. last.safetensors: all that is needed to go on. Loading one that is
 * not there changes nothing. */
bal_status bal_classifier_save_last(const char *path, void *user);
bal_status bal_classifier_load_last(const char *path, void *user);
/* best.safetensors: the average's weights where there is one. */
bal_status bal_classifier_save_best(const char *path, void *user);
/* augmented.png: rows of a training image and what the augmentation makes of it. */
bal_status bal_classifier_save_augmented(const char *path, void *user);

#endif
