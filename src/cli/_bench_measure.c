/* bench_measure -- the times of steps, of launches, and of a net in use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/classifier.h"
#include "ballast/gan.h"
#include "cli/_bench.h"
#include "cli/_trace.h"
#include "cli/progress.h"
#include "cli/verb.h"

/* ---- trainers --------------------------------------------------------------------------------------------------- */

static bal_status step_gan(void *trainer) { return bal_gan_step(trainer); }
static bal_status step_classifier(void *trainer) { return bal_classifier_step(trainer); }
static void       close_gan(void *trainer) { bal_gan_close(trainer); }
static void       close_classifier(void *trainer) { bal_classifier_close(trainer); }

static const bal_subject kinds[] = {
    {.name = "gan",
     .nets = {"generator", "discriminator"},
     .batch_key = "train.gan.batch",
     .step = step_gan,
     .close = close_gan},
    {.name = "classifier",
     .nets = {"classifier", NULL},
     .batch_key = "train.classifier.batch",
     .step = step_classifier,
     .close = close_classifier},
};

bool bal_subject_there(const bal_setup *s, int which) { return which == 0 ? s->has_gan : s->has_classifier; }

const char *bal_subject_batch_key(int which) { return kinds[which].batch_key; }

bal_status bal_subject_open(bal_subject *out, const bal_setup *s, const bal_dataset *data, bal_device *dev, int which)
{
    *out = kinds[which];
    out->dev = dev;
    out->batch = which == 0 ? s->gan.batch : s->classifier.batch;
    if (which == 0) {
        bal_gan    *gan;
        bal_gan_job job = {.setup = s, .data = data, .dev = dev, .what = "gan", .label = -1, .watch = &bal_cli_watch};
        BAL_TRY(bal_gan_open(&gan, &job));
        out->trainer = gan;
        return BAL_OK;
    }
    bal_classifier    *c;
    bal_classifier_job job = {.setup = s, .data = data, .dev = dev, .watch = &bal_cli_watch};
    BAL_TRY(bal_classifier_open(&c, &job));
    out->trainer = c;
    return BAL_OK;
}

void bal_subject_close(bal_subject *s)
{
    if (s->trainer) s->close(s->trainer);
    s->trainer = NULL;
}

