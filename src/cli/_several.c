/* several -- the mean of the classifiers of runs, or of an experiment's arm. See _classify.h. */
#include <math.h>
#include <stdlib.h>

#include "ballast/experiment.h"
#include "ballast/files.h"
#include "ballast/log.h"
#include "cli/_classify.h"

static bool has(const char *folder, const char *name)
{
    char *path = bal_path_join(folder, name);
    bool  there = path && bal_file_exists(path);

    free(path);
    return there;
}

int bal_classify_runs(const char *const *word, int count)
{
    int n = 0;

    while (n < count && has(word[n], "config.ini") && has(word[n], "run.json")) n++;
    return n;
}

typedef struct {
    bal_model          *out;
    const bal_classify *how;
    const char         *config;
    int                 count;  /* of runs and parts that are in `out` */
    bool                points; /* one of them keeps a threshold */
} gathering;

/* offset = the mean of those of `before` models and of one more; none where one has none. */
static void add_offsets(bal_model *out, const bal_model *more, int before)
{
    for (int k = 0; out->offset && more->offset && k < out->class_count; k++)
        out->offset[k] = (out->offset[k] * before + more->offset[k]) / (before + 1);
    if (more->offset) return;
    free(out->offset);
    out->offset = NULL;
}

/* Takes the model over. */
static bal_status add(gathering *g, bal_model *more)
{
    bal_status st = BAL_OK;

    more->likeliest = g->how->threshold == BAL_THRESHOLD_NONE;
    more->has_point &= !more->likeliest;
    g->points |= more->has_point;
    if (g->count == 0) *g->out = *more;
    else {
        if (more->class_count == g->out->class_count) add_offsets(g->out, more, g->count);
        g->out->validated = (double)NAN;
        st = bal_model_join(g->out, more);
        if (st) bal_model_close(more);
    }
    g->count++;
    return st;
}

static bal_status add_part(void *user, const bal_experiment_part *part)
{
    gathering *g = user;
    bal_setup *setup;
    bal_model  model;

    if (!part->done) return BAL_OK;
    BAL_TRY(bal_setup_open_arm(&setup, g->config, NULL, 0, part->arm));
    bal_status st = bal_model_load(&model, g->how->dev, setup, part->folder);
    if (st) {
        bal_setup_close(setup);
        return st;
    }
    model.own = setup;
    return add(g, &model);
}

static bal_status add_arm(gathering *g, const char *run, const char *arm)
{
    char              *config = bal_path_join(run, "config.ini");
    bal_experiment_job job = {.config = config, .folder = run, .arms = arm};
    int                before = g->count;

    if (!config) return bal_fail(BAL_ENOMEM, "no memory for a path");
    g->config = config;
    bal_status st = bal_experiment_parts(&job, add_part, g);
    free(config);
    if (st || g->count > before) return st;
    return bal_fail(BAL_EIO, "%s: no part of an arm \"%s\" is done in it", run, arm);
}

static bal_status add_run(gathering *g, const char *run)
{
    bal_model model;

    if (has(run, "experiment.json")) return bal_fail(BAL_EIO, "%s: is an experiment; say whose mean by --arm ARM", run);
    BAL_TRY(bal_model_open(&model, g->how->dev, run));
    return add(g, &model);
}

bal_status bal_classify_open_all(bal_model *out, const bal_classify *how, const char *const *run, int count,
                                 const char *arm)
{
    gathering  g = {.out = out, .how = how};
    bal_status st = BAL_OK;

    *out = (bal_model){0};
    for (int i = 0; i < count && !st; i++) st = arm ? add_arm(&g, run[i], arm) : add_run(&g, run[i]);
    if (st) {
        bal_model_close(out);
        return st;
    }
    if (g.count > 1) bal_info("mean of %d classifiers", out->members + 1);
    if (g.count > 1 && g.points) {
        bal_warn("thresholds of the runs were not chosen for their mean: they are left out");
        out->has_point = false;
    }
    return BAL_OK;
}
