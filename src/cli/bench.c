/* bench -- how fast a configuration trains here, and which layers take the time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/classifier.h"
#include "ballast/gan.h"
#include "ballast/log.h"
#include "ballast/measure.h"
#include "cli/progress.h"
#include "cli/verb.h"

enum { WARM = 3, PROFILED = 3, MOST_SCOPES = 512 };

typedef struct {
    int steps;
} bench;

static const bal_option options[] = {
    BAL_OPT(bench, steps, BAL_INT, 10, 1, 100000, "steps to time, after three that are not"),
    BAL_OPT_END,
};

/* One kind of trainer behind three calls. */
typedef struct {
    const char *name;
    void       *trainer;
    bal_status (*step)(void *trainer);
    int batch;
} subject;

static bal_status step_gan(void *trainer) { return bal_gan_step(trainer); }
static bal_status step_classifier(void *trainer) { return bal_classifier_step(trainer); }

/* Time of launches with one scope (layer and direction). */
typedef struct {
    const char *scope;
    double      ms, flops;       /* of a step */
    int         calls, launches; /* over all profiled steps */
} row;

typedef struct {
    row    rows[MOST_SCOPES];
    int    count;
    double busy_ms;  /* of a step, all launches */
    int    launches; /* of a step */
} table;

typedef struct {
    double first_ms, step_ms, images_per_second;
} timing;

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bal_status one_step(double *ms, const subject *s, bal_device *dev)
{
    double t = bal_run_clock();
    BAL_TRY(s->step(s->trainer));
    BAL_TRY(bal_device_finish(dev));
    *ms = (bal_run_clock() - t) * 1e3;
    return BAL_OK;
}

static bal_status time_steps(timing *out, const subject *s, bal_device *dev, int steps)
{
    double *ms = calloc((size_t)steps, sizeof *ms), unused;
    if (!ms) return bal_fail(BAL_ENOMEM, "no memory for %d times", steps);
    bal_status st = one_step(&out->first_ms, s, dev);
    for (int i = 1; st == BAL_OK && i < WARM; i++) st = one_step(&unused, s, dev);
    bal_progress_begin(s->name, "step", steps, 0);
    for (int i = 0; st == BAL_OK && i < steps && !bal_stop_requested; i++) {
        st = one_step(&ms[i], s, dev);
        bal_progress_update(i + 1, NULL, 0);
    }
    bal_progress_end();
    qsort(ms, (size_t)steps, sizeof *ms, compare);
    out->step_ms = ms[steps / 2];
    out->images_per_second = s->batch / out->step_ms * 1e3;
    free(ms);
    return st;
}

/* ---- the profile ------------------------------------------------------------------------------------------------ */

static row *find_row(table *t, const char *scope)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->rows[i].scope, scope) == 0) return &t->rows[i];
    if (t->count == MOST_SCOPES) return NULL;
    t->rows[t->count] = (row){.scope = scope};
    return &t->rows[t->count++];
}

static bal_status profile(table *out, const subject *s, bal_device *dev)
{
    const bal_launch_record *r;
    int                      count;
    bal_device_profile(dev, true);
    for (int i = 0; i < PROFILED; i++) BAL_TRY(s->step(s->trainer));
    BAL_TRY(bal_device_records(dev, &r, &count));
    bal_device_profile(dev, false);
    for (int i = 0; i < count; i++) {
        row *to = find_row(out, r[i].scope);
        if (!to) continue;
        double ms = (double)(r[i].end - r[i].start) * 1e-6 / PROFILED;
        to->ms += ms;
        to->launches++;
        to->calls += i == 0 || strcmp(r[i - 1].scope, r[i].scope) != 0;
        out->busy_ms += ms;
    }
    out->launches = count / PROFILED;
    return BAL_OK;
}

/* Floating-point operations of a call: a forward pass; a backward pass has one such for the input's gradient, except
 * for the first layer, and one for the weights', except for a discriminator that a generator is trained through (a
 * third of its calls). */
static void count_flops(table *t, const bal_setup *s, const char *section, int batch)
{
    bal_net *net;
    if (!bal_config_find(s->config, section) || bal_setup_net(&net, s, section, batch) != BAL_OK) return;
    bool d = strcmp(section, "discriminator") == 0;
    for (int i = 0; i < bal_net_count(net); i++) {
        const bal_layer *l = bal_net_layer(net, i);
        double           flops = l->flops * batch;
        for (int back = 0; back < 2; back++) {
            double passes = !back ? 1 : d ? (i ? 5.0 : 3.0) / 3 : i ? 2 : 1;
            char   scope[96];
            snprintf(scope, sizeof scope, "%.30s %d %.30s %s", section, i, l->def->name, back ? "backward" : "forward");
            for (int k = 0; k < t->count; k++)
                if (strcmp(t->rows[k].scope, scope) == 0)
                    t->rows[k].flops = flops * passes * t->rows[k].calls / PROFILED;
        }
    }
    bal_net_free(net);
}

/* ---- saying ----------------------------------------------------------------------------------------------------- */

static void say(const subject *s, const timing *time, const table *t, const bal_measured *m)
{
    printf("%s: %.1f images/s, step %.1f ms (batch %d), first step %.1f s, %d launches\n\n", s->name,
           time->images_per_second, time->step_ms, s->batch, time->first_ms * 1e-3, t->launches);
    printf("%-40s %9s %7s %9s %8s\n", "", "ms", "share", "GFLOP/s", "of peak");
    for (int i = 0; i < t->count; i++) {
        const row *r = &t->rows[i];
        double     rate = r->flops / (r->ms * 1e6);
        printf("%-40s %9.2f %6.1f%%", r->scope, r->ms, 100 * r->ms / t->busy_ms);
        if (r->flops > 0) printf(" %9.1f %7.0f%%", rate, 100 * rate / m->peak_gflops);
        putchar('\n');
    }
    printf("%-40s %9.2f  of a step of %.2f ms\n\n", "all launches", t->busy_ms, time->step_ms);
}

