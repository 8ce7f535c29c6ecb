/* checkpoint -- named tensors and strings in memory. Their file: safetensors.c; nets: state_dict.c. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "checkpoint_parts.h"

static const struct {
    const char *name;
    size_t      size;
} types[] = {[BAL_F32] = {"F32", 4}, [BAL_I64] = {"I64", 8}, [BAL_I32] = {"I32", 4}, [BAL_U8] = {"U8", 1}};

const char *bal_dtype_name(int dtype) { return dtype < (int)(sizeof types / sizeof *types) ? types[dtype].name : NULL; }

size_t bal_dtype_size(bal_dtype dtype) { return types[dtype].size; }

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a checkpoint"); }

bal_status bal_checkpoint_new(bal_checkpoint **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? BAL_OK : no_memory();
}

void bal_checkpoint_free(bal_checkpoint *c)
{
    if (!c) return;
    for (int i = 0; i < c->count; i++) {
        free(c->tensors[i].name);
        free(c->tensors[i].owned);
    }
    for (int i = 0; i < c->note_count; i++) {
        free(c->notes[i].key);
        free(c->notes[i].value);
    }
    free(c->tensors);
    free(c->notes);
    free(c->file);
    free(c->path);
    free(c);
}

/* Room for one more of `size` bytes in a list that doubles. */
static bal_status grow(void **list, int count, int *capacity, size_t size)
{
    if (count < *capacity) return BAL_OK;
    int   more = *capacity ? *capacity * 2 : 32;
    void *grown = realloc(*list, (size_t)more * size);
    if (!grown) return no_memory();
    *list = grown;
    *capacity = more;
    return BAL_OK;
}

/* ---- notes ------------------------------------------------------------------------------------------------------- */

static bal_entry_note *find_note(const bal_checkpoint *c, const char *key)
{
    for (int i = 0; i < c->note_count; i++)
        if (strcmp(c->notes[i].key, key) == 0) return &c->notes[i];
    return NULL;
}

const char *bal_checkpoint_find_note(const bal_checkpoint *c, const char *key)
{
    const bal_entry_note *n = find_note(c, key);
    return n ? n->value : NULL;
}

bal_status bal_checkpoint_add_note(bal_checkpoint *c, const char *key, const char *value)
{
    BAL_TRY(grow((void **)&c->notes, c->note_count, &c->note_capacity, sizeof *c->notes));
    bal_entry_note n = {bal_format("%s", key), bal_format("%s", value)};
    if (n.key && n.value) {
        c->notes[c->note_count++] = n;
        return BAL_OK;
    }
    free(n.key);
    free(n.value);
    return no_memory();
}

bal_status bal_checkpoint_note(bal_checkpoint *c, const char *key, const char *value)
{
    bal_entry_note *old = find_note(c, key);
    if (!old) return bal_checkpoint_add_note(c, key, value);
    char *copy = bal_format("%s", value);
    if (!copy) return no_memory();
    free(old->value);
    old->value = copy;
    return BAL_OK;
}

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

bal_status bal_checkpoint_add(bal_checkpoint *c, const bal_saved *t, void *owned)
{
    BAL_TRY(grow((void **)&c->tensors, c->count, &c->capacity, sizeof *c->tensors));
    bal_entry_saved *e = &c->tensors[c->count];
    *e = (bal_entry_saved){*t, bal_format("%s", t->name), owned};
    e->saved.name = e->name;
    if (!e->name) return no_memory();
    c->count++;
    return BAL_OK;
}

bal_status bal_checkpoint_put(bal_checkpoint *c, const char *name, bal_dtype dtype, int rank, const int *dim,
                              const void *data)
{
    bal_saved t = {.name = name, .dtype = dtype, .rank = rank, .size = bal_dtype_size(dtype)};
    assert(rank >= 0 && rank <= BAL_MAX_RANK && !bal_checkpoint_find(c, name));
    for (int i = 0; i < rank; i++) {
        assert(dim[i] >= 0);
        t.dim[i] = dim[i];
        t.size *= (size_t)dim[i];
    }
    void *copy = malloc(t.size ? t.size : 1);
    if (!copy) return no_memory();
    if (t.size) memcpy(copy, data, t.size);
    t.data = copy;
    bal_status st = bal_checkpoint_add(c, &t, copy);
    if (st != BAL_OK) free(copy);
    return st;
}

const bal_saved *bal_checkpoint_find(const bal_checkpoint *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->tensors[i].name, name) == 0) return &c->tensors[i].saved;
    return NULL;
}

int              bal_checkpoint_count(const bal_checkpoint *c) { return c->count; }
const bal_saved *bal_checkpoint_tensor(const bal_checkpoint *c, int i) { return &c->tensors[i].saved; }
