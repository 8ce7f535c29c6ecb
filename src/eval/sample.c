/* sample -- see eval/sample.h. */
#include "eval/sample.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 1 << 30 }; /* so that a row and two marks are 32 bits */

/* ---- the order: a radix sort by the bits of the probabilities, which rise with them ------------------------------ */

enum { DIGITS = 8, RADIX = 256 };

typedef struct ranked {
    uint64_t bits;
    uint32_t entry;
} ranked;

static unsigned digit_of(const ranked *r, int digit)
{
    return (unsigned)(r->bits >> (8 * digit)) & (RADIX - 1);
}

/* Stable, falling. False where all keys have the same digit, and nothing is done. */
static bool sort_digit(ranked *to, const ranked *from, int count, int digit)
{
    int start[RADIX] = {0}, at = 0;
    for (int i = 0; i < count; i++) start[digit_of(&from[i], digit)]++;
    if (count > 0 && start[digit_of(&from[0], digit)] == count) return false;
    for (int d = RADIX - 1; d >= 0; d--) {
        int here = start[d];
        start[d] = at;
        at += here;
    }
    for (int i = 0; i < count; i++) to[start[digit_of(&from[i], digit)]++] = from[i];
    return true;
}

static uint64_t bits_of(double probability)
{
    uint64_t bits;
    probability += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &probability, sizeof bits);
    return bits;
}

/* a, b: [count] each, for work. */
static void rank(uint32_t *order, const bal_sample *s, const bal_predictions *p, int c, ranked *a, ranked *b)
{
    for (int i = 0; i < s->count; i++) {
        const bal_prediction *row = &p->row[s->row[i]];
        a[i] = (ranked){bits_of(row->probability[c]), (uint32_t)i << 2 | (row->label == c ? BAL_RANK_POSITIVE : 0)};
    }
    for (int digit = 0; digit < DIGITS; digit++) {
        if (!sort_digit(b, a, s->count, digit)) continue;
        ranked *swap = a;
        a = b;
        b = swap;
    }
    for (int i = 0; i < s->count; i++) {
        bool last = i == s->count - 1 || a[i].bits != a[i + 1].bits;
        order[i] = a[i].entry | (last ? BAL_RANK_LAST : 0);
    }
}

static bal_status no_memory(const bal_sample *s)
{
    return bal_fail(BAL_ENOMEM, "no memory for the metrics of %d predictions of %d classes", s->count, s->class_count);
}

static bal_status rank_all(bal_sample *s, const bal_predictions *p)
{
    size_t  n = (size_t)s->count;
    ranked *work = calloc(2 * n + 1, sizeof *work);
    if (!work) return no_memory(s);
    for (int c = 0; c < s->class_count; c++) rank(s->order + (size_t)c * n, s, p, c, work, work + n);
    free(work);
    return BAL_OK;
}

/* ---- the rows ---------------------------------------------------------------------------------------------------- */

/* Of classes of the same probability the one that was predicted. */
static int top_class(const bal_prediction *row, int class_count)
{
    int top = row->predicted;
    for (int c = 0; c < class_count; c++)
        if (row->probability[c] > row->probability[top]) top = c;
    return top;
}

static double brier_of(const bal_prediction *row, int class_count)
{
    double sum = 0;
    for (int c = 0; c < class_count; c++) {
        double off = row->probability[c] - (c == row->label);
        sum += off * off;
    }
    return class_count <= 2 ? sum / 2 : sum;
}

static void add_probabilities(bal_sample *s, int i, const bal_prediction *row)
{
    int    top = top_class(row, s->class_count);
    double confidence = row->probability[top], bin = ceil(confidence * BAL_ECE_BINS) - 1;
    s->loss[i] = -log(fmin(fmax(row->probability[row->label], DBL_EPSILON), 1));
    s->brier[i] = brier_of(row, s->class_count);
    s->gap[i] = confidence - (top == row->label);
    s->bin[i] = (unsigned char)fmin(fmax(bin, 0), BAL_ECE_BINS - 1);
}

