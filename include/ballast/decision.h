/* decision -- from probabilities to an answer, fitted on images that were not trained on: a temperature, which makes
 * probabilities honest, and an offset for each class, which makes the answer fair to rare ones. */
#ifndef BALLAST_DECISION_H
#define BALLAST_DECISION_H

#include "ballast/predictions.h"

/* Temperature scaling (Guo et al. 2017): the t, from 1/20 to 20, for which softmax(log p / t) has the least loss, added
 * up over labelled rows, plus (1/t - 1)^2 / 2: few rows that are all answered rightly do not make probabilities
 * certain. 1 where there is none. */
double bal_temperature_fit(const bal_predictions *validation);
void   bal_temperature_apply(bal_predictions *p, double t);

/* offset[class_count] is added to log p before the largest is taken; probabilities stay.
 * prior: -log(count[k] / all), 0 for a class without images, so that the rule aims at the mean recall of classes (Menon
 * et al. 2021, logit adjustment after training).
 * balanced: the offsets with the least loss on labelled rows where every class weighs the same (bias-corrected scaling,
 * Alexandari et al. 2020, for equal priors) and a ridge of BAL_OFFSET_RIDGE keeps offsets small that the images say
 * little about; 0 for a class without rows. BAL_ENOMEM. */
#define BAL_OFFSET_RIDGE 0.01
void       bal_offsets_prior(double *offset, const int *count, int classes);
bal_status bal_offsets_balanced(double *offset, const bal_predictions *validation);
void       bal_offsets_apply(bal_predictions *p, const double *offset);

/* The mean of the probabilities that several classifiers give the same images, `before` of them in `into` already, and
 * the likeliest class of it. BAL_ECONFIG where images, labels or classes are not the same, or there are no
 * probabilities. */
bal_status bal_predictions_average(bal_predictions *into, const bal_predictions *more, int before);

#endif
