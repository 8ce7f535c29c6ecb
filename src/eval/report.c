/* report -- see ballast/report.h. */
#include "ballast/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "ballast/html.h"
#include "ballast/text.h"
#include "eval/background.h"
#include "eval/bootstrap.h"
#include "eval/prose.h"
#include "eval/words.h"

enum { MATRIX = 120 };         /* columns of a confusion matrix; a wider one is headed by numbers, not by names */
enum { MATRIX_CLASSES = 100 }; /* of more classes it stands in report.json only */

/* Sorted once for both. */
static bal_status measure(bal_report *out, const bal_predictions *p, uint64_t seed)
{
    bal_sample s;
    BAL_TRY(bal_sample_init(&s, p));
    bal_status st = bal_metrics_init(&out->metrics, p->class_count);
    if (st == BAL_OK) {
        bal_sample_measure(&out->metrics, &s, NULL);
        st = bal_intervals_from(&out->intervals, &s, p, &out->metrics, seed);
        if (st == BAL_OK) st = bal_bands_from(&out->bands, &s, p, &out->metrics, seed);
    }
    bal_sample_free(&s);
    return st;
}

bal_status bal_report_make(bal_report *out, const bal_predictions *p, const bal_background *b, uint64_t seed)
{
    *out = (bal_report){.predictions = p, .seed = seed};
    if (b) out->background = *b;
    bal_status st = measure(out, p, seed);
    if (st == BAL_OK) st = bal_leaks_within(out->background.leaks, p);
    if (st == BAL_OK) st = bal_words_add(out);
    if (st) bal_report_free(out);
    return st;
}

void bal_report_free(bal_report *r)
{
    if (!r) return;
    bal_metrics_free(&r->metrics);
    bal_intervals_free(&r->intervals);
    bal_bands_free(&r->bands);
    bal_names_free(&r->warnings);
    free(r->answer);
    free(r->operating);
    free(r->made);
    *r = (bal_report){0};
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static int widest_name(const bal_predictions *p)
{
    int widest = 0;
    for (int c = 0; c < p->class_count; c++)
        if (bal_prose_columns(p->classes[c]) > widest) widest = bal_prose_columns(p->classes[c]);
    return widest;
}

static void put_cell(FILE *to, double v)
{
    if (isnan(v)) fprintf(to, " %9s", "n/a");
    else fprintf(to, " %9.2f", v);
}

static void put_scores(FILE *to, const char *name, int width, const bal_scores *s)
{
    bal_prose_right(to, name, width);
    fputc(' ', to);
    put_cell(to, s->precision);
    put_cell(to, s->recall);
    put_cell(to, s->f1);
    fprintf(to, " %9d\n", s->support);
}

/* As scikit-learn's classification_report has it. */
static void put_table(FILE *to, const bal_report *r)
{
    const bal_metrics *m = &r->metrics;
    int                names = widest_name(r->predictions), width = names > 12 ? names : 12; /* "weighted avg" */
    fprintf(to, "%*s  %9s %9s %9s %9s\n\n", width, "", "precision", "recall", "f1-score", "support");
    for (int c = 0; c < m->class_count; c++) put_scores(to, r->predictions->classes[c], width, &m->classes[c]);
    fprintf(to, "\n%*s  %9s %9s", width, "accuracy", "", "");
    put_cell(to, m->accuracy);
    fprintf(to, " %9d\n", m->count);
    put_scores(to, "macro avg", width, &m->macro);
    put_scores(to, "weighted avg", width, &m->weighted);
}

/* The matrix is as wide as its names, or its counts where these are wider. */
static int column_width(const bal_report *r, int c, bool numbered)
{
    int width = numbered ? 2 + snprintf(NULL, 0, "%d", c + 1) : bal_prose_columns(r->predictions->classes[c]);
    int digits = snprintf(NULL, 0, "%d", r->metrics.classes[c].predicted);
    return digits > width ? digits : width;
}

static void put_heading(FILE *to, const bal_report *r, int c, bool numbered)
{
    char number[16];
    snprintf(number, sizeof number, "(%d)", c + 1);
    fputs("  ", to);
    bal_prose_right(to, numbered ? number : r->predictions->classes[c], column_width(r, c, numbered));
}

static void put_matrix(FILE *to, const bal_report *r)
{
    int  count = r->metrics.class_count, names = widest_name(r->predictions), width = names;
    bool numbered;
    if (count > MATRIX_CLASSES) {
        fprintf(to, "\nconfusion matrix: %d classes, see report.json\n", count);
        return;
    }
    for (int c = 0; c < count; c++) width += 2 + column_width(r, c, false);
    numbered = width > MATRIX;
    fputs("\nconfusion matrix (rows: truth, columns: prediction)\n\n", to);
    fprintf(to, "%*s", names + 6 * numbered, "");
    for (int c = 0; c < count; c++) put_heading(to, r, c, numbered);
    for (int t = 0; t < count; t++) {
        fputc('\n', to);
        bal_prose_right(to, r->predictions->classes[t], names);
        if (numbered) fprintf(to, " %*s(%d)", 3 - snprintf(NULL, 0, "%d", t + 1), "", t + 1);
        for (int c = 0; c < count; c++)
            fprintf(to, "  %*d", column_width(r, c, numbered), r->metrics.confusion[t * count + c]);
    }
    fputc('\n', to);
}

static bal_status put_words(FILE *to, const bal_report *r)
{
    const bal_metrics *m = &r->metrics;
    fprintf(to, "\n%s\nAccuracy ", r->answer);
    bal_prose_figure(to, m->accuracy);
    fprintf(to, ", %d image%s", m->count, m->count == 1 ? "" : "s");
    if (!isnan(m->loss)) fprintf(to, ", loss %.4f (mean cross-entropy in nats)", m->loss);
    fputs(".\n", to);
    if (r->operating) {
        fputs("\noperating point\n  ", to);
        bal_prose_wrapped(to, r->operating, 2);
    }
    if (r->made) {
        fputc('\n', to);
        bal_prose_wrapped(to, r->made, 0);
    }
    if (r->background.gate[0]) {
        fputs("\ngenerated images\n  ", to);
        bal_prose_wrapped(to, r->background.gate, 2);
    }
    if (m->class_count <= MATRIX_CLASSES) BAL_TRY(bal_words_intervals(to, r));
    bal_generators_text(to, r->background.generators);
    if (r->warnings.count) fputc('\n', to);
    for (int i = 0; i < r->warnings.count; i++) {
        fputs("- ", to);
        bal_prose_wrapped(to, r->warnings.name[i], 2);
    }
    return BAL_OK;
}

bal_status bal_report_text(char **out, const bal_report *r)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return bal_prose_no_memory();
    put_table(to, r);
    put_matrix(to, r);
    bal_status st = put_words(to, r), closed = bal_prose_close(to, out);
    if (!st || closed) return closed;
    free(*out);
    *out = NULL;
    return st;
}

