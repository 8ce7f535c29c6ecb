/* classifier_parts -- what classifier*.c share. */
#ifndef BALLAST_CLASSIFIER_PARTS_H
#define BALLAST_CLASSIFIER_PARTS_H

#include "ballast/augment.h"
#include "ballast/class_weights.h"
#include "ballast/classifier.h"
#include "ballast/collapse.h"
#include "ballast/feeder.h"
#include "ballast/history.h"
#include "ballast/learner.h"
#include "ballast/mix.h"
#include "ballast/predictions.h"

enum { BAL_CLASSIFIER_FIGURES = 4 }; /* of a step */

/* Batches of images, and where they are after augmentation; not there without. */
typedef struct bal_classifier_stream {
    bal_feeder *feeder;
    bal_tensor  changed;
} bal_classifier_stream;

/* What the detector of a collapse sees, and what a rescue has changed. */
typedef struct bal_classifier_watch {
    bal_collapse_history seen;
    bal_collapse_run     run;
    int                 *validation;  /* images of each class */
    double              *share;       /* of the answers on validation, then [classes] mean probabilities */
    const char         **names;       /* of the classes */
    int                  acts;        /* bits BAL_RESCUE_... of all rescues; these are kept in last.safetensors: */
    int                  behind;      /* steps that restarts have thrown away */
    int                  balanced;    /* the step from which on the sampler is balanced */
} bal_classifier_watch;

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
    bal_classifier_watch   watch;
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

/* Begin to watch; the net is built, nothing is loaded. */
bal_status bal_classifier_watch_open(bal_classifier *c);
/* What an earlier part of the run has seen; last.safetensors is loaded. */
bal_status bal_classifier_watch_read(bal_classifier *c);
void       bal_classifier_watch_close(bal_classifier *c);
/* What validation says of the epoch that ends. */
void bal_classifier_watch_answers(bal_classifier *c, const bal_predictions *p);
/* The epoch that has ended, its means per step in e and norm, its steps in c->host: is there an alarm? It is said.
 * last: the training ends with it. */
bal_status bal_classifier_watch_epoch(bal_alarm *out, bal_classifier *c, const bal_epoch *e, double norm, bool last);
/* With rescue = on, do what helps, or say that nothing does; then write collapse.csv. */
bal_status bal_classifier_rescue(bal_classifier *c, const bal_alarm *alarm);
/* Whether a rescue can begin from an earlier state. */
bool bal_classifier_can_restart(const bal_classifier *c);
/* The last epoch with a rescue, an index; -1: none. */
int bal_classifier_last_rescue(const bal_classifier *c);
/* What rescues have changed, in a checkpoint; reading applies it. */
bal_status bal_classifier_put_rescue(const bal_classifier *c, bal_checkpoint *to);
bal_status bal_classifier_get_rescue(bal_classifier *c, const bal_checkpoint *from);

/* Lines of the logs up to c->step: a last epoch that the budget cuts short has one all the same. */
int bal_classifier_epochs_logged(const bal_classifier *c);

/* For bal_path_use; `user` is the bal_classifier. last.safetensors: all that is needed to go on. Loading one that is
 * not there changes nothing. */
bal_status bal_classifier_save_last(const char *path, void *user);
bal_status bal_classifier_load_last(const char *path, void *user);
/* best.safetensors: the average's weights where there is one. */
bal_status bal_classifier_save_best(const char *path, void *user);
/* augmented.png: rows of a training image and what the augmentation makes of it. */
bal_status bal_classifier_save_augmented(const char *path, void *user);

#endif
