/* sweep_run -- the points of a sweep, each measured in a process of its own, as a driver reads how many threads it may
 * have only once. */
#define _DEFAULT_SOURCE /* mkdtemp */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ballast/dataset.h"
#include "ballast/log.h"
#include "ballast/run.h"
#include "cli/_bench.h"
#include "cli/_sweep.h"
#include "cli/progress.h"
#include "cli/verb.h"

enum {
    MOST_POINT_SECONDS = 45, /* no point takes longer */
    STEPS = 5,
    ENOUGH_MS = 2500 /* of steps timed: fewer steps are enough then */
};

typedef struct {
    const char *name, *label;
    int         at[BAL_SWEEP_POINTS]; /* ends with 0 */
} plan;

enum { BATCH, CORES, SIZE, WIDTH };

static const plan plans[BAL_SWEEP_AXES] = {
    [BATCH] = {"batch", "images in a batch", {1, 2, 4, 8, 16, 32, 64, 128, 256, 0}},
    [CORES] = {"cores", "cores, work of each", {1, 2, 0}},
    [SIZE] = {"size", "image side, pixels", {32, 48, 64, 96, 128, 0}},
    [WIDTH] = {"width", "base channels", {32, 48, 64, 96, 128, 0}},
};

typedef struct {
    const bal_setup *s;
    int              which; /* of the trainers */
    double           begun;
    int              seconds; /* no point begins later */
    char             folder[64];
} sweep;

/* ---- one point, in its process ---------------------------------------------------------------------------------- */

static bal_status time_steps(double *out, const bal_subject *s)
{
    double ms[STEPS], spent = 0;
    int    done = 0;
    BAL_TRY(bal_subject_step(&ms[0], s));
    if (ms[0] < ENOUGH_MS) BAL_TRY(bal_subject_step(&ms[0], s));
    while (done < STEPS && spent < ENOUGH_MS) {
        BAL_TRY(bal_subject_step(&ms[done], s));
        spent += ms[done++];
    }
    *out = bal_spread_of(ms, done).median;
    return BAL_OK;
}

static bal_status measure(bal_sweep_point *p, const bal_setup *s, int which)
{
    bal_dataset *data = NULL;
    bal_device  *dev = NULL;
    bal_subject  subject = {0};
    bal_status   st;
    BAL_TRY_OR(end, st, bal_bench_flops(&p->flops, s, which));
    BAL_TRY_OR(end, st, bal_dataset_open(&data, s->config, (uint64_t)s->run.seed));
    BAL_TRY_OR(end, st, bal_setup_device(&dev, s, NULL));
    BAL_TRY_OR(end, st, bal_subject_open(&subject, s, data, dev, which));
    BAL_TRY_OR(end, st, time_steps(&p->ms, &subject));
end:
    bal_subject_close(&subject);
    bal_device_close(dev);
    bal_dataset_close(data);
    return st;
}

/* PoCL's two names for how many threads it may have, the older one first. */
static void limit_cores(int cores)
{
    char text[16];
    if (!cores) return;
    snprintf(text, sizeof text, "%d", cores);
    setenv("POCL_MAX_PTHREAD_COUNT", text, 1);
    setenv("POCL_CPU_MAX_CU_COUNT", text, 1);
}

static void be_a_point(const sweep *w, bal_sweep_point p, const bal_variant *scale, int to)
{
    bal_setup *s = NULL;
    bal_speak(true, false);
    bal_log_to(NULL, NULL);
    alarm(MOST_POINT_SECONDS);
    limit_cores(scale->cores);
    bal_status st = bal_setup_scale(&s, w->s, w->folder, bal_subject_batch_key(w->which), scale);
    if (st == BAL_OK) st = measure(&p, s, w->which);
    bal_setup_close(s);
    if (st != BAL_OK) {
        p.ms = 0;
        snprintf(p.why, sizeof p.why, "%.*s", (int)sizeof p.why - 1, bal_error());
    }
    ssize_t written = write(to, &p, sizeof p);
    _exit(written == (ssize_t)sizeof p ? 0 : 1); /* exit would run what the other process registered */
}

