/* memory -- whether a batch fits on a device, before anything is allocated. */
#ifndef BALLAST_MEMORY_H
#define BALLAST_MEMORY_H

#include "ballast/setup.h"

/* Bytes to train these nets at a batch: weights, gradients, two moments, an average with its spare, activations,
 * gradients of activations. What layers and algorithms add for themselves comes on top. 0: the nets cannot be read. */
size_t bal_memory_needed(const bal_setup *s, const char *const *nets, int count, int batch);

/* BAL_ENOMEM, saying how much is needed, how much there is and which batch would fit, if the batch does not. */
bal_status bal_memory_check(const bal_setup *s, const bal_device *dev, const char *section, const char *const *nets,
                            int count, int batch);

#endif
