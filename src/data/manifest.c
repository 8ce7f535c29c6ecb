/* manifest -- a CSV file of path,label[,group][,split]; paths relative to the file, an empty label for none. */
#include <stdlib.h>
#include <string.h>
#include "ballast/csv.h"
#include "ballast/data.h"
#include "ballast/files.h"

typedef struct {
    int *line; /* of each item */
    int  capacity;
} manifest;

typedef struct {
    int path, label, group, split; /* columns; -1: absent */
} columns;

static bal_status note_line(manifest *m, int item, int line)
{
    if (item >= m->capacity) {
        int  room = m->capacity ? m->capacity * 2 : 64;
        int *more = realloc(m->line, (size_t)room * sizeof *more);
        if (!more) return bal_fail(BAL_ENOMEM, "no memory for a list of %d images", item + 1);
        m->line = more;
        m->capacity = room;
    }
    m->line[item] = line;
    return BAL_OK;
}

static const char *field(const char *const *row, int column)
{
    return column >= 0 && row[column][0] ? row[column] : NULL;
}

static bal_status add_row(bal_data *d, const char *const *row, const columns *c, bal_where at)
{
    const char *path = field(row, c->path), *label = field(row, c->label), *split = field(row, c->split);
    bal_item    item = {(char *)path, -1, (char *)field(row, c->group), BAL_NO_PART};

    if (!path) return bal_fail_at(at, "an empty path");
    if (split && (item.part = bal_part_parse(split)) == BAL_NO_PART)
        return bal_fail_at(at, "split \"%s\": train, validation, test or nothing is allowed", split);
    if (label && (item.label = bal_data_class(d, label)) < 0) return BAL_ENOMEM;
    BAL_TRY(note_line(d->self, d->count, at.line));
    return bal_data_add(d, &item);
}

static bal_status add_rows(bal_data *d, bal_csv *csv)
{
    const char *const *row;
    columns            c = {-1, bal_csv_find(csv, "label"), bal_csv_find(csv, "group"), bal_csv_find(csv, "split")};

    BAL_TRY(bal_csv_column(&c.path, csv, "path"));
    for (;;) {
        BAL_TRY(bal_csv_next(&row, csv));
        if (!row) return BAL_OK;
        BAL_TRY(add_row(d, row, &c, bal_csv_at(csv)));
    }
}

typedef struct {
    const char *path;
    int         line;
} named;

static int by_path(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int          order = strcmp(x->path, y->path);
    return order ? order : x->line - y->line;
}

static bal_status check_unique(const bal_data *d)
{
    const manifest *m = d->self;
    named          *sorted = malloc((size_t)d->count * sizeof *sorted);
    bal_status      st = BAL_OK;

    if (!sorted) return bal_fail(BAL_ENOMEM, "%s: no memory for a list of %d images", d->path, d->count);
    for (int i = 0; i < d->count; i++) sorted[i] = (named){d->items[i].path, m->line[i]};
    qsort(sorted, (size_t)d->count, sizeof *sorted, by_path);
    for (int i = 1; !st && i < d->count; i++)
        if (strcmp(sorted[i - 1].path, sorted[i].path) == 0)
            st = bal_fail_at((bal_where){d->path, sorted[i].line}, "path \"%s\" again, first in line %d",
                             sorted[i].path, sorted[i - 1].line);
    free(sorted);
    return st;
}

static bal_status list(bal_data *d)
{
    bal_csv *csv;

    if (!d->path) return bal_fail_at(d->at, "path is missing: source = manifest needs a CSV file");
    if (!(d->folder = bal_path_folder(d->path))) return bal_fail(BAL_ENOMEM, "%s: no memory to list it", d->path);
    BAL_TRY(bal_csv_open(&csv, d->path));
    bal_status st = add_rows(d, csv);
    bal_csv_close(csv);
    if (st) return st;
    if (d->count == 0) return bal_fail(BAL_EIO, "%s: no rows, so no images", d->path);
    BAL_TRY(check_unique(d));
    return bal_data_sort_classes(d);
}

static void forget(bal_data *d) { free(((manifest *)d->self)->line); }

const bal_data_def bal_data_source_manifest = {"manifest",
                                               "a CSV file: path,label[,group][,split], paths relative to it",
                                               sizeof(manifest),
                                               NULL,
                                               list,
                                               bal_data_decode_file,
                                               forget};
