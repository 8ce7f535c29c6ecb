/* predictions -- see ballast/predictions.h. */
#include "ballast/predictions.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "ballast/csv.h"
#include "ballast/files.h"
#include "ballast/text.h"

#define TOLERANCE 1e-3 /* of the sum of a row's probabilities */
#define BLOCK ((size_t)1 << 20)

/* The columns that are kept as text. */
static const struct {
    const char *name;
    size_t      offset;
} texts[] = {
    {"path", offsetof(bal_prediction, path)}, {"group", offsetof(bal_prediction, group)},
    {"fold", offsetof(bal_prediction, fold)}, {"seed", offsetof(bal_prediction, seed)},
    {"arm", offsetof(bal_prediction, arm)},
};
#define TEXTS (sizeof texts / sizeof *texts)

static const char **text_of(bal_prediction *row, size_t i)
{
    return (const char **)(void *)((char *)row + texts[i].offset);
}

static const char *const *text_in(const bal_prediction *row, size_t i)
{
    return (const char *const *)(const void *)((const char *)row + texts[i].offset);
}

/* ---- the list: rows are many and small, so their strings and probabilities are cut from large blocks ------------ */

struct bal_predictions_block {
    struct bal_predictions_block *next;
    size_t                        used, size;
    double                        data[];
};

/* A copy of size bytes; NULL where memory ends. */
static void *keep(bal_predictions *p, const void *from, size_t size)
{
    struct bal_predictions_block *b = p->blocks;
    size_t                        step = (size + sizeof(double) - 1) / sizeof(double) * sizeof(double);
    if (!b || b->size - b->used < step) {
        size_t room = step > BLOCK ? step : BLOCK;
        b = malloc(sizeof *b + room);
        if (!b) return NULL;
        b->next = p->blocks;
        b->used = 0;
        b->size = room;
        p->blocks = b;
    }
    void *at = (char *)b->data + b->used;
    b->used += step;
    return memcpy(at, from, size);
}

static bal_status no_memory(const bal_predictions *p)
{
    return bal_fail(BAL_ENOMEM, "no memory for %d predictions of %d classes", p->count + 1, p->class_count);
}

bal_status bal_predictions_init(bal_predictions *out, const char *const *classes, int class_count, bool probabilities)
{
    assert(class_count > 0 && class_count <= BAL_CLASSES_MAX);
    *out = (bal_predictions){.probabilities = probabilities};
    out->classes = calloc((size_t)class_count, sizeof *out->classes);
    for (; out->classes && out->class_count < class_count; out->class_count++) {
        out->classes[out->class_count] = strdup(classes[out->class_count]);
        if (!out->classes[out->class_count]) break;
    }
    if (out->class_count == class_count) return BAL_OK;
    bal_predictions_free(out);
    return bal_fail(BAL_ENOMEM, "no memory for %d class names", class_count);
}

static bool make_room(bal_predictions *p)
{
    if (p->count < p->capacity) return true;
    int             capacity = p->capacity ? 2 * p->capacity : 256;
    bal_prediction *row = realloc(p->row, (size_t)capacity * sizeof *row);
    if (!row) return false;
    p->row = row;
    p->capacity = capacity;
    return true;
}

bal_status bal_predictions_add(bal_predictions *p, const bal_prediction *row)
{
    bal_prediction copy = *row;
    assert(row->label >= -1 && row->label < p->class_count);
    assert(row->predicted >= 0 && row->predicted < p->class_count);
    assert(p->probabilities == (row->probability != NULL));
    if (!make_room(p)) return no_memory(p);
    for (size_t i = 0; i < TEXTS; i++) {
        const char **text = text_of(&copy, i);
        if (*text && !(*text = keep(p, *text, strlen(*text) + 1))) return no_memory(p);
    }
    if (p->probabilities)
        copy.probability = keep(p, row->probability, (size_t)p->class_count * sizeof *row->probability);
    if (p->probabilities && !copy.probability) return no_memory(p);
    p->row[p->count++] = copy;
    return BAL_OK;
}

