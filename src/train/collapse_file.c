/* collapse_file -- collapse.csv: what the detector saw, what it said, what was done. See include/ballast/collapse.h. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/collapse.h"
#include "ballast/csv.h"
#include "ballast/files.h"
#include "ballast/text.h"

static const struct {
    const char *name;
    size_t      offset;
} figures[] = {
    {"lr", offsetof(bal_collapse_epoch, lr)},
    {"train_loss", offsetof(bal_collapse_epoch, train_loss)},
    {"train_accuracy", offsetof(bal_collapse_epoch, train_accuracy)},
    {"gradient_norm", offsetof(bal_collapse_epoch, gradient_norm)},
    {"first_loss", offsetof(bal_collapse_epoch, first_loss)},
    {"peak_loss", offsetof(bal_collapse_epoch, peak_loss)},
    {"spread", offsetof(bal_collapse_epoch, spread)},
    {"validation_loss", offsetof(bal_collapse_epoch, validation_loss)},
    {"validation_balanced_accuracy", offsetof(bal_collapse_epoch, validation_balanced_accuracy)},
};
enum { FIGURES = sizeof figures / sizeof *figures, WORDS = FIGURES + 2, BEFORE = WORDS + 3 /* columns */ };

static const char *const acts[BAL_RESCUE_ACTS] = {"restart", "lower", "raise", "bias", "sampler", "shuffle", "norm"};

static double *figure(const bal_collapse_epoch *e, int i) { return (double *)(void *)((char *)e + figures[i].offset); }

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void put_header(FILE *to, const bal_collapse_history *h, const char *const *classes)
{
    static const char *const of[] = {"answered", "mean"};
    fputs("epoch,step,", to);
    for (int i = 0; i < FIGURES; i++) fprintf(to, "%s,", figures[i].name);
    fputs("alarm,cause,rescue,", to);
    for (int i = 0; i < 2 * h->classes; i++) {
        char *name = bal_format("%s:%s", of[i / h->classes], classes[i % h->classes]);
        bal_csv_put(to, name ? name : "", i + 1 < 2 * h->classes ? ',' : '\n');
        free(name);
    }
}

static void put_acts(FILE *to, int done)
{
    char text[64] = "";
    for (int i = 0; i < BAL_RESCUE_ACTS; i++)
        if (done & 1 << i) snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? " " : "", acts[i]);
    bal_csv_put(to, text, ',');
}

static void put_epoch(FILE *to, const bal_collapse_epoch *e, int classes)
{
    bal_csv_put_number(to, e->epoch, ',');
    bal_csv_put_number(to, e->step, ',');
    for (int i = 0; i < FIGURES; i++) bal_csv_put_number(to, *figure(e, i), ',');
    bal_csv_put(to, bal_alarm_kinds[e->alarm], ',');
    bal_csv_put(to, e->alarm ? bal_alarm_causes[e->cause] : "", ',');
    put_acts(to, e->acts);
    for (int k = 0; k < classes; k++) bal_csv_put_number(to, e->share[k], ',');
    for (int k = 0; k < classes; k++) bal_csv_put_number(to, e->mean[k], k + 1 < classes ? ',' : '\n');
}

