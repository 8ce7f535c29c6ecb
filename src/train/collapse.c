/* collapse -- see include/ballast/collapse.h. Limits are those that told the runs of bench/results/paper.md from
 * healthy ones. */
#include "ballast/collapse.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double one_answer_share = 0.98;
static const double chance_slack = 0.05, prior_slack = 0.15; /* of the way from 1/K to 1: still chance */
static const double prior_part = 0.5;                        /* entropy against that of the shares */
static const double fits_slack = 0.10;                       /* train accuracy above that of the largest class alone */
static const double dead_norm = 1e-6;                        /* a gradient's norm that moves nothing */
static const double sorted_spread = 0.6; /* batches of one class have 0.9 and more, random ones of 4 images 0.25 */
static const double burst = 3;           /* a step's loss against the first one's */
static const double grace_part = 0.4;
static const double frequencies = 0.9; /* loss against that of the shares alone: nothing but these was learnt */
static const double rare_part = 0.5, large_part = 0.85;

enum {
    LEAST_IMAGES = 10, /* of validation: fewer say nothing */
    GRACE = 300,       /* updates: healthy nets answer one class for 40 to 200, */
    MOST_GRACE = 1500, /* with weights for rare classes for 500, where they have time: a share of the budget */
    SURE_GRACE = 100,  /* where train figures say that it is no late start; running statistics need 60 */
    BURST_GRACE = 200,
    EPOCHS = 3,
    CHANCE_EPOCHS = 5,
    VANISH_EPOCHS = 5
};

/* ---- the list ---------------------------------------------------------------------------------------------------- */

bal_status bal_collapse_add(bal_collapse_history *h, const bal_collapse_epoch *epoch)
{
    size_t size = (size_t)h->classes * sizeof(double);
    if (h->count == h->capacity) {
        int                 capacity = h->capacity ? 2 * h->capacity : 64;
        bal_collapse_epoch *more = realloc(h->epoch, (size_t)capacity * sizeof *more);
        if (!more) return bal_fail(BAL_ENOMEM, "no memory for the figures of %d epochs", capacity);
        h->epoch = more;
        h->capacity = capacity;
    }
    bal_collapse_epoch *e = &h->epoch[h->count];
    *e = *epoch;
    e->share = malloc(2 * size + 1);
    if (!e->share) return bal_fail(BAL_ENOMEM, "no memory for the figures of %d classes", h->classes);
    e->mean = e->share + h->classes;
    memcpy(e->share, epoch->share, size);
    memcpy(e->mean, epoch->mean, size);
    h->count++;
    return BAL_OK;
}

void bal_collapse_free(bal_collapse_history *h)
{
    if (!h) return;
    for (int i = 0; i < h->count; i++) free(h->epoch[i].share);
    free(h->epoch);
    *h = (bal_collapse_history){.classes = h->classes};
}

/* ---- one epoch --------------------------------------------------------------------------------------------------- */

typedef struct look {
    const bal_collapse_run     *run;
    const bal_collapse_history *h;
    int                         from, step;            /* first epoch that counts, updates before it */
    int                         known;                 /* classes with validation images: the K of 1/K */
    int                         common;                /* the largest class in training */
    double                      common_share, entropy; /* of the shares in validation, nats */
} look;

static int sum(const int *count, int n)
{
    int all = 0;
    for (int k = 0; k < n; k++) all += count[k];
    return all;
}

static double entropy(const double *p, int n)
{
    double all = 0;
    for (int k = 0; k < n; k++) all -= p[k] > 0 ? p[k] * log(p[k]) : 0;
    return all;
}

static look look_at(const bal_collapse_run *run, const bal_collapse_history *h)
{
    look l = {.run = run, .h = h};
    int  n = h->classes, train = sum(run->train, n), validation = sum(run->validation, n);
    for (int i = 0; i < h->count - 1; i++)
        if (h->epoch[i].alarm) l.from = i + 1, l.step = h->epoch[i].step;
    for (int k = 0; k < n; k++) {
        double p = validation ? (double)run->validation[k] / validation : 0;
        l.known += p > 0;
        l.entropy -= p > 0 ? p * log(p) : 0;
        if (run->train[k] > run->train[l.common]) l.common = k;
    }
    l.common_share = train ? (double)run->train[l.common] / train : 1;
    return l;
}

static int top(const bal_collapse_epoch *e, int n)
{
    int best = 0;
    for (int k = 1; k < n; k++)
        if (e->share[k] > e->share[best]) best = k;
    return best;
}

static bool at_chance(const look *l, const bal_collapse_epoch *e, double slack)
{
    double guessing = 1.0 / l->known;
    return e->validation_balanced_accuracy <= guessing + slack * (1 - guessing); /* false for NaN */
}

