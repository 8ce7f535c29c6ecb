/* collapse -- whether a classifier's training has collapsed, and why: a judgement on figures of its epochs alone. Pure
 * arithmetic; who trains fills the epochs in (train/classifier_rescue.c). */
#ifndef BALLAST_COLLAPSE_H
#define BALLAST_COLLAPSE_H

#include <stdbool.h>
#include "ballast/status.h"

/* Of an epoch, means over its steps unless said otherwise. NaN: not known. */
typedef struct bal_collapse_epoch {
    int    epoch, step;              /* from 1; updates up to its end */
    double lr, train_loss, train_accuracy, gradient_norm; /* train_loss NaN: a step's figures were not finite */
    double first_loss, peak_loss;    /* of its first step, and the highest of a step */
    double spread;                   /* variance of the steps' accuracies over p (1 - p), p their mean: 1 / batch where
                                        batches are drawn at random, near 1 where each is all right or all wrong */
    double validation_loss, validation_balanced_accuracy;
    double  *share, *mean;           /* [classes] on validation: share of the answers, mean probability */
    bool    last;                    /* of the training */
    int     alarm, cause, acts;      /* bal_alarm_kind, bal_alarm_cause, bits BAL_RESCUE_...: what was found and done */
} bal_collapse_epoch;

/* A zeroed one with classes set is empty. add copies share and mean. */
typedef struct bal_collapse_history {
    int                 classes, count, capacity;
    bal_collapse_epoch *epoch;
} bal_collapse_history;
bal_status bal_collapse_add(bal_collapse_history *h, const bal_collapse_epoch *epoch);
void       bal_collapse_free(bal_collapse_history *h);

/* What does not change over a run. */
typedef struct bal_collapse_run {
    const int *train, *validation; /* images of each class */
    bool       squashed;           /* the last layer keeps outputs in a range, and the loss wants logits */
    bool       running;            /* the net has running statistics (batch norm), which are used on validation */
    int        total;              /* updates of the whole training; 0: not known */
} bal_collapse_run;

typedef enum {
    BAL_ALARM_NONE,
    BAL_ALARM_NOT_FINITE, /* a loss or a gradient is no number */
    BAL_ALARM_ONE_ANSWER, /* nearly all validation images get one answer, and balanced accuracy is 1/K */
    BAL_ALARM_CHANCE,     /* several answers, but balanced accuracy stays at 1/K */
    BAL_ALARM_PRIOR,      /* the mean probabilities have less than half of the entropy of the classes' shares */
    BAL_ALARM_VANISHED    /* a class that was answered is answered no more */
} bal_alarm_kind;

typedef enum {
    BAL_CAUSE_UNKNOWN,
    BAL_CAUSE_FEW_UPDATES,
    BAL_CAUSE_RATE_HIGH,
    BAL_CAUSE_RATE_LOW,
    BAL_CAUSE_UNSHUFFLED,
    BAL_CAUSE_STALE_NORM,
    BAL_CAUSE_OUTPUTS,
    BAL_CAUSE_IMBALANCE
} bal_alarm_cause;

enum {
    BAL_RESCUE_RESTART = 1, /* weights and optimizer as in the last good epoch, or as at the beginning */
    BAL_RESCUE_LOWER = 2,   /* a tenth of the learning rate */
    BAL_RESCUE_RAISE = 4,   /* ten times the learning rate */
    BAL_RESCUE_BIAS = 8,    /* the output bias moved by what the mean probabilities lack to the classes' shares */
    BAL_RESCUE_SAMPLER = 16, /* all classes equally often */
    BAL_RESCUE_SHUFFLE = 32, /* images in a new order in each pass */
    BAL_RESCUE_NORM = 64,   /* running statistics take a tenth of each batch */
    BAL_RESCUE_ACTS = 7     /* how many there are */
};

typedef struct bal_alarm {
    bal_alarm_kind  kind;
    bal_alarm_cause cause;
    int             class; /* that is always answered, or that has vanished */
    int             epochs; /* for how many it has been so */
} bal_alarm;

/* What the last epoch gives rise to. Counts from behind the last epoch that had an alarm, so that a rescue has its
 * time. Epochs without validation figures give only NOT_FINITE. Rules and their limits are in docs/imbalance.md. */
bal_alarm bal_collapse_look(const bal_collapse_run *run, const bal_collapse_history *h);

/* What helps against it: bits BAL_RESCUE_...; 0: nothing that can be done while training. `earlier`: acts of the alarms
 * before; `useless`: acts that would change nothing. */
int bal_collapse_acts(const bal_alarm *alarm, int earlier, int useless);

/* Whether an epoch tells classes apart better than by one answer. */
bool bal_collapse_is_good(const bal_collapse_run *run, const bal_collapse_history *h, int i);

/* One line: what was seen, the likely cause, what to do. The caller frees it. */
bal_status bal_collapse_words(char **out, const bal_alarm *alarm, const bal_collapse_run *run,
                              const bal_collapse_history *h, const char *const *classes);
/* "a tenth of the learning rate, ..."; "nothing". The caller frees it. */
bal_status bal_collapse_say_acts(char **out, int acts);

/* collapse.csv of a run: its epochs, and in words what was found and done in them. */
extern const char *const bal_alarm_kinds[], *const bal_alarm_causes[]; /* as it names them; NULL-terminated */
bal_status bal_collapse_read(bal_collapse_history *out, const char *path, int keep); /* up to epoch keep */
bal_status bal_collapse_write(const bal_collapse_history *h, const char *path, const char *const *classes);
/* The alarms of a file in one line, for a report; NULL where there is no file or no alarm. */
bal_status bal_collapse_summary(char **out, const char *path);

#endif
