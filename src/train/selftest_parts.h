/* What selftest.c, selftest_ops.c, known_answers.c and the program that makes the answers (tests/answers_main.c) share.
 */
#ifndef BALLAST_SELFTEST_PARTS_H
#define BALLAST_SELFTEST_PARTS_H

#include "ballast/layer.h"
#include "ballast/plugin.h"
#include "ballast/selftest.h"

/* Places of a trial's figures. A figure is the sum of a tensor's elements, each times a fixed random number in [-1, 1).
 */
enum {
    BAL_FIGURE_Y = 0,                              /* layer: output */
    BAL_FIGURE_DX = 1,                             /* layer: gradients of inputs */
    BAL_FIGURE_W = BAL_FIGURE_DX + BAL_MAX_INPUTS, /* layer: gradients of weights, or new states */
    BAL_FIGURE_LOSS = 0,
    BAL_FIGURE_SCORE = 1,
    BAL_FIGURE_DY = 2,
    BAL_FIGURE_CHANGE = 0,
    BAL_FIGURE_MOMENT = 1, /* optimizer: change of the weights, moments */
    BAL_FIGURES = BAL_FIGURE_W + BAL_MAX_WEIGHTS
};

typedef enum { BAL_TRY_LAYER, BAL_TRY_LOSS, BAL_TRY_OPTIM } bal_trial_kind;

typedef struct bal_answer {
    bal_trial_kind kind;
    const char    *name, *options;
    int            mode;                  /* layer: 1 training, 0 not; loss: the target */
    double         spread;                /* loss: outputs are +-(0.05..1) of this */
    bal_shape      shape[BAL_MAX_INPUTS]; /* layer: inputs; loss: the net's output */
    double         figure[BAL_FIGURES];
} bal_answer;

extern const bal_answer bal_answers[]; /* ends with a NULL name */

/* An answer's plug-in and its inputs on the host; touches no device. Free accepts a zeroed or half-open trial. */
enum { BAL_TRIAL_WEIGHTS = 2 * BAL_ALIGN, BAL_TRIAL_DECAYED = BAL_ALIGN, BAL_TRIAL_STEPS = 5 };
typedef struct bal_trial {
    const bal_answer *answer;
    bal_layer         layer;
    bal_loss          loss;
    bal_optim         optim;
    bal_option_pool  *pool;
    bal_pass          pass;
    float            *x[BAL_MAX_INPUTS], *w[BAL_MAX_WEIGHTS], *dy; /* layer; loss: x[0]; optimizer: w[0] */
    int              *images;                                      /* loss: of each class */
} bal_trial;
bal_status bal_trial_open(bal_trial *t, const bal_answer *a);
void       bal_trial_free(bal_trial *t);

/* Element i of the direction that figure number `figure` is taken along; the gradient of an optimizer's step; its rate;
 * the label of a loss's sample. */
double bal_trial_direction(int figure, size_t i);
float  bal_trial_gradient(int step, size_t i);
float  bal_trial_rate(int step);
int    bal_trial_label(const bal_trial *t, int i);

/* The operations below layers, each against the host. */
typedef struct bal_operation {
    const char *name;
    bal_status (*run)(bal_device *dev);
} bal_operation;
extern const bal_operation bal_operations[]; /* ends with a NULL name */

#endif