static void say_json(const subject *s, const timing *time, const table *t, const bal_measured *m)
{
    cJSON *o = cJSON_CreateObject(), *layers;
    cJSON_AddStringToObject(o, "trainer", s->name);
    cJSON_AddNumberToObject(o, "batch", s->batch);
    cJSON_AddNumberToObject(o, "images_per_second", time->images_per_second);
    cJSON_AddNumberToObject(o, "step_ms", time->step_ms);
    cJSON_AddNumberToObject(o, "first_step_ms", time->first_ms);
    cJSON_AddNumberToObject(o, "launches", t->launches);
    cJSON_AddNumberToObject(o, "peak_gflops", m->peak_gflops);
    cJSON_AddNumberToObject(o, "peak_gbps", m->copy_gbps);
    layers = cJSON_AddArrayToObject(o, "layers");
    for (int i = 0; i < t->count; i++) {
        cJSON *r = cJSON_CreateObject();
        cJSON_AddStringToObject(r, "scope", t->rows[i].scope);
        cJSON_AddNumberToObject(r, "ms", t->rows[i].ms);
        if (t->rows[i].flops > 0) cJSON_AddNumberToObject(r, "gflops", t->rows[i].flops / (t->rows[i].ms * 1e6));
        cJSON_AddItemToArray(layers, r);
    }
    bal_say_json(o);
}

static bal_status measure_subject(const subject *s, const bal_setup *setup, bal_device *dev, const bal_measured *m,
                                  int steps)
{
    static const char *const nets[] = {"generator", "discriminator", "classifier"};
    timing                   time = {0};
    table                   *t = calloc(1, sizeof *t);
    bal_status st = t ? time_steps(&time, s, dev, steps) : bal_fail(BAL_ENOMEM, "no memory for a profile");
    if (st == BAL_OK) st = profile(t, s, dev);
    for (int i = 0; st == BAL_OK && i < 3; i++) count_flops(t, setup, nets[i], s->batch);
    if (st == BAL_OK) (bal_speaks_json() ? say_json : say)(s, &time, t, m);
    free(t);
    return st;
}

static bal_status bench_gan(const bal_gan_job *job, const bal_measured *m, int steps)
{
    bal_gan *gan;
    BAL_TRY(bal_gan_open(&gan, job));
    subject    s = {"gan", gan, step_gan, job->setup->gan.batch};
    bal_status st = measure_subject(&s, job->setup, job->dev, m, steps);
    bal_gan_close(gan);
    return st;
}

static bal_status bench_classifier(const bal_classifier_job *job, const bal_measured *m, int steps)
{
    bal_classifier *c;
    BAL_TRY(bal_classifier_open(&c, job));
    subject    s = {"classifier", c, step_classifier, job->setup->classifier.batch};
    bal_status st = measure_subject(&s, job->setup, job->dev, m, steps);
    bal_classifier_close(c);
    return st;
}

static bal_status work(const bal_setup *s, const bal_dataset *data, bal_device *dev, int steps)
{
    bal_measured m;
    BAL_TRY(bal_measure(&m, dev));
    if (!bal_speaks_json())
        printf("%s, driver %s: peak %.0f GFLOP/s, copy %.1f GB/s\n\n", bal_device_describe(dev)->name,
               bal_device_describe(dev)->driver, m.peak_gflops, m.copy_gbps);
    bal_gan_job gan = {.setup = s, .data = data, .dev = dev, .what = "gan", .label = -1, .watch = &bal_cli_watch};
    bal_classifier_job classifier = {.setup = s, .data = data, .dev = dev, .watch = &bal_cli_watch};
    if (s->has_gan) BAL_TRY(bench_gan(&gan, &m, steps));
    return s->has_classifier ? bench_classifier(&classifier, &m, steps) : BAL_OK;
}

static int run(const bal_args *a)
{
    const bench *o = a->own;
    bal_setup   *s = NULL;
    bal_dataset *data = NULL;
    bal_device  *dev = NULL;
    bal_status   st = bal_args_setup(&s, a, a->word[0]);
    if (st == BAL_OK) st = bal_dataset_open(&data, s->config, (uint64_t)s->run.seed);
    if (st == BAL_OK) st = bal_setup_device(&dev, s, NULL);
    if (st == BAL_OK) st = work(s, data, dev, o->steps);
    bal_device_close(dev);
    bal_dataset_close(data);
    bal_setup_close(s);
    return bal_done(st);
}

const bal_verb bal_verb_bench = {
    .name = "bench",
    .group = BAL_VERB_MEASURE,
    .usage = "CONFIG",
    .help = "time training steps of a configuration, and its layers",
    .details = "The median step, then the time of each layer and direction from the device's own clock, over three "
               "more steps, with the\n"
               "rate of floating-point operations where they matter, beside the device's measured peak.",
    .examples = "Time steps on a GPU:\n"
                "    ballast bench cnn64.ini --device gpu",
    .takes = BAL_TAKES_DEVICE | BAL_TAKES_SEED | BAL_TAKES_SET,
    .min_words = 1,
    .max_words = 1,
    .size = sizeof(bench),
    .options = options,
    .run = run,
};
