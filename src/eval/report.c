/* report -- see ballast/report.h. */
#include "ballast/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "ballast/text.h"

enum { WORDS = 80 };           /* columns of running text */
enum { MATRIX = 120 };         /* columns of a confusion matrix; a wider one is headed by numbers, not by names */
enum { MATRIX_CLASSES = 100 }; /* of more classes it stands in report.json only */

static bal_status no_memory(void)
{
    return bal_fail(BAL_ENOMEM, "no memory for a report");
}

/* Close a stream over memory; its text is the caller's, or NULL. */
static bal_status close_text(FILE *to, char **text)
{
    bool whole = !ferror(to);
    whole &= fclose(to) == 0;
    if (whole) return BAL_OK;
    free(*text);
    *text = NULL;
    return no_memory();
}

/* Columns of UTF-8 text, one for each code point. */
static int columns_of(const char *text, size_t size)
{
    int n = 0;
    for (size_t i = 0; i < size; i++) n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

static int columns(const char *text)
{
    return columns_of(text, strlen(text));
}

/* A class name on one line, whatever is in it. */
static void put_name(FILE *to, const char *name)
{
    for (; *name; name++) fputc((unsigned char)*name < ' ' || *name == 0x7F ? '?' : *name, to);
}

static void put_right(FILE *to, const char *name, int width)
{
    fprintf(to, "%*s", width - columns(name) > 0 ? width - columns(name) : 0, "");
    put_name(to, name);
}

static void put_figure(FILE *to, double v)
{
    if (isnan(v)) fputs("n/a", to);
    else fprintf(to, "%.2f", v);
}

/* ---- the words ------------------------------------------------------------------------------------------------- */

typedef struct subject {
    const bal_metrics *m;
    char *const       *name;    /* of the classes */
    const bal_history *history; /* or NULL */
} subject;

static int supported_classes(const bal_metrics *m)
{
    int n = 0;
    for (int c = 0; c < m->class_count; c++) n += m->classes[c].support > 0;
    return n;
}

/* The next name of a list that `opening` begins. */
static void put_item(FILE *to, bool *any, const char *opening, const char *name)
{
    fputs(*any ? ", " : opening, to);
    put_name(to, name);
    *any = true;
}

/* Of classes that are found equally badly, the one with more images says more. */
static bool worse(const bal_scores *a, const bal_scores *b)
{
    return a->recall != b->recall ? a->recall < b->recall : a->support > b->support;
}

static void answer(FILE *to, const subject *s)
{
    int worst = -1, supported = supported_classes(s->m);
    for (int c = 0; c < s->m->class_count; c++)
        if (s->m->classes[c].support > 0 && (worst < 0 || worse(&s->m->classes[c], &s->m->classes[worst]))) worst = c;
    if (worst < 0) {
        fputs("No image has a label, so nothing can be said.", to);
        return;
    }
    const bal_scores *w = &s->m->classes[worst];
    double            found = s->m->balanced_accuracy;
    fprintf(to, "On average %.0f %% of the images of a class are found (balanced accuracy %.2f, guessing %.2f). ",
            100 * found, found, 1.0 / supported);
    fputs("Worst: ", to);
    put_name(to, s->name[worst]);
    fprintf(to, ", %d of %d found (recall %.2f).", s->m->confusion[worst * s->m->class_count + worst], w->support,
            w->recall);
}

static void never_predicted(FILE *to, const subject *s)
{
    bool any = false;
    char opening[64];
    snprintf(opening, sizeof opening, "Never predicted, in %d predictions: ", s->m->count);
    for (int c = 0; c < s->m->class_count; c++) {
        const bal_scores *one = &s->m->classes[c];
        if (one->predicted > 0 || one->support == 0) continue;
        put_item(to, &any, opening, s->name[c]);
        fprintf(to, " (0 of %d found)", one->support);
    }
    if (any) fputc('.', to);
}

static void no_better_than_majority(FILE *to, const subject *s)
{
    int largest = 0;
    for (int c = 1; c < s->m->class_count; c++)
        if (s->m->classes[c].support > s->m->classes[largest].support) largest = c;
    int most = s->m->classes[largest].support, supported = supported_classes(s->m);
    if (supported == 1) {
        fprintf(to, "All images are of one class, ");
        put_name(to, s->name[largest]);
        fprintf(to, " (%d of %d): whether classes are told apart cannot be seen.", most, s->m->count);
    }
    if (supported < 2 || s->m->accuracy > (double)most / s->m->count) return;
    fprintf(to, "Accuracy %.2f is no better than always answering ", s->m->accuracy);
    put_name(to, s->name[largest]);
    fprintf(to, ", which gives %.2f (%d of %d).", (double)most / s->m->count, most, s->m->count);
}

static void accuracies_drift(FILE *to, const subject *s)
{
    const bal_history *h = s->history;
    if (!h || h->count == 0) return;
    int              best = bal_history_best(h);
    const bal_epoch *e = &h->epoch[best < 0 ? h->count - 1 : best];
    double           gap = e->train_accuracy - e->validation_accuracy;
    if (!(gap > BAL_DRIFT_ACCURACY)) return;
    fprintf(to, "Train and validation drift apart: at epoch %d, which is kept, train accuracy is %.2f and validation ",
            e->epoch, e->train_accuracy);
    fprintf(to, "accuracy %.2f, a gap of %.2f (more than %.2f).", e->validation_accuracy, gap, BAL_DRIFT_ACCURACY);
}

static void losses_drift(FILE *to, const subject *s)
{
    const bal_history *h = s->history;
    const bal_epoch   *low = NULL;
    for (int i = 0; h && i < h->count; i++)
        if (!isnan(h->epoch[i].validation_loss) && (!low || h->epoch[i].validation_loss < low->validation_loss))
            low = &h->epoch[i];
    if (!low) return;
    const bal_epoch *last = &h->epoch[h->count - 1];
    if (!(last->validation_loss > BAL_DRIFT_LOSS * low->validation_loss && last->train_loss < low->train_loss)) return;
    fprintf(to, "Train and validation drift apart: validation loss rose from %.3g (epoch %d) to %.3g (epoch %d), ",
            low->validation_loss, low->epoch, last->validation_loss, last->epoch);
    fprintf(to, "more than %.2f times its lowest, while train loss fell from %.3g to %.3g.", BAL_DRIFT_LOSS,
            low->train_loss, last->train_loss);
}

static void too_few(FILE *to, const subject *s)
{
    bool any = false;
    char opening[80];
    snprintf(opening, sizeof opening, "Too few images (fewer than %d) to conclude anything about ", BAL_SUPPORT_MIN);
    for (int c = 0; c < s->m->class_count; c++) {
        int n = s->m->classes[c].support;
        if (n >= BAL_SUPPORT_MIN) continue;
        put_item(to, &any, opening, s->name[c]);
        fprintf(to, " (n = %d", n);
        if (n > 0) fprintf(to, ": one image is %.2f of its recall", 1.0 / n);
        fputc(')', to);
    }
    if (any) fputc('.', to);
}

/* Each writes one sentence or two where there is something to say. */
static void (*const warnings[])(FILE *to, const subject *s) = {
    never_predicted, no_better_than_majority, accuracies_drift, losses_drift, too_few,
};

static bal_status say(char **out, void (*what)(FILE *, const subject *), const subject *s)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return no_memory();
    what(to, s);
    return close_text(to, out);
}

