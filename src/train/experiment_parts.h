/* experiment_parts -- what experiment.c, experiment_tasks.c and experiment_measure.c share. */
#ifndef BALLAST_EXPERIMENT_PARTS_H
#define BALLAST_EXPERIMENT_PARTS_H

#include "ballast/comparison.h"
#include "ballast/experiment.h"

typedef struct bal_experiment_arm {
    char      *name;
    bal_setup *setup;
} bal_experiment_arm;

struct bal_experiment {
    bal_experiment_job   job;
    bal_setup           *setup; /* of the whole */
    bal_experiment_arm  *arm;   /* all, picked or not */
    int                  arm_count;
    bal_dataset         *data;
    bal_device          *dev; /* NULL before it is needed */
    bal_experiment_task *task;
    int                  task_count, task_capacity;
    int                  fold;          /* that the data is split for; INT_MIN: none yet */
    bool                 generated;     /* whether its generated images are there */
    double               began, before; /* clock; seconds of earlier runs */
};

extern const bal_composition bal_real_alone;

/* Lists the tasks that the job picks. */
bal_status bal_experiment_list(bal_experiment *e);

bool       bal_takes_generated(const bal_composition *c);
bal_status bal_experiment_split(bal_experiment *e, int fold);
/* The most generated images of a class that any arm of the experiment takes, picked or not: so the same images,
 * whatever is picked. */
int bal_experiment_needs(const bal_experiment *e, int label);
/* An arm's setup for one seed: all arms get as many updates as the real training images give in the budget's epochs. A
 * copy that owns nothing. */
bal_setup bal_experiment_setup(const bal_experiment *e, int arm, int seed);

/* Every part in a run's folder that is done, whatever was picked: what they found, and all their predictions. Without
 * one the comparison has no parts. */
typedef struct bal_gathered {
    bal_comparison  comparison;
    bal_predictions all;
} bal_gathered;
bal_status bal_experiment_gather(bal_gathered *out, const char *folder);
void       bal_gathered_free(bal_gathered *g);

#endif
