/* bands -- see ballast/bands.h. */
#include "ballast/bands.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "eval/bootstrap.h"

enum { LAST = BAL_BAND_POINTS - 1 };

int bal_bands_choose(int out[BAL_BAND_CLASSES], const double *auroc, int count)
{
    int n = 0;
    for (int c = 0; c < count; c++) {
        int at = n;
        if (isnan(auroc[c])) continue;
        while (at > 0 && auroc[c] < auroc[out[at - 1]]) at--;
        if (at == BAL_BAND_CLASSES) continue;
        if (n < BAL_BAND_CLASSES) n++;
        for (int k = n - 1; k > at; k--) out[k] = out[k - 1];
        out[at] = c;
    }
    return n;
}

/* ---- curves, in several resamples side by side ------------------------------------------------------------------- */

typedef int counts[2][BAL_LANES]; /* of each lane: images of other classes [0] and of the class [1] */

/* Where the curves of a class have come to. */
typedef struct tracer {
    int     lanes;
    counts  all, above, before; /* in all; at or above this threshold, and the one before it */
    counts  due;                /* so many above make the next points known: of ROC [0], of PR [1] */
    int     next[2][BAL_LANES]; /* the first point that is not known */
    double *line[2][BAL_LANES]; /* ROC, PR: [BAL_BAND_POINTS] */
} tracer;

static void begin(tracer *t)
{
    for (int c = 0; c < 2; c++)
        for (int k = 0; k < t->lanes; k++) {
            for (int i = 0; i < BAL_BAND_POINTS; i++) t->line[c][k][i] = (double)NAN;
            t->due[c][k] = 1;
        }
}

/* Images of [0] that are more than point i's, of [1] that are at least point i's. */
static int due_at(const tracer *t, int c, int k)
{
    long long whole = (long long)t->next[c][k] * t->all[c][k];
    if (t->next[c][k] > LAST - (c == 0)) return INT_MAX;
    return c == 0 ? (int)(whole / LAST) + 1 : (int)((whole + LAST - 1) / LAST);
}

/* Points that this threshold passes stand on the line from the one before it. */
static void pass_roc(tracer *t, int k)
{
    double before[2] = {t->before[0][k], t->before[1][k]}, step = t->above[0][k] - before[0];
    for (; t->above[0][k] >= t->due[0][k]; t->due[0][k] = due_at(t, 0, k)) {
        double wanted = (double)t->next[0][k] * t->all[0][k] / LAST, rise = t->above[1][k] - before[1];
        t->line[0][k][t->next[0][k]++] = (before[1] + rise * (wanted - before[0]) / step) / t->all[1][k];
    }
}

static void pass_pr(tracer *t, int k)
{
    double all = (double)t->above[0][k] + t->above[1][k];
    for (; t->above[1][k] >= t->due[1][k]; t->due[1][k] = due_at(t, 1, k))
        t->line[1][k][t->next[1][k]++] = t->above[1][k] / all;
}

static void take_threshold(tracer *t)
{
    int due = 0;
    for (int k = 0; k < BAL_LANES; k++) due |= (t->above[0][k] >= t->due[0][k]) | (t->above[1][k] >= t->due[1][k]);
    for (int k = 0; due && k < t->lanes; k++) {
        pass_roc(t, k);
        pass_pr(t, k);
    }
    memcpy(t->before, t->above, sizeof t->before);
}

/* Undefined without images of the class, or of others. */
static void end(tracer *t)
{
    for (int k = 0; k < t->lanes; k++)
        while (t->next[0][k] <= LAST && t->all[0][k] && t->all[1][k]) t->line[0][k][t->next[0][k]++] = 1;
}

/* times: NULL, each row once, for one lane. t->all is set. */
static void walk(tracer *t, const uint32_t *order, int count, const bal_times *times)
{
    static const bal_times once = {{1}};
    begin(t);
    for (int k = t->lanes; k < BAL_LANES; k++) t->due[0][k] = t->due[1][k] = INT_MAX;
    for (int i = 0; i < count; i++) {
        const unsigned char *n = (times ? &times[order[i] >> 2] : &once)->lane;
        int                 *to = t->above[(order[i] & BAL_RANK_POSITIVE) != 0];
        for (int k = 0; k < BAL_LANES; k++) to[k] += n[k];
        if (order[i] & BAL_RANK_LAST) take_threshold(t);
    }
    end(t);
}

