/* html_plots -- see eval/html_parts.h. */
#include "eval/html_parts.h"

#include <math.h>
#include <stdlib.h>
#include "ballast/files.h"
#include "ballast/plot.h"
#include "ballast/threshold.h"

enum { CURVES = 6, POINTS = 500 }; /* classes whose curves are drawn; points of one, about */

/* The classes that are drawn, and their lines: false positive rate, recall and precision. */
typedef struct drawing {
    int class[CURVES], count;
    char   *name[CURVES];
    double *fpr[CURVES], *recall[CURVES], *precision[CURVES];
    int     points[CURVES];
} drawing;

static void free_drawing(drawing *d)
{
    for (int i = 0; i < d->count; i++) {
        free(d->name[i]);
        free(d->fpr[i]);
        free(d->recall[i]);
        free(d->precision[i]);
    }
}

/* The classes with the lowest AUROC, the lowest first, of equal ones the first; those without one are left out. */
static void choose(drawing *d, const bal_metrics *m)
{
    for (int c = 0; c < m->class_count; c++) {
        double v = m->classes[c].auroc;
        int    at = d->count;
        if (isnan(v)) continue;
        while (at > 0 && v < m->classes[d->class[at - 1]].auroc) at--;
        if (at == CURVES) continue;
        if (d->count < CURVES) d->count++;
        for (int k = d->count - 1; k > at; k--) d->class[k] = d->class[k - 1];
        d->class[at] = c;
    }
}

/* From the corner on; a point stays where it is away from the last that stayed. */
static bal_status trace(drawing *d, int i, const bal_curve *c)
{
    double *x = malloc(((size_t)c->count + 1) * sizeof *x), *y = malloc(((size_t)c->count + 1) * sizeof *y);
    double *z = malloc(((size_t)c->count + 1) * sizeof *z);
    int     n = 1;
    d->fpr[i] = x;
    d->recall[i] = y;
    d->precision[i] = z;
    if (!x || !y || !z) return bal_fail(BAL_ENOMEM, "no memory for curves");
    x[0] = y[0] = 0;
    z[0] = (double)NAN; /* none is given the class */
    for (int k = 0; k < c->count; k++) {
        double fpr = (double)c->false_positives[k] / c->negatives, tpr = (double)c->true_positives[k] / c->positives;
        if (k + 1 < c->count && fpr + tpr - x[n - 1] - y[n - 1] < 1.0 / POINTS) continue;
        x[n] = fpr;
        y[n] = tpr;
        z[n++] = (double)c->true_positives[k] / (c->true_positives[k] + c->false_positives[k]);
    }
    d->points[i] = n;
    return BAL_OK;
}

static bal_status draw(drawing *d, const bal_report *r)
{
    for (int i = 0; i < d->count; i++) {
        int       c = d->class[i];
        bal_curve curve;
        d->name[i] = bal_format("%.2f %s", r->metrics.classes[c].auroc, r->predictions->classes[c]);
        if (!d->name[i]) return bal_fail(BAL_ENOMEM, "no memory for curves");
        BAL_TRY(bal_curve_of(&curve, r->predictions, c));
        bal_status st = trace(d, i, &curve);
        bal_curve_free(&curve);
        BAL_TRY(st);
    }
    return BAL_OK;
}

/* Mean of the highest probability and part that is right, in bins; NaN in empty ones. */
typedef struct calibration {
    double sure[BAL_ECE_BINS], right[BAL_ECE_BINS];
} calibration;

static void calibrate(calibration *out, const bal_predictions *p)
{
    int count[BAL_ECE_BINS] = {0};
    *out = (calibration){0};
    for (int i = 0; i < p->count; i++) {
        const bal_prediction *r = &p->row[i];
        double                top = 0;
        if (r->label < 0) continue;
        for (int c = 0; c < p->class_count; c++) top = fmax(top, r->probability[c]);
        int bin = (int)ceil(top * BAL_ECE_BINS) - 1;
        bin = bin < 0 ? 0 : bin >= BAL_ECE_BINS ? BAL_ECE_BINS - 1 : bin;
        count[bin]++;
        out->sure[bin] += top;
        out->right[bin] += r->predicted == r->label;
    }
    for (int b = 0, n = 0; b < BAL_ECE_BINS; b++) { /* filled bins first, so that one line joins them */
        double sure = count[b] ? out->sure[b] / count[b] : (double)NAN,
               right = out->right[b] / (count[b] ? count[b] : 1);
        out->sure[b] = out->right[b] = (double)NAN;
        if (!count[b]) continue;
        out->sure[n] = sure;
        out->right[n++] = right;
    }
}

static bal_status plot(char **out, const drawing *d, const calibration *c)
{
    static const double diagonal[] = {0, 1};
    bal_series          roc[CURVES + 1] = {{"guessing", diagonal, diagonal, 2, true}}, pr[CURVES];
    bal_series          bins[] = {{"calibrated", diagonal, diagonal, 2, true},
                                  {"bins of images", c->sure, c->right, BAL_ECE_BINS, false}};
    for (int i = 0; i < d->count; i++) {
        roc[i + 1] = (bal_series){d->name[i], d->fpr[i], d->recall[i], d->points[i], false};
        pr[i] = (bal_series){d->name[i], d->recall[i], d->precision[i], d->points[i], false};
    }
    const bal_panel panels[] = {
        {"ROC, by AUROC", "false positive rate (0 to 1)", "recall (0 to 1)", roc, d->count + 1, 0, 1, 0, 1},
        {"Precision and recall", "recall (0 to 1)", "precision (0 to 1)", pr, d->count, 0, 1, 0, 1},
        {"Reliability", "mean probability of the answer (0 to 1)", "part that is right (0 to 1)", bins, 2, 0, 1, 0, 1},
    };
    return bal_plot_svg(out, panels, 3);
}

bal_status bal_html_probabilities(char **out, const bal_report *r)
{
    drawing     d = {0};
    calibration c;
    *out = NULL;
    if (!r->predictions->probabilities) return BAL_OK;
    choose(&d, &r->metrics);
    if (!d.count) return BAL_OK;
    calibrate(&c, r->predictions);
    bal_status st = draw(&d, r);
    if (st == BAL_OK) st = plot(out, &d, &c);
    free_drawing(&d);
    return st;
}
