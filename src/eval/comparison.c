/* comparison -- see include/ballast/comparison.h. */
#include "ballast/comparison.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/examples.h"
#include "ballast/files.h"
#include "ballast/text.h"
#include "eval/prose.h"

/* ---- parts ------------------------------------------------------------------------------------------------------ */

bal_status bal_comparison_init(bal_comparison *out, const char *const *classes, int class_count, double test_per_train)
{
    *out = (bal_comparison){.test_per_train = test_per_train};
    out->classes = calloc((size_t)class_count, sizeof *out->classes);
    for (int k = 0; out->classes && k < class_count; k++) {
        char *name = bal_format("%s", classes[k]);
        if (!name) break;
        out->classes[out->class_count++] = name;
    }
    if (out->class_count == class_count) return BAL_OK;
    bal_comparison_free(out);
    return bal_fail(BAL_ENOMEM, "no memory for a comparison");
}

void bal_comparison_free(bal_comparison *c)
{
    for (int i = 0; i < c->count; i++) {
        free(c->part[i].arm);
        bal_metrics_free(&c->part[i].test);
        free(c->part[i].roc);
        free(c->part[i].pr);
        bal_predictions_free(&c->part[i].examples);
    }
    for (int k = 0; k < c->class_count; k++) free(c->classes[k]);
    free(c->classes);
    free(c->part);
    *c = (bal_comparison){0};
}

static bal_status grow(bal_comparison *c)
{
    if (c->count < c->capacity) return BAL_OK;
    int              capacity = c->capacity ? 2 * c->capacity : 16;
    bal_part_result *grown = realloc(c->part, (size_t)capacity * sizeof *grown);
    if (!grown) return bal_fail(BAL_ENOMEM, "no memory for a comparison");
    c->part = grown;
    c->capacity = capacity;
    return BAL_OK;
}

bal_status bal_comparison_add(bal_comparison *c, const bal_part_result *like, const bal_predictions *test,
                              const bal_history *history)
{
    const double    none = (double)NAN;
    bal_part_result r = *like;
    int             best = bal_history_best(history);
    BAL_TRY(grow(c));
    r.kept = best >= 0 ? history->epoch[best] : (bal_epoch){0, none, none, none, none, none};
    BAL_TRY(bal_metrics_of(&r.test, test));
    r.arm = bal_format("%s", like->arm);
    bal_status st = r.arm ? bal_part_trace(&r, test) : bal_fail(BAL_ENOMEM, "no memory for a comparison");
    if (st == BAL_OK) st = bal_examples_keep(&r.examples, test);
    c->part[c->count++] = r; /* freed with the others, whole or not */
    return st;
}

/* ---- estimates -------------------------------------------------------------------------------------------------- */

/* The 97.5 % quantile of Student's t. Table to 30 degrees of freedom, then 1.96 + 2.4 / df (off by less than 0.003). */
static double student(int df)
{
    static const double t[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                               2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                               2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
    return df <= 30 ? t[df - 1] : 1.96 + 2.4 / df;
}

bal_estimate bal_estimate_of(const double *value, int n, double test_per_train)
{
    bal_estimate e = {(double)NAN, (double)NAN, (double)NAN, 0};
    double       sum = 0, squares = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(value[i])) {
            sum += value[i];
            e.n++;
        }
    if (e.n == 0) return e;
    e.mean = sum / e.n;
    if (e.n == 1) return e;
    for (int i = 0; i < n; i++)
        if (!isnan(value[i])) squares += (value[i] - e.mean) * (value[i] - e.mean);
    double half = student(e.n - 1) * sqrt(squares / (e.n - 1) * (1.0 / e.n + test_per_train));
    e.low = e.mean - half;
    e.high = e.mean + half;
    return e;
}

static double lowest_recall(const bal_metrics *m)
{
    double lowest = (double)NAN;
    for (int k = 0; k < m->class_count; k++)
        if (!isnan(m->classes[k].recall) && !(m->classes[k].recall >= lowest)) lowest = m->classes[k].recall;
    return lowest;
}

static double figure_of(const bal_part_result *r, bal_compared figure)
{
    switch (figure) {
    case BAL_BALANCED_ACCURACY: return r->test.balanced_accuracy;
    case BAL_LOWEST_RECALL: return lowest_recall(&r->test);
    case BAL_MACRO_F1: return r->test.macro.f1;
    case BAL_ACCURACY: return r->test.accuracy;
    case BAL_VALIDATION_BALANCED_ACCURACY: return r->kept.validation_balanced_accuracy;
    case BAL_REAL_BALANCED_ACCURACY: return r->leaks ? r->on_real : (double)NAN;
    case BAL_COMPARED: break;
    }
    return (double)NAN;
}

