/* html_plots -- see eval/html_parts.h. */
#include "eval/html_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "ballast/files.h"
#include "ballast/plot.h"
#include "eval/prose.h"

void bal_figure_free(bal_figure *f)
{
    if (!f) return;
    free(f->svg);
    free(f->alt);
    *f = (bal_figure){0};
}

/* ---- curves ------------------------------------------------------------------------------------------------------ */

/* Where one figure differs from the other. */
typedef struct kind {
    const char *title, *x_label, *y_label, *area, *alt;
    bool        steps;
} kind;

static const kind roc = {"ROC, by AUROC",
                         "false positive rate (0 to 1)",
                         "recall (0 to 1)",
                         "AUROC",
                         "ROC curves: recall over the false positive rate.",
                         false};
static const kind pr = {"Precision and recall",
                        "recall (0 to 1)",
                        "precision (0 to 1)",
                        "average precision",
                        "Curves of precision over recall.",
                        true};

typedef struct drawing {
    bal_band_line grid;
    char         *name[BAL_BAND_CLASSES];
    bal_series    line[BAL_BAND_CLASSES + 1];
    int           count;
} drawing;

static void free_drawing(drawing *d)
{
    for (int i = 0; i < BAL_BAND_CLASSES; i++) free(d->name[i]);
}

static char *legend_of(const char *name, bal_estimate area)
{
    if (isnan(area.low)) return bal_format("%.2f %s", area.mean, name);
    return bal_format("%.2f [%.2f, %.2f] %s", area.mean, area.low, area.high, name);
}

static bal_series line_of(const drawing *d, const bal_shown_curve *c, const kind *k)
{
    const bal_band *band = k->steps ? &c->bands->pr : &c->bands->roc;
    bal_series      s = {.x = d->grid, .y = band->value, .count = BAL_BAND_POINTS, .steps = k->steps};
    s.band = (bal_ribbon){d->grid, band->low, band->high, BAL_BAND_POINTS};
    if (!c->bands->points) return s;
    s.count = c->bands->points;
    s.x = k->steps ? c->bands->recall : c->bands->fpr;
    s.y = k->steps ? c->bands->precision : c->bands->recall;
    return s;
}

static bal_status draw(drawing *d, const bal_shown_curves *c, const kind *k)
{
    static const double diagonal[] = {0, 1};
    for (int i = 0; i < BAL_BAND_POINTS; i++) d->grid[i] = i / (BAL_BAND_POINTS - 1.0);
    for (int i = 0; i < c->count; i++) {
        d->name[i] = legend_of(c->of[i].name, k->steps ? c->of[i].auprc : c->of[i].auroc);
        if (!d->name[i]) return bal_prose_no_memory();
        d->line[i] = line_of(d, &c->of[i], k);
        d->line[i].name = d->name[i];
    }
    d->count = c->count;
    if (!k->steps) d->line[d->count++] = (bal_series){"guessing", diagonal, diagonal, 2, .reference = true};
    return BAL_OK;
}

static bal_status describe_curves(char **alt, const bal_shown_curves *c, const kind *k)
{
    size_t size;
    FILE  *to = open_memstream(alt, &size);
    if (!to) return bal_prose_no_memory();
    fprintf(to, "%s %s:", k->alt, k->area);
    for (int i = 0; i < c->count; i++) {
        bal_estimate area = k->steps ? c->of[i].auprc : c->of[i].auroc;
        fprintf(to, "%s %s %.2f", i ? ";" : "", c->of[i].name, area.mean);
        if (!isnan(area.low)) fprintf(to, " (95 %% interval %.2f to %.2f)", area.low, area.high);
    }
    fputc('.', to);
    return bal_prose_close(to, alt);
}

static bal_status draw_figure(bal_figure *out, const bal_shown_curves *c, const kind *k)
{
    drawing    d = {0};
    bal_status st = draw(&d, c, k);
    bal_panel  panel = {k->title, k->x_label, k->y_label, d.line, d.count, 0, 1, 0, 1, .square = true};
    *out = (bal_figure){0};
    if (st == BAL_OK) st = bal_plot_svg(&out->svg, &panel, 1, 1);
    if (st == BAL_OK) st = describe_curves(&out->alt, c, k);
    free_drawing(&d);
    if (st) bal_figure_free(out);
    return st;
}

