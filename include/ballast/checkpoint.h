/* checkpoint -- named tensors and strings in a safetensors file; a net's weights under PyTorch's names and in its
 * layouts.
 *
 * Format: https://github.com/huggingface/safetensors: u64 size of the header, the header (JSON, padded with blanks),
 * the data; little-endian, row-major. Tensors are 64-bit first, then 32-bit, then bytes, by name within each, as the
 * reference implementation writes them. */
#ifndef BALLAST_CHECKPOINT_H
#define BALLAST_CHECKPOINT_H

#include "ballast/net.h"

typedef struct bal_checkpoint bal_checkpoint; /* in host memory */

bal_status bal_checkpoint_new(bal_checkpoint **out);
void       bal_checkpoint_free(bal_checkpoint *c);

/* Read and check a whole file, or `size` bytes that are called `name` in messages; faults are "PATH: what is wrong".
 * Refused: sizes beyond the file, headers above 4 MiB or that are no JSON object, keys other than the format's, names
 * that are there twice, are no UTF-8 or hold control characters, tensors that overlap, leave holes or are of another
 * size than their shape, types other than F32, I64, I32, U8, more than 8 dimensions. */
bal_status bal_checkpoint_read(bal_checkpoint **out, const char *path);
bal_status bal_checkpoint_parse(bal_checkpoint **out, const char *name, const void *data, size_t size);

/* Write beside PATH and rename. The same content gives the same bytes. */
bal_status bal_checkpoint_write(const bal_checkpoint *c, const char *path);

/* Strings of the header's __metadata__ (copied; a key that is there is replaced). find: NULL if absent, not yours. */
bal_status  bal_checkpoint_note(bal_checkpoint *c, const char *key, const char *value);
const char *bal_checkpoint_find_note(const bal_checkpoint *c, const char *key);

/* ---- tensors ---------------------------------------------------------------------------------------------------- */

typedef enum { BAL_F32, BAL_I64, BAL_I32, BAL_U8 } bal_dtype;
enum { BAL_MAX_RANK = 8 };

typedef struct bal_saved {
    const char *name;
    bal_dtype   dtype;
    int         rank; /* 0: a single number */
    int         dim[BAL_MAX_RANK];
    const void *data; /* may lie at any address: copy it out */
    size_t      size; /* bytes */
} bal_saved;

/* Add a tensor (copied). Its name must not be there yet. What find and tensor return is valid until the next put. */
bal_status       bal_checkpoint_put(bal_checkpoint *c, const char *name, bal_dtype dtype, int rank, const int *dim,
                                    const void *data);
const bal_saved *bal_checkpoint_find(const bal_checkpoint *c, const char *name); /* NULL if absent, not yours */
int              bal_checkpoint_count(const bal_checkpoint *c);
const bal_saved *bal_checkpoint_tensor(const bal_checkpoint *c, int i);

/* ---- nets ------------------------------------------------------------------------------------------------------- */

/* A net's state_dict: for each weight of layer i "PREFIXmain.<i>.<name>" in PyTorch's shape, from `weights` and
 * `states` (arenas laid out as the net's; NULL: the net's own). put reads the device, get writes it, and changes
 * nothing unless all fits. get names what is missing, unknown (among all "PREFIXmain." names) or of another shape or
 * type. A count of batches is a 0-dimensional I64; one in a `states` that was given may be an average and is an F32.
 * get takes either, and rounds for the net's own. */
bal_status bal_checkpoint_put_net(bal_checkpoint *c, const char *prefix, const bal_net *net, const bal_tensor *weights,
                                  const bal_tensor *states);
bal_status bal_checkpoint_get_net(const bal_checkpoint *c, const char *prefix, bal_net *net, const bal_tensor *weights,
                                  const bal_tensor *states);
/* The same for an arena of trained weights only (moments): states are left out. */
bal_status bal_checkpoint_put_arena(bal_checkpoint *c, const char *prefix, const bal_net *net, const bal_tensor *arena);
bal_status bal_checkpoint_get_arena(const bal_checkpoint *c, const char *prefix, const bal_net *net,
                                    const bal_tensor *arena);

#endif
