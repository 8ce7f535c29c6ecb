/* What checkpoint.c (in memory), safetensors.c (the file) and state_dict.c (nets) share. */
#ifndef BALLAST_NET_CHECKPOINT_PARTS_H
#define BALLAST_NET_CHECKPOINT_PARTS_H

#include "ballast/checkpoint.h"

typedef struct bal_entry_saved {
    bal_saved saved;
    char     *name;
    void     *owned; /* the data, unless it lies in the file that was read */
} bal_entry_saved;

typedef struct bal_entry_note {
    char *key, *value;
} bal_entry_note;

struct bal_checkpoint {
    char            *path; /* for messages; NULL: made in memory */
    char            *file; /* what was read */
    bal_entry_saved *tensors;
    bal_entry_note  *notes;
    int              count, capacity, note_count, note_capacity;
};

/* Name and size in bytes of a type; NULL behind the last. */
const char *bal_dtype_name(int dtype);
size_t      bal_dtype_size(bal_dtype dtype);

/* Add a note whose key is not there yet; a tensor whose data is not copied. */
bal_status bal_checkpoint_add_note(bal_checkpoint *c, const char *key, const char *value);
bal_status bal_checkpoint_add(bal_checkpoint *c, const bal_saved *t, void *owned);

#endif
