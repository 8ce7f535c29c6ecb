/* regression -- softmax regression on features: the last layer of a classifier, trained alone. */
#ifndef BALLAST_REGRESSION_H
#define BALLAST_REGRESSION_H

#include "ballast/quality.h"

/* weight[width][classes] and bias[classes] for which the mean over classes of the mean cross-entropy of each class's
 * rows, plus ridge / 2 times the squared weights in units of the features' deviations, is least: what a sampler that
 * draws classes evenly would reach (classifier re-training, Kang et al. 2020). Begins at the values given where `warm`,
 * else at 0. label[i] from 0 to classes - 1; classes without rows take no part in the mean. By accelerated gradient
 * descent (Nesterov 1983, restarted where the loss rises) to a gradient of 1e-5 or 1000 steps. BAL_ENOMEM. */
typedef struct bal_regression {
    int     width, classes;
    double *weight, *bias; /* [width][classes], [classes]; one block */
} bal_regression;
bal_status bal_regression_fit(bal_regression *r, const bal_features *x, const int *label, double ridge, bool warm);

/* Allocated and 0. free accepts a zeroed one. */
bal_status bal_regression_init(bal_regression *r, int width, int classes);
void       bal_regression_free(bal_regression *r);

/* *out = the mean over classes of the mean cross-entropy of their rows; of the share of rows whose largest output is
 * theirs (balanced accuracy). */
bal_status bal_regression_loss(double *out, const bal_regression *r, const bal_features *x, const int *label);
bal_status bal_regression_recall(double *out, const bal_regression *r, const bal_features *x, const int *label);

#endif
