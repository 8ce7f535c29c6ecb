/* experiment -- the same classifier trained on different images: arms x seeds x folds, each part in a folder of its own
 * that is done once, then compared.
 *
 *   RUN/fold0/gan/<class>/               generators, trained on the fold's training images, shared by arms and seeds
 *   RUN/fold0/seed1/<arm>/               log.csv, best.safetensors, ..., predictions.csv, report.json (written last)
 *   RUN/experiment.txt experiment.json   the comparison; report.html and forest.svg: for people
 *   RUN/predictions.csv                  all parts'
 *   RUN/split.csv                        folds of the images; a run that goes on must find the same
 *
 * Without folds the one split's folder is called "split". */
#ifndef BALLAST_EXPERIMENT_H
#define BALLAST_EXPERIMENT_H

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

/* Calls `each` for every part that the job picks, in order: its folder below the run's, and whether it is done. */
typedef struct bal_experiment_part {
    const char *arm;
    int         fold, seed; /* fold -1: no folds */
    const char *folder;
    bool        done;
} bal_experiment_part;
bal_status bal_experiment_parts(const bal_experiment_job *job,
                                bal_status (*each)(void *user, const bal_experiment_part *part), void *user);

#endif
