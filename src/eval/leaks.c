/* leaks -- see ballast/leaks.h. Rows in a hash table, so that a million of them take a moment. */
#include "ballast/leaks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What makes two rows the same. */
typedef struct key {
    bool group;     /* by their group, else by their path */
    bool fold, arm; /* and by these (arm: seed too) */
} key;

typedef struct table {
    const bal_predictions *p;
    key                    by;
    int                   *slot; /* a row + 1, or 0; linear probing */
    size_t                 mask;
} table;

static const char *name_of(const bal_prediction *r, key by) { return by.group ? r->group : r->path; }

static bool equal(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool same(const bal_prediction *a, const bal_prediction *b, key by)
{
    return equal(name_of(a, by), name_of(b, by)) && (!by.fold || equal(a->fold, b->fold)) &&
           (!by.arm || (equal(a->seed, b->seed) && equal(a->arm, b->arm)));
}

/* FNV-1a, the high bits folded in. */
static uint64_t hash(const bal_prediction *r, key by)
{
    const char *text[] = {name_of(r, by), by.fold ? r->fold : NULL, by.arm ? r->seed : NULL, by.arm ? r->arm : NULL};
    uint64_t    h = 14695981039346656037u;
    for (int i = 0; i < 4; i++, h = (h ^ 0xFF) * 1099511628211u)
        for (const char *c = text[i]; c && *c; c++) h = (h ^ (unsigned char)*c) * 1099511628211u;
    return h ^ h >> 32;
}

static bal_status make(table *t, const bal_predictions *p, key by)
{
    size_t size = 16;
    while (size < 2 * (size_t)p->count) size *= 2;
    *t = (table){p, by, calloc(size, sizeof *t->slot), size - 1};
    return t->slot ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory to compare %d predictions", p->count);
}

/* The slot of the row that is the same as r, or an empty one. */
static int *find(const table *t, const bal_prediction *r)
{
    size_t at = (size_t)hash(r, t->by) & t->mask;
    while (t->slot[at] && !same(&t->p->row[t->slot[at] - 1], r, t->by)) at = (at + 1) & t->mask;
    return &t->slot[at];
}

static bal_status count_repeated(int *out, const bal_predictions *p)
{
    table t;
    BAL_TRY(make(&t, p, (key){.fold = true, .arm = true}));
    for (int i = 0; i < p->count; i++) {
        int *slot = p->row[i].path ? find(&t, &p->row[i]) : NULL;
        if (slot && *slot) ++*out;
        else if (slot) *slot = i + 1;
    }
    free(t.slot);
    return BAL_OK;
}

/* The first row of a group stands for it; once it is counted it has no fold to differ from. */
static bal_status count_folds(int *out, const bal_predictions *p)
{
    table t;
    bool *counted = calloc((size_t)p->count + 1, sizeof *counted);
    if (!counted) return bal_fail(BAL_ENOMEM, "no memory to compare %d predictions", p->count);
    bal_status st = make(&t, p, (key){.group = true, .arm = true});
    for (int i = 0; st == BAL_OK && i < p->count; i++) {
        int *slot = p->row[i].group && p->row[i].fold ? find(&t, &p->row[i]) : NULL;
        if (slot && !*slot) *slot = i + 1;
        else if (slot && !counted[*slot - 1] && !equal(p->row[*slot - 1].fold, p->row[i].fold)) {
            counted[*slot - 1] = true;
            ++*out;
        }
    }
    free(t.slot);
    free(counted);
    return st;
}

bal_status bal_leaks_within(int leaks[BAL_LEAKS], const bal_predictions *p)
{
    leaks[BAL_LEAK_REPEATED] = leaks[BAL_LEAK_FOLDS] = 0;
    BAL_TRY(count_repeated(&leaks[BAL_LEAK_REPEATED], p));
    return count_folds(&leaks[BAL_LEAK_FOLDS], p);
}

static void fill(const table *t)
{
    for (int i = 0; i < t->p->count; i++)
        if (name_of(&t->p->row[i], t->by)) *find(t, &t->p->row[i]) = i + 1;
}

static bool holds(const table *t, const bal_prediction *r) { return name_of(r, t->by) && *find(t, r); }

bal_status bal_leaks_between(int *rows, const bal_predictions *p, const bal_predictions *chosen)
{
    table paths = {0}, groups = {0};
    *rows = 0;
    bal_status st = make(&paths, chosen, (key){0});
    if (st == BAL_OK) st = make(&groups, chosen, (key){.group = true});
    if (st == BAL_OK) {
        fill(&paths);
        fill(&groups);
        for (int i = 0; i < p->count; i++) *rows += holds(&paths, &p->row[i]) || holds(&groups, &p->row[i]);
    }
    free(paths.slot);
    free(groups.slot);
    return st;
}