/* ---- JSON: cJSON's own numbers lose the last bit, so numbers go in as text --------------------------------------- */

static bool add_number(cJSON *to, const char *key, double v)
{
    char text[BAL_NUMBER_SIZE];
    if (isnan(v)) return cJSON_AddNullToObject(to, key) != NULL;
    return cJSON_AddRawToObject(to, key, bal_number_print(text, v)) != NULL;
}

static bool add_scores(cJSON *to, const char *key, const bal_scores *s, bool of_class)
{
    cJSON *one = cJSON_AddObjectToObject(to, key);
    return one && add_number(one, "precision", s->precision) && add_number(one, "recall", s->recall) &&
           add_number(one, "specificity", s->specificity) && add_number(one, "f1-score", s->f1) &&
           add_number(one, "support", s->support) &&
           (!of_class || (add_number(one, "predicted", s->predicted) && add_number(one, "auroc", s->auroc) &&
                          add_number(one, "auprc", s->auprc)));
}

static bool add_intervals(cJSON *to, const bal_metric *figures, const bal_interval *of, int count)
{
    cJSON *all = cJSON_AddObjectToObject(to, "ci95");
    for (int i = 0; all && i < count; i++) {
        char low[BAL_NUMBER_SIZE], high[BAL_NUMBER_SIZE], text[2 * BAL_NUMBER_SIZE + 8] = "null";
        if (!isnan(of[i].low))
            snprintf(text, sizeof text, "[%s, %s]", bal_number_print(low, of[i].low),
                     bal_number_print(high, of[i].high));
        if (!cJSON_AddRawToObject(all, figures[i].key, text)) return false;
    }
    return all != NULL;
}

static bool add_classes(cJSON *to, const bal_report *r)
{
    cJSON *classes = cJSON_AddObjectToObject(to, "classes");
    for (int c = 0; classes && c < r->metrics.class_count; c++) {
        const char *name = r->predictions->classes[c];
        if (!add_scores(classes, name, &r->metrics.classes[c], true)) return false;
        cJSON *one = cJSON_GetObjectItemCaseSensitive(classes, name);
        if (!add_intervals(one, bal_class_figures, r->intervals.classes[c], BAL_CLASS_FIGURES)) return false;
    }
    return classes != NULL;
}

/* A row of counts as one piece of text: a matrix of 4096 classes would be 16 million items. */
static bool add_row(cJSON *to, const int *count, int n)
{
    char  *text;
    size_t size;
    FILE  *row = open_memstream(&text, &size);
    if (!row) return false;
    for (int c = 0; c < n; c++) fprintf(row, "%s%d", c ? ", " : "[", count[c]);
    fputc(']', row);
    if (bal_prose_close(row, &text)) return false;
    cJSON *item = cJSON_CreateRaw(text);
    free(text);
    return cJSON_AddItemToArray(to, item);
}