/* ---- all, in this one ------------------------------------------------------------------------------------------- */

static bal_status take_point(bal_sweep_point *p, const sweep *w, const bal_variant *scale)
{
    int ends[2], code;
    fflush(NULL); /* or both would write what waits in the buffers */
    if (pipe(ends) != 0) return bal_fail(BAL_EIO, "no pipe to be had");
    pid_t child = fork();
    if (child == 0) be_a_point(w, *p, scale, ends[1]);
    close(ends[1]);
    ssize_t got = child > 0 ? read(ends[0], p, sizeof *p) : 0;
    close(ends[0]);
    if (child < 0) return bal_fail(BAL_EIO, "no process to be had");
    waitpid(child, &code, 0);
    if (got != (ssize_t)sizeof *p) snprintf(p->why, sizeof p->why, "it ended, or took over %d s", MOST_POINT_SECONDS);
    return BAL_OK;
}

static bal_variant scale_of(int axis, int x)
{
    bal_variant scale = {0};
    if (axis == BATCH) scale.batch = x;
    else if (axis == CORES) scale.cores = x;
    else if (axis == SIZE) scale.size = x;
    else scale.width = x;
    return scale;
}

static bal_status take_axis(bal_sweep_axis *a, const sweep *w, int axis)
{
    const plan *p = &plans[axis];
    *a = (bal_sweep_axis){.name = p->name, .label = p->label};
    while (p->at[a->count]) a->count++;
    bal_progress_begin(p->name, "point", a->count, 0);
    for (int i = 0; i < a->count; i++) {
        bal_variant scale = scale_of(axis, p->at[i]);
        a->point[i].x = p->at[i];
        snprintf(a->point[i].why, sizeof a->point[i].why, "%d s are over", w->seconds);
        if (bal_stop_requested || bal_run_clock() - w->begun > w->seconds) continue;
        BAL_TRY(take_point(&a->point[i], w, &scale));
        if (scale.cores) a->point[i].flops /= scale.cores; /* what each has to do */
        bal_progress_update(i + 1, NULL, 0);
    }
    bal_progress_end();
    bal_sweep_fit(a);
    bal_sweep_say(a);
    return BAL_OK;
}

/* With its paths, so that it can be read from elsewhere. */
static bal_status write_resolved(const sweep *w)
{
    bal_dataset *data;
    BAL_TRY(bal_dataset_open(&data, w->s->config, (uint64_t)w->s->run.seed));
    bal_status st = bal_run_write_config(w->folder, w->s, data);
    bal_dataset_close(data);
    return st;
}

static bal_status take_all(const sweep *w, const char *path)
{
    static bal_sweep_axis axes[BAL_SWEEP_AXES];
    BAL_TRY(write_resolved(w));
    for (int i = 0; i < BAL_SWEEP_AXES; i++) BAL_TRY(take_axis(&axes[i], w, i));
    return bal_sweep_plot(path, axes, BAL_SWEEP_AXES);
}

bal_status bal_sweep_run(const bal_setup *s, const char *path, int seconds)
{
    sweep w = {.s = s,
               .which = bal_subject_there(s, 0) ? 0 : 1,
               .begun = bal_run_clock(),
               .seconds = seconds,
               .folder = "/tmp/ballast-XXXXXX"};
    char  file[96];
    if (!bal_subject_there(s, w.which)) return bal_fail(BAL_ECONFIG, "there is no trainer to time");
    if (!mkdtemp(w.folder)) return bal_fail(BAL_EIO, "%s: cannot be made", w.folder);
    bal_status st = take_all(&w, path);
    snprintf(file, sizeof file, "%s/config.ini", w.folder);
    remove(file);
    rmdir(w.folder);
    return st;
}