bal_status bal_collapse_write(const bal_collapse_history *h, const char *path, const char *const *classes)
{
    bal_file_writer w;
    BAL_TRY(bal_file_create(&w, path));
    put_header(w.file, h, classes);
    for (int i = 0; i < h->count; i++) put_epoch(w.file, &h->epoch[i], h->classes);
    return bal_file_commit(&w);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bal_status read_number(double *out, const bal_csv *csv, const char *text)
{
    *out = (double)NAN;
    if (!*text || bal_number_parse(out, text)) return BAL_OK;
    return bal_fail_at(bal_csv_at(csv), "\"%s\" is not a number", text);
}

static bal_status read_word(int *out, const bal_csv *csv, const char *const *words, const char *text)
{
    for (*out = 0; words[*out]; ++*out)
        if (strcmp(words[*out], text) == 0) return BAL_OK;
    return bal_fail_at(bal_csv_at(csv), "\"%s\" is nothing that is written here", text);
}

static int read_acts(const char *text)
{
    int done = 0;
    for (int i = 0; i < BAL_RESCUE_ACTS; i++)
        if (strstr(text, acts[i])) done |= 1 << i;
    return done;
}

static bal_status read_row(bal_collapse_epoch *e, const bal_csv *csv, const char *const *row, int classes)
{
    double whole[2];
    for (int i = 0; i < 2; i++) BAL_TRY(read_number(&whole[i], csv, row[i]));
    if (!(whole[0] >= 1 && whole[0] <= 1e9 && whole[1] >= 1 && whole[1] <= 1e9))
        return bal_fail_at(bal_csv_at(csv), "epoch %s, step %s", row[0], row[1]);
    e->epoch = (int)whole[0];
    e->step = (int)whole[1];
    for (int i = 0; i < FIGURES; i++) BAL_TRY(read_number(figure(e, i), csv, row[2 + i]));
    BAL_TRY(read_word(&e->alarm, csv, bal_alarm_kinds, row[WORDS]));
    e->cause = 0;
    if (e->alarm) BAL_TRY(read_word(&e->cause, csv, bal_alarm_causes, row[WORDS + 1]));
    e->acts = read_acts(row[WORDS + 2]);
    for (int k = 0; k < 2 * classes; k++) BAL_TRY(read_number(&e->share[k], csv, row[BEFORE + k]));
    return BAL_OK;
}

static bal_status read_rows(bal_collapse_history *out, bal_csv *csv, int keep)
{
    bal_collapse_epoch e = {0};
    const char *const *row;
    bal_status         st = BAL_OK;
    out->classes = (bal_csv_columns(csv) - BEFORE) / 2;
    if (bal_csv_find(csv, "rescue") != BEFORE - 1 || out->classes < 1)
        return bal_fail_at(bal_csv_at(csv), "not the columns of a collapse.csv");
    e.share = calloc(2 * (size_t)out->classes, sizeof *e.share);
    if (!e.share) return bal_fail(BAL_ENOMEM, "no memory for %d classes", out->classes);
    e.mean = e.share + out->classes;
    while (st == BAL_OK && (st = bal_csv_next(&row, csv)) == BAL_OK && row) {
        st = read_row(&e, csv, row, out->classes);
        if (st == BAL_OK && e.epoch > keep) break;
        if (st == BAL_OK) st = bal_collapse_add(out, &e);
    }
    free(e.share);
    return st;
}

bal_status bal_collapse_read(bal_collapse_history *out, const char *path, int keep)
{
    bal_csv *csv;
    *out = (bal_collapse_history){0};
    BAL_TRY(bal_csv_open(&csv, path));
    bal_status st = read_rows(out, csv, keep);
    bal_csv_close(csv);
    if (st) bal_collapse_free(out);
    return st;
}

static void put_summary(FILE *to, const bal_collapse_history *h)
{
    const char *between = "";
    for (int i = 0; i < h->count; i++) {
        const bal_collapse_epoch *e = &h->epoch[i];
        char                     *done;
        if (!e->alarm) continue;
        fprintf(to, "%sepoch %d: %s, likely cause: %s", between, e->epoch, bal_alarm_kinds[e->alarm],
                bal_alarm_causes[e->cause]);
        between = "; ";
        if (!e->acts || bal_collapse_say_acts(&done, e->acts)) continue;
        fprintf(to, " (rescue: %s)", done);
        free(done);
    }
}

bal_status bal_collapse_summary(char **out, const char *path)
{
    bal_collapse_history h;
    size_t               size;
    *out = NULL;
    if (!bal_file_exists(path)) return BAL_OK;
    BAL_TRY(bal_collapse_read(&h, path, (int)1e9));
    FILE *to = open_memstream(out, &size);
    if (to) put_summary(to, &h);
    bal_status st = to && fclose(to) == 0 ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for words");
    bal_collapse_free(&h);
    if (st == BAL_OK && **out) return BAL_OK;
    free(*out);
    *out = NULL;
    return st;
}