bal_status bal_subject_step(double *ms, const bal_subject *s)
{
    double t = bal_run_clock();
    BAL_TRY(s->step(s->trainer));
    BAL_TRY(bal_device_finish(s->dev));
    *ms = (bal_run_clock() - t) * 1e3;
    return BAL_OK;
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bal_spread bal_spread_of(double *values, int count)
{
    if (count < 1) return (bal_spread){0};
    qsort(values, (size_t)count, sizeof *values, compare);
    return (bal_spread){values[count / 2], values[(count - 1) / 4], values[(3 * (count - 1) + 3) / 4]};
}

static bal_status time_steps(bal_bench *out, const bal_subject *s, int steps)
{
    double     ms[BAL_BENCH_MOST_STEPS], unused;
    bal_status st = BAL_OK;
    int        done = 0;
    for (int i = 1; st == BAL_OK && i < BAL_BENCH_WARM; i++) st = bal_subject_step(&unused, s);
    bal_progress_begin(s->name, "step", steps, 0);
    while (st == BAL_OK && done < steps && !bal_stop_requested) {
        st = bal_subject_step(&ms[done], s);
        bal_progress_update(++done, NULL, 0);
    }
    bal_progress_end();
    out->step_ms = bal_spread_of(ms, done);
    return st;
}

/* ---- the profile ------------------------------------------------------------------------------------------------ */

/* Milliseconds of each row in each step. */
typedef struct {
    bal_bench *out;
    int        steps;
    double    *ms; /* [BAL_BENCH_ROWS][steps] */
} profile;

/* "generator 3 deconv backward weights"; in a forward pass there is one part only. */
static void name_row(char *out, size_t size, const bal_launch_record *r)
{
    const char *end = strrchr(r->scope, ' ');
    bool        back = r->work.part && end && strcmp(end, " backward") == 0;
    snprintf(out, size, "%s%s%s", r->scope, back ? " " : "", back ? r->work.part : "");
}

static bal_bench_row *find_row(bal_bench *b, const bal_launch_record *r)
{
    char name[sizeof b->rows->name];
    name_row(name, sizeof name, r);
    for (int i = 0; i < b->count; i++)
        if (strcmp(b->rows[i].name, name) == 0) return &b->rows[i];
    if (b->count == BAL_BENCH_ROWS) return NULL;
    bal_bench_row *row = &b->rows[b->count++];
    snprintf(row->name, sizeof row->name, "%s", name);
    if (r->work.algorithm) snprintf(row->algorithm, sizeof row->algorithm, "%s", r->work.algorithm);
    return row;
}

static bal_status profile_step(profile *p, const bal_subject *s, int step)
{
    const bal_launch_record *r;
    const bal_bench_row     *last = NULL;
    int                      count;
    BAL_TRY(s->step(s->trainer));
    BAL_TRY(bal_device_records(s->dev, &r, &count));
    for (int i = 0; i < count; i++) {
        bal_bench_row *row = find_row(p->out, &r[i]);
        if (!row) continue;
        row->calls += step == 0 && row != last;
        last = row;
        p->ms[(row - p->out->rows) * p->steps + step] += (double)(r[i].end - r[i].start) * 1e-6;
        row->flops += r[i].work.flops / p->steps;
        row->bytes += r[i].work.bytes / p->steps;
        row->launches += step == 0;
    }
    p->out->launches = count;
    return BAL_OK;
}

static bal_status take_profile(bal_bench *out, const bal_subject *s, int steps)
{
    profile    p = {out, steps, calloc((size_t)steps * BAL_BENCH_ROWS, sizeof *p.ms)};
    bal_status st = p.ms ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a profile");
    bal_device_profile(s->dev, true);
    for (int i = 0; st == BAL_OK && i < steps; i++) st = profile_step(&p, s, i);
    bal_device_profile(s->dev, false);
    for (int i = 0; i < out->count; i++) {
        out->rows[i].ms = bal_spread_of(p.ms + (size_t)i * (size_t)steps, steps);
        out->busy_ms += out->rows[i].ms.median;
    }
    free(p.ms);
    return st;
}

static bal_status trace_steps(const bal_subject *s, const char *path)
{
    double     unused;
    bal_status st = bal_cli_trace_begin(s->dev, path);
    for (int i = 0; st == BAL_OK && bal_cli_tracing() && i < BAL_TRACE_STEPS; i++) st = bal_subject_step(&unused, s);
    bal_status ended = bal_cli_trace_end();
    return st == BAL_OK ? ended : st;
}

/* ---- a net in use ----------------------------------------------------------------------------------------------- */

static bal_status time_forward(double *ms, bal_net *net, bal_device *dev, int steps)
{
    double         times[BAL_BENCH_MOST_STEPS];
    bal_tensor     x = {0}, y;
    const bal_pass pass = {0};
    bal_status     st = bal_tensor_init(&x, dev, bal_net_in(net));
    for (int i = -1; st == BAL_OK && i < steps; i++) {
        double begun = bal_run_clock();
        st = bal_net_forward(net, &pass, &x, &y);
        if (st == BAL_OK) st = bal_device_finish(dev);
        times[i < 0 ? 0 : i] = (bal_run_clock() - begun) * 1e3;
    }
    bal_tensor_free(&x);
    *ms = bal_spread_of(times, steps).median;
    return st;
}

static bal_status time_inference(bal_bench *out, const bal_subject *s, const bal_setup *setup, int steps)
{
    bal_net *net;
    BAL_TRY(bal_setup_net(&net, setup, s->nets[0], s->batch));
    bal_status st = bal_net_build(net, s->dev, false, 1, 0);
    if (st == BAL_OK) st = time_forward(&out->inference_ms, net, s->dev, steps);
    bal_net_free(net);
    return st;
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static bal_status measure(bal_bench *out, const bal_subject *s, const bal_setup *setup, int steps, const char *trace)
{
    BAL_TRY(time_steps(out, s, steps));
    out->held = bal_device_count(s->dev).bytes;
    BAL_TRY(take_profile(out, s, steps));
    BAL_TRY(trace_steps(s, trace));
    BAL_TRY(bal_bench_count(out, s, setup));
    return time_inference(out, s, setup, steps);
}

bal_status bal_bench_subject(bal_bench *out, const bal_bench_job *job, int which)
{
    bal_subject s;
    double      begun = bal_run_clock(), unused;
    BAL_TRY(bal_subject_open(&s, job->setup, job->data, job->dev, which));
    bal_status st = bal_subject_step(&unused, &s);
    out->first_ms = (bal_run_clock() - begun) * 1e3;
    out->batch = s.batch;
    snprintf(out->trainer, sizeof out->trainer, "%s", s.name);
    if (st == BAL_OK) st = measure(out, &s, job->setup, job->steps, job->trace);
    bal_subject_close(&s);
    return st;
}
