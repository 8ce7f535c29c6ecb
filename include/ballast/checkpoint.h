/* checkpoint -- named tensors and strings in a safetensors file; a net's weights under PyTorch's names and in its
 * layouts. Format: https://github.com/huggingface/safetensors (u64 header size, JSON header, data; little-endian). */
#ifndef BALLAST_CHECKPOINT_H
#define BALLAST_CHECKPOINT_H

#include "ballast/net.h"

typedef struct bal_checkpoint bal_checkpoint; /* in host memory */

bal_status bal_checkpoint_new(bal_checkpoint **out);
void       bal_checkpoint_free(bal_checkpoint *c);

/* Read and check a whole file; faults are "PATH: what is wrong". Write beside PATH and rename. */
bal_status bal_checkpoint_read(bal_checkpoint **out, const char *path);
bal_status bal_checkpoint_write(const bal_checkpoint *c, const char *path);

/* Strings of the header's __metadata__ (copied). find: NULL if absent, not yours. */
bal_status  bal_checkpoint_note(bal_checkpoint *c, const char *key, const char *value);
const char *bal_checkpoint_find_note(const bal_checkpoint *c, const char *key);

/* A net's state_dict: for each weight of layer i "PREFIXmain.<i>.<name>" in PyTorch's shape, from `weights` and
 * `states` (arenas laid out as the net's; NULL: the net's own). put reads the device, get writes it. get names what is
 * missing, unknown (with this prefix, where prefix is "" among all "main." names) or of another shape. */
bal_status bal_checkpoint_put_net(bal_checkpoint *c, const char *prefix, const bal_net *net, const bal_tensor *weights,
                                  const bal_tensor *states);
bal_status bal_checkpoint_get_net(const bal_checkpoint *c, const char *prefix, bal_net *net, const bal_tensor *weights,
                                  const bal_tensor *states);
/* The same for an arena of trained weights only (moments): states are left out. */
bal_status bal_checkpoint_put_arena(bal_checkpoint *c, const char *prefix, const bal_net *net, const bal_tensor *arena);
bal_status bal_checkpoint_get_arena(const bal_checkpoint *c, const char *prefix, const bal_net *net,
                                    const bal_tensor *arena);

#endif
