/* schedule -- the learning rate over a run: `schedule = cosine warmup=100`. */
#ifndef BALLAST_SCHEDULE_H
#define BALLAST_SCHEDULE_H

#include "ballast/word.h"

typedef struct bal_schedule {
    int   kind;   /* place in bal_schedule_words */
    int   warmup; /* steps over which the factor rises linearly, from 1/warmup to 1; 0: none */
    int   every;  /* step: steps between drops */
    float factor; /* step: what each drop multiplies by */
    float floor;  /* cosine: what the factor falls to */
} bal_schedule;

extern const bal_word bal_schedule_words[]; /* constant, step, cosine */

/* From a line "cosine warmup=100"; NULL or "": constant. */
bal_status bal_schedule_parse(bal_schedule *out, const char *line, bal_where at);

/* What multiplies the learning rate in step `t` (from 1) of `total`: min(1, t / warmup) times
 *   constant: 1
 *   step:     factor^floor((t - 1) / every)
 *   cosine:   floor + (1 - floor) (1 + cos(pi p)) / 2, p = (t - 1 - warmup) / (total - warmup) from the end of the
 * warm-up on (Loshchilov and Hutter 2017; the p of torch.optim.lr_scheduler.CosineAnnealingLR: `floor` would be reached
 * in step total + 1). */
double bal_schedule_factor(const bal_schedule *s, int t, int total);

#endif