static void count_once(int all[2], const uint32_t *order, int count)
{
    for (int i = 0; i < count; i++) all[(order[i] & BAL_RANK_POSITIVE) != 0]++;
}

static void trace(double *roc, double *pr, const uint32_t *order, int count)
{
    tracer t = {.lanes = 1};
    int    all[2] = {0};
    count_once(all, order, count);
    t.line[0][0] = roc;
    t.line[1][0] = pr;
    t.all[0][0] = all[0];
    t.all[1][0] = all[1];
    walk(&t, order, count, NULL);
}

/* ---- the curve itself -------------------------------------------------------------------------------------------- */

static bal_status make_room(bal_class_bands *out, int count)
{
    size_t n = (size_t)(count < 2 * BAL_CURVE_POINTS ? count : 2 * BAL_CURVE_POINTS) + 2;
    out->fpr = malloc(n * sizeof *out->fpr);
    out->recall = malloc(n * sizeof *out->recall);
    out->precision = malloc(n * sizeof *out->precision);
    return out->fpr && out->recall && out->precision ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for curves");
}

/* From the corner on, where none is given the class; a point stays where it is away from the last that stayed. */
static bal_status draw_curve(bal_class_bands *out, const uint32_t *order, int count)
{
    int all[2] = {0}, above[2] = {0}, n = 1;
    count_once(all, order, count);
    BAL_TRY(make_room(out, count));
    out->fpr[0] = out->recall[0] = 0;
    for (int i = 0; i < count; i++) {
        above[(order[i] & BAL_RANK_POSITIVE) != 0]++;
        if (!(order[i] & BAL_RANK_LAST)) continue;
        double fpr = (double)above[0] / all[0], recall = (double)above[1] / all[1];
        double away = fpr + recall - out->fpr[n - 1] - out->recall[n - 1];
        if (i + 1 < count && away < 1.0 / BAL_CURVE_POINTS) continue;
        out->fpr[n] = fpr;
        out->recall[n] = recall;
        out->precision[n++] = (double)above[1] / (above[0] + above[1]);
    }
    out->precision[0] = n > 1 ? out->precision[1] : (double)NAN;
    out->points = n;
    return BAL_OK;
}

/* ---- resamples --------------------------------------------------------------------------------------------------- */

/* [BAL_BAND_CLASSES][resamples][ROC, PR][BAL_BAND_POINTS] */
typedef struct resampling {
    bal_bootstrap b;
    bal_times    *times;
    double       *lines;
} resampling;

static double *lines_of(const resampling *r, int class, int resample)
{
    return r->lines + ((size_t) class * (size_t)r->b.resamples + (size_t)resample) * 2 * BAL_BAND_POINTS;
}

/* How often rows of the class and of others are in each lane. */
static void count_drawn(counts all, const bal_sample *s, const bal_times *times, int class)
{
    for (int i = 0; i < s->count; i++) {
        int *to = all[s->cell[i] / s->class_count == class];
        for (int k = 0; k < BAL_LANES; k++) to[k] += times[i].lane[k];
    }
}

static void draw(resampling *r, const bal_bands *bands, const bal_sample *s, int first)
{
    bal_bootstrap_draw(r->times, &r->b, first);
    for (int i = 0; i < bands->count; i++) {
        tracer t = {.lanes = BAL_LANES};
        for (int k = 0; k < BAL_LANES; k++) {
            t.line[0][k] = lines_of(r, i, first + k);
            t.line[1][k] = t.line[0][k] + BAL_BAND_POINTS;
        }
        count_drawn(t.all, s, r->times, bands->of[i].class);
        walk(&t, bal_sample_order(s, bands->of[i].class), s->count, r->times);
    }
}

static double clip(double v) { return fmin(fmax(v, 0), 1); }

