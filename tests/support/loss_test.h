/* loss_test -- proves a loss from its value in double precision and a list of cases.
 *
 * tests/losses/x.c holds nothing but that: `const bal_loss_test bal_test_x = { "x", value, cases };`. For each case,
 * each target of the loss, the largest batch and one below it, and both kernel classes (of classification losses with
 * plain labels, and with mixed ones and weights of classes), the runner checks: loss and score; the gradient against
 * central differences of the value; the same bits twice, and without a gradient asked for; nothing written outside the
 * outputs; nothing taken from what outputs and scratch held before (NaNs); no allocation in a run. */
#ifndef BALLAST_LOSS_TEST_H
#define BALLAST_LOSS_TEST_H

#include "ballast/plugin.h"

typedef struct bal_loss_case {
    const char *options; /* as in an INI line; NULL ends the list */
    bal_shape   y;
    double      spread; /* logits are +-(0.05..1) of this */
} bal_loss_case;

/* Options or an output that are refused. */
typedef struct bal_loss_fault {
    const char *options; /* NULL ends the list */
    bal_shape   y;
    const char *message; /* whole */
} bal_loss_fault;

/* What the samples are compared with, for BAL_LABELS: sample i is of class[2i] and class[2i + 1], by share[2i] and
 * share[2i + 1]. weight: of each class. */
typedef struct bal_loss_labels {
    const int    *class;
    const double *share, *weight;
} bal_loss_labels;

typedef struct bal_loss_test {
    const char *name;
    /* The mean loss of outputs y of this shape; *score as in loss.h. */
    double (*value)(const bal_loss *l, bal_target target, bal_shape shape, const double *y,
                    const bal_loss_labels *labels, double *score);
    const bal_loss_case  *cases;
    const bal_loss_fault *faults;
} bal_loss_test;

/* Every test of tests/losses/, NULL-terminated; generated. */
extern const bal_loss_test *const bal_loss_tests[];

/* A numeric option of a loss. */
double bal_loss_option(const bal_loss *l, const char *name);

/* log(1 + exp(y)) and 1 / (1 + exp(-y)) in double. */
double bal_softplus(double y);
double bal_sigmoid(double y);

/* Sum over all outputs of value(y), over their number; the score is the mean of sigmoid(y). For adversarial losses. */
double bal_mean_output(double (*value)(const bal_loss *l, bal_target target, double y), const bal_loss *l,
                       bal_target target, bal_shape shape, const double *y, double *score);

/* Mean over the samples of a loss that a vector y of c logits has for a class, weighted and mixed; *score as in loss.h.
 * For losses of BAL_LABELS. */
double bal_mean_labelled(double (*value)(const bal_loss *l, int c, const double *y, int own), const bal_loss *l,
                         bal_shape shape, const double *y, const bal_loss_labels *labels, double *score);

/* A loss of this name and these options for outputs of at most this shape, ready to run; l->images are set. */
bal_status bal_loss_open(bal_loss *l, bal_option_pool **pool, bal_device *dev, const char *name, const char *options,
                         bal_shape y);
void       bal_loss_close(bal_loss *l, bal_option_pool *pool);

#endif
