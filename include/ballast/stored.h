/* stored -- small things that trainers keep in a checkpoint's strings beside the weights. */
#ifndef BALLAST_STORED_H
#define BALLAST_STORED_H

#include "ballast/checkpoint.h"
#include "ballast/dataset.h"
#include "ballast/threshold.h"

/* "scaling": how images become what the net sees. get: BAL_EIO naming `path` if it is not there. */
bal_status bal_stored_put_scaling(bal_checkpoint *c, const bal_scaling *s);
bal_status bal_stored_get_scaling(bal_scaling *s, const bal_checkpoint *c, const char *path);

/* "operating_point": a threshold; t NULL: none. get: *there says whether there is one; BAL_EIO naming `path` if it is
 * malformed or of no class. */
bal_status bal_stored_put_point(bal_checkpoint *c, const bal_threshold *t);
bal_status bal_stored_get_point(bal_threshold *t, bool *there, const bal_checkpoint *c, int classes, const char *path);

/* "decision": temperature, and offsets of the classes, where there are any (else t = 1 and *offset = NULL). get:
 * *offset is malloc'd; BAL_EIO naming `path` if it is malformed. */
bal_status bal_stored_put_decision(bal_checkpoint *c, double t, const double *offset, int classes);
bal_status bal_stored_get_decision(double *t, double **offset, const bal_checkpoint *c, int classes, const char *path);

/* "validated": balanced accuracy on validation images; NaN where it is not known. */
bal_status bal_stored_put_validated(bal_checkpoint *c, double balanced_accuracy);
double     bal_stored_get_validated(const bal_checkpoint *c);

/* "figures": of steps since the last line of a log, so that the line comes out the same to the bit after going on. */
bal_status bal_stored_put_figures(bal_checkpoint *c, const float *figures, int count);
bal_status bal_stored_get_figures(float *figures, int count, const bal_checkpoint *c);

/* "classes": their names in the order of the labels. get: malloc'd list of malloc'd names. */
bal_status bal_stored_put_classes(bal_checkpoint *c, const bal_dataset *data);
bal_status bal_stored_get_classes(char ***names, int *count, const bal_checkpoint *c, const char *path);

/* The weights of another training to begin with: a state_dict's. PATH NULL: nothing is done. */
bal_status bal_stored_first_weights(bal_net *net, const char *path);

/* Steps taken according to FOLDER/last.safetensors, where its note `key` counts them; 0 where there is none. */
int bal_stored_step(const char *folder, const char *key);

#endif
