/* intervals -- see ballast/intervals.h. */
#include "ballast/intervals.h"

#include <math.h>
#include <stdlib.h>
#include "eval/bootstrap.h"

static const bal_interval undefined = {(double)NAN, (double)NAN};

static bal_interval within(bal_interval i, double lowest, double highest)
{
    return (bal_interval){fmax(i.low, lowest), fmin(i.high, highest)};
}

/* ---- proportions ------------------------------------------------------------------------------------------------- */

bal_interval bal_interval_wilson(double part, double whole)
{
    if (!(whole > 0)) return undefined;
    double p = part / whole, zz = BAL_Z95 * BAL_Z95 / whole, middle = (p + zz / 2) / (1 + zz);
    double half = sqrt(zz * (p * (1 - p) + zz / 4)) / (1 + zz);
    return within((bal_interval){part > 0 ? middle - half : 0, part < whole ? middle + half : 1}, 0, 1);
}

/* ln of the probability of k in n. */
static double log_binomial(double k, double n, double p)
{
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log1p(-p);
}

double bal_binomial_tail(int k, int n, double p)
{
    if (k <= 0 || p >= 1) return k <= n ? 1 : 0;
    if (k > n || p <= 0) return 0;
    if (k < n * p) return 1 - bal_binomial_tail(n - k + 1, n, 1 - p); /* the tail that falls from its first term on */
    double term = exp(log_binomial(k, n, p)), sum = term;
    for (int i = k; i < n && term > sum * 1e-17; i++) sum += term *= (double)(n - i) / (i + 1) * p / (1 - p);
    return fmin(sum, 1);
}

static void set_wilson(bal_intervals *out, const bal_metrics *m)
{
    double n = m->count, hits = 0;
    for (int c = 0; c < m->class_count; c++) {
        const bal_scores *s = &m->classes[c];
        double            found = m->confusion[c * m->class_count + c];
        out->classes[c][BAL_CLASS_PRECISION] = bal_interval_wilson(found, s->predicted);
        out->classes[c][BAL_CLASS_RECALL] = bal_interval_wilson(found, s->support);
        out->classes[c][BAL_CLASS_SPECIFICITY] =
            bal_interval_wilson(n - s->support - s->predicted + found, n - s->support);
        hits += found;
    }
    out->figure[BAL_FIGURE_ACCURACY] = bal_interval_wilson(hits, n);
}

/* ---- AUROC ------------------------------------------------------------------------------------------------------- */

static bal_interval around(double estimate, double variance)
{
    double half = BAL_Z95 * sqrt(variance);
    if (!(half > BAL_ROUNDING)) return undefined;
    return within((bal_interval){estimate - half, estimate + half}, 0, 1);
}

/* The structural component of a row of the class is the part of the others that it stands above, of another row the
 * part of the class that it stands below. Adds each row's share in the mean of `classes` areas to `share`; returns the
 * variance of this area. */
static double delong(double *share, const uint32_t *order, int count, const bal_scores *s, int classes)
{
    double size[2] = {count - s->support, s->support}, above[2] = {0}, squares[2] = {0};
    for (int i = 0, end; i < count; i = end) {
        double here[2] = {0};
        for (end = i; end == i || !(order[end - 1] & BAL_RANK_LAST); end++) here[!!(order[end] & BAL_RANK_POSITIVE)]++;
        double component[2] = {(above[1] + here[1] / 2) / size[1], (size[0] - above[0] - here[0] / 2) / size[0]};
        for (int k = 0; k < 2; k++) {
            squares[k] += here[k] * (component[k] - s->auroc) * (component[k] - s->auroc);
            above[k] += here[k];
        }
        for (int j = i; j < end; j++) {
            int k = !!(order[j] & BAL_RANK_POSITIVE);
            share[order[j] >> 2] += component[k] / (size[k] * classes);
        }
    }
    if (size[0] < 2 || size[1] < 2) return (double)NAN;
    return squares[0] / (size[0] * (size[0] - 1)) + squares[1] / (size[1] * (size[1] - 1));
}

