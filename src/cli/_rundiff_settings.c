/* rundiff_settings -- config.ini of two runs. See _rundiff.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/config.h"
#include "ballast/files.h"
#include "cli/_rundiff.h"

static cJSON *value_of(const bal_entry *e) { return e ? cJSON_CreateString(e->value) : NULL; }

static const bal_entry *find(const bal_section *s, const char *key) { return s ? bal_section_find(s, key) : NULL; }

static void add(cJSON *rows, const bal_section *s, const bal_entry *e, const bal_entry *first, const bal_entry *second)
{
    char *key = bal_format("%s.%s", s->name, e->key);

    if (key) bal_diff_row(rows, key, value_of(first), value_of(second));
    free(key);
}

static bool repeats(const bal_entry *e) { return strcmp(e->key, "layer") == 0; }

/* Keys that stand once: those of the first in its order, then those that only the second has. */
static void compare_keys(cJSON *rows, const bal_section *a, const bal_section *b)
{
    for (int i = 0; a && i < a->count; i++)
        if (!repeats(&a->entries[i])) add(rows, a, &a->entries[i], &a->entries[i], find(b, a->entries[i].key));
    for (int i = 0; b && i < b->count; i++)
        if (!repeats(&b->entries[i]) && !find(a, b->entries[i].key)) add(rows, b, &b->entries[i], NULL, &b->entries[i]);
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char  *section;
    const char **line[2];
    int          count[2];
    int         *common; /* [count[0] + 1][count[1] + 1]: most equal lines from here on, in order */
} layers;

static int *common(const layers *l, int i, int j) { return &l->common[i * (l->count[1] + 1) + j]; }

static bool equal(const layers *l, int i, int j) { return strcmp(l->line[0][i], l->line[1][j]) == 0; }

static const char **list_layers(int *count, const bal_section *s)
{
    const char **line = calloc((size_t)(s ? s->count : 0) + 1, sizeof *line);

    *count = 0;
    for (int i = 0; line && s && i < s->count; i++)
        if (repeats(&s->entries[i])) line[(*count)++] = s->entries[i].value;
    return line;
}

static void count_common(layers *l)
{
    for (int i = l->count[0] - 1; i >= 0; i--)
        for (int j = l->count[1] - 1; j >= 0; j--) {
            int down = *common(l, i + 1, j), right = *common(l, i, j + 1);
            *common(l, i, j) = equal(l, i, j) ? *common(l, i + 1, j + 1) + 1 : down > right ? down : right;
        }
}

static void add_layer(cJSON *rows, const layers *l, int i, int j)
{
    char *key = bal_format("%s.layer %d", l->section, i >= 0 ? i : j);

    if (key)
        bal_diff_row(rows, key, i >= 0 ? cJSON_CreateString(l->line[0][i]) : NULL,
                     j >= 0 ? cJSON_CreateString(l->line[1][j]) : NULL);
    free(key);
}

/* Lines that neither side needs for what they have in common stand in the same row: one that was changed. */
static void walk(cJSON *rows, const layers *l)
{
    int i = 0, j = 0;

    while (i < l->count[0] || j < l->count[1]) {
        bool more = i < l->count[0] && j < l->count[1];
        if (more && equal(l, i, j)) {
            i++;
            j++;
        } else if (more && *common(l, i + 1, j + 1) == *common(l, i, j)) add_layer(rows, l, i++, j++);
        else if (i < l->count[0] && (!more || *common(l, i + 1, j) >= *common(l, i, j + 1)))
            add_layer(rows, l, i++, -1);
        else add_layer(rows, l, -1, j++);
    }
}

static bal_status compare_layers(cJSON *rows, const bal_section *a, const bal_section *b)
{
    layers l = {.section = a ? a->name : b->name};

    l.line[0] = list_layers(&l.count[0], a);
    l.line[1] = list_layers(&l.count[1], b);
    l.common = calloc((size_t)(l.count[0] + 1) * (size_t)(l.count[1] + 1), sizeof *l.common);
    bool room = l.line[0] && l.line[1] && l.common;
    if (room) {
        count_common(&l);
        walk(rows, &l);
    }
    free(l.line[0]);
    free(l.line[1]);
    free(l.common);
    return room ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a comparison");
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bal_status compare_sections(cJSON *rows, const bal_section *a, const bal_section *b)
{
    compare_keys(rows, a, b);
    return compare_layers(rows, a, b);
}

static bal_status compare(cJSON *rows, const bal_config *a, const bal_config *b)
{
    for (int i = 0; i < bal_config_count(a); i++) {
        const bal_section *s = bal_config_section(a, i);
        BAL_TRY(compare_sections(rows, s, bal_config_find(b, s->name)));
    }
    for (int i = 0; i < bal_config_count(b); i++) {
        const bal_section *s = bal_config_section(b, i);
        if (!bal_config_find(a, s->name)) BAL_TRY(compare_sections(rows, NULL, s));
    }
    return BAL_OK;
}

static bal_status read_config(bal_config **out, const char *run)
{
    char *path = bal_path_join(run, "config.ini");

    *out = NULL;
    bal_status st = path ? bal_config_read(out, path) : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(path);
    return st;
}

bal_status bal_diff_settings(cJSON *rows, const char *const run[2])
{
    bal_config *a, *b = NULL;

    BAL_TRY(read_config(&a, run[0]));
    bal_status st = read_config(&b, run[1]);
    if (!st) st = compare(rows, a, b);
    bal_config_free(a);
    bal_config_free(b);
    return st;
}
