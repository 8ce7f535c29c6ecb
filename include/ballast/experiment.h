/* experiment -- the same classifier trained on different images: arms x seeds x folds, each part in a folder of its own
 * that is done once, then compared.
 *
 *   RUN/fold0/gan/<class>/               generators (or gan/conditional/, one of all classes), trained on the fold's
 *                                        training images, shared by arms and seeds; quality.json, nearest.png (gan.h)
 *   RUN/fold0/seed1/<arm>/               log.csv, best.safetensors, ..., predictions.csv, examples/ (examples.h),
 *                                        report.json (written last)
 *   RUN/experiment.txt experiment.json   the comparison; report.html, forest.svg, added.svg: for people
 *   RUN/predictions.csv                  all parts'
 *   RUN/split.csv                        folds of the images; a run that goes on must find the same
 *
 * Without folds the one split's folder is called "split".
 *
 * Which of a generator's checkpoints is kept, how good it is, and which of its images are copies that no arm gets, is
 * judged in the features of one classifier for each fold: of the part `original` with the first seed, whether or not
 * that is an arm, or was picked. An arm that differs from another one in its test images alone takes over its
 * classifier, if that is there. */
#ifndef BALLAST_EXPERIMENT_H
#define BALLAST_EXPERIMENT_H

#include "ballast/device.h"
#include "ballast/setup.h"
#include "ballast/watch.h"

typedef struct bal_experiment_job {
    const char        *config; /* path of the configuration */
    const char *const *sets;   /* --set */
    int                set_count;
    const char        *folder;               /* of the run, made; parts that are done are left alone */
    const char        *arms, *folds, *seeds; /* lists that pick some; NULL: all */
    const bal_watch   *watch;
} bal_experiment_job;

/* Run every part that is not done, then compare all that are. A part that fails is logged and the others go on; *failed
 * counts them. *stopped: watch->stop asked for it. */
bal_status bal_experiment_run(const bal_experiment_job *job, int *failed, bool *stopped);

/* Compare every part in a run's folder that is done, whatever was picked, and write what is listed above; *parts: how
 * many; of none nothing is written. Reads the folder alone: config.ini, split.csv, the parts' predictions.csv and
 * log.csv. The same files give the same bits. */
bal_status bal_experiment_compare(const char *folder, int *parts);

/* How the arms do as a class gets rarer: of two or more experiments that differ by [data] imbalance alone, written into
 * a folder that is there (ballast/imbalance.h). Arms that are not in all of them, or whose settings are not the same in
 * all, are left out and named. BAL_EIO where classes or test images are others. */
bal_status bal_experiment_curve(const char *const *folder, int count, const char *out);

/* Calls `each` for every part that the job picks, in order: its folder below the run's, and whether it is done. */
typedef struct bal_experiment_part {
    const char *arm;
    int         fold, seed; /* fold -1: no folds */
    const char *folder;
    bool        done;
} bal_experiment_part;
bal_status bal_experiment_parts(const bal_experiment_job *job,
                                bal_status (*each)(void *user, const bal_experiment_part *part), void *user);

/* ---- task by task: several at a time in processes of their own, or only to see what there is to do --------------- */

typedef enum { BAL_TASK_OPEN, BAL_TASK_RUNNING, BAL_TASK_DONE, BAL_TASK_FAILED } bal_task_state;

/* A part, a GAN that some part takes images from, or the classifier by whose features that is judged. */
typedef struct bal_experiment_task {
    char          *folder;
    const char    *name;   /* the same below the run's: "fold0/gan/NORMAL", "fold0/seed1/original" */
    const char    *arm;    /* NULL: a GAN */
    int            index;  /* of the arm, or of the GAN's class */
    int            fold, seed;
    bool           waits;  /* for the GANs of its fold */
    bool           judges; /* these wait for its classifier */
    bool           tested; /* else only the classifier is trained: nobody picked the part */
    int            step, total; /* steps taken, of how many at most */
    double         seconds;     /* about, for what is left; NaN before bal_experiment_measure */
    bal_task_state state;
} bal_experiment_task;

/* Read configuration, data and what is done; writes nothing and touches no device. The job's texts must live on. */
typedef struct bal_experiment bal_experiment;
bal_status           bal_experiment_open(bal_experiment **out, const bal_experiment_job *job);
void                 bal_experiment_close(bal_experiment *e);
bal_experiment_task *bal_experiment_tasks(bal_experiment *e, int *count);

/* Time some steps of each trainer that is still needed, on real images, and estimate every task's seconds from them:
 * its steps, and a third of a step for as many images that are validated or tested. Writes nothing. */
bal_status bal_experiment_measure(bal_experiment *e);

/* split.csv and config.ini in the run's folder; BAL_EIO where the folder's split is another one. */
bal_status bal_experiment_begin(bal_experiment *e);
/* run.json. Opens the device. */
bal_status bal_experiment_describe(bal_experiment *e);

/* The first task that is to do and need not wait, or NULL. One that needs what failed is logged, and fails too. */
bal_experiment_task *bal_experiment_next(bal_experiment *e);
/* Do it on device `slot` of run.device, which may be a list ("0,1"), counted round. Sets the state: BAL_TASK_OPEN where
 * *stopped; a failure is logged. The same bits in whatever process, after whatever tasks. */
void bal_experiment_do(bal_experiment *e, bal_experiment_task *task, int slot, bool *stopped);
/* The device in use, opened if there is none; the experiment's. */
bal_status bal_experiment_device(bal_device **out, bal_experiment *e, int slot);

#endif