static bool is_chance(const look *l, const bal_collapse_epoch *e) { return at_chance(l, e, chance_slack); }

static bool is_one(const look *l, const bal_collapse_epoch *e)
{
    return is_chance(l, e) && e->share[top(e, l->h->classes)] >= one_answer_share;
}

static bool fits(const look *l, const bal_collapse_epoch *e)
{
    return e->train_accuracy >= fmin(l->common_share + fits_slack, 1);
}

static bool is_contrary(const look *l, const bal_collapse_epoch *e) { return is_one(l, e) && fits(l, e); }

static bool is_narrow(const look *l, const bal_collapse_epoch *e)
{
    return at_chance(l, e, prior_slack) && entropy(e->mean, l->h->classes) < prior_part * l->entropy;
}

/* ---- several ----------------------------------------------------------------------------------------------------- */

/* For how many epochs up to the last it has been so. */
static int held(const look *l, bool (*is)(const look *, const bal_collapse_epoch *))
{
    int n = 0;
    while (l->h->count - n > l->from && is(l, &l->h->epoch[l->h->count - 1 - n])) n++;
    return n;
}

/* Epochs from `first` on, `count` of them, in all of which a class has its answers, or in all of which it has none. */
static bool answered(const look *l, int class, int first, int count, bool found)
{
    double own = (double)l->run->validation[class] / sum(l->run->validation, l->h->classes);
    for (int i = first; i < first + count; i++) {
        const bal_collapse_epoch *e = &l->h->epoch[i];
        if (isnan(e->validation_balanced_accuracy)) return false;
        if (found ? e->share[class] < own / 2 : e->share[class] > 0) return false;
    }
    return true;
}

static bool has_vanished(const look *l, int class)
{
    int end = l->h->count - VANISH_EPOCHS;
    if (!l->run->validation[class] || end - VANISH_EPOCHS < l->from) return false;
    if (l->h->epoch[l->h->count - 1].step - l->h->epoch[end - 1].step < SURE_GRACE) return false;
    if (!answered(l, class, end, VANISH_EPOCHS, false)) return false;
    for (int i = l->from; i + VANISH_EPOCHS <= end; i++)
        if (answered(l, class, i, VANISH_EPOCHS, true)) return true;
    return false;
}

/* Whether no epoch of the whole training was better than one answer. */
static bool never_good(const look *l)
{
    bool any = false;
    for (int i = 0; i < l->h->count; i++) {
        const bal_collapse_epoch *e = &l->h->epoch[i];
        if (isnan(e->validation_balanced_accuracy)) continue;
        if (!is_chance(l, e)) return false;
        any = true;
    }
    return any;
}

static bool burst_out(const look *l)
{
    double begin = l->h->epoch[0].first_loss;
    for (int i = l->from; i < l->h->count; i++)
        if (l->h->epoch[i].peak_loss >= burst * begin) return true;
    return false;
}

/* Updates that a net may give one answer for, where nothing but that speaks against it. */
static int grace_of(const look *l)
{
    int share = (int)fmin(grace_part * l->run->total, MOST_GRACE);
    return l->from == 0 && share > GRACE ? share : GRACE;
}

/* One answer, and figures that say that it is no late start. */
static bool is_sure(const look *l, const bal_collapse_epoch *e, int updates)
{
    int one = held(l, is_one);
    if (updates < SURE_GRACE || one == 0) return false;
    if (e->gradient_norm < dead_norm || held(l, is_contrary) >= EPOCHS) return true;
    return one >= EPOCHS && (e->spread >= sorted_spread || (updates >= BURST_GRACE && burst_out(l)));
}

static bal_alarm alarm_of(const look *l)
{
    const bal_collapse_epoch *e = &l->h->epoch[l->h->count - 1];
    int                       one = held(l, is_one), chance = held(l, is_chance), narrow = held(l, is_narrow);
    int                       updates = e->step - l->step, answer = top(e, l->h->classes);
    if (is_sure(l, e, updates) || (updates >= grace_of(l) && one >= EPOCHS))
        return (bal_alarm){BAL_ALARM_ONE_ANSWER, 0, answer, one};
    if (updates >= SURE_GRACE && narrow >= EPOCHS) return (bal_alarm){BAL_ALARM_PRIOR, 0, answer, narrow};
    if (updates >= 2 * grace_of(l) && chance >= CHANCE_EPOCHS) return (bal_alarm){BAL_ALARM_CHANCE, 0, answer, chance};
    for (int k = 0; k < l->h->classes; k++)
        if (has_vanished(l, k)) return (bal_alarm){BAL_ALARM_VANISHED, 0, k, VANISH_EPOCHS};
    if (e->last && never_good(l))
        return (bal_alarm){one ? BAL_ALARM_ONE_ANSWER : BAL_ALARM_CHANCE, 0, answer, one ? one : l->h->count};
    return (bal_alarm){0};
}

