/* sweep_say -- the power laws of a sweep, in words and as a plot. */
#include <math.h>
#include <stdio.h>
#include "ballast/plot.h"
#include "cli/_sweep.h"
#include "cli/progress.h"

/* By so much an exponent must be larger to count: over all points, and between the last two. */
static const double beyond = 0.1, beyond_last = 0.2;

static bal_law fit(const bal_sweep_axis *a, bool work)
{
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int i = 0; i < a->count; i++) {
        const bal_sweep_point *p = &a->point[i];
        if (p->ms <= 0) continue;
        double x = log(p->x), y = log(work ? p->flops : p->ms);
        n++;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    double spread = n * sxx - sx * sx;
    if (n < 2 || spread <= 0) return (bal_law){0, 0};
    double slope = (n * sxy - sx * sy) / spread;
    return (bal_law){exp((sy - slope * sx) / n), slope};
}

static void fit_last(bal_sweep_axis *a)
{
    const bal_sweep_point *before = NULL, *last = NULL;
    for (int i = 0; i < a->count; i++)
        if (a->point[i].ms > 0) {
            before = last;
            last = &a->point[i];
        }
    if (!before) return;
    double step = log(last->x / before->x);
    a->last_time = log(last->ms / before->ms) / step;
    a->last_work = log(last->flops / before->flops) / step;
}

void bal_sweep_fit(bal_sweep_axis *a)
{
    a->time = fit(a, false);
    a->work = fit(a, true);
    fit_last(a);
    a->faster = a->work.factor > 0 &&
                (a->time.exponent > a->work.exponent + beyond || a->last_time > a->last_work + beyond_last);
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static void say_json(const bal_sweep_axis *a)
{
    cJSON *o = cJSON_CreateObject(), *list;
    cJSON_AddStringToObject(o, "sweep", a->name);
    cJSON_AddNumberToObject(o, "time_exponent", a->time.exponent);
    cJSON_AddNumberToObject(o, "work_exponent", a->work.exponent);
    cJSON_AddBoolToObject(o, "faster_than_its_work", a->faster);
    list = cJSON_AddArrayToObject(o, "points");
    for (int i = 0; i < a->count; i++) {
        cJSON *p = cJSON_CreateObject();
        cJSON_AddNumberToObject(p, "x", a->point[i].x);
        if (a->point[i].ms > 0) cJSON_AddNumberToObject(p, "step_ms", a->point[i].ms);
        else cJSON_AddStringToObject(p, "not_measured", a->point[i].why);
        cJSON_AddNumberToObject(p, "gflop", a->point[i].flops * 1e-9);
        cJSON_AddItemToArray(list, p);
    }
    bal_say_json(o);
}

void bal_sweep_say(const bal_sweep_axis *a)
{
    if (bal_speaks_json()) {
        say_json(a);
        return;
    }
    printf("%-16s %10s %10s %10s\n", a->label, "step, ms", "GFLOP", "GFLOP/s");
    for (int i = 0; i < a->count; i++) {
        const bal_sweep_point *p = &a->point[i];
        if (p->ms > 0) printf("%-16g %10.1f %10.2f %10.1f\n", p->x, p->ms, p->flops * 1e-9, p->flops / p->ms * 1e-6);
        else bal_print(stdout, "%-16g not measured: %s\n", p->x, p->why);
    }
    if (a->work.factor > 0) {
        printf("time grows as %s^%.2f, the work as ^%.2f; at the end as ^%.2f and ^%.2f: ", a->name, a->time.exponent,
               a->work.exponent, a->last_time, a->last_work);
        printf("%s\n", a->faster ? "time grows FASTER than the work" : "no faster than the work");
    }
    printf("\n");
}

/* ---- plot ------------------------------------------------------------------------------------------------------- */

enum { CURVE = 33 };

typedef struct {
    double     x[BAL_SWEEP_POINTS], y[BAL_SWEEP_POINTS], at[CURVE], law[CURVE], work[CURVE];
    char       fitted[64];
    bal_series series[3];
} drawing;

/* The work's law through the largest point, so that what lies above it is overhead. */
static bal_panel draw(drawing *d, const bal_sweep_axis *a)
{
    int n = 0;
    for (int i = 0; i < a->count; i++)
        if (a->point[i].ms > 0) {
            d->x[n] = a->point[i].x;
            d->y[n++] = a->point[i].ms;
        }
    bool fitted = n > 1;
    for (int i = 0; fitted && i < CURVE; i++) {
        d->at[i] = d->x[0] + (d->x[n - 1] - d->x[0]) * i / (CURVE - 1);
        d->law[i] = a->time.factor * pow(d->at[i], a->time.exponent);
        d->work[i] = d->y[n - 1] * pow(d->at[i] / d->x[n - 1], a->work.exponent);
    }
    snprintf(d->fitted, sizeof d->fitted, "%.3g x^%.2f", a->time.factor, a->time.exponent);
    d->series[0] = (bal_series){.name = "measured", .x = d->x, .y = d->y, .count = n};
    d->series[1] = (bal_series){.name = d->fitted, .x = d->at, .y = d->law, .count = CURVE};
    d->series[2] =
        (bal_series){.name = "as the work grows", .x = d->at, .y = d->work, .count = CURVE, .reference = true};
    return (bal_panel){.title = a->name,
                       .x_label = a->label,
                       .y_label = "step, ms",
                       .series = d->series,
                       .count = fitted ? 3 : 1,
                       .x_min = (double)NAN,
                       .x_max = (double)NAN,
                       .y_min = 0,
                       .y_max = (double)NAN};
}

bal_status bal_sweep_plot(const char *path, const bal_sweep_axis *axes, int count)
{
    static drawing drawings[BAL_SWEEP_AXES];
    bal_panel      panels[BAL_SWEEP_AXES];
    for (int i = 0; i < count; i++) panels[i] = draw(&drawings[i], &axes[i]);
    return bal_plot_write(path, panels, count);
}