bal_status bal_figure_roc(bal_figure *out, const bal_shown_curves *c) { return draw_figure(out, c, &roc); }

bal_status bal_figure_pr(bal_figure *out, const bal_shown_curves *c) { return draw_figure(out, c, &pr); }

static bal_estimate estimate_of(double value, const bal_interval *i)
{
    return (bal_estimate){value, i->low, i->high, 1};
}

void bal_shown_report(bal_shown_curves *out, const bal_report *r)
{
    out->count = r->bands.count;
    for (int i = 0; i < out->count; i++) {
        int                 c = r->bands.of[i].class;
        const bal_scores   *s = &r->metrics.classes[c];
        const bal_interval *of = r->intervals.classes[c];
        out->of[i] =
            (bal_shown_curve){r->predictions->classes[c], &r->bands.of[i], estimate_of(s->auroc, &of[BAL_CLASS_AUROC]),
                              estimate_of(s->auprc, &of[BAL_CLASS_AUPRC])};
    }
}

void bal_shown_arm(bal_shown_curves *out, const bal_comparison *c, const char *arm, const bal_bands *bands)
{
    out->count = bands->count;
    for (int i = 0; i < bands->count; i++) {
        int class = bands->of[i].class;
        out->of[i] =
            (bal_shown_curve){c->classes[class], &bands->of[i], bal_comparison_class(c, arm, class, BAL_CLASS_AUROC),
                              bal_comparison_class(c, arm, class, BAL_CLASS_AUPRC)};
    }
}

/* ---- reliability ------------------------------------------------------------------------------------------------- */

/* The bins that hold images, from the lowest probability on. */
typedef struct filled {
    double sure[BAL_ECE_BINS], right[BAL_ECE_BINS], low[BAL_ECE_BINS], high[BAL_ECE_BINS];
    int    images[BAL_ECE_BINS], count;
} filled;

static void fill(filled *out, const bal_reliability *r)
{
    *out = (filled){0};
    for (int b = 0; b < BAL_ECE_BINS; b++) {
        int          n = out->count;
        bal_interval of = bal_interval_wilson(r->right[b], r->count[b]);
        if (!r->count[b]) continue;
        out->sure[n] = r->sure[b] / r->count[b];
        out->right[n] = (double)r->right[b] / r->count[b];
        out->low[n] = of.low;
        out->high[n] = of.high;
        out->images[n] = r->count[b];
        out->count++;
    }
}

static bal_status describe_bins(char **alt, const filled *f)
{
    size_t size;
    FILE  *to = open_memstream(alt, &size);
    if (!to) return bal_prose_no_memory();
    fputs("Reliability: the part that is right over the mean probability of the answer.", to);
    for (int i = 0; i < f->count; i++)
        fprintf(to, "%s %.2f right at %.2f (%d image%s)", i ? "," : "", f->right[i], f->sure[i], f->images[i],
                f->images[i] == 1 ? "" : "s");
    fputc('.', to);
    return bal_prose_close(to, alt);
}

bal_status bal_figure_reliability(bal_figure *out, const bal_reliability *r)
{
    static const double diagonal[] = {0, 1};
    filled              f;
    fill(&f, r);
    bal_series bins[] = {{"calibrated", diagonal, diagonal, 2, .reference = true},
                         {"bins of images", f.sure, f.right, f.count, .band = {f.sure, f.low, f.high, f.count}}};
    bal_panel  panel = {
         "Reliability", "mean probability of the answer (0 to 1)", "part that is right (0 to 1)", bins, 2, 0, 1, 0, 1,
         .square = true};
    *out = (bal_figure){0};
    bal_status st = bal_plot_svg(&out->svg, &panel, 1, 1);
    if (st == BAL_OK) st = describe_bins(&out->alt, &f);
    if (st) bal_figure_free(out);
    return st;
}

/* ---- confusion --------------------------------------------------------------------------------------------------- */

bal_status bal_figure_confusion(bal_figure *out, const bal_metrics *m, char *const *name)
{
    bal_matrix matrix = {name, m->confusion, m->class_count};
    *out = (bal_figure){0};
    if (m->class_count > BAL_MATRIX_CLASSES) return BAL_OK;
    return bal_plot_matrix(&out->svg, &matrix); /* the page has a table instead */
}
