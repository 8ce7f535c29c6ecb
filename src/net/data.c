/* data -- what all data sources share: lists of items and classes. */
#include "ballast/data.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "ballast/files.h"

bal_status bal_data_add(bal_data *d, const bal_item *item)
{
    if (d->count == d->capacity) {
        int       room = d->capacity ? d->capacity * 2 : 64;
        bal_item *more = d->capacity < INT_MAX / 2 ? realloc(d->items, (size_t)room * sizeof *more) : NULL;
        if (!more) return bal_fail(BAL_ENOMEM, "no memory for a list of %d images", d->count + 1);
        d->items = more;
        d->capacity = room;
    }
    bal_item copy = {bal_format("%s", item->path), item->label, item->group ? bal_format("%s", item->group) : NULL,
                     item->part};
    if (!copy.path || (item->group && !copy.group)) {
        free(copy.path);
        free(copy.group);
        return bal_fail(BAL_ENOMEM, "no memory for a list of %d images", d->count + 1);
    }
    d->items[d->count++] = copy;
    return BAL_OK;
}

int bal_data_class(bal_data *d, const char *name)
{
    for (int i = 0; i < d->class_count; i++)
        if (strcmp(d->classes[i], name) == 0) return i;
    char  *copy = bal_format("%s", name);
    char **more = copy ? realloc(d->classes, ((size_t)d->class_count + 1) * sizeof *more) : NULL;
    if (!more) {
        free(copy);
        bal_fail(BAL_ENOMEM, "no memory for class %s", name);
        return -1;
    }
    d->classes = more;
    d->classes[d->class_count] = copy;
    return d->class_count++;
}

bal_status bal_data_decode_file(const bal_data *d, int i, bal_image *out)
{
    char *path = bal_path_join(d->folder, d->items[i].path);
    if (!path) return bal_fail(BAL_ENOMEM, "%s: no memory to read it", d->items[i].path);
    bal_status st = bal_image_read(out, path);
    free(path);
    return st;
}

bal_status bal_data_sort_classes(bal_data *d)
{
    int *to = calloc((size_t)d->class_count + 1, sizeof *to);
    if (!to) return bal_fail(BAL_ENOMEM, "no memory for %d classes", d->class_count);
    for (int i = 0; i < d->class_count; i++)
        for (int j = 0; j < d->class_count; j++) to[i] += strcmp(d->classes[j], d->classes[i]) < 0;
    for (int i = 0; i < d->count; i++)
        if (d->items[i].label >= 0) d->items[i].label = to[d->items[i].label];
    for (int i = 0; i < d->class_count; i++) /* swap each name, and its number, to where it belongs */
        while (to[i] != i) {
            int   j = to[i];
            char *name = d->classes[i];
            d->classes[i] = d->classes[j];
            d->classes[j] = name;
            to[i] = to[j];
            to[j] = j;
        }
    free(to);
    return BAL_OK;
}

const bal_data_def *bal_data_find(const char *name)
{
    for (const bal_data_def *const *def = bal_data_defs; *def; def++)
        if (strcmp((*def)->name, name) == 0) return *def;
    return NULL;
}

void bal_data_free(bal_data *d)
{
    if (!d) return;
    if (d->def && d->self) d->def->close(d);
    for (int i = 0; i < d->count; i++) {
        free(d->items[i].path);
        free(d->items[i].group);
    }
    for (int i = 0; i < d->class_count; i++) free(d->classes[i]);
    free(d->items);
    free(d->classes);
    free(d->folder);
    free(d->self);
    *d = (bal_data){0};
}

const char *bal_part_name(bal_part part)
{
    static const char *const names[] = {"train", "validation", "test"};
    assert((unsigned)part < BAL_PARTS);
    return names[part];
}

bal_part bal_part_parse(const char *word)
{
    static const struct {
        const char *word;
        bal_part    part;
    } words[] = {{"train", BAL_TRAIN},      {"training", BAL_TRAIN},        {"val", BAL_VALIDATION},
                 {"valid", BAL_VALIDATION}, {"validation", BAL_VALIDATION}, {"test", BAL_TEST},
                 {"testing", BAL_TEST}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i].word, word) == 0) return words[i].part;
    return BAL_NO_PART;
}
