/* sweep -- how the time of a step grows with batch, image size, width and cores. */
#ifndef BALLAST_CLI_SWEEP_H
#define BALLAST_CLI_SWEEP_H

#include "ballast/setup.h"

/* What of a configuration is changed; 0: left as it is. width: channels of the narrowest layer, all others in
 * proportion, but for the last of each net. */
typedef struct bal_variant {
    int batch, size, width, cores;
} bal_variant;

/* A setup scaled; `folder` is for files that are gone afterwards. The caller's, bal_setup_close. */
bal_status bal_setup_scale(bal_setup **out, const bal_setup *s, const char *folder, const char *batch_key,
                           const bal_variant *scale);
/* The narrowest layer that has filters, but for the last of each net; 0: there is none. */
int bal_setup_width(const bal_setup *s);

/* One point of a sweep. */
typedef struct bal_sweep_point {
    double x, ms, flops; /* ms 0: not measured */
    char   why[160];     /* not measured */
} bal_sweep_point;

enum { BAL_SWEEP_POINTS = 10, BAL_SWEEP_AXES = 4 };

/* Points along one axis with the power laws through them: y = factor * x^exponent. */
typedef struct bal_law {
    double factor, exponent;
} bal_law;

typedef struct bal_sweep_axis {
    const char     *name, *label;
    int             count;
    bal_sweep_point point[BAL_SWEEP_POINTS];
    bal_law         time, work; /* milliseconds; operations */
    double          last_time, last_work; /* exponents between the last two points measured */
    bool            faster; /* time grows faster than the work */
} bal_sweep_axis;

/* The power laws, by least squares of logarithms; without two points that were measured all is 0. */
void       bal_sweep_fit(bal_sweep_axis *axis);
void       bal_sweep_say(const bal_sweep_axis *axis);
bal_status bal_sweep_plot(const char *path, const bal_sweep_axis *axes, int count);

/* Measure, say, and plot into a file; no point begins after so many seconds. No OpenCL may have been used in this
 * process: each point has its own. */
bal_status bal_sweep_run(const bal_setup *s, const char *path, int seconds);

#endif
