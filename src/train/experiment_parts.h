/* experiment_parts -- what experiment*.c share. */
#ifndef BALLAST_EXPERIMENT_PARTS_H
#define BALLAST_EXPERIMENT_PARTS_H

#include "ballast/comparison.h"
#include "ballast/experiment.h"

typedef struct bal_experiment_arm {
    char      *name;
    bal_setup *setup;
    int        like; /* arm with the same classifier, tested on real images; -1: none */
} bal_experiment_arm;

struct bal_experiment {
    bal_experiment_job   job;
    bal_setup           *setup; /* of the whole */
    bal_experiment_arm  *arm;   /* all, picked or not; the judge behind them if it is none of the experiment's */
    int                  arm_count, judge; /* judge: the arm whose classifiers judge GANs; -1: there are none */
    bal_dataset         *data;
    bal_device          *dev; /* NULL before it is needed */
    bal_experiment_task *task;
    int                  task_count, task_capacity;
    int                  fold;          /* that the data is split for; INT_MIN: none yet */
    bool                 generated;     /* whether its generated images are there */
    bool                *copies;        /* of each of these whether it is a copy */
    double               began, before; /* clock; seconds of earlier runs */
};

extern const bal_composition bal_real_alone;
#define BAL_EXPERIMENT_JUDGE "original" /* the arm that judges */

/* Lists the tasks that the job picks. */
bal_status bal_experiment_list(bal_experiment *e);

bool       bal_takes_generated(const bal_composition *c);
bal_status bal_experiment_split(bal_experiment *e, int fold);
/* The most generated images of a class that any arm of the experiment takes, picked or not: so the same images,
 * whatever is picked. */
int bal_experiment_needs(const bal_experiment *e, int label);
/* Folder of a part; malloc'd, NULL without memory. Of a fold (-1: the one split), below the run's. */
char       *bal_experiment_part_folder(const char *run, const char *arm, int fold, int seed);
const char *bal_experiment_fold_folder(char out[32], int fold);
/* The seed of the parts that judge. */
int bal_experiment_first_seed(const bal_setup *s);
/* Sets `like` of all arms. */
void bal_experiment_find_twins(bal_experiment *e);
/* Folder of the classifier that a task may take over, or NULL where it has to be trained; malloc'd. */
char *bal_experiment_twin(const bal_experiment *e, const bal_experiment_task *task);

/* ---- experiment_images.c ---- */

bal_status bal_experiment_train_gan(bal_experiment *e, const bal_experiment_task *task, bool *stopped);
/* Draw what any arm takes from the fold's generators, and find the copies; the data is composed of real images. */
bal_status bal_experiment_draw(bal_experiment *e);

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
