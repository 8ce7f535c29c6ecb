/* head -- the last layer of a trained classifier, changed after training. */
#ifndef BALLAST_TRAIN_HEAD_H
#define BALLAST_TRAIN_HEAD_H

#include "ballast/checkpoint.h"
#include "ballast/model.h"

/* Change the last layer of the scorer's net as [train.classifier] `head` says: fitted on the training part, its ridge
 * or exponent chosen on the validation part; logs the choice. */
bal_status bal_head_change(const bal_scorer *scorer, const bal_dataset *data, const bal_scaling *scaling, bal_head how);

/* The last layer's numbers as "trained.weight" and "trained.bias" beside the net's, and back, so that a change is taken
 * back; *there: whether there were any. */
bal_status bal_head_keep(bal_checkpoint *c, const bal_net *net);
bal_status bal_head_restore(bool *there, const bal_checkpoint *c, bal_net *net, const char *path);

#endif
