/* history -- see ballast/history.h. */
#include "ballast/history.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/csv.h"
#include "ballast/files.h"
#include "ballast/plot.h"
#include "ballast/text.h"
#include "eval/prose.h"

bal_status bal_history_add(bal_history *h, const bal_epoch *epoch)
{
    if (h->count == h->capacity) {
        int        capacity = h->capacity ? 2 * h->capacity : 64;
        bal_epoch *more = realloc(h->epoch, (size_t)capacity * sizeof *more);
        if (!more) return bal_fail(BAL_ENOMEM, "no memory for the history of %d epochs", capacity);
        h->epoch = more;
        h->capacity = capacity;
    }
    h->epoch[h->count++] = *epoch;
    return BAL_OK;
}

void bal_history_free(bal_history *h)
{
    if (!h) return;
    free(h->epoch);
    *h = (bal_history){0};
}

static bool better(const bal_epoch *a, const bal_epoch *b)
{
    if (a->validation_balanced_accuracy != b->validation_balanced_accuracy)
        return a->validation_balanced_accuracy > b->validation_balanced_accuracy;
    return a->validation_loss < b->validation_loss;
}

int bal_history_best(const bal_history *h)
{
    int best = -1;
    for (int i = 0; i < h->count; i++) {
        if (isnan(h->epoch[i].validation_balanced_accuracy)) continue;
        if (best < 0 || better(&h->epoch[i], &h->epoch[best])) best = i;
    }
    return best;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t      offset;
} members[] = {
    {"train_loss", offsetof(bal_epoch, train_loss)},
    {"train_accuracy", offsetof(bal_epoch, train_accuracy)},
    {"validation_loss", offsetof(bal_epoch, validation_loss)},
    {"validation_accuracy", offsetof(bal_epoch, validation_accuracy)},
    {"validation_balanced_accuracy", offsetof(bal_epoch, validation_balanced_accuracy)},
};
#define MEMBERS ((int)(sizeof members / sizeof *members))

static double *member(bal_epoch *e, int i) { return (double *)(void *)((char *)e + members[i].offset); }

static bal_status read_number(double *out, const bal_csv *csv, int column, const char *text)
{
    *out = (double)NAN;
    if (!*text || bal_number_parse(out, text)) return BAL_OK;
    return bal_fail_at(bal_csv_at(csv), "%s is \"%s\", not a number", bal_csv_header(csv)[column], text);
}

static bal_status read_epoch(bal_history *out, const bal_csv *csv, const int *columns, const char *const *row)
{
    bal_epoch e = {0};
    double    number, before = out->count ? out->epoch[out->count - 1].epoch : 0;
    BAL_TRY(read_number(&number, csv, columns[MEMBERS], row[columns[MEMBERS]]));
    if (!(number > before && number <= 1e9 && number == floor(number)))
        return bal_fail_at(bal_csv_at(csv), "epoch is \"%s\", not a whole number above %.0f", row[columns[MEMBERS]],
                           before);
    e.epoch = (int)number;
    for (int i = 0; i < MEMBERS; i++) BAL_TRY(read_number(member(&e, i), csv, columns[i], row[columns[i]]));
    return bal_history_add(out, &e);
}

static bal_status read_epochs(bal_history *out, bal_csv *csv)
{
    int                columns[MEMBERS + 1];
    const char *const *row;
    bal_status         st;
    for (int i = 0; i < MEMBERS; i++) BAL_TRY(bal_csv_column(&columns[i], csv, members[i].name));
    BAL_TRY(bal_csv_column(&columns[MEMBERS], csv, "epoch"));
    while ((st = bal_csv_next(&row, csv)) == BAL_OK && row) BAL_TRY(read_epoch(out, csv, columns, row));
    return st;
}

bal_status bal_history_read(bal_history *out, const char *path)
{
    bal_csv *csv;
    *out = (bal_history){0};
    BAL_TRY(bal_csv_open(&csv, path));
    bal_status st = read_epochs(out, csv);
    bal_csv_close(csv);
    if (st) bal_history_free(out);
    return st;
}

/* ---- the picture ------------------------------------------------------------------------------------------------- */

typedef struct curves {
    double *x, *y[MEMBERS]; /* [count] each */
    double  kept[2];
    char   *kept_name;
} curves;