static bal_status add_words(bal_report *r, const subject *s)
{
    BAL_TRY(say(&r->answer, answer, s));
    for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++) {
        char *text;
        BAL_TRY(say(&text, warnings[i], s));
        bal_status st = *text ? bal_names_add(&r->warnings, text) : BAL_OK;
        free(text);
        BAL_TRY(st);
    }
    return BAL_OK;
}

bal_status bal_report_make(bal_report *out, const bal_predictions *p, const bal_history *history)
{
    *out = (bal_report){.predictions = p};
    bal_status st = bal_metrics_of(&out->metrics, p);
    if (st == BAL_OK) st = add_words(out, &(subject){&out->metrics, p->classes, history});
    if (st) bal_report_free(out);
    return st;
}

void bal_report_free(bal_report *r)
{
    if (!r) return;
    bal_metrics_free(&r->metrics);
    bal_names_free(&r->warnings);
    free(r->answer);
    *r = (bal_report){0};
}

/* ---- text ------------------------------------------------------------------------------------------------------ */

static int widest_name(const bal_predictions *p)
{
    int widest = 0;
    for (int c = 0; c < p->class_count; c++)
        if (columns(p->classes[c]) > widest) widest = columns(p->classes[c]);
    return widest;
}

static void put_cell(FILE *to, double v)
{
    if (isnan(v)) fprintf(to, " %9s", "n/a");
    else fprintf(to, " %9.2f", v);
}

static void put_scores(FILE *to, const char *name, int width, const bal_scores *s)
{
    put_right(to, name, width);
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
    int width = numbered ? 2 + snprintf(NULL, 0, "%d", c + 1) : columns(r->predictions->classes[c]);
    int digits = snprintf(NULL, 0, "%d", r->metrics.classes[c].predicted);
    return digits > width ? digits : width;
}

static void put_heading(FILE *to, const bal_report *r, int c, bool numbered)
{
    char number[16];
    snprintf(number, sizeof number, "(%d)", c + 1);
    fputs("  ", to);
    put_right(to, numbered ? number : r->predictions->classes[c], column_width(r, c, numbered));
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
        put_right(to, r->predictions->classes[t], names);
        if (numbered) fprintf(to, " %*s(%d)", 3 - snprintf(NULL, 0, "%d", t + 1), "", t + 1);
        for (int c = 0; c < count; c++)
            fprintf(to, "  %*d", column_width(r, c, numbered), r->metrics.confusion[t * count + c]);
    }
    fputc('\n', to);
}