static bool add_matrix(cJSON *to, const bal_report *r)
{
    int    n = r->metrics.class_count;
    cJSON *matrix = cJSON_AddObjectToObject(to, "confusion_matrix");
    cJSON *labels = cJSON_AddArrayToObject(matrix, "labels"), *counts = cJSON_AddArrayToObject(matrix, "counts");
    if (!labels || !counts) return false;
    for (int t = 0; t < n; t++) {
        if (!cJSON_AddItemToArray(labels, cJSON_CreateString(r->predictions->classes[t]))) return false;
        if (!add_row(counts, &r->metrics.confusion[t * n], n)) return false;
    }
    return true;
}

static bool add_warnings(cJSON *to, const bal_report *r)
{
    cJSON *list = cJSON_AddArrayToObject(to, "warnings");
    for (int i = 0; list && i < r->warnings.count; i++)
        if (!cJSON_AddItemToArray(list, cJSON_CreateString(r->warnings.name[i]))) return false;
    return list != NULL;
}

/* What draws the intervals of the bootstrap again. */
static bool add_resamples(cJSON *to, const bal_report *r)
{
    char   seed[32];
    cJSON *one = cJSON_AddObjectToObject(to, "resamples");
    snprintf(seed, sizeof seed, "%" PRIu64, r->seed);
    return one && add_number(one, "count", r->intervals.resamples) && cJSON_AddRawToObject(one, "seed", seed) &&
           cJSON_AddBoolToObject(one, "groups", r->intervals.grouped);
}

static bool add_figures(cJSON *to, const bal_metrics *m)
{
    bool whole = true;
    for (int i = 0; i < BAL_FIGURES; i++) whole &= add_number(to, bal_figures[i].key, bal_metrics_figure(m, i));
    return whole;
}

static bool add_all(cJSON *to, const bal_report *r)
{
    const bal_metrics *m = &r->metrics;
    return to && add_figures(to, m) && add_classes(to, r) && add_scores(to, "macro avg", &m->macro, false) &&
           add_scores(to, "weighted avg", &m->weighted, false) && add_scores(to, "micro avg", &m->micro, false) &&
           add_matrix(to, r) && add_intervals(to, bal_figures, r->intervals.figure, BAL_FIGURES) &&
           add_resamples(to, r) && bal_background_put(to, &r->background, r->predictions) && add_warnings(to, r);
}

bal_status bal_report_json(char **out, const bal_report *r, bool one_line)
{
    cJSON *json = cJSON_CreateObject();
    char  *text = NULL;
    if (add_all(json, r)) text = one_line ? cJSON_PrintUnformatted(json) : cJSON_Print(json);
    cJSON_Delete(json);
    *out = text ? bal_format("%s\n", text) : NULL;
    cJSON_free(text);
    return *out ? BAL_OK : bal_prose_no_memory();
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* Takes over the text. */
static bal_status save(const char *folder, const char *name, char *text)
{
    char      *path = bal_path_join(folder, name);
    bal_status st = path ? bal_file_write(path, text, strlen(text)) : bal_prose_no_memory();
    free(path);
    free(text);
    return st;
}

/* A copy keeps columns that are not ours, and millions of numbers need not be printed. */
static bal_status save_predictions(const char *folder, const bal_report *r)
{
    const char *source = r->background.source;
    char       *path = bal_path_join(folder, "predictions.csv");
    bal_status  st = path ? BAL_OK : bal_prose_no_memory();
    if (st == BAL_OK) st = source ? bal_file_copy(path, source) : bal_predictions_write(r->predictions, path);
    free(path);
    return st;
}

bal_status bal_report_save(const bal_report *r, const char *folder)
{
    char *text;
    BAL_TRY(bal_folder_create(folder));
    BAL_TRY(save_predictions(folder, r));
    BAL_TRY(bal_report_text(&text, r));
    BAL_TRY(save(folder, "report.txt", text));
    BAL_TRY(bal_html_save(r, folder));
    BAL_TRY(bal_curves_json(&text, r->predictions));
    BAL_TRY(save(folder, "curves.json", text));
    BAL_TRY(bal_report_json(&text, r, false)); /* last: an experiment's part is done when it is there */
    return save(folder, "report.json", text);
}

bal_status bal_report_write(const char *folder, const bal_predictions *p, const bal_background *b)
{
    bal_report r;
    BAL_TRY(bal_report_make(&r, p, b, BAL_REPORT_SEED));
    bal_status st = bal_report_save(&r, folder);
    bal_report_free(&r);
    return st;
}
