/* dataset_split -- clusters dealt to parts or folds, stratified by class; leaks between given parts.
 *
 * Clusters are dealt the larger ones first, in an order drawn from the seed, each to the part that is least full of its
 * classes, counting half of the cluster itself (Webster's method, as seats are dealt to parties): shares come out
 * rounded to the nearest image, and clusters of several images go to every part in proportion. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/csv.h"
#include "ballast/files.h"
#include "ballast/rng.h"
#include "dataset_parts.h"

bool bal_ratios_parse(bal_ratios *out, const char *text)
{
    *out = (bal_ratios){{0}};
    for (int p = 0; p < BAL_PARTS; p++) {
        char *end;
        if (*text < '0' || *text > '9') return false;
        out->part[p] = strtod(text, &end);
        if (!isfinite(out->part[p]) || out->part[p] > 1e6) return false;
        if (*end == '\0') return out->part[BAL_TRAIN] > 0;
        if (*end != ':') return false;
        text = end + 1;
    }
    return false;
}

typedef struct {
    int start, size, rank; /* its images in `members`; its place in the drawn order */
} cluster;

/* A hand of clusters to deal to `bins` of target sizes. */
typedef struct {
    bal_dataset *ds;
    const bool  *in_pool; /* of each sample */
    int          bins, classes;
    double      *target, *filled; /* [bin][class]; images without a label are the last class */
    int         *units;           /* clusters of each class */
    cluster     *cluster;
    int          count;
    int         *members;
    int         *bin; /* out, of each sample in the pool */
} hand;

static int class_of(const hand *h, int sample)
{
    return h->ds->sample[sample].label >= 0 ? h->ds->sample[sample].label : h->classes - 1;
}

/* A sample's cluster is the smallest index in it, so one pass in order gathers them. */
static void gather(hand *h, int *slot)
{
    int n = h->ds->count, at = 0;

    for (int i = 0; i < n; i++) slot[i] = -1;
    for (int i = 0; i < n; i++) {
        if (!h->in_pool[i]) continue;
        int *s = &slot[h->ds->sample[i].cluster];
        if (*s < 0) *s = h->count++;
        h->cluster[*s].size++;
    }
    for (int k = 0; k < h->count; k++) {
        h->cluster[k].start = at;
        at += h->cluster[k].size;
        h->cluster[k].size = 0;
    }
    for (int i = 0; i < n; i++)
        if (h->in_pool[i]) {
            cluster *c = &h->cluster[slot[h->ds->sample[i].cluster]];
            h->members[c->start + c->size++] = i;
        }
}

static int by_size(const void *a, const void *b)
{
    const cluster *x = a, *y = b;
    return x->size != y->size ? y->size - x->size : x->rank - y->rank;
}

/* What each bin should get of each class. A class with clusters enough gets at least one image in every bin that has a
 * share at all. */
static void set_targets(hand *h, const double *share)
{
    double all = 0;
    int    used = 0;

    for (int b = 0; b < h->bins; b++) all += share[b], used += share[b] > 0;
    for (int c = 0; c < h->classes; c++) {
        double images = 0;
        for (int k = 0; k < h->count; k++) {
            int of_class = 0;
            for (int i = 0; i < h->cluster[k].size; i++)
                of_class += class_of(h, h->members[h->cluster[k].start + i]) == c;
            images += of_class;
            h->units[c] += of_class > 0;
        }
        for (int b = 0; b < h->bins; b++) {
            double t = images * share[b] / all;
            if (share[b] > 0 && t < 1 && h->units[c] >= used) t = 1;
            h->target[b * h->classes + c] = t;
        }
    }
}

static double fullness(const hand *h, const cluster *k, int b)
{
    double worst = 0;

    for (int i = 0; i < k->size; i++) {
        int    c = class_of(h, h->members[k->start + i]), of_class = 0;
        double t = h->target[b * h->classes + c];
        for (int j = 0; j < k->size; j++) of_class += class_of(h, h->members[k->start + j]) == c;
        worst += t > 0 ? (h->filled[b * h->classes + c] + of_class / 2.0) / t : HUGE_VAL;
    }
    return worst;
}

static void deal(hand *h, const double *share)
{
    for (int k = 0; k < h->count; k++) {
        int    best = -1;
        double least = 0;
        for (int b = 0; b < h->bins; b++) {
            if (share[b] <= 0) continue;
            double f = fullness(h, &h->cluster[k], b);
            if (best < 0 || f < least) best = b, least = f;
        }
        for (int i = 0; i < h->cluster[k].size; i++) {
            int sample = h->members[h->cluster[k].start + i];
            h->bin[sample] = best;
            h->filled[best * h->classes + class_of(h, sample)] += 1;
        }
    }
}

