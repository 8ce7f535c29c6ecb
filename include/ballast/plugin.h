/* plugin -- finding plug-ins by the name in a line "NAME option=value ...", and making one from such a line. */
#ifndef BALLAST_PLUGIN_H
#define BALLAST_PLUGIN_H

#include "ballast/loss.h"
#include "ballast/optim.h"

/* The number of the plug-in called `name`, given a function that names number i (NULL behind the last). Otherwise fails
 * at `at`, saying what there is no such `kind` of, and the nearest name. */
bal_status bal_plugin_find(int *out, const char *kind, const char *(*name_at)(int i), const char *name, bal_where at);

/* From a line "adam lr=2e-4 beta1=0.5"; `pool` owns its texts (bal_option_pool_free). Touches no device. The struct
 * ends by bal_loss_free, bal_optim_free, which accept zeroed ones. */
bal_status bal_loss_read(bal_loss *out, bal_option_pool **pool, const char *line, bool adversarial, bal_where at);
/* Make it ready for outputs of shape y (n: the largest batch): checks the shape, gets kernels, allocates
 * its workspace. */
bal_status bal_loss_build(bal_loss *l, bal_device *dev, bal_shape y, bal_where at);
void       bal_loss_free(bal_loss *l);
bal_status bal_optim_read(bal_optim *out, bal_option_pool **pool, const char *line, bal_where at);
void       bal_optim_free(bal_optim *o);

#endif