/* Of a sum of shares, the number of images of each class being given. */
static double stratified_variance(const double *share, const bal_sample *s, const bal_metrics *m, double *mean)
{
    double sum = 0;
    for (int i = 0; i < s->count; i++) {
        int label = s->cell[i] / s->class_count;
        mean[label] += share[i] / m->classes[label].support;
    }
    for (int i = 0; i < s->count; i++) {
        int    label = s->cell[i] / s->class_count;
        double n = m->classes[label].support, off = share[i] - mean[label];
        sum += n > 1 ? off * off * n / (n - 1) : (double)NAN;
    }
    return sum;
}

static bal_status set_delong(bal_intervals *out, const bal_sample *s, const bal_metrics *m)
{
    int     defined = 0;
    double *share = calloc((size_t)s->count + 1, sizeof *share), *mean = calloc((size_t)s->class_count, sizeof *mean);
    bool    whole = share && mean;
    for (int c = 0; c < m->class_count; c++) defined += !isnan(m->classes[c].auroc);
    for (int c = 0; whole && c < m->class_count; c++) {
        const bal_scores *one = &m->classes[c];
        if (isnan(one->auroc)) continue;
        double variance = delong(share, bal_sample_order(s, c), s->count, one, defined);
        out->classes[c][BAL_CLASS_AUROC] = around(one->auroc, variance);
    }
    if (whole && defined)
        out->figure[BAL_FIGURE_AUROC_MACRO] = around(m->macro.auroc, stratified_variance(share, s, m, mean));
    free(share);
    free(mean);
    return whole ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for the intervals of %d predictions", s->count);
}

/* ---- the others -------------------------------------------------------------------------------------------------- */

static const int of_all[] = {BAL_FIGURE_BALANCED_ACCURACY, BAL_FIGURE_LOSS,  BAL_FIGURE_MCC, BAL_FIGURE_KAPPA,
                             BAL_FIGURE_AUPRC_MACRO,       BAL_FIGURE_BRIER, BAL_FIGURE_ECE};
static const int of_class[] = {BAL_CLASS_F1, BAL_CLASS_AUPRC};
enum { OF_ALL = sizeof of_all / sizeof *of_all, OF_CLASS = sizeof of_class / sizeof *of_class };

typedef struct resampling {
    const bal_bootstrap *b;
    const bal_sample    *s;
    bal_times           *times;  /* [rows] */
    double              *values; /* [OF_ALL + OF_CLASS * classes][resamples] */
    bal_metrics          m[BAL_LANES];
} resampling;

static void keep_values(resampling *r, const bal_metrics *m, int resample)
{
    double *v = r->values + resample;
    for (int f = 0; f < OF_ALL; f++, v += r->b->resamples) *v = bal_metrics_figure(m, of_all[f]);
    for (int c = 0; c < m->class_count; c++)
        for (int f = 0; f < OF_CLASS; f++, v += r->b->resamples) *v = bal_scores_figure(&m->classes[c], of_class[f]);
}

static void measure_all(resampling *r)
{
    for (int i = 0; i < r->b->resamples; i += BAL_LANES) {
        bal_bootstrap_draw(r->times, r->b, i);
        bal_sample_measure(r->m, r->s, r->times);
        for (int k = 0; k < BAL_LANES; k++) keep_values(r, &r->m[k], i + k);
    }
}

/* Down by as much as the resamples lie above the estimate on average. */
static bal_interval moved(bal_interval i, const double *value, int count, double estimate)
{
    double bias = 0;
    for (int k = 0; k < count; k++) bias += (value[k] - estimate) / count;
    return (bal_interval){i.low - bias, i.high - bias};
}

