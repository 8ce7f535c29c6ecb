/* schedule -- see include/ballast/schedule.h. */
#include "ballast/schedule.h"
#include <math.h>

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

const bal_word bal_schedule_words[] = {
    {"constant", "the same rate throughout", constant_options},
    {"step", "drops by a factor every so many steps", step_options},
    {"cosine", "falls along half a cosine to the end of the run", cosine_options},
    {NULL, NULL, NULL}
};

bal_status bal_schedule_parse(bal_schedule *out, const char *line, bal_where at)
{
    *out = (bal_schedule){0};
    return bal_word_parse(&out->kind, out, bal_schedule_words, "schedule", line, at);
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
