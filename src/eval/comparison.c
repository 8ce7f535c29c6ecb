/* comparison -- see include/ballast/comparison.h. */
#include "ballast/comparison.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/examples.h"
#include "ballast/files.h"
#include "eval/comparison_parts.h"

/* ---- parts ------------------------------------------------------------------------------------------------------ */

bal_status bal_comparison_init(bal_comparison *out, const char *const *classes, int class_count, double test_per_train)
{
    *out = (bal_comparison){.test_per_train = test_per_train, .positive = -1};
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
        free(c->part[i].gate);
        bal_predictions_free(&c->part[i].examples);
    }
    for (int k = 0; k < c->class_count; k++) free(c->classes[k]);
    bal_added_free(c);
    bal_made_free(c);
    bal_tested_free(c);
    free(c->pooled);
    free(c->trained);
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
    if (r.validated > 0) r.kept.validation_balanced_accuracy = r.validated;
    BAL_TRY(bal_metrics_of(&r.test, test));
    r.arm = bal_format("%s", like->arm);
    r.gate = r.gates ? malloc((size_t)r.gates * sizeof *r.gate) : NULL;
    if (r.gate) memcpy(r.gate, like->gate, (size_t)r.gates * sizeof *r.gate);
    bool       whole = r.arm && (r.gate || !r.gates);
    bal_status st = whole ? bal_part_trace(&r, test) : bal_fail(BAL_ENOMEM, "no memory for a comparison");
    if (st == BAL_OK) st = bal_examples_keep(&r.examples, test);
    c->part[c->count++] = r; /* freed with the others, whole or not */
    return st;
}

bal_status bal_comparison_trained_on(bal_comparison *c, const int *images)
{
    size_t size = (size_t)c->class_count * sizeof *images;
    if (!c->trained && !(c->trained = malloc(size))) return bal_fail(BAL_ENOMEM, "no memory for a comparison");
    memcpy(c->trained, images, size);
    return BAL_OK;
}

double bal_comparison_imbalance(const bal_comparison *c)
{
    int most = 0, least = INT_MAX;
    for (int k = 0; c->trained && k < c->class_count; k++) {
        if (c->trained[k] > most) most = c->trained[k];
        if (c->trained[k] < least) least = c->trained[k];
    }
    return most && least ? (double)most / least : (double)NAN;
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

double bal_lowest_recall(const bal_metrics *m)
{
    double lowest = (double)NAN;
    for (int k = 0; k < m->class_count; k++)
        if (!isnan(m->classes[k].recall) && !(m->classes[k].recall >= lowest)) lowest = m->classes[k].recall;
    return lowest;
}

static double figure_of(const bal_comparison *c, const bal_part_result *r, bal_compared figure)
{
    switch (figure) {
    case BAL_BALANCED_ACCURACY: return r->test.balanced_accuracy;
    case BAL_LOWEST_RECALL: return bal_lowest_recall(&r->test);
    case BAL_MACRO_F1: return r->test.macro.f1;
    case BAL_ACCURACY: return r->test.accuracy;
    case BAL_VALIDATION_BALANCED_ACCURACY: return r->kept.validation_balanced_accuracy;
    case BAL_REAL_BALANCED_ACCURACY: return r->leaks ? r->on_real : (double)NAN;
    case BAL_POSITIVE_RECALL: return c->positive < 0 ? (double)NAN : r->test.classes[c->positive].recall;
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
        value[n++] = figure_of(c, r, figure) - (o ? figure_of(c, o, figure) : 0);
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

/* ---- arms ----------------------------------------------------------------------------------------------------------
 */

bool bal_comparison_first(const bal_comparison *c, int i)
{
    for (int j = 0; j < i; j++)
        if (strcmp(c->part[j].arm, c->part[i].arm) == 0) return false;
    return true;
}

bool bal_comparison_has(const bal_comparison *c, const char *arm)
{
    BAL_EACH_ARM(c, i) if (strcmp(c->part[i].arm, arm) == 0) return true;
    return false;
}

bool bal_comparison_is_real(const bal_comparison *c, const char *arm)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->part[i].arm, arm) == 0) return !c->part[i].leaks;
    return false;
}

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

bool bal_comparison_differs(const bal_comparison *c, const char *arm)
{
    return strcmp(arm, BAL_COMPARISON_BASE) != 0 && bal_comparison_has(c, BAL_COMPARISON_BASE);
}

/* Of the arms that were tested on real images, the one with the highest validation balanced accuracy: the test part
 * must not choose. */
static const char *best_validated(double *most, const bal_comparison *c)
{
    const char *best = NULL;
    *most = -1;
    BAL_EACH_ARM(c, i)
    {
        double v = bal_comparison_estimate(c, c->part[i].arm, BAL_VALIDATION_BALANCED_ACCURACY).mean;
        if (!c->part[i].leaks && v > *most) {
            *most = v;
            best = c->part[i].arm;
        }
    }
    return best;
}

const char *bal_comparison_chosen(double *validation, const bal_comparison *c)
{
    const double rounding = 1e-9;
    const char  *best = best_validated(validation, c);
    return *validation > 1.0 / c->class_count + rounding ? best : NULL;
}
