/* comparison_curves -- ROC and precision-recall curves of an arm over its parts. See ballast/comparison.h. */
#include "ballast/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Classes are few; more lines than these are not drawn anyway, and would be large. */
enum { CLASSES_MAX = 40 };

bal_status bal_part_trace(bal_part_result *part, const bal_predictions *test)
{
    size_t n = (size_t)test->class_count;
    bal_reliability_of(&part->reliability, test);
    if (!test->probabilities || test->class_count > CLASSES_MAX) return BAL_OK;
    part->roc = calloc(n, sizeof *part->roc);
    part->pr = calloc(n, sizeof *part->pr);
    if (part->roc && part->pr) return bal_band_lines(part->roc, part->pr, test);
    return bal_fail(BAL_ENOMEM, "no memory for a comparison");
}

static bool is_of(const bal_part_result *part, const char *arm) { return strcmp(part->arm, arm) == 0; }

static bal_estimate clipped(bal_estimate e)
{
    e.low = isnan(e.low) ? e.low : fmax(e.low, 0);
    e.high = isnan(e.high) ? e.high : fmin(e.high, 1);
    return e;
}

/* value: [c->count], NaN of other arms' parts. */
static void take_figure(double *value, const bal_comparison *c, const char *arm, int class, int figure)
{
    for (int i = 0; i < c->count; i++)
        value[i] = is_of(&c->part[i], arm) ? bal_scores_figure(&c->part[i].test.classes[class], figure) : (double)NAN;
}

/* point: of ROC, then of PR. */
static void take_point(double *value, const bal_comparison *c, const char *arm, int class, int point)
{
    for (int i = 0; i < c->count; i++) {
        const bal_part_result *part = &c->part[i];
        bool                   roc = point < BAL_BAND_POINTS;
        value[i] = (double)NAN;
        if (!is_of(part, arm) || !part->roc) continue;
        value[i] = roc ? part->roc[class][point] : part->pr[class][point - BAL_BAND_POINTS];
    }
}

bal_estimate bal_comparison_class(const bal_comparison *c, const char *arm, int class, int figure)
{
    double      *value = malloc((size_t)c->count * sizeof *value + 1);
    const double none = (double)NAN;
    if (!value) return (bal_estimate){none, none, none, 0};
    take_figure(value, c, arm, class, figure);
    bal_estimate e = bal_estimate_of(value, c->count, c->test_per_train);
    free(value);
    return clipped(e);
}

static void set_band(bal_class_bands *of, const bal_comparison *c, const char *arm, double *value)
{
    for (int k = 0; k < 2 * BAL_BAND_POINTS; k++) {
        bal_band *band = k < BAL_BAND_POINTS ? &of->roc : &of->pr;
        int       at = k % BAL_BAND_POINTS;
        take_point(value, c, arm, of->class, k);
        bal_estimate e = clipped(bal_estimate_of(value, c->count, c->test_per_train));
        band->value[at] = e.mean;
        band->low[at] = e.low;
        band->high[at] = e.high;
    }
}

static bal_status choose(bal_bands *out, const bal_comparison *c, const char *arm)
{
    int class[BAL_BAND_CLASSES];
    double *auroc = calloc((size_t)c->class_count, sizeof *auroc);
    out->of = calloc(BAL_BAND_CLASSES, sizeof *out->of);
    bool whole = auroc && out->of;
    for (int k = 0; whole && k < c->class_count; k++) auroc[k] = bal_comparison_class(c, arm, k, BAL_CLASS_AUROC).mean;
    if (whole) out->count = bal_bands_choose(class, auroc, c->class_count);
    for (int i = 0; i < out->count; i++) out->of[i].class = class[i];
    free(auroc);
    return whole ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for curves");
}

bal_status bal_comparison_bands(bal_bands *out, const bal_comparison *c, const char *arm)
{
    *out = (bal_bands){0};
    if (c->class_count > CLASSES_MAX) return BAL_OK;
    double    *value = malloc((size_t)c->count * sizeof *value + 1);
    bal_status st = value ? choose(out, c, arm) : bal_fail(BAL_ENOMEM, "no memory for curves");
    for (int i = 0; i < out->count && st == BAL_OK; i++) set_band(&out->of[i], c, arm, value);
    free(value);
    if (st) bal_bands_free(out);
    return st;
}

void bal_comparison_reliability(bal_reliability *out, const bal_comparison *c, const char *arm)
{
    *out = (bal_reliability){0};
    for (int i = 0; i < c->count; i++) {
        const bal_reliability *r = &c->part[i].reliability;
        for (int b = 0; is_of(&c->part[i], arm) && b < BAL_ECE_BINS; b++) {
            out->count[b] += r->count[b];
            out->right[b] += r->right[b];
            out->sure[b] += r->sure[b];
        }
    }
}