static void free_curves(curves *c)
{
    free(c->x);
    free(c->kept_name);
    for (int i = 0; i < MEMBERS; i++) free(c->y[i]);
}

static bal_status make_curves(curves *c, const bal_history *h)
{
    size_t size = (size_t)h->count * sizeof *c->x + 1;
    int    best = bal_history_best(h);
    bool   whole = (c->x = malloc(size)) != NULL;
    for (int m = 0; m < MEMBERS; m++) whole &= (c->y[m] = malloc(size)) != NULL;
    if (best >= 0) whole &= (c->kept_name = bal_format("kept: epoch %d", h->epoch[best].epoch)) != NULL;
    if (!whole) return bal_fail(BAL_ENOMEM, "no memory for the curves of %d epochs", h->count);
    for (int i = 0; i < h->count; i++) {
        c->x[i] = h->epoch[i].epoch;
        for (int m = 0; m < MEMBERS; m++) c->y[m][i] = *member(&h->epoch[i], m);
    }
    c->kept[0] = c->kept[1] = best >= 0 ? h->epoch[best].epoch : (double)NAN;
    return BAL_OK;
}

/* The highest finite value of both. */
static double highest(const double *a, const double *b, int count)
{
    double top = 0;
    for (int i = 0; i < count; i++) {
        if (isfinite(a[i])) top = fmax(top, a[i]);
        if (isfinite(b[i])) top = fmax(top, b[i]);
    }
    return top;
}

static bal_status draw(char **svg, const curves *c, int n)
{
    const double     nan = (double)NAN, high[] = {0, highest(c->y[0], c->y[2], n)}, one[] = {0, 1};
    const bal_series loss[] = {
        {.name = "train", .x = c->x, .y = c->y[0], .count = n},
        {.name = "validation", .x = c->x, .y = c->y[2], .count = n},
        {c->kept_name, c->kept, high, 2, .reference = true},
    };
    const bal_series accuracy[] = {
        {.name = "train", .x = c->x, .y = c->y[1], .count = n},
        {.name = "validation", .x = c->x, .y = c->y[3], .count = n},
        {.name = "validation, balanced", .x = c->x, .y = c->y[4], .count = n},
        {c->kept_name, c->kept, one, 2, .reference = true},
    };
    const bal_panel panels[] = {
        {"Loss", "epoch", "cross-entropy (nats)", loss, 3, nan, nan, 0, nan, .square = false},
        {"Accuracy", "epoch", "accuracy (0 to 1)", accuracy, 4, nan, nan, 0, 1, .square = false},
    };
    return bal_plot_svg(svg, panels, 2, 1);
}

bal_status bal_history_svg(char **svg, const bal_history *h)
{
    curves     c = {0};
    bal_status st = make_curves(&c, h);
    *svg = NULL;
    if (st == BAL_OK) st = draw(svg, &c, h->count);
    free_curves(&c);
    return st;
}

bal_status bal_history_plot(const bal_history *h, const char *path)
{
    char *svg;
    BAL_TRY(bal_history_svg(&svg, h));
    bal_status st = bal_file_write(path, svg, strlen(svg));
    free(svg);
    return st;
}

/* ---- the picture in words ---------------------------------------------------------------------------------------- */

static void put_change(FILE *to, const char *name, double first, double last)
{
    if (!isnan(first) && !isnan(last)) fprintf(to, " %s %.2f to %.2f,", name, first, last);
}

bal_status bal_history_words(char **out, const bal_history *h)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    int    best = bal_history_best(h);
    if (!to) return bal_prose_no_memory();
    fprintf(to, "Loss and accuracy over %d epoch%s of training, first to last:", h->count, h->count == 1 ? "" : "s");
    if (h->count) {
        const bal_epoch *a = &h->epoch[0], *b = &h->epoch[h->count - 1];
        put_change(to, "train loss", a->train_loss, b->train_loss);
        put_change(to, "validation loss", a->validation_loss, b->validation_loss);
        put_change(to, "train accuracy", a->train_accuracy, b->train_accuracy);
        put_change(to, "validation accuracy", a->validation_accuracy, b->validation_accuracy);
    }
    if (best >= 0)
        fprintf(to, " kept: epoch %d, balanced accuracy on validation %.2f.", h->epoch[best].epoch,
                h->epoch[best].validation_balanced_accuracy);
    else fputs(" the last was kept.", to);
    return bal_prose_close(to, out);
}