static bal_status allocate(bal_sample *s)
{
    size_t n = (size_t)s->count + 1; /* never nothing */
    bool   whole = (s->row = calloc(n, sizeof *s->row)) && (s->cell = calloc(n, sizeof *s->cell));
    if (whole && s->probabilities)
        whole = (s->loss = calloc(n, sizeof *s->loss)) && (s->brier = calloc(n, sizeof *s->brier)) &&
                (s->gap = calloc(n, sizeof *s->gap)) && (s->bin = calloc(n, sizeof *s->bin)) &&
                (s->order = calloc(n * (size_t)s->class_count, sizeof *s->order));
    return whole ? BAL_OK : no_memory(s);
}

static bal_status fill(bal_sample *s, const bal_predictions *p)
{
    int i = 0;
    if (s->count > ROWS_MAX) return bal_fail(BAL_ECONFIG, "more than %d predictions", ROWS_MAX);
    BAL_TRY(allocate(s));
    for (int r = 0; r < p->count; r++) {
        if (p->row[r].label < 0) continue;
        s->row[i] = r;
        s->cell[i] = p->row[r].label * p->class_count + p->row[r].predicted;
        if (s->probabilities) add_probabilities(s, i, &p->row[r]);
        i++;
    }
    return s->probabilities ? rank_all(s, p) : BAL_OK;
}

bal_status bal_sample_init(bal_sample *out, const bal_predictions *p)
{
    *out = (bal_sample){.class_count = p->class_count, .probabilities = p->probabilities};
    for (int r = 0; r < p->count; r++) out->count += p->row[r].label >= 0;
    bal_status st = fill(out, p);
    if (st) bal_sample_free(out);
    return st;
}

void bal_sample_free(bal_sample *s)
{
    if (!s) return;
    free(s->row);
    free(s->cell);
    free(s->loss);
    free(s->brier);
    free(s->gap);
    free(s->bin);
    free(s->order);
    *s = (bal_sample){0};
}

const uint32_t *bal_sample_order(const bal_sample *s, int c)
{
    return s->order + (size_t)c * (size_t)s->count;
}

/* ---- the metrics ------------------------------------------------------------------------------------------------- */

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

/* From the highest probability down; images of equal probability are decided together, by the trapezoidal rule. */
static void measure_order(bal_scores *out, const uint32_t *order, int count, const int *times)
{
    int64_t positives = 0, negatives = 0, with[2] = {0};
    double  area = 0, precisions = 0;
    for (int i = 0; i < count; i++) {
        uint32_t e = order[i];
        with[(e & BAL_RANK_POSITIVE) != 0] += times ? times[e >> 2] : 1;
        if (!(e & BAL_RANK_LAST)) continue;
        area += (double)with[0] * ((double)positives + (double)with[1] / 2);
        positives += with[1];
        negatives += with[0];
        if (with[1]) precisions += (double)with[1] * (double)positives / (double)(positives + negatives);
        with[0] = with[1] = 0;
    }
    out->auroc = ratio(area, (double)positives * (double)negatives);
    out->auprc = ratio(precisions, (double)positives);
}

static void measure_probabilities(bal_metrics *m, const bal_sample *s, const int *times)
{
    double loss = 0, brier = 0, ece = 0, gap[BAL_ECE_BINS] = {0};
    for (int i = 0; i < s->count; i++) {
        double n = times ? times[i] : 1;
        loss += n * s->loss[i];
        brier += n * s->brier[i];
        gap[s->bin[i]] += n * s->gap[i];
    }
    for (int b = 0; b < BAL_ECE_BINS; b++) ece += fabs(gap[b]);
    m->loss = ratio(loss, m->count);
    m->brier = ratio(brier, m->count);
    m->ece = ratio(ece, m->count);
    for (int c = 0; c < s->class_count; c++) measure_order(&m->classes[c], bal_sample_order(s, c), s->count, times);
}

void bal_sample_measure(bal_metrics *m, const bal_sample *s, const int *times)
{
    assert(m->class_count == s->class_count);
    size_t cells = (size_t)s->class_count * (size_t)s->class_count;
    memset(m->confusion, 0, cells * sizeof *m->confusion);
    m->count = 0;
    for (int i = 0; i < s->count; i++) {
        int n = times ? times[i] : 1;
        m->confusion[s->cell[i]] += n;
        m->count += n;
    }
    if (s->probabilities) measure_probabilities(m, s, times);
    bal_metrics_finish(m);
}
