/* ensemble -- [train.classifier] ensemble = N: N classifiers that differ in their seed and, with folds, in the fold
 * that they are validated on, among those that are not tested; the mean of their probabilities is the answer (as
 * nnU-Net averages its folds: Isensee et al. 2021). Each is calibrated on its own validation part; offsets and
 * threshold are for the mean (bal_model_finish_ensemble).
 *
 * Member 0 is in the classifier's own folder and has the run's seed: all that reads one classifier (curves, heat maps)
 * reads that one, and a run of one can go on as one of several. The others are in member2/, member3/, ... below it. */
#ifndef BALLAST_ENSEMBLE_H
#define BALLAST_ENSEMBLE_H

#include "ballast/classifier.h"

/* Folder of member i; malloc'd, NULL without memory. Its seed: for i > 0 drawn from the run's. */
char *bal_ensemble_folder(const char *folder, int i);
int   bal_ensemble_seed(int seed, int i);

/* Over how many validation folds members go: 1 where the arm takes generated images too, whose GAN has seen the images
 * of all other folds. Where it is above 1 training drops generated images. */
int bal_ensemble_turns(const bal_setup *s, const bal_dataset *data);

/* bal_classifier_train for every member in turn, then what is chosen for their mean. Each goes on from where it is.
 * `data` is job->data, and is turned back. */
bal_status bal_ensemble_train(const bal_classifier_job *job, bal_dataset *data, bool *stopped);

/* Steps that members have taken, by their last.safetensors. */
int bal_ensemble_step(const bal_setup *s, const char *folder);

#endif