/* offset: 0 of ROC, BAL_BAND_POINTS of PR. */
static void take_band(bal_band *band, const resampling *r, int class, int offset, double *value)
{
    for (int i = 0; i < BAL_BAND_POINTS; i++) {
        for (int k = 0; k < r->b.resamples; k++) value[k] = lines_of(r, class, k)[offset + i];
        bal_interval of = bal_bootstrap_interval(value, r->b.resamples, band->value[i]);
        band->low[i] = isnan(of.low) ? band->value[i] : clip(of.low);
        band->high[i] = isnan(of.high) ? band->value[i] : clip(of.high);
    }
}

static bal_status resample(bal_bands *bands, resampling *r, const bal_sample *s)
{
    size_t n = (size_t)r->b.resamples;
    if (!r->b.spread || s->count == 0) return BAL_OK;
    double *value = calloc(n, sizeof *value);
    r->times = calloc((size_t)s->count, sizeof *r->times);
    r->lines = calloc((size_t)bands->count * n * 2 * BAL_BAND_POINTS, sizeof *r->lines);
    bool whole = value && r->times && r->lines;
    for (int i = 0; whole && i < r->b.resamples; i += BAL_LANES) draw(r, bands, s, i);
    for (int i = 0; whole && i < bands->count; i++) {
        take_band(&bands->of[i].roc, r, i, 0, value);
        take_band(&bands->of[i].pr, r, i, BAL_BAND_POINTS, value);
    }
    free(value);
    free(r->times);
    free(r->lines);
    return whole ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for the bands of %d curves", bands->count);
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static bal_status choose(bal_bands *out, const bal_metrics *m)
{
    int class[BAL_BAND_CLASSES];
    double *auroc = calloc((size_t)m->class_count, sizeof *auroc);
    out->of = calloc(BAL_BAND_CLASSES, sizeof *out->of);
    bool whole = auroc && out->of;
    for (int c = 0; whole && c < m->class_count; c++) auroc[c] = m->classes[c].auroc;
    if (whole) out->count = bal_bands_choose(class, auroc, m->class_count);
    for (int i = 0; i < out->count; i++) out->of[i].class = class[i];
    free(auroc);
    return whole ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for curves");
}

static bal_status set_curve(bal_class_bands *out, const bal_sample *s)
{
    const uint32_t *order = bal_sample_order(s, out->class);
    trace(out->roc.value, out->pr.value, order, s->count);
    for (int k = 0; k < BAL_BAND_POINTS; k++)
        out->roc.low[k] = out->roc.high[k] = out->pr.low[k] = out->pr.high[k] = (double)NAN;
    return draw_curve(out, order, s->count);
}

bal_status bal_bands_from(bal_bands *out, const bal_sample *s, const bal_predictions *p, const bal_metrics *m,
                          uint64_t seed)
{
    resampling r = {0};
    *out = (bal_bands){0};
    if (!s->probabilities) return BAL_OK;
    bal_status st = choose(out, m);
    for (int i = 0; i < out->count && st == BAL_OK; i++) st = set_curve(&out->of[i], s);
    if (st == BAL_OK) st = bal_bootstrap_init(&r.b, s, p, seed);
    if (st == BAL_OK) st = resample(out, &r, s);
    bal_bootstrap_free(&r.b);
    if (st) bal_bands_free(out);
    return st;
}

bal_status bal_bands_of(bal_bands *out, const bal_predictions *p, const bal_metrics *m, uint64_t seed)
{
    bal_sample s;
    *out = (bal_bands){0};
    BAL_TRY(bal_sample_init(&s, p));
    bal_status st = bal_bands_from(out, &s, p, m, seed);
    bal_sample_free(&s);
    return st;
}

void bal_bands_free(bal_bands *b)
{
    if (!b) return;
    for (int i = 0; i < b->count; i++) {
        free(b->of[i].fpr);
        free(b->of[i].recall);
        free(b->of[i].precision);
    }
    free(b->of);
    *b = (bal_bands){0};
}

bal_status bal_band_lines(bal_band_line *roc, bal_band_line *pr, const bal_predictions *p)
{
    bal_sample s;
    assert(p->probabilities);
    BAL_TRY(bal_sample_init(&s, p));
    for (int c = 0; c < p->class_count; c++) trace(roc[c], pr[c], bal_sample_order(&s, c), s.count);
    bal_sample_free(&s);
    return BAL_OK;
}