static bal_status deal_pool(bal_dataset *ds, const bool *in_pool, int bins, const double *share, int *bin,
                            const bal_stream *stream)
{
    size_t     n = (size_t)ds->count + 1, classes = (size_t)ds->data.class_count + 1, cells = classes * (size_t)bins;
    hand       h = {.ds = ds, .in_pool = in_pool, .bins = bins, .classes = (int)classes, .bin = bin};
    bal_status st = BAL_OK;
    int       *scratch = malloc(n * sizeof *scratch);

    h.target = calloc(cells, sizeof *h.target);
    h.filled = calloc(cells, sizeof *h.filled);
    h.units = calloc(classes, sizeof *h.units);
    h.cluster = calloc(n, sizeof *h.cluster);
    h.members = malloc(n * sizeof *h.members);
    if (h.target && h.filled && h.units && h.cluster && h.members && scratch) {
        gather(&h, scratch);
        bal_random_order(scratch, h.count, stream);
        for (int k = 0; k < h.count; k++) h.cluster[k].rank = scratch[k];
        qsort(h.cluster, (size_t)h.count, sizeof *h.cluster, by_size);
        set_targets(&h, share);
        deal(&h, share);
    } else {
        st = bal_fail(BAL_ENOMEM, "no memory to split %d images", ds->count);
    }
    free(scratch);
    free(h.target);
    free(h.filled);
    free(h.units);
    free(h.cluster);
    free(h.members);
    return st;
}

/* ---- from bins to parts --------------------------------------------------------------------------------------------
 */

static bal_part given_part(const bal_dataset *ds, int i) { return ds->data.items[ds->item[i]].part; }

static void count_given(const bal_dataset *ds, int count[BAL_PARTS + 1])
{
    memset(count, 0, (BAL_PARTS + 1) * sizeof *count);
    for (int i = 0; i < ds->count; i++) count[given_part(ds, i)]++;
}

/* By the ratios. Where the source gives parts, only what is without one is dealt, and, where a whole part is missing,
 * it is cut out of train. */
static bal_status split_by_ratios(bal_dataset *ds, bool *in_pool, int *bin, const bal_stream *stream)
{
    int        given[BAL_PARTS + 1];
    bal_ratios r;
    bool       missing = false;

    bal_ratios_parse(&r, ds->options.split);
    count_given(ds, given);
    for (int p = BAL_VALIDATION; p < BAL_PARTS && ds->given; p++) {
        if (given[p]) r.part[p] = 0;
        else if (r.part[p] > 0) missing = true;
    }
    for (int i = 0; i < ds->count; i++)
        in_pool[i] = given_part(ds, i) == BAL_NO_PART || (missing && given_part(ds, i) == BAL_TRAIN);
    BAL_TRY(deal_pool(ds, in_pool, BAL_PARTS, r.part, bin, stream));
    for (int i = 0; i < ds->count; i++) {
        ds->sample[i].part = in_pool[i] ? (bal_part)bin[i] : given_part(ds, i);
        ds->sample[i].fold = -1;
    }
    return BAL_OK;
}

/* Fold `fold` is the test part and the next one the validation part. A given test part stays; then `fold` validates. */
static bal_status split_by_folds(bal_dataset *ds, int fold, bool *in_pool, int *bin, const bal_stream *stream)
{
    int    given[BAL_PARTS + 1], folds = ds->options.folds;
    double share[100];

    for (int f = 0; f < folds; f++) share[f] = 1;
    count_given(ds, given);
    for (int i = 0; i < ds->count; i++) in_pool[i] = given_part(ds, i) != BAL_TEST;
    BAL_TRY(deal_pool(ds, in_pool, folds, share, bin, stream));
    int test = given[BAL_TEST] ? -1 : fold;
    int validation = test < 0 ? (fold + ds->turn) % folds : (fold + 1 + ds->turn % (folds - 1)) % folds;
    for (int i = 0; i < ds->count; i++) {
        bal_sample *s = &ds->sample[i];
        s->fold = in_pool[i] ? bin[i] : -1;
        s->part = !in_pool[i] || s->fold == test ? BAL_TEST : s->fold == validation ? BAL_VALIDATION : BAL_TRAIN;
    }
    return BAL_OK;
}

/* ---- duplicates = drop ----------------------------------------------------------------------------------------------
 */

/* Out of train: whatever shares a cluster with validation or test, and copies of an image that train has already. */
static bal_status drop(bal_dataset *ds)
{
    bool *outside = calloc((size_t)ds->count + 1, sizeof *outside); /* of a cluster: it reaches beyond train */

    if (!outside) return bal_fail(BAL_ENOMEM, "no memory to split %d images", ds->count);
    for (int i = 0; i < ds->count; i++)
        if (ds->sample[i].part == BAL_VALIDATION || ds->sample[i].part == BAL_TEST)
            outside[ds->sample[i].cluster] = true;
    for (int i = 0; i < ds->count; i++)
        if (ds->sample[i].part == BAL_TRAIN && outside[ds->sample[i].cluster]) ds->sample[i].part = BAL_NO_PART;
    for (int i = 0; i < ds->link_count && ds->links[i].kind == BAL_SAME_BYTES; i++)
        if (ds->sample[ds->links[i].b].part == BAL_TRAIN) ds->sample[ds->links[i].b].part = BAL_NO_PART;
    free(outside);
    return BAL_OK;
}

