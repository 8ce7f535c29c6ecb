/* bootstrap -- see eval/bootstrap.h. */
#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/rng.h"

#define WORK 5e8 /* (rows * (4 + classes) + classes^2) * resamples */
enum { RESAMPLES_MIN = 64 };

/* ---- units ------------------------------------------------------------------------------------------------------- */

typedef struct named_row {
    const char *group; /* NULL: alone */
    int         row;
} named_row;

static int by_group(const void *a, const void *b)
{
    const named_row *x = a, *y = b;
    int order = !x->group || !y->group ? (y->group == NULL) - (x->group == NULL) : strcmp(x->group, y->group);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static bool same_unit(const named_row *a, const named_row *b)
{
    return a->group && b->group && strcmp(a->group, b->group) == 0;
}

static void cut_units(bal_bootstrap *b, const named_row *rows)
{
    for (int i = 0; i < b->rows; i++) {
        b->member[i] = rows[i].row;
        if (i == 0 || !same_unit(&rows[i - 1], &rows[i])) b->first[b->units++] = i;
    }
    b->first[b->units] = b->rows;
    b->grouped = b->units < b->rows;
}

static bal_status no_memory(const bal_bootstrap *b)
{
    return bal_fail(BAL_ENOMEM, "no memory for resamples of %d predictions", b->rows);
}

static bal_status find_units(bal_bootstrap *b, const bal_sample *s, const bal_predictions *p)
{
    bool       any = false;
    named_row *rows = calloc((size_t)b->rows + 1, sizeof *rows);
    if (!rows) return no_memory(b);
    for (int i = 0; i < b->rows; i++) {
        rows[i] = (named_row){p->row[s->row[i]].group, i};
        any |= rows[i].group != NULL;
    }
    if (any) qsort(rows, (size_t)b->rows, sizeof *rows, by_group);
    cut_units(b, rows);
    for (int i = 0; !b->grouped && i < b->rows; i++) b->member[i] = i;
    free(rows);
    return BAL_OK;
}

/* ---- strata ------------------------------------------------------------------------------------------------------ */

/* count: [class_count] zeros, and zeros again afterwards. Of equally frequent labels the first class. */
static int label_of(const bal_bootstrap *b, const bal_sample *s, int unit, int *count)
{
    int label = s->cell[b->member[b->first[unit]]] / s->class_count;
    for (int i = b->first[unit]; i < b->first[unit + 1]; i++) count[s->cell[b->member[i]] / s->class_count]++;
    for (int i = b->first[unit]; i < b->first[unit + 1]; i++) {
        int c = s->cell[b->member[i]] / s->class_count;
        if (count[c] > count[label] || (count[c] == count[label] && c < label)) label = c;
    }
    for (int i = b->first[unit]; i < b->first[unit + 1]; i++) count[s->cell[b->member[i]] / s->class_count] = 0;
    return label;
}

static void order_units(bal_bootstrap *b, const int *label)
{
    for (int u = 0; u < b->units; u++) b->stratum[label[u] + 1]++;
    b->spread = true;
    for (int k = 0; k < b->strata; k++) {
        b->spread &= b->stratum[k + 1] != 1;
        b->stratum[k + 1] += b->stratum[k];
    }
    for (int u = 0; u < b->units; u++) b->unit[b->stratum[label[u]]++] = u;
    memmove(b->stratum + 1, b->stratum, (size_t)b->strata * sizeof *b->stratum);
    b->stratum[0] = 0;
}

static bal_status stratify(bal_bootstrap *b, const bal_sample *s)
{
    int *label = calloc((size_t)b->units + 1, sizeof *label), *count = calloc((size_t)b->strata, sizeof *count);
    bool whole = label && count;
    for (int u = 0; whole && u < b->units; u++) label[u] = label_of(b, s, u, count);
    if (whole) order_units(b, label);
    free(label);
    free(count);
    return whole ? BAL_OK : no_memory(b);
}

static int resamples_of(const bal_sample *s)
{
    double classes = s->class_count, each = 4 + (s->probabilities ? classes : 0);
    double count = WORK / (s->count * each + classes * classes);
    return (int)fmin(fmax(count, RESAMPLES_MIN), BAL_RESAMPLES) / BAL_LANES * BAL_LANES;
}

static bal_status make(bal_bootstrap *b, const bal_sample *s, const bal_predictions *p)
{
    size_t n = (size_t)b->rows + 1;
    b->member = calloc(n, sizeof *b->member);
    b->first = calloc(n, sizeof *b->first);
    b->unit = calloc(n, sizeof *b->unit);
    b->stratum = calloc((size_t)b->strata + 1, sizeof *b->stratum);
    if (!b->member || !b->first || !b->unit || !b->stratum) return no_memory(b);
    BAL_TRY(find_units(b, s, p));
    return stratify(b, s);
}

bal_status bal_bootstrap_init(bal_bootstrap *out, const bal_sample *s, const bal_predictions *p, uint64_t seed)
{
    *out = (bal_bootstrap){.strata = s->class_count, .rows = s->count, .seed = seed, .resamples = resamples_of(s)};
    bal_status st = make(out, s, p);
    if (st) bal_bootstrap_free(out);
    return st;
}

void bal_bootstrap_free(bal_bootstrap *b)
{
    if (!b) return;
    free(b->member);
    free(b->first);
    free(b->unit);
    free(b->stratum);
    *b = (bal_bootstrap){0};
}

/* ---- resamples --------------------------------------------------------------------------------------------------- */

/* A row is drawn more than 255 times once in 10^500. */
static void draw_unit(bal_times *times, const bal_bootstrap *b, int unit, int lane)
{
    for (int i = b->first[unit]; i < b->first[unit + 1]; i++) times[b->member[i]].lane[lane]++;
}

/* Without groups unit u is row u, and those of a class stand together. */
static void draw_stratum(bal_times *times, const bal_bootstrap *b, int stratum, const bal_stream *stream, int lane)
{
    int      first = b->stratum[stratum], end = b->stratum[stratum + 1];
    uint64_t size = (uint64_t)(end - first);
    uint32_t bits[4];
    for (int i = first; i < end; i++) {
        if (i % 4 == 0 || i == first) bal_philox(bits, stream, (uint64_t)i / 4);
        int drawn = first + (int)(size * bits[i % 4] >> 32);
        if (b->grouped) draw_unit(times, b, b->unit[drawn], lane);
        else times[drawn].lane[lane]++;
    }
}

void bal_bootstrap_draw(bal_times *times, const bal_bootstrap *b, int first)
{
    memset(times, 0, (size_t)b->rows * sizeof *times);
    for (int k = 0; k < b->strata; k++) {
        for (int lane = 0; lane < BAL_LANES; lane++) {
            bal_stream stream = bal_stream_for(b->seed, BAL_FOR_BOOTSTRAP, (uint32_t)(first + lane), 0);
            draw_stratum(times, b, k, &stream, lane);
        }
    }
}

/* The k-th smallest, from 0; the smaller ones are moved before it. Hoare 1961: sorting all of them takes three times as
 * long. */
static double kth(double *v, int count, int k)
{
    int low = 0, high = count - 1;
    while (low < high) {
        double pivot = v[low + (high - low) / 2];
        int    i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i > j) break;
            double swap = v[i];
            v[i++] = v[j];
            v[j--] = swap;
        }
        if (k <= j) high = j;
        else if (k >= i) low = i;
        else break;
    }
    return v[k];
}