/* From column `indent` on, in lines of WORDS columns; the second and later ones begin with so many blanks. */
static void put_wrapped(FILE *to, const char *text, int indent)
{
    int at = indent;
    while (*text) {
        size_t length = strcspn(text, " ");
        int    width = columns_of(text, length);
        if (at > indent && at + 1 + width > WORDS) at = fprintf(to, "\n%*s", indent, "") - 1;
        else if (at > indent) at += fprintf(to, " ");
        fwrite(text, 1, length, to);
        at += width;
        text += length;
        text += *text == ' ';
    }
    fputc('\n', to);
}

static void put_words(FILE *to, const bal_report *r)
{
    const bal_metrics *m = &r->metrics;
    fprintf(to, "\n%s\nAccuracy ", r->answer);
    put_figure(to, m->accuracy);
    fprintf(to, ", %d image%s", m->count, m->count == 1 ? "" : "s");
    if (!isnan(m->loss)) fprintf(to, ", loss %.4f (mean cross-entropy in nats)", m->loss);
    fputs(".\n", to);
    if (r->warnings.count) fputc('\n', to);
    for (int i = 0; i < r->warnings.count; i++) {
        fputs("- ", to);
        put_wrapped(to, r->warnings.name[i], 2);
    }
}

bal_status bal_report_text(char **out, const bal_report *r)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return no_memory();
    put_table(to, r);
    put_matrix(to, r);
    put_words(to, r);
    return close_text(to, out);
}

/* ---- JSON: cJSON's own numbers lose the last bit, so numbers go in as text -------------------------------------- */

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

static bool add_classes(cJSON *to, const bal_report *r)
{
    cJSON *classes = cJSON_AddObjectToObject(to, "classes");
    for (int c = 0; classes && c < r->metrics.class_count; c++)
        if (!add_scores(classes, r->predictions->classes[c], &r->metrics.classes[c], true)) return false;
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
    if (close_text(row, &text)) return false;
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

static bool add_figures(cJSON *to, const bal_metrics *m)
{
    return add_number(to, "accuracy", m->accuracy) && add_number(to, "balanced_accuracy", m->balanced_accuracy) &&
           add_number(to, "loss", m->loss) && add_number(to, "mcc", m->mcc) && add_number(to, "kappa", m->kappa) &&
           add_number(to, "auroc_macro", m->macro.auroc) && add_number(to, "auprc_macro", m->macro.auprc) &&
           add_number(to, "brier", m->brier) && add_number(to, "ece", m->ece);
}

static bool add_all(cJSON *to, const bal_report *r)
{
    const bal_metrics *m = &r->metrics;
    return to && add_figures(to, m) && add_classes(to, r) && add_scores(to, "macro avg", &m->macro, false) &&
           add_scores(to, "weighted avg", &m->weighted, false) && add_scores(to, "micro avg", &m->micro, false) &&
           add_matrix(to, r) && add_warnings(to, r);
}

bal_status bal_report_json(char **out, const bal_report *r, bool one_line)
{
    cJSON *json = cJSON_CreateObject();
    char  *text = NULL;
    if (add_all(json, r)) text = one_line ? cJSON_PrintUnformatted(json) : cJSON_Print(json);
    cJSON_Delete(json);
    *out = text ? bal_format("%s\n", text) : NULL;
    cJSON_free(text);
    return *out ? BAL_OK : no_memory();
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

/* Takes over the text. */
static bal_status save(const char *folder, const char *name, char *text)
{
    char      *path = bal_path_join(folder, name);
    bal_status st = path ? bal_file_write(path, text, strlen(text)) : no_memory();
    free(path);
    free(text);
    return st;
}

static bal_status save_predictions(const char *folder, const bal_predictions *p)
{
    char      *path = bal_path_join(folder, "predictions.csv");
    bal_status st = path ? bal_predictions_write(p, path) : no_memory();
    free(path);
    return st;
}

bal_status bal_report_save(const bal_report *r, const char *folder)
{
    char *text;
    BAL_TRY(bal_folder_create(folder));
    BAL_TRY(save_predictions(folder, r->predictions));
    BAL_TRY(bal_report_text(&text, r));
    BAL_TRY(save(folder, "report.txt", text));
    BAL_TRY(bal_report_json(&text, r, false));
    return save(folder, "report.json", text);
}

bal_status bal_report_write(const char *folder, const bal_predictions *p, const bal_history *history)
{
    bal_report r;
    BAL_TRY(bal_report_make(&r, p, history));
    bal_status st = bal_report_save(&r, folder);
    bal_report_free(&r);
    return st;
}