static const bal_part_result *find_part(const bal_comparison *c, const char *arm, int fold, int seed)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->part[i].arm, arm) == 0 && c->part[i].fold == fold && c->part[i].seed == seed) return &c->part[i];
    return NULL;
}

/* Figures of an arm, or with `other` differences to it, over the parts that have both. */
static bal_estimate estimate(const bal_comparison *c, const char *arm, const char *other, bal_compared figure)
{
    double      *value = calloc((size_t)c->count + 1, sizeof *value);
    bal_estimate none = {(double)NAN, (double)NAN, (double)NAN, 0};
    int          n = 0;
    if (!value) return none;
    for (int i = 0; i < c->count; i++) {
        const bal_part_result *r = &c->part[i], *o = other ? find_part(c, other, r->fold, r->seed) : NULL;
        if (strcmp(r->arm, arm) != 0 || (other && !o)) continue;
        value[n++] = figure_of(r, figure) - (o ? figure_of(o, figure) : 0);
    }
    bal_estimate e = bal_estimate_of(value, n, c->test_per_train);
    if (e.low < (other ? -1 : 0)) e.low = other ? -1 : 0; /* no figure is beyond these */
    if (e.high > 1) e.high = 1;
    free(value);
    return e;
}

bal_estimate bal_comparison_estimate(const bal_comparison *c, const char *arm, bal_compared figure)
{
    return estimate(c, arm, NULL, figure);
}

bal_estimate bal_comparison_difference(const bal_comparison *c, const char *arm, const char *other, bal_compared figure)
{
    return estimate(c, arm, other, figure);
}

/* ---- arms in the order of their first part ---------------------------------------------------------------------- */

bool bal_comparison_first(const bal_comparison *c, int i)
{
    for (int j = 0; j < i; j++)
        if (strcmp(c->part[j].arm, c->part[i].arm) == 0) return false;
    return true;
}

#define EACH_ARM(c, i) \
    for (int i = 0; i < (c)->count; i++) \
        if (bal_comparison_first(c, i))

bal_status bal_comparison_pool(bal_metrics *out, const bal_comparison *c, const char *arm)
{
    BAL_TRY(bal_metrics_init(out, c->class_count));
    for (int i = 0; i < c->count; i++) {
        const bal_metrics *m = &c->part[i].test;
        for (int k = 0; strcmp(c->part[i].arm, arm) == 0 && k < c->class_count * c->class_count; k++) {
            out->confusion[k] += m->confusion[k];
            out->count += m->confusion[k];
        }
    }
    bal_metrics_finish(out);
    return BAL_OK;
}