static void take_intervals(bal_intervals *out, const resampling *r, const bal_metrics *m)
{
    int     count = r->b->resamples;
    double *v = r->values;
    for (int f = 0; f < OF_ALL; f++, v += count) {
        const bal_metric *figure = &bal_figures[of_all[f]];
        double            estimate = bal_metrics_figure(m, of_all[f]);
        bal_interval      i = bal_bootstrap_interval(v, count, estimate);
        if (of_all[f] == BAL_FIGURE_ECE && count >= BAL_RESAMPLES_PERCENTILE) i = moved(i, v, count, estimate);
        out->figure[of_all[f]] = isnan(i.low) ? i : within(i, figure->lowest, figure->highest);
    }
    for (int c = 0; c < m->class_count; c++) {
        for (int f = 0; f < OF_CLASS; f++, v += count) {
            bal_interval i = bal_bootstrap_interval(v, count, bal_scores_figure(&m->classes[c], of_class[f]));
            out->classes[c][of_class[f]] = isnan(i.low) ? i : within(i, 0, 1);
        }
    }
}

static bal_status set_resampled(bal_intervals *out, const bal_bootstrap *b, const bal_sample *s, const bal_metrics *m)
{
    resampling r = {.b = b, .s = s};
    size_t     figures = OF_ALL + (size_t)OF_CLASS * (size_t)s->class_count;
    bal_status st = BAL_OK;
    for (int k = 0; st == BAL_OK && k < BAL_LANES; k++) st = bal_metrics_init(&r.m[k], s->class_count);
    r.times = calloc((size_t)s->count + 1, sizeof *r.times);
    r.values = calloc(figures * (size_t)b->resamples, sizeof *r.values);
    if (st == BAL_OK && !(r.times && r.values)) st = bal_fail(BAL_ENOMEM, "no memory for %d resamples", b->resamples);
    if (st == BAL_OK) measure_all(&r);
    if (st == BAL_OK) take_intervals(out, &r, m);
    free(r.times);
    free(r.values);
    for (int k = 0; k < BAL_LANES; k++) bal_metrics_free(&r.m[k]);
    return st;
}

static bal_status set_bootstrap(bal_intervals *out, const bal_sample *s, const bal_predictions *p, const bal_metrics *m,
                                uint64_t seed)
{
    bal_bootstrap b;
    BAL_TRY(bal_bootstrap_init(&b, s, p, seed));
    out->resamples = b.resamples;
    out->grouped = b.grouped;
    bal_status st = b.spread && b.rows > 0 ? set_resampled(out, &b, s, m) : BAL_OK;
    bal_bootstrap_free(&b);
    return st;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

bal_status bal_intervals_init(bal_intervals *out, int class_count)
{
    *out = (bal_intervals){.class_count = class_count};
    out->classes = calloc((size_t)class_count, sizeof *out->classes);
    if (!out->classes) return bal_fail(BAL_ENOMEM, "no memory for the intervals of %d classes", class_count);
    for (int f = 0; f < BAL_FIGURES; f++) out->figure[f] = undefined;
    for (int c = 0; c < class_count; c++)
        for (int f = 0; f < BAL_CLASS_FIGURES; f++) out->classes[c][f] = undefined;
    return BAL_OK;
}

bal_status bal_intervals_from(bal_intervals *out, const bal_sample *s, const bal_predictions *p, const bal_metrics *m,
                              uint64_t seed)
{
    BAL_TRY(bal_intervals_init(out, p->class_count));
    set_wilson(out, m);
    bal_status st = s->probabilities ? set_delong(out, s, m) : BAL_OK;
    if (st == BAL_OK) st = set_bootstrap(out, s, p, m, seed);
    if (st) bal_intervals_free(out);
    return st;
}

bal_status bal_intervals_of(bal_intervals *out, const bal_predictions *p, const bal_metrics *m, uint64_t seed)
{
    bal_sample s;
    *out = (bal_intervals){0};
    BAL_TRY(bal_sample_init(&s, p));
    bal_status st = bal_intervals_from(out, &s, p, m, seed);
    bal_sample_free(&s);
    return st;
}

void bal_intervals_free(bal_intervals *i)
{
    if (!i) return;
    free(i->classes);
    *i = (bal_intervals){0};
}