void bal_predictions_free(bal_predictions *p)
{
    if (!p) return;
    for (int i = 0; i < p->class_count; i++) free(p->classes[i]);
    free(p->classes);
    free(p->row);
    while (p->blocks) {
        struct bal_predictions_block *next = p->blocks->next;
        free(p->blocks);
        p->blocks = next;
    }
    *p = (bal_predictions){0};
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

typedef struct reader {
    const char  *name, *text; /* text: NULL for a file */
    size_t       size;
    bal_csv     *csv;
    int          label, predicted, texts[TEXTS]; /* columns; -1: absent */
    bal_names    classes;
    const char **sorted;      /* into classes, bytewise */
    int         *column;      /* of each class's probability; NULL: there are none */
    double      *probability; /* of one row */
} reader;

/* Also a second time: the file may be another by then. */
static bal_status open_csv(reader *r)
{
    bal_csv_close(r->csv);
    BAL_TRY(r->text ? bal_csv_parse(&r->csv, r->name, r->text, r->size) : bal_csv_open(&r->csv, r->name));
    BAL_TRY(bal_csv_column(&r->label, r->csv, "label"));
    BAL_TRY(bal_csv_column(&r->predicted, r->csv, "predicted"));
    for (size_t i = 0; i < TEXTS; i++) r->texts[i] = bal_csv_find(r->csv, texts[i].name);
    return BAL_OK;
}

static bal_status out_of_memory(const reader *r)
{
    return bal_fail(BAL_ENOMEM, "%s: no memory for %d classes", r->name, r->classes.count);
}

static bal_status too_many(const reader *r)
{
    return bal_fail_at(bal_csv_at(r->csv), "more than %d classes; is this the right column?", BAL_CLASSES_MAX);
}

static bool is_probability(const char *column) { return strncmp(column, "p:", 2) == 0; }

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Room for what is known once the classes are. */
static bal_status settle(reader *r)
{
    size_t count = (size_t)r->classes.count;
    r->sorted = calloc(count + 1, sizeof *r->sorted);
    r->column = calloc(count, sizeof *r->column);
    r->probability = calloc(count, sizeof *r->probability);
    if (!r->sorted || !r->column || !r->probability) return out_of_memory(r);
    for (size_t i = 0; i < count; i++) r->sorted[i] = r->classes.name[i];
    qsort(r->sorted, count, sizeof *r->sorted, by_name);
    return BAL_OK;
}

/* Classes from the p: columns. */
static bal_status named_classes(reader *r)
{
    const char *const *header = bal_csv_header(r->csv);
    for (int i = 0; i < bal_csv_columns(r->csv); i++) {
        if (!is_probability(header[i])) continue;
        if (!header[i][2]) return bal_fail_at(bal_csv_at(r->csv), "a column \"p:\" without the name of a class");
        if (r->classes.count == BAL_CLASSES_MAX) return too_many(r);
        BAL_TRY(bal_names_add(&r->classes, header[i] + 2));
    }
    BAL_TRY(settle(r));
    for (int i = 0, c = 0; i < bal_csv_columns(r->csv); i++)
        if (is_probability(header[i])) r->column[c++] = i;
    return BAL_OK;
}

/* Where a name is in a sorted list, or would have to be. */
static int place_of(const bal_names *names, const char *name)
{
    int low = 0, high = names->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (strcmp(names->name[middle], name) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

static bal_status add_seen(reader *r, const char *name)
{
    bal_names *names = &r->classes;
    int        at = place_of(names, name);
    if (!*name || (at < names->count && strcmp(names->name[at], name) == 0)) return BAL_OK;
    if (names->count == BAL_CLASSES_MAX) return too_many(r);
    BAL_TRY(bal_names_add(names, name));
    char *added = names->name[names->count - 1];
    memmove(names->name + at + 1, names->name + at, (size_t)(names->count - 1 - at) * sizeof *names->name);
    names->name[at] = added;
    return BAL_OK;
}

static bool is_reserved(const char *column)
{
    for (size_t i = 0; i < TEXTS; i++)
        if (strcmp(column, texts[i].name) == 0) return true;
    return strcmp(column, "label") == 0 || strcmp(column, "predicted") == 0;
}

/* Columns named by the bare class: all classes have one, or none has. */
static bal_status bare_columns(reader *r)
{
    int found = 0, missing = -1;
    for (int c = 0; c < r->classes.count; c++) {
        const char *name = r->classes.name[c];
        r->column[c] = is_reserved(name) ? -1 : bal_csv_find(r->csv, name);
        if (r->column[c] >= 0) found++;
        else if (missing < 0) missing = c;
    }
    if (found > 0 && missing >= 0)
        return bal_fail_at(bal_csv_at(r->csv), "class \"%s\" has no column, but %d other class%s",
                           r->classes.name[missing], found, found == 1 ? " has" : "es have");
    if (found > 0) return BAL_OK;
    free(r->column);
    r->column = NULL;
    return BAL_OK;
}

/* Classes from the labels and predictions: a pass over the rows, and then back to the first. */
static bal_status seen_classes(reader *r)
{
    struct stat        info;
    const char *const *row;
    bal_status         st;
    while ((st = bal_csv_next(&row, r->csv)) == BAL_OK && row) {
        BAL_TRY(add_seen(r, row[r->label]));
        BAL_TRY(add_seen(r, row[r->predicted]));
    }
    BAL_TRY(st);
    if (!r->text && stat(r->name, &info) == 0 && !S_ISREG(info.st_mode))
        return bal_fail(BAL_EIO, "%s: a file without columns p:<class> is read twice, so it cannot be a pipe", r->name);
    BAL_TRY(open_csv(r));
    if (r->classes.count == 0) return BAL_OK; /* no rows, or rows whose fault is found when they are read */
    BAL_TRY(settle(r));
    return bare_columns(r);
}

static bal_status find_classes(reader *r)
{
    const char *const *header = bal_csv_header(r->csv);
    while (*header && !is_probability(*header)) header++;
    return *header ? named_classes(r) : seen_classes(r);
}

static bal_status empty_class(const reader *r, const char *column)
{
    if (strcmp(column, "label") != 0) return bal_fail_at(bal_csv_at(r->csv), "%s is empty", column);
    return bal_fail_at(bal_csv_at(r->csv), "label is empty: a report compares predictions with what the images are; "
                                           "ballast predict takes labels from a CSV file with columns path,label");
}

/* Index of the class that a field names. */
static bal_status read_class(int *out, const reader *r, const char *column, const char *name)
{
    if (!*name) return empty_class(r, column);
    size_t             count = (size_t)r->classes.count;
    const char *const *found = bsearch(&name, r->sorted, count, sizeof *r->sorted, by_name);
    if (!found) {
        const char *nearest = bal_nearest(name, r->sorted);
        return bal_fail_at(bal_csv_at(r->csv), "%s \"%s\" has no column p:%s%s%s%s", column, name, name,
                           nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    }
    for (*out = 0; r->classes.name[*out] != *found;) ++*out;
    return BAL_OK;
}

static bal_status read_probabilities(reader *r, const char *const *row)
{
    double sum = 0;
    for (int c = 0; c < r->classes.count; c++) {
        const char *name = bal_csv_header(r->csv)[r->column[c]], *text = row[r->column[c]];
        double     *v = &r->probability[c];
        if (!bal_number_parse(v, text) || *v < 0 || *v > 1 + TOLERANCE)
            return bal_fail_at(bal_csv_at(r->csv), "%s is \"%s\", not a probability (0 to 1)", name, text);
        sum += *v;
    }
    if (sum < 1 - TOLERANCE || sum > 1 + TOLERANCE)
        return bal_fail_at(bal_csv_at(r->csv), "the probabilities of %d classes add up to %.6g, not 1",
                           r->classes.count, sum);
    return BAL_OK;
}

static bal_status read_row(bal_predictions *out, reader *r, const char *const *row)
{
    bal_prediction one = {0};
    BAL_TRY(read_class(&one.label, r, "label", row[r->label]));
    BAL_TRY(read_class(&one.predicted, r, "predicted", row[r->predicted]));
    for (size_t i = 0; i < TEXTS; i++)
        if (r->texts[i] >= 0 && *row[r->texts[i]]) *text_of(&one, i) = row[r->texts[i]];
    if (r->column) BAL_TRY(read_probabilities(r, row));
    if (r->column) one.probability = r->probability;
    return bal_predictions_add(out, &one);
}

static bal_status read_rows(bal_predictions *out, reader *r)
{
    const char *const *row;
    bal_status         st;
    BAL_TRY(open_csv(r));
    BAL_TRY(find_classes(r));
    BAL_TRY(bal_csv_next(&row, r->csv));
    if (!row) return bal_fail_at((bal_where){r->name, 1}, "no predictions below the header");
    if (r->classes.count == 0) return empty_class(r, "label");
    BAL_TRY(bal_predictions_init(out, (const char *const *)r->classes.name, r->classes.count, r->column != NULL));
    do {
        BAL_TRY(read_row(out, r, row));
    } while ((st = bal_csv_next(&row, r->csv)) == BAL_OK && row);
    return st;
}

static bal_status read_from(bal_predictions *out, reader *r)
{
    *out = (bal_predictions){0};
    bal_status st = read_rows(out, r);
    if (st) bal_predictions_free(out);
    bal_csv_close(r->csv);
    bal_names_free(&r->classes);
    free(r->sorted);
    free(r->column);
    free(r->probability);
    return st;
}

bal_status bal_predictions_read(bal_predictions *out, const char *path)
{
    return read_from(out, &(reader){.name = path});
}

bal_status bal_predictions_parse(bal_predictions *out, const char *name, const char *text, size_t size)
{
    return read_from(out, &(reader){.name = name, .text = text, .size = size});
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

static bal_status write_header(FILE *to, const bal_predictions *p, const bool *used)
{
    fputs("path,label,predicted", to);
    for (size_t i = 1; i < TEXTS; i++)
        if (used[i]) fprintf(to, ",%s", texts[i].name);
    fputc(p->probabilities ? ',' : '\n', to);
    for (int c = 0; p->probabilities && c < p->class_count; c++) {
        char *name = bal_format("p:%s", p->classes[c]);
        if (!name) return no_memory(p);
        bal_csv_put(to, name, c == p->class_count - 1 ? '\n' : ',');
        free(name);
    }
    return BAL_OK;
}

static void write_row(FILE *to, const bal_predictions *p, const bal_prediction *row, const bool *used)
{
    const char *field[2 + TEXTS];
    int         count = 0;
    field[count++] = row->path;
    field[count++] = row->label >= 0 ? p->classes[row->label] : NULL;
    field[count++] = p->classes[row->predicted];
    for (size_t i = 1; i < TEXTS; i++)
        if (used[i]) field[count++] = *text_in(row, i);
    int last = count + (p->probabilities ? p->class_count : 0) - 1;
    for (int i = 0; i < count; i++) bal_csv_put(to, field[i] ? field[i] : "", i == last ? '\n' : ',');
    for (int i = count; i <= last; i++) bal_csv_put_number(to, row->probability[i - count], i == last ? '\n' : ',');
}

bal_status bal_predictions_write(const bal_predictions *p, const char *path)
{
    bal_file_writer w;
    bool            used[TEXTS] = {false};
    for (int r = 0; r < p->count; r++)
        for (size_t i = 0; i < TEXTS; i++) used[i] |= *text_in(&p->row[r], i) != NULL;
    BAL_TRY(bal_file_create(&w, path));
    bal_status st = write_header(w.file, p, used);
    if (st) {
        bal_file_discard(&w);
        return st;
    }
    for (int r = 0; r < p->count; r++) write_row(w.file, p, &p->row[r], used);
    return bal_file_commit(&w);
}
