/* schedule -- see include/ballast/schedule.h. */
#include "ballast/schedule.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "ballast/config.h"

enum { CONSTANT, STEP, COSINE };

#define WARMUP BAL_OPT(bal_schedule, warmup, BAL_INT, 0, 0, 1e9, "steps over which the rate rises to its full value")

static const bal_option constant_options[] = {WARMUP, BAL_OPT_END};

static const bal_option step_options[] = {
    WARMUP,
    BAL_OPT(bal_schedule, every, BAL_INT, BAL_REQUIRED, 1, 1e9, "steps between drops"),
    BAL_OPT(bal_schedule, factor, BAL_FLOAT, 0.1, 1e-6, 1, "what a drop multiplies the rate by"),
    BAL_OPT_END
};

static const bal_option cosine_options[] = {
    WARMUP,
    BAL_OPT(bal_schedule, floor, BAL_FLOAT, 0, 0, 1, "share of the rate that it falls to"),
    BAL_OPT_END
};

const bal_schedule_kind bal_schedule_kinds[] = {
    {"constant", "the same rate throughout", constant_options},
    {"step", "drops by a factor every so many steps", step_options},
    {"cosine", "falls along half a cosine to the end of the run", cosine_options},
    {NULL, NULL, NULL}
};

static bal_status find_kind(int *out, const char *name, bal_where at)
{
    const char *names[sizeof bal_schedule_kinds / sizeof *bal_schedule_kinds];
    for (int i = 0; (names[i] = bal_schedule_kinds[i].name); i++)
        if (strcmp(names[i], name) == 0) {
            *out = i;
            return BAL_OK;
        }
    const char *near = bal_nearest(name, names);
    if (near) return bal_fail_at(at, "there is no schedule \"%s\"; did you mean \"%s\"?", name, near);
    return bal_fail_at(at, "there is no schedule \"%s\"; there are constant, step, cosine", name);
}

bal_status bal_schedule_parse(bal_schedule *out, const char *line, bal_where at)
{
    char             name[64], what[80];
    const char      *rest;
    bal_option_pool *pool = NULL;
    *out = (bal_schedule){0};
    if (!line || !*line) return BAL_OK;
    bal_line_split(line, name, sizeof name, &rest);
    BAL_TRY(find_kind(&out->kind, name, at));
    int kind = out->kind;
    snprintf(what, sizeof what, "schedule %s", name);
    bal_status st = bal_option_parse(bal_schedule_kinds[kind].options, out, &pool, what, rest, at);
    bal_option_pool_free(pool);
    return st;
}

static double cosine(const bal_schedule *s, int t, int total)
{
    const double pi = 3.14159265358979323846;
    double       p = (double)(t - 1 - s->warmup) / fmax(1, total - s->warmup);
    return (double)s->floor + (1 - (double)s->floor) * (1 + cos(pi * fmin(fmax(p, 0), 1))) / 2;
}

double bal_schedule_factor(const bal_schedule *s, int t, int total)
{
    double warm = s->warmup > t ? (double)t / s->warmup : 1;
    switch (s->kind) {
    case STEP: return warm * pow((double)s->factor, (t - 1) / s->every);
    case COSINE: return warm * cosine(s, t, total);
    default: return warm;
    }
}
