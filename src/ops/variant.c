/* variant -- see variant.h.
 *
 * Each variant's result is compared with the first one's before it is timed. Then all are timed in turns, each after a
 * large buffer has been written, so that the caches hold as little of its operands as in a step, where other layers'
 * tensors have passed through. The least time counts: whatever else the machine does only slows. */
#include "variant.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FAST_ROUNDS = 3, FULL_ROUNDS = 7, MOST_FLUSH = 64 << 20 };

#define FAST_WORTH 2e8 /* operations of a run that are worth measuring: about a millisecond */
#define FULL_WORTH 2e7
#define BETTER 0.97     /* of the first one's time: less of a gain is noise */
#define HOPELESS 3      /* times the best: not timed again */
#define ERROR 1e-5      /* of another algorithm, in the norm, against the first */
#define HALF_ERROR 1e-3 /* the same where results are stored as half */

typedef struct {
    bal_device         *dev;
    const bal_variants *v;
    const bal_trial    *trial;
    bal_tensor          flush;
    float              *first, *other;      /* results on the host */
    double              best[BAL_VARIANTS]; /* seconds; 0: not in the race */
    int                 count, wrong;
} race;

void bal_variants_add(bal_variants *v, bal_variant one)
{
    for (int i = 0; i < v->count; i++)
        if (strcmp(v->list[i].name, one.name) == 0) return;
    if (v->count < BAL_VARIANTS) v->list[v->count++] = one;
}

static int find(const bal_variants *v, const char *name)
{
    for (int i = 0; name && i < v->count; i++)
        if (strcmp(v->list[i].name, name) == 0) return i;
    return -1;
}

/* ---- the check -------------------------------------------------------------------------------------------------- */

static bool close_enough(const float *a, const float *b, size_t size, double bound)
{
    double norm = 0, error = 0;
    for (size_t i = 0; i < size; i++) {
        double d = (double)a[i] - (double)b[i];
        norm += (double)a[i] * (double)a[i];
        error += d * d;
    }
    return error <= bound * bound * norm; /* false for NaN */
}

static bal_status read_result(float **host, const bal_tensor *t)
{
    if (!*host) *host = malloc(bal_shape_size(t->shape) * sizeof **host);
    return *host ? bal_tensor_read(t, *host) : bal_fail(BAL_ENOMEM, "no memory for a result");
}

/* Runs variant i for the first time. */
static bal_status check(race *r, int i, bool *right)
{
    const bal_tensor *out;
    BAL_TRY(r->trial->open(r->trial->user, i, &out));
    BAL_TRY(r->trial->run(r->trial->user, i));
    BAL_TRY(read_result(i ? &r->other : &r->first, out));
    size_t size = bal_shape_size(out->shape);
    if (i == 0) *right = true;
    else if (r->v->list[i].same) *right = memcmp(r->first, r->other, size * sizeof(float)) == 0;
    else *right = close_enough(r->first, r->other, size, out->half ? HALF_ERROR : ERROR);
    return BAL_OK;
}

/* ---- the race --------------------------------------------------------------------------------------------------- */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bal_status make_flush(race *r)
{
    size_t bytes = 2 * bal_device_describe(r->dev)->cache;
    if (bytes == 0 || bytes > MOST_FLUSH) bytes = MOST_FLUSH;
    return bal_tensor_init(&r->flush, r->dev, (bal_shape){1, 1, 1, (int)(bytes / sizeof(float))});
}

static bal_status time_one(race *r, int i)
{
    BAL_TRY(bal_tensor_fill(&r->flush, 0));
    BAL_TRY(bal_device_finish(r->dev));
    double t = seconds();
    BAL_TRY(r->trial->run(r->trial->user, i));
    BAL_TRY(bal_device_finish(r->dev));
    t = seconds() - t;
    if (t < r->best[i]) r->best[i] = t;
    return BAL_OK;
}

static int leader(const race *r)
{
    int best = 0;
    for (int i = 1; i < r->count; i++)
        if (r->best[i] > 0 && r->best[i] < r->best[best]) best = i;
    return r->best[best] < BETTER * r->best[0] ? best : 0;
}

/* *done: whether there was time for all of it. */
static bal_status run_race(race *r, int rounds, bool *done)
{
    for (int i = 0; i < r->count; i++) {
        bool right = false;
        if (!bal_tuning_goes_on(r->dev)) return BAL_OK;
        BAL_TRY(check(r, i, &right));
        r->best[i] = right ? INFINITY : 0;
        r->wrong += !right;
    }
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < r->count; i++) {
            if (r->best[i] == 0 || (round && r->best[i] > HOPELESS * r->best[leader(r)])) continue;
            if (!bal_tuning_goes_on(r->dev)) return BAL_OK;
            BAL_TRY(time_one(r, i));
        }
    *done = true;
    return BAL_OK;
}

static void tell(const race *r, const char *key, int won)
{
    const bal_tuning *how = bal_tuning_of(r->dev);
    const bal_tuned   what = {
          key, r->v->list[won].name, r->v->list[0].name, r->best[won] * 1e3, r->best[0] * 1e3, r->count, r->wrong};
    if (how->tell) how->tell(&what);
}

/* *out: the fastest; -1 where there was no time to find out. */
static bal_status measure(int *out, bal_device *dev, const char *key, const bal_variants *v, const bal_trial *trial)
{
    bool       full = bal_tuning_of(dev)->level == BAL_TUNE_FULL, done = false;
    race       r = {.dev = dev, .v = v, .trial = trial, .count = v->count};
    bal_status st = make_flush(&r);
    if (!full)
        for (r.count = 0; r.count < v->count && r.count < BAL_VARIANTS_FAST && v->list[r.count].same;) r.count++;
    if (st == BAL_OK) st = run_race(&r, full ? FULL_ROUNDS : FAST_ROUNDS, &done);
    *out = done ? leader(&r) : -1;
    if (st == BAL_OK && done) tell(&r, key, *out);
    bal_tensor_free(&r.flush);
    free(r.first);
    free(r.other);
    return st;
}

static bool worth(const bal_tuning *how, const bal_variants *v, double flops)
{
    bool full = how && how->level == BAL_TUNE_FULL;
    return how && v->count > 1 && (full || v->list[1].same) && flops >= (full ? FULL_WORTH : FAST_WORTH);
}

/* What the store knows, else what measuring finds; -1: neither. */
static bal_status tuned(int *out, bal_device *dev, const char *key, const bal_variants *v, const bal_trial *trial)
{
    const bal_tuning *how = bal_tuning_of(dev);
    *out = -1;
    if (how) *out = find(v, bal_store_find(dev, key, how->level));
    if (*out >= 0 || !worth(how, v, trial->flops) || !bal_tuning_goes_on(dev)) return BAL_OK;
    BAL_TRY(measure(out, dev, key, v, trial));
    return *out < 0 ? BAL_OK : bal_store_add(dev, key, v->list[*out].name);
}

bal_status bal_variant_choose(bal_variant *out, bal_device *dev, const char *key, const bal_variants *v,
                              const bal_trial *trial)
{
    int i = find(v, bal_plan_find(dev, key));
    if (i < 0) {
        BAL_TRY(tuned(&i, dev, key, v, trial));
        if (i < 0) i = 0;
        BAL_TRY(bal_plan_set(dev, key, v->list[i].name));
    }
    *out = v->list[i];
    return BAL_OK;
}