static double mean_kept(const bal_comparison *c, const char *arm, int which)
{
    double sum = 0;
    int    n = 0;
    for (int i = 0; i < c->count; i++) {
        const bal_epoch *e = &c->part[i].kept;
        const double     v[] = {e->train_accuracy, e->validation_accuracy, e->train_loss, e->validation_loss};
        if (strcmp(c->part[i].arm, arm) != 0 || isnan(v[which])) continue;
        sum += v[which];
        n++;
    }
    return n ? sum / n : (double)NAN;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

typedef struct text {
    char  *out;
    size_t size, room;
    bool   failed;
} text;

static void put(text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(text *t, const char *fmt, ...)
{
    va_list list, again;
    va_start(list, fmt);
    va_copy(again, list);
    size_t n = (size_t)vsnprintf(NULL, 0, fmt, list);
    if (!t->failed && t->size + n + 1 > t->room) {
        size_t room = 2 * (t->size + n + 1) + 1024;
        char  *grown = realloc(t->out, room);
        t->failed = !grown;
        if (grown) t->out = grown;
        if (grown) t->room = room;
    }
    if (!t->failed) t->size += (size_t)vsnprintf(t->out + t->size, t->room - t->size, fmt, again);
    va_end(again);
    va_end(list);
}

/* A name and blanks up to a width in columns of a terminal. */
static void put_left(text *t, const char *name, int width)
{
    int columns = bal_prose_columns(name);
    put(t, "%s%*s", name, width > columns ? width - columns : 0, "");
}

static int class_width(const bal_comparison *c)
{
    int widest = 20;
    for (int k = 0; k < c->class_count; k++)
        if (bal_prose_columns(c->classes[k]) > widest) widest = bal_prose_columns(c->classes[k]);
    return widest;
}

static void put_figure(text *t, int width, double v)
{
    if (isnan(v)) put(t, " %*s", width, "n/a");
    else put(t, " %*.*f", width, 3, v);
}

static void put_estimate(text *t, bal_estimate e)
{
    if (isnan(e.mean)) put(t, "  %-22s", "n/a");
    else if (isnan(e.low)) put(t, "  %-22.3f", e.mean);
    else put(t, "  %.3f [%6.3f, %6.3f]", e.mean, e.low, e.high);
}

/* As the paper prints it: accuracies and losses, precision and recall of each class, counts. */
static bal_status put_paper_table(text *t, const bal_comparison *c, const char *arm)
{
    bal_metrics m;
    BAL_TRY(bal_comparison_pool(&m, c, arm));
    put(t, "\n%s\n  train accuracy", arm);
    put_figure(t, 5, mean_kept(c, arm, 0));
    put(t, ", validation accuracy");
    put_figure(t, 5, mean_kept(c, arm, 1));
    put(t, ", train loss");
    put_figure(t, 5, mean_kept(c, arm, 2));
    put(t, ", validation loss");
    put_figure(t, 5, mean_kept(c, arm, 3));
    put(t, "\n  ");
    put_left(t, "class", class_width(c));
    put(t, " %9s %9s %9s   predicted as\n", "precision", "recall", "support");
    for (int k = 0; k < c->class_count; k++) {
        put(t, "  ");
        put_left(t, c->classes[k], class_width(c));
        put_figure(t, 9, m.classes[k].precision);
        put_figure(t, 9, m.classes[k].recall);
        put(t, " %9d  ", m.classes[k].support);
        for (int j = 0; j < c->class_count; j++) put(t, " %6d", m.confusion[k * c->class_count + j]);
        put(t, "\n");
    }
    bal_metrics_free(&m);
    return BAL_OK;
}

/* Of the arms that were tested on real images, the one with the highest validation balanced accuracy: the test part
 * must not choose. */
static const char *chosen(const bal_comparison *c)
{
    const char *best = NULL;
    double      most = -1;
    EACH_ARM(c, i)
    {
        double v = bal_comparison_estimate(c, c->part[i].arm, BAL_VALIDATION_BALANCED_ACCURACY).mean;
        if (!c->part[i].leaks && v > most) {
            most = v;
            best = c->part[i].arm;
        }
    }
    return best;
}

bool bal_comparison_has(const bal_comparison *c, const char *arm)
{
    EACH_ARM(c, i) if (strcmp(c->part[i].arm, arm) == 0) return true;
    return false;
}

static void put_difference(text *t, const bal_comparison *c, const char *arm, const char *other)
{
    if (!bal_comparison_has(c, arm) || !bal_comparison_has(c, other)) return;
    bal_estimate d = bal_comparison_difference(c, arm, other, BAL_BALANCED_ACCURACY);
    if (isnan(d.mean)) return;
    put(t, "Synthetic images added (%s against %s): balanced accuracy %+.3f", arm, other, d.mean);
    if (isnan(d.low)) put(t, "; one part cannot tell whether that is more than chance.\n");
    else
        put(t, " [%+.3f, %+.3f]: %s.\n", d.low, d.high,
            d.low > 0    ? "they helped"
            : d.high < 0 ? "they harmed"
                         : "no difference that could be told from chance");
}

/* An arm that is tested on generated images, and what its classifiers make of real ones. */
static void put_leaking(text *t, const bal_comparison *c, const char *arm)
{
    bal_estimate there = bal_comparison_estimate(c, arm, BAL_BALANCED_ACCURACY);
    bal_estimate real = bal_comparison_estimate(c, arm, BAL_REAL_BALANCED_ACCURACY);
    put(t, "%s is tested on generated images: its figures say nothing about real ones", arm);
    if (!isnan(real.mean)) put(t, " (balanced accuracy %.3f, on the real test images %.3f)", there.mean, real.mean);
    put(t, ".\n");
}

static void put_answer(text *t, const bal_comparison *c)
{
    const char *arm = chosen(c);
    if (arm) {
        bal_estimate ba = bal_comparison_estimate(c, arm, BAL_BALANCED_ACCURACY);
        bal_estimate low = bal_comparison_estimate(c, arm, BAL_LOWEST_RECALL);
        put(t, "Use %s: the highest balanced accuracy on validation images. On test images %.3f", arm, ba.mean);
        if (!isnan(ba.low)) put(t, " [%.3f, %.3f]", ba.low, ba.high);
        put(t, ", lowest class recall %.3f.\n", low.mean);
    }
    put_difference(t, c, "balanced", "original");
    put_difference(t, c, "balanced_classic", "classic");
    put_difference(t, c, "synthetic", "original");
    EACH_ARM(c, i)
    if (c->part[i].leaks) put_leaking(t, c, c->part[i].arm);
}

static int count_parts(const bal_comparison *c, const char *arm)
{
    int n = 0;
    for (int i = 0; i < c->count; i++) n += strcmp(c->part[i].arm, arm) == 0;
    return n;
}

static bal_status finish(text *t, bal_status st, char **out)
{
    if (st == BAL_OK && (t->failed || !t->out)) st = bal_fail(BAL_ENOMEM, "no memory for a text");
    if (st != BAL_OK) free(t->out);
    else bal_text_plain(t->out);
    *out = st == BAL_OK ? t->out : NULL;
    return st;
}

bal_status bal_comparison_answer(char **out, const bal_comparison *c)
{
    text t = {0};
    put(&t, "%s", "");
    put_answer(&t, c);
    return finish(&t, BAL_OK, out);
}

bal_status bal_comparison_text(char **out, const bal_comparison *c)
{
    text t = {0};
    put_answer(&t, c);
    put(&t, "\n%-20s %5s  %-22s  %-22s  %-22s  %-22s\n", "arm", "parts", "balanced accuracy", "lowest class recall",
        "macro F1", "difference to original");
    EACH_ARM(c, i)
    {
        const char *arm = c->part[i].arm;
        put_left(&t, arm, 20);
        put(&t, " %5d", count_parts(c, arm));
        for (int f = BAL_BALANCED_ACCURACY; f <= BAL_MACRO_F1; f++)
            put_estimate(&t, bal_comparison_estimate(c, arm, (bal_compared)f));
        if (strcmp(arm, "original") != 0 && bal_comparison_has(c, "original"))
            put_estimate(&t, bal_comparison_difference(c, arm, "original", BAL_BALANCED_ACCURACY));
        put(&t, "%s\n", c->part[i].leaks ? "  (tested on generated images)" : "");
    }
    put(&t, "Means over folds and seeds with 95 %% intervals (Student's t, corrected for folds that share training "
            "images).\n");
    bal_status st = BAL_OK;
    EACH_ARM(c, i) if (st == BAL_OK) st = put_paper_table(&t, c, c->part[i].arm);
    return finish(&t, st, out);
}

/* ---- json ------------------------------------------------------------------------------------------------------- */

static cJSON *number(double v) { return isnan(v) ? cJSON_CreateNull() : cJSON_CreateNumber(v); }

static cJSON *estimate_json(bal_estimate e)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToObject(o, "mean", number(e.mean));
    cJSON_AddItemToObject(o, "low", number(e.low));
    cJSON_AddItemToObject(o, "high", number(e.high));
    cJSON_AddNumberToObject(o, "parts", e.n);
    return o;
}

static const char *const figure_names[BAL_COMPARED] = {"balanced_accuracy", "lowest_recall", "macro_f1", "accuracy",
                                                       "validation_balanced_accuracy", "real_balanced_accuracy"};

static bal_status add_arm(cJSON *arms, const bal_comparison *c, const bal_part_result *like)
{
    bal_metrics m;
    BAL_TRY(bal_comparison_pool(&m, c, like->arm));
    cJSON *o = cJSON_AddObjectToObject(arms, like->arm), *classes;
    cJSON_AddBoolToObject(o, "generated_training_images", like->generated);
    cJSON_AddBoolToObject(o, "tested_on_generated_images", like->leaks);
    for (int f = 0; f < BAL_COMPARED; f++)
        cJSON_AddItemToObject(o, figure_names[f],
                              estimate_json(bal_comparison_estimate(c, like->arm, (bal_compared)f)));
    if (strcmp(like->arm, "original") != 0 && bal_comparison_has(c, "original"))
        cJSON_AddItemToObject(
            o, "difference_to_original",
            estimate_json(bal_comparison_difference(c, like->arm, "original", BAL_BALANCED_ACCURACY)));
    classes = cJSON_AddObjectToObject(o, "classes");
    for (int k = 0; k < c->class_count; k++) {
        cJSON *row = cJSON_AddObjectToObject(classes, c->classes[k]);
        cJSON_AddItemToObject(row, "precision", number(m.classes[k].precision));
        cJSON_AddItemToObject(row, "recall", number(m.classes[k].recall));
        cJSON_AddNumberToObject(row, "support", m.classes[k].support);
        cJSON_AddNumberToObject(row, "predicted", m.classes[k].predicted);
    }
    bal_metrics_free(&m);
    return BAL_OK;
}

bal_status bal_comparison_json(char **out, const bal_comparison *c)
{
    cJSON      *o = cJSON_CreateObject(), *arms = cJSON_AddObjectToObject(o, "arms");
    const char *arm = chosen(c);
    bal_status  st = BAL_OK;
    EACH_ARM(c, i) if (st == BAL_OK) st = add_arm(arms, c, &c->part[i]);
    cJSON_AddItemToObject(o, "use", arm ? cJSON_CreateString(arm) : cJSON_CreateNull());
    char *printed = st == BAL_OK ? cJSON_Print(o) : NULL;
    cJSON_Delete(o);
    *out = printed ? bal_format("%s\n", printed) : NULL;
    cJSON_free(printed);
    return st != BAL_OK || *out ? st : bal_fail(BAL_ENOMEM, "no memory for JSON");
}
