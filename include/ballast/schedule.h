/* schedule -- the learning rate over a run: `schedule = cosine warmup=100`. */
#ifndef BALLAST_SCHEDULE_H
#define BALLAST_SCHEDULE_H

#include "ballast/option.h"

typedef struct bal_schedule {
    int   kind;   /* constant, step, cosine */
    int   warmup; /* steps over which the factor rises from near 0, linearly */
    int   every;  /* step: steps between drops */
    float factor; /* step: what each drop multiplies by */
    float floor;  /* cosine: the factor at the end */
} bal_schedule;

extern const bal_option bal_schedule_option_table[];

/* From a line "cosine warmup=100"; NULL: constant. */
bal_status bal_schedule_parse(bal_schedule *out, const char *line, bal_where at);

/* What multiplies the learning rate in step `t` (from 1) of `total`. */
double bal_schedule_factor(const bal_schedule *s, int t, int total);

#endif