static int drop_undefined(double *value, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (!isnan(value[i])) value[kept++] = value[i];
    return kept;
}

/* Between the two nearest values. */
static double percentile(double *value, int count, double part)
{
    double at = part * (count - 1);
    int    i = (int)at < count - 1 ? (int)at : count - 1, next = i + 1 < count ? i + 1 : i;
    double before = kth(value, count, i);
    return before + (at - i) * (kth(value, count, next) - before);
}

static double range(const double *value, int count)
{
    double least = value[0], most = value[0];
    for (int i = 1; i < count; i++) {
        least = fmin(least, value[i]);
        most = fmax(most, value[i]);
    }
    return most - least;
}

static double deviation(const double *value, int count)
{
    double mean = 0, squares = 0;
    for (int i = 0; i < count; i++) mean += value[i] / count;
    for (int i = 0; i < count; i++) squares += (value[i] - mean) * (value[i] - mean);
    return sqrt(squares / (count - 1));
}

bal_interval bal_bootstrap_interval(double *value, int count, double estimate)
{
    int kept = drop_undefined(value, count);
    if (isnan(estimate) || kept < 2 || 2 * kept < count) return (bal_interval){(double)NAN, (double)NAN};
    if (range(value, kept) <= BAL_ROUNDING) return (bal_interval){(double)NAN, (double)NAN};
    if (count >= BAL_RESAMPLES_PERCENTILE)
        return (bal_interval){percentile(value, kept, 0.025), percentile(value, kept, 0.975)};
    double sd = deviation(value, kept);
    return (bal_interval){estimate - BAL_Z95 * sd, estimate + BAL_Z95 * sd};
}