/* ---- the lists of parts: `order` by part; behind it by part and class, `start` saying where each begins
 * -------------- */

/* `part` of each image, the real ones first, then the generated ones. */
bal_status bal_dataset_list_parts(bal_dataset *ds, const bal_part *part)
{
    int    classes = ds->data.class_count, total = ds->count + ds->generated_count, at = 0;
    size_t n = (size_t)total + 1;
    int   *order = realloc(ds->order, 2 * n * sizeof *order);

    if (order) ds->order = order;
    if (!ds->start) ds->start = malloc(((size_t)BAL_PARTS * ((size_t)classes + 1) + 2) * sizeof *ds->start);
    if (!order || !ds->start) return bal_fail(BAL_ENOMEM, "no memory to split %d images", total);
    int *start = ds->start;
    for (int p = 0; p < BAL_PARTS; p++) {
        *start++ = at;
        for (int i = 0; i < total; i++)
            if ((int)part[i] == p) ds->order[at++] = i;
    }
    *start++ = at;
    for (int p = 0; p < BAL_PARTS; p++)
        for (int c = 0; c < classes; c++) {
            *start++ = at;
            for (int i = 0; i < total; i++)
                if ((int)part[i] == p && bal_dataset_sample(ds, i)->label == c) ds->order[at++] = i;
        }
    *start = at;
    return BAL_OK;
}

static bal_status list_split(bal_dataset *ds)
{
    bal_part *part = malloc(((size_t)ds->count + 1) * sizeof *part);

    if (!part) return bal_fail(BAL_ENOMEM, "no memory to split %d images", ds->count);
    for (int i = 0; i < ds->count; i++) part[i] = ds->sample[i].part;
    bal_status st = bal_dataset_list_parts(ds, part);
    free(part);
    return st;
}

int bal_dataset_part(const bal_dataset *ds, bal_part part, int label, const int **out)
{
    int at = label < 0 ? (int)part : BAL_PARTS + 1 + (int)part * ds->data.class_count + label;
    *out = ds->order + ds->start[at];
    return ds->start[at + 1] - ds->start[at];
}

/* Mean and deviation of the training part, by channel. Sums of whole numbers are exact up to 2^64. */
static void measure(bal_dataset *ds)
{
    const int *list;
    int        n = bal_dataset_part(ds, BAL_TRAIN, -1, &list), channels = ds->options.channels;
    double     pixels = (double)ds->options.size * ds->options.size * n;

    for (int c = 0; c < 3; c++) ds->mean[c] = 0, ds->deviation[c] = 1;
    for (int c = 0; c < channels && n > 0; c++) {
        double sum = 0, square = 0;
        for (int i = 0; i < n; i++) {
            sum += (double)ds->sketch[list[i]].sum[c];
            square += (double)ds->sketch[list[i]].square[c];
        }
        double mean = sum / pixels, variance = square / pixels - mean * mean;
        ds->mean[c] = (float)(mean / 65535);
        if (variance > 1) ds->deviation[c] = (float)(sqrt(variance) / 65535);
    }
}

static bal_status split(bal_dataset *ds, uint64_t seed, int fold)
{
    size_t     n = (size_t)ds->count + 1;
    bool      *in_pool = malloc(n * sizeof *in_pool);
    int       *bin = malloc(n * sizeof *bin);
    bal_status st = in_pool && bin ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory to split %d images", ds->count);

    assert(fold < 0 || fold < ds->options.folds);
    bal_dataset_drop_generated(ds);
    ds->given = 0;
    for (int i = 0; i < ds->count; i++) ds->given |= given_part(ds, i) != BAL_NO_PART;
    bal_stream stream = bal_stream_for(seed, BAL_FOR_SPLIT, fold >= 0, 0);
    if (!st)
        st = fold >= 0 ? split_by_folds(ds, fold, in_pool, bin, &stream) : split_by_ratios(ds, in_pool, bin, &stream);
    free(in_pool);
    free(bin);
    if (st) return st;
    BAL_TRY(bal_dataset_report_leaks(ds));
    if (ds->options.duplicates) BAL_TRY(drop(ds));
    BAL_TRY(bal_dataset_thin(ds, seed));
    BAL_TRY(list_split(ds));
    measure(ds);
    return bal_dataset_report_split(ds);
}

bal_status bal_dataset_split(bal_dataset *ds, uint64_t seed, int fold)
{
    ds->split_seed = seed;
    ds->split_fold = fold;
    ds->turn = 0;
    return split(ds, seed, fold);
}

int bal_dataset_turns(const bal_dataset *ds)
{
    int given[BAL_PARTS + 1];

    if (ds->split_fold < 0 || ds->options.imbalance) return 1;
    count_given(ds, given);
    return given[BAL_TEST] ? ds->options.folds : ds->options.folds - 1;
}

bal_status bal_dataset_turn(bal_dataset *ds, int turn)
{
    assert(turn >= 0 && turn < bal_dataset_turns(ds));
    ds->turn = turn;
    return split(ds, ds->split_seed, ds->split_fold);
}
