/* bootstrap -- resamples of a sample: how often each row is drawn. Units (rows, or groups of rows) are drawn with
 * replacement within strata. See ballast/intervals.h for the rules. */
#ifndef BALLAST_EVAL_BOOTSTRAP_H
#define BALLAST_EVAL_BOOTSTRAP_H

#include "ballast/bands.h"
#include "ballast/intervals.h"
#include "eval/sample.h"

#define BAL_RESAMPLES_PERCENTILE 1000 /* with fewer, intervals are made from standard deviations */
#define BAL_ROUNDING 1e-12            /* no wider than this: no spread */

typedef struct bal_bootstrap {
    int      strata, units, rows;
    int     *member;  /* [rows], unit by unit */
    int     *first;   /* [units + 1] into member */
    int     *unit;    /* [units], stratum by stratum */
    int     *stratum; /* [strata + 1] into unit */
    bool     grouped; /* some unit has several rows */
    bool     spread;  /* every stratum that is not empty has two units or more */
    int      resamples; /* a multiple of BAL_LANES */
    uint64_t seed;
} bal_bootstrap;

bal_status bal_bootstrap_init(bal_bootstrap *out, const bal_sample *s, const bal_predictions *p, uint64_t seed);
void       bal_bootstrap_free(bal_bootstrap *b);

/* The BAL_LANES resamples from number `first` on; times: [rows]. The same for the same seed and number. */
void bal_bootstrap_draw(bal_times *times, const bal_bootstrap *b, int first);

/* The interval of an estimate from its values in `count` resamples, which are reordered; NaN among them are left out,
 * and where they are more than half there is no interval. */
bal_interval bal_bootstrap_interval(double *value, int count, double estimate);

/* bal_intervals_of and bal_bands_of for a sample that is there already. */
bal_status bal_intervals_from(bal_intervals *out, const bal_sample *s, const bal_predictions *p, const bal_metrics *m,
                              uint64_t seed);
bal_status bal_bands_from(bal_bands *out, const bal_sample *s, const bal_predictions *p, const bal_metrics *m,
                          uint64_t seed);

#endif