/* ---- causes ------------------------------------------------------------------------------------------------------ */

static bool was(const look *l, bool (*is)(const look *, const bal_collapse_epoch *), int epochs)
{
    for (int i = l->h->count - 1; i >= l->from && i >= l->h->count - epochs; i--)
        if (is(l, &l->h->epoch[i])) return true;
    return false;
}

/* A rate that was too high and is lower now is not too low. */
static bool was_high(const look *l)
{
    for (int i = 0; i < l->from; i++)
        if (l->h->epoch[i].alarm && l->h->epoch[i].cause == BAL_CAUSE_RATE_HIGH) return true;
    return false;
}

static bool is_rare(const look *l, int class)
{
    return l->run->train[class] < rare_part * sum(l->run->train, l->h->classes) / l->h->classes;
}

static bal_alarm_cause cause_of(const look *l, const bal_alarm *a)
{
    const bal_collapse_epoch *e = &l->h->epoch[l->h->count - 1];
    if (a->kind == BAL_ALARM_NOT_FINITE) return BAL_CAUSE_RATE_HIGH;
    if (a->kind == BAL_ALARM_VANISHED) return is_rare(l, a->class) ? BAL_CAUSE_IMBALANCE : BAL_CAUSE_UNKNOWN;
    if (e->spread >= sorted_spread) return BAL_CAUSE_UNSHUFFLED;
    if (l->run->squashed) return BAL_CAUSE_OUTPUTS;
    if (was(l, fits, EPOCHS)) return l->run->running ? BAL_CAUSE_STALE_NORM : BAL_CAUSE_UNKNOWN;
    if (burst_out(l) || e->gradient_norm < dead_norm) return BAL_CAUSE_RATE_HIGH;
    if (e->last && e->step < GRACE) return BAL_CAUSE_FEW_UPDATES;
    if (a->class == l->common && l->common_share >= large_part) return BAL_CAUSE_IMBALANCE;
    if (e->validation_loss < frequencies * l->entropy) return BAL_CAUSE_UNKNOWN;
    return was_high(l) ? BAL_CAUSE_RATE_HIGH : BAL_CAUSE_RATE_LOW;
}

bal_alarm bal_collapse_look(const bal_collapse_run *run, const bal_collapse_history *h)
{
    look      l = look_at(run, h);
    bal_alarm a = {0};
    if (h->count == 0) return a;
    if (isnan(h->epoch[h->count - 1].train_loss)) a = (bal_alarm){BAL_ALARM_NOT_FINITE, 0, 0, 1};
    else if (l.known >= 2 && sum(run->validation, h->classes) >= LEAST_IMAGES) a = alarm_of(&l);
    if (a.kind) a.cause = cause_of(&l, &a);
    return a;
}

bool bal_collapse_is_good(const bal_collapse_run *run, const bal_collapse_history *h, int i)
{
    look l = look_at(run, h);
    return l.known >= 2 && !isnan(h->epoch[i].validation_balanced_accuracy) && !is_chance(&l, &h->epoch[i]);
}

int bal_collapse_acts(const bal_alarm *alarm, int earlier, int useless)
{
    static const int by_cause[] = {
        [BAL_CAUSE_UNKNOWN] = BAL_RESCUE_RESTART | BAL_RESCUE_LOWER | BAL_RESCUE_BIAS,
        [BAL_CAUSE_RATE_HIGH] = BAL_RESCUE_RESTART | BAL_RESCUE_LOWER | BAL_RESCUE_BIAS,
        [BAL_CAUSE_RATE_LOW] = BAL_RESCUE_RAISE,
        [BAL_CAUSE_UNSHUFFLED] = BAL_RESCUE_RESTART | BAL_RESCUE_SHUFFLE,
        [BAL_CAUSE_STALE_NORM] = BAL_RESCUE_NORM,
        [BAL_CAUSE_IMBALANCE] = BAL_RESCUE_RESTART | BAL_RESCUE_BIAS | BAL_RESCUE_SAMPLER,
        [BAL_CAUSE_FEW_UPDATES] = 0,
        [BAL_CAUSE_OUTPUTS] = 0,
    };
    int acts = by_cause[alarm->cause];
    if (!acts) return 0;
    int tried = (earlier | useless) & (BAL_RESCUE_NORM | BAL_RESCUE_SHUFFLE);
    if (earlier & BAL_RESCUE_LOWER) tried |= BAL_RESCUE_RAISE; /* not up and down */
    if (acts & tried) acts = by_cause[BAL_CAUSE_UNKNOWN];
    return earlier ? acts | BAL_RESCUE_SAMPLER : acts;
}
