/* gate -- whether generated images help a classifier, of which classes, and how many of each: the smallest ratio of
 * generated to real images for which it does better on the validation part by more than chance. None is a possible, and
 * often the right, answer.
 *
 * Trials are trainings of the arm's classifier with a share of its updates and several seeds ([train.gate]), whose
 * answers are corrected for the classes' shares (decide = prior) where training does not make up for them itself: more
 * images are no gain by their number. The first, on real images alone, is the scorer too: by what it makes of the
 * candidates, which it never saw, those unfit are dropped (ballast/candidates.h). Then each class but the largest, the
 * rarest first, with each ratio, ascending, on top of what the classes before it have taken: the answers for the
 * validation images, pooled over the seeds, against those without this class's generated images, by the paired
 * bootstrap (ballast/paired.h) over groups, or images, with all seeds' answers each. A ratio is taken, and the next
 * class's turn has come, where the whole interval of the difference in balanced accuracy lies above 0. So there are at
 * most 1 + classes * ratios trials. With so many the chance of a false alarm is higher than one interval says. The test
 * part is never looked at.
 *
 *   FOLDER/gate.json               the decision, and what it is made of
 *   FOLDER/gate/0/seed1/ ...       logs of the trials; their weights are removed once it is made
 *   FOLDER/gate/CLASS/0.5/seed1/ ... */
#ifndef BALLAST_GATE_H
#define BALLAST_GATE_H

#include "ballast/candidates.h"
#include "ballast/classifier.h"
#include "ballast/intervals.h"
#include "ballast/model.h"

typedef struct bal_gate_job {
    const bal_setup *setup; /* of the arm, with the part's seed and its updates as steps */
    bal_dataset     *data;  /* split, with the candidates among its generated images; composed anew */
    bal_device      *dev;
    const char      *folder;
    const bal_watch *watch;
} bal_gate_job;

typedef struct bal_gate_class {
    char *name;
    int   real, candidates, count[BAL_VERDICTS]; /* real: of the training part; all 0 for a class that takes none */
    char  *verdicts;                             /* a letter of each candidate: of bal_verdict_letters */
    double ratio;                                /* that is taken; 0: none */
} bal_gate_class;

typedef struct bal_gate_trial {
    int          label, images; /* generated ones of this class */
    double       ratio, balanced_accuracy, gain; /* gain: over the same without these */
    bal_interval interval;                       /* of the gain */
} bal_gate_trial;

typedef struct bal_gate {
    bal_gate_class *of;
    int             class_count, seeds, steps; /* steps: of a trial */
    double          without;                   /* balanced accuracy of the trial on real images alone; NaN: none */
    bal_gate_trial *trial;
    int             trials;
} bal_gate;
extern const char bal_verdict_letters[]; /* of bal_verdict */

/* Decide, or read what was decided: the same bits, also after a stop. */
bal_status bal_gate_decide(bal_gate *out, const bal_gate_job *job, bool *stopped);
/* Compose the data as it was decided. */
bal_status bal_gate_compose(const bal_gate *g, bal_dataset *data);
void       bal_gate_free(bal_gate *g); /* accepts a zeroed one */

/* Of the classes that have candidates the one that is tried after `label`, or first (-1): rarest first; -1: none. */
int bal_gate_next(const bal_gate *g, int label);

/* A few sentences for people; the caller frees *out. */
bal_status bal_gate_words(char **out, const bal_gate *g);

/* Without a gate: copy[i], for each generated image i of a class, is whether it is a copy of one of its training images
 * by its pixels or by the judge's features (bal_candidates_near); the others are not touched. How many were found, of
 * how many. The data is composed of real images alone. */
bal_status bal_generated_copies(int *found, int *drawn, bool *copy, const bal_model *judge, const bal_dataset *data,
                                int label);

/* gate.json. */
bal_status bal_gate_write(const bal_gate *g, const char *path);
bal_status bal_gate_read(bal_gate *out, const char *path);

#endif
