/* table -- see table.h. */
#include "table.h"
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"

/* Where the key is, or belongs. */
static int place(const bal_table *t, const char *key)
{
    int low = 0, high = t->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (strcmp(t->row[middle].key, key) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

static bool stands(const bal_table *t, int i, const char *key)
{
    return i < t->count && strcmp(t->row[i].key, key) == 0;
}

const bal_table_row *bal_table_find(const bal_table *t, const char *key)
{
    int i = place(t, key);
    return stands(t, i, key) ? &t->row[i] : NULL;
}

static void free_row(bal_table_row *r)
{
    free(r->key);
    free(r->choice);
}

static bool grow(bal_table *t)
{
    if (t->count < t->capacity) return true;
    int            capacity = t->capacity ? 2 * t->capacity : 64;
    bal_table_row *grown = realloc(t->row, (size_t)capacity * sizeof *grown);
    if (!grown) return false;
    t->row = grown;
    t->capacity = capacity;
    return true;
}

bal_status bal_table_set(bal_table *t, const char *key, const char *choice, bal_tune level)
{
    bal_table_row r = {bal_format("%s", key), bal_format("%s", choice), level};
    int           i = place(t, key);
    if (!r.key || !r.choice || !grow(t)) {
        free_row(&r);
        return bal_fail(BAL_ENOMEM, "no memory for a plan of kernels");
    }
    if (stands(t, i, key)) free_row(&t->row[i]);
    else memmove(&t->row[i + 1], &t->row[i], (size_t)(t->count++ - i) * sizeof r);
    t->row[i] = r;
    return BAL_OK;
}

void bal_table_free(bal_table *t)
{
    for (int i = 0; i < t->count; i++) free_row(&t->row[i]);
    free(t->row);
    *t = (bal_table){0};
}
