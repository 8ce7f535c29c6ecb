/* learner -- a net with what changes its weights: optimizer, schedule, clipping, an average of the weights. */
#ifndef BALLAST_LEARNER_H
#define BALLAST_LEARNER_H

#include "ballast/checkpoint.h"
#include "ballast/plugin.h"
#include "ballast/scaler.h"
#include "ballast/schedule.h"

typedef struct bal_learner_settings {
    const char *optimizer, *schedule; /* lines */
    float       ema, clip, weight_clip; /* 0: off */
    int         total; /* steps, for the schedule */
    bool        mixed; /* the net is bal_net_mix'ed: the loss is scaled (bal_learner_scale_loss) */
} bal_learner_settings;

typedef struct bal_learner {
    bal_net             *net; /* not owned */
    bal_learner_settings settings;
    bal_optim            optim;
    bal_option_pool     *pool;
    bal_schedule         schedule;
    bal_tensor           moment[2];
    bal_tensor           average, average_states; /* with ema */
    bal_tensor           factor, scratch;
    bal_scaler           scaler; /* with mixed */
    bool                 swapped;
    int                  t;  /* steps taken */
    float                lr; /* of the last step */
    float                rate; /* what the schedule's learning rate is multiplied with; 1 at first */
} bal_learner;

/* For a built net with gradients. Ends by bal_learner_free, which accepts a zeroed learner. */
bal_status bal_learner_init(bal_learner *l, bal_device *dev, bal_net *net, const bal_learner_settings *settings);
void       bal_learner_free(bal_learner *l);

/* Change the weights by the gradients; figures[index] = the gradients' norm before clipping. Queues work, allocates
 * nothing. The average's decay is min(ema, (1 + t) / (10 + t)), so that it forgets the first weights. */
bal_status bal_learner_step(bal_learner *l, const bal_tensor *figures, int index);

/* With mixed, the gradient of a loss times the scale; else nothing. Between the loss and the backward pass. */
bal_status bal_learner_scale_loss(const bal_learner *l, const bal_tensor *dy);
/* The scale, and how many steps were left out up to now; reads the device. With mixed only. */
bal_status bal_learner_scale(const bal_learner *l, double *scale, double *skipped);

/* Exchange the net's weights and states with their averages, to look at those; again to go on. Without ema: nothing. */
bal_status bal_learner_swap(bal_learner *l);

/* Weights, states, moments, averages, the scaler's state and the step under names that begin with `prefix`
 * ("generator."); reads them back to the same bits. */
bal_status bal_learner_put(const bal_learner *l, bal_checkpoint *c, const char *prefix);
bal_status bal_learner_get(bal_learner *l, const bal_checkpoint *c, const char *prefix);

#endif
