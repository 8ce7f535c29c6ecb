/* sampler -- see include/ballast/sampler.h. */
#include "ballast/sampler.h"

#include <math.h>
#include <stdlib.h>
#include "ballast/rng.h"

struct bal_sampler {
    bal_sampler_settings settings;
    int                 *member; /* the images, class after class */
    int                 *first;  /* [classes + 1]: where each class begins there */
    int                 *quota;
    uint64_t            *drawn; /* of each class's row, before pass `next` */
    uint64_t             next;
    int                 *list, *permutation; /* [count] */
};

static int size_of(const bal_sampler *s, int class) { return s->first[class + 1] - s->first[class]; }

static void sort_by_class(bal_sampler *s, const int *label)
{
    int at = 0;
    for (int c = 0; c < s->settings.classes; c++) {
        s->first[c] = at;
        for (int i = 0; i < s->settings.count; i++)
            if (label[i] == c) s->member[at++] = i;
    }
    s->first[s->settings.classes] = at;
}

bal_status bal_sampler_open(bal_sampler **out, const bal_sampler_settings *settings)
{
    size_t       count = (size_t)settings->count, classes = (size_t)settings->classes;
    bal_sampler *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) return bal_fail(BAL_ENOMEM, "no memory for a sampler");
    s->settings = *settings;
    s->member = calloc(count + 1, sizeof *s->member);
    s->first = calloc(classes + 1, sizeof *s->first);
    s->quota = calloc(classes + 1, sizeof *s->quota);
    s->drawn = calloc(classes + 1, sizeof *s->drawn);
    s->list = calloc(count + 1, sizeof *s->list);
    s->permutation = calloc(count + 1, sizeof *s->permutation);
    if (!s->member || !s->first || !s->quota || !s->drawn || !s->list || !s->permutation) {
        bal_sampler_close(s);
        return bal_fail(BAL_ENOMEM, "no memory for a sampler of %d images", settings->count);
    }
    sort_by_class(s, settings->label);
    s->settings.label = NULL;
    s->next = settings->begin;
    *out = s;
    return BAL_OK;
}

void bal_sampler_close(bal_sampler *s)
{
    if (!s) return;
    free(s->member);
    free(s->first);
    free(s->quota);
    free(s->drawn);
    free(s->list);
    free(s->permutation);
    free(s);
}

/* ---- shares ------------------------------------------------------------------------------------------------------ */

/* How far from the images' own shares to equal ones. */
static double progress(const bal_sampler *s, uint64_t pass)
{
    const bal_sampler_settings *o = &s->settings;
    if (o->how != BAL_SAMPLE_PROGRESSIVE) return o->how == BAL_SAMPLE_BALANCED;
    if (pass >= o->end || o->end <= o->begin) return 1;
    return pass > o->begin ? (double)(pass - o->begin) / (double)(o->end - o->begin) : 0;
}

static double share(const bal_sampler *s, int class, double balanced)
{
    double own = 0, sum = 0, all = 0, filled = 0, power = s->settings.how == BAL_SAMPLE_SQRT ? 0.5 : 1;
    for (int c = 0; c < s->settings.classes; c++) {
        double n = size_of(s, c);
        if (c == class) own = n;
        sum += pow(n, power);
        filled += n > 0;
        all += n;
    }
    return all > 0 && own > 0 ? (1 - balanced) * pow(own, power) / sum + balanced / filled : 0;
}

void bal_sampler_quotas(const bal_sampler *s, int *quota, uint64_t pass)
{
    int    count = s->settings.count, classes = s->settings.classes, left = count;
    double balanced = progress(s, pass);
    for (int c = 0; c < classes; c++) left -= quota[c] = (int)floor(count * share(s, c, balanced) + 1e-9);
    for (; left > 0 && s->first[classes] > 0; left--) {
        int    most = -1;
        double rest = -1;
        for (int c = 0; c < classes; c++) {
            double r = count * share(s, c, balanced) - quota[c];
            if (size_of(s, c) > 0 && r > rest) most = c, rest = r;
        }
        quota[most]++;
    }
}

/* ---- a pass ------------------------------------------------------------------------------------------------------ */

/* drawn[] for this pass. */
static void go_to(bal_sampler *s, uint64_t pass)
{
    int classes = s->settings.classes;
    if (pass < s->next) {
        s->next = s->settings.begin;
        for (int c = 0; c < classes; c++) s->drawn[c] = 0;
    }
    for (; s->next < pass; s->next++) {
        bal_sampler_quotas(s, s->quota, s->next);
        for (int c = 0; c < classes; c++) s->drawn[c] += (uint64_t)s->quota[c];
    }
    bal_sampler_quotas(s, s->quota, pass);
}

/* The next quota of a class's row. */
static void draw(bal_sampler *s, int *out, int class)
{
    uint64_t size = (uint64_t)size_of(s, class), made = UINT64_MAX;
    for (int i = 0; i < s->quota[class]; i++) {
        uint64_t at = s->drawn[class] + (uint64_t)i, round = at / size;
        if (round != made) {
            uint32_t   row = (uint32_t) class << 16 | s->settings.salt;
            bal_stream stream = bal_stream_for(s->settings.seed, BAL_FOR_DRAW, row, (uint32_t)round);
            bal_random_order(s->permutation, (int)size, &stream);
            made = round;
        }
        out[i] = s->member[s->first[class] + s->permutation[at % size]];
    }
}

static void in_order(const bal_sampler *s, int *order, uint64_t pass)
{
    bal_stream stream = bal_stream_for(s->settings.seed, BAL_FOR_SHUFFLE, s->settings.salt, (uint32_t)pass);
    if (s->settings.shuffle) bal_random_order(order, s->settings.count, &stream);
    else
        for (int i = 0; i < s->settings.count; i++) order[i] = i;
}

void bal_sampler_pass(bal_sampler *s, int *order, uint64_t pass)
{
    const bal_sampler_settings *o = &s->settings;
    if (o->how == BAL_SAMPLE_INSTANCE || pass < o->begin || s->first[o->classes] == 0) {
        in_order(s, order, pass);
        return;
    }
    go_to(s, pass);
    for (int c = 0, at = 0; c < o->classes; at += s->quota[c++]) draw(s, s->list + at, c);
    in_order(s, s->permutation, pass);
    for (int i = 0; i < o->count; i++) order[i] = s->list[s->permutation[i]];
}
