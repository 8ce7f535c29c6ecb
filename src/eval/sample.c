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

/* place: of each row of p in the sample, [p->count]. a, b: [count] each, for work. */
static void rank(uint32_t *order, const bal_predictions *p, int c, const int *place, ranked *a, ranked *b)
{
    int count = 0;
    for (int r = 0; r < p->count; r++) {
        if (p->row[r].label < 0) continue;
        uint32_t mark = p->row[r].label == c ? BAL_RANK_POSITIVE : 0;
        a[count++] = (ranked){bits_of(p->row[r].probability[c]), (uint32_t)place[r] << 2 | mark};
    }
    for (int digit = 0; digit < DIGITS; digit++) {
        if (!sort_digit(b, a, count, digit)) continue;
        ranked *swap = a;
        a = b;
        b = swap;
    }
    for (int i = 0; i < count; i++) {
        bool last = i == count - 1 || a[i].bits != a[i + 1].bits;
        order[i] = a[i].entry | (last ? BAL_RANK_LAST : 0);
    }
}

static bal_status no_memory(const bal_sample *s)
{
    return bal_fail(BAL_ENOMEM, "no memory for the metrics of %d predictions of %d classes", s->count, s->class_count);
}

/* For the classes first to end - 1. */
static bal_status rank_classes(bal_sample *s, const bal_predictions *p, int first, int end)
{
    size_t  n = (size_t)s->count;
    ranked *work = calloc(2 * n + 1, sizeof *work);
    int    *place = calloc((size_t)p->count + 1, sizeof *place);
    bool    whole = work && place;
    for (int i = 0; whole && i < s->count; i++) place[s->row[i]] = i;
    for (int c = first; whole && c < end; c++) rank(s->order + (size_t)(c - first) * n, p, c, place, work, work + n);
    free(work);
    free(place);
    return whole ? BAL_OK : no_memory(s);
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

/* The rows by label: a resample that is drawn class by class stays in a small part of memory. */
static bal_status arrange(bal_sample *s, const bal_predictions *p)
{
    if (s->count > ROWS_MAX) return bal_fail(BAL_ECONFIG, "more than %d predictions", ROWS_MAX);
    int *at = calloc((size_t)p->class_count + 1, sizeof *at);
    if (!at) return no_memory(s);
    for (int r = 0; r < p->count; r++)
        if (p->row[r].label >= 0) at[p->row[r].label + 1]++;
    for (int c = 0; c < p->class_count; c++) at[c + 1] += at[c];
    for (int r = 0; r < p->count; r++)
        if (p->row[r].label >= 0) s->row[at[p->row[r].label]++] = r;
    free(at);
    return BAL_OK;
}

static bal_status fill(bal_sample *s, const bal_predictions *p)
{
    BAL_TRY(allocate(s));
    BAL_TRY(arrange(s, p));
    for (int i = 0; i < s->count; i++) {
        const bal_prediction *row = &p->row[s->row[i]];
        s->cell[i] = row->label * p->class_count + row->predicted;
        if (s->probabilities) add_probabilities(s, i, row);
    }
    return s->probabilities ? rank_classes(s, p, 0, s->class_count) : BAL_OK;
}

bal_status bal_sample_init(bal_sample *out, const bal_predictions *p)
{
    *out = (bal_sample){.class_count = p->class_count, .probabilities = p->probabilities};
    for (int r = 0; r < p->count; r++) out->count += p->row[r].label >= 0;
    bal_status st = fill(out, p);
    if (st) bal_sample_free(out);
    return st;
}

bal_status bal_sample_init_class(bal_sample *out, const bal_predictions *p, int c)
{
    *out = (bal_sample){.class_count = p->class_count};
    for (int r = 0; r < p->count; r++) out->count += p->row[r].label >= 0;
    size_t n = (size_t)out->count + 1;
    bool   whole = (out->row = calloc(n, sizeof *out->row)) && (out->order = calloc(n, sizeof *out->order));
    bal_status st = whole ? arrange(out, p) : no_memory(out);
    if (st == BAL_OK) st = rank_classes(out, p, c, c + 1);
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

static const bal_times once = {{1}};

static int lanes_of(const bal_times *times)
{
    return times ? BAL_LANES : 1;
}

/* Of each lane: rows of other classes [0] and of the class [1]. */
typedef int counts[2][BAL_LANES];

/* From the highest probability down; images of equal probability are decided together, by the trapezoidal rule: half of
 * the others among them stand above each image of the class. */
static void take_tied(counts above, counts here, double *lost, double *precisions)
{
    for (int k = 0; k < BAL_LANES; k++) {
        double mine = here[1][k];
        lost[k] += mine * (above[0][k] + here[0][k] / 2.0);
        above[0][k] += here[0][k];
        above[1][k] += here[1][k];
        int all = above[0][k] + above[1][k];
        precisions[k] += mine * above[1][k] / (all > 0 ? all : 1);
    }
    memset(here, 0, sizeof(counts));
}

/* None of them is of the class. */
static void take_others(counts above, counts here)
{
    for (int k = 0; k < BAL_LANES; k++) above[0][k] += here[0][k];
    memset(here[0], 0, sizeof here[0]);
}

/* What is gathered at once, so that the waits for memory overlap. */
enum { BLOCK = 256 };
#define TIED 4u /* something was seen that is not decided yet */

static void measure_order(bal_metrics *m, const bal_sample *s, int c, const bal_times *times)
{
    const uint32_t *order = bal_sample_order(s, c);
    counts          above = {{0}}, here = {{0}};
    double          lost[BAL_LANES] = {0}, precisions[BAL_LANES] = {0};
    uint32_t        seen = 0;
    bal_times       block[BLOCK];
    for (int i = 0; i < s->count; i++) {
        for (int j = 0; i % BLOCK == 0 && j < BLOCK && i + j < s->count; j++)
            block[j] = times ? times[order[i + j] >> 2] : once;
        uint32_t kind = order[i] & (BAL_RANK_POSITIVE | BAL_RANK_LAST);
        int     *to = !seen && kind == BAL_RANK_LAST ? above[0] : here[kind >> 1];
        for (int k = 0; k < BAL_LANES; k++) to[k] += block[i % BLOCK].lane[k];
        if (to == above[0]) continue; /* what is most frequent: another class, and not tied */
        seen |= kind | TIED;
        if (!(order[i] & BAL_RANK_LAST)) continue;
        if (seen & BAL_RANK_POSITIVE) take_tied(above, here, lost, precisions);
        else take_others(above, here);
        seen = 0;
    }
    for (int k = 0; k < lanes_of(times); k++) {
        double others = above[0][k], mine = above[1][k];
        m[k].classes[c].auroc = 1 - ratio(lost[k], others * mine);
        m[k].classes[c].auprc = ratio(precisions[k], mine);
    }
}

static void measure_rows(bal_metrics *m, const bal_sample *s, const bal_times *times)
{
    double loss[BAL_LANES] = {0}, brier[BAL_LANES] = {0}, gap[BAL_ECE_BINS][BAL_LANES] = {{0}};
    for (int i = 0; i < s->count; i++) {
        const unsigned char *n = (times ? &times[i] : &once)->lane;
        double              *bin = gap[s->bin[i]];
        for (int k = 0; k < BAL_LANES; k++) {
            loss[k] += n[k] * s->loss[i];
            brier[k] += n[k] * s->brier[i];
            bin[k] += n[k] * s->gap[i];
        }
    }
    for (int k = 0; k < lanes_of(times); k++) {
        double ece = 0;
        for (int b = 0; b < BAL_ECE_BINS; b++) ece += fabs(gap[b][k]);
        m[k].loss = ratio(loss[k], m[k].count);
        m[k].brier = ratio(brier[k], m[k].count);
        m[k].ece = ratio(ece, m[k].count);
    }
}

static void count_cells(bal_metrics *m, const bal_sample *s, const bal_times *times)
{
    size_t cells = (size_t)s->class_count * (size_t)s->class_count;
    int    lanes = lanes_of(times);
    for (int k = 0; k < lanes; k++) {
        memset(m[k].confusion, 0, cells * sizeof *m[k].confusion);
        m[k].count = 0;
    }
    for (int i = 0; i < s->count; i++) {
        const unsigned char *n = (times ? &times[i] : &once)->lane;
        for (int k = 0; k < lanes; k++) {
            m[k].confusion[s->cell[i]] += n[k];
            m[k].count += n[k];
        }
    }
}

void bal_sample_measure(bal_metrics *m, const bal_sample *s, const bal_times *times)
{
    assert(m->class_count == s->class_count);
    count_cells(m, s, times);
    if (s->probabilities) measure_rows(m, s, times);
    for (int c = 0; s->probabilities && c < s->class_count; c++) measure_order(m, s, c, times);
    for (int k = 0; k < lanes_of(times); k++) bal_metrics_finish(&m[k]);
}
