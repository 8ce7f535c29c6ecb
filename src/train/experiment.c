/* experiment -- see include/ballast/experiment.h. */
#include "ballast/experiment.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/classifier.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "ballast/log.h"
#include "ballast/model.h"
#include "ballast/report.h"

typedef struct experiment {
    const bal_experiment_job *job;
    bal_setup                *setup; /* of the whole */
    bal_dataset              *data;
    bal_device               *dev;
    int                       fold;      /* that the data is split for; INT_MIN: none yet */
    bool                      generated; /* whether its generated images are there */
    int                       failed;
    bool                     *stopped;
} experiment;

/* ---- parts ------------------------------------------------------------------------------------------------------ */

static bool picked(const char *list, const char *word)
{
    char other[64];
    if (!list) return true;
    for (int i = 0; bal_setup_word(other, sizeof other, list, i); i++)
        if (strcmp(other, word) == 0) return true;
    return false;
}

static bool picked_number(const char *list, int number)
{
    char word[16];
    snprintf(word, sizeof word, "%d", number);
    return picked(list, word);
}

static const char *fold_folder(char out[32], int fold)
{
    if (fold < 0) snprintf(out, 32, "split");
    else snprintf(out, 32, "fold%d", fold);
    return out;
}

static char *part_folder(const char *run, const char *arm, int fold, int seed)
{
    char name[32];
    return bal_format("%s/%s/seed%d/%s", run, fold_folder(name, fold), seed, arm);
}

static bool part_done(const char *folder)
{
    char *path = bal_path_join(folder, "report.json");
    bool  done = path && bal_file_exists(path);
    free(path);
    return done;
}

typedef bal_status (*part_use)(void *user, const bal_experiment_part *part);

static bal_status use_part(const bal_experiment_job *job, const char *arm, int fold, int seed, part_use each,
                           void *user)
{
    char *folder = part_folder(job->folder, arm, fold, seed);
    if (!folder) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_experiment_part part = {arm, fold, seed, folder, part_done(folder)};
    bal_status          st = each(user, &part);
    free(folder);
    return st;
}

/* The parts of a fold: arms within seeds, so that a comparison is complete early. */
static bal_status each_of_fold(const bal_experiment_job *job, const bal_setup *s, int fold, part_use each, void *user)
{
    char arm[64], word[32], own_seed[16];
    snprintf(own_seed, sizeof own_seed, "%d", s->run.seed);
    const char *seeds = s->experiment.seeds ? s->experiment.seeds : own_seed;
    for (int i = 0; bal_setup_word(word, sizeof word, seeds, i); i++) {
        int seed = (int)strtol(word, NULL, 10);
        for (int j = 0; picked_number(job->seeds, seed) && bal_setup_word(arm, sizeof arm, s->experiment.arms, j); j++)
            if (picked(job->arms, arm)) BAL_TRY(use_part(job, arm, fold, seed, each, user));
    }
    return BAL_OK;
}

static bal_status each_part(const bal_experiment_job *job, const bal_setup *s, part_use each, void *user)
{
    if (s->data.folds == 0) return each_of_fold(job, s, -1, each, user);
    for (int fold = 0; fold < s->data.folds; fold++)
        if (picked_number(job->folds, fold)) BAL_TRY(each_of_fold(job, s, fold, each, user));
    return BAL_OK;
}

bal_status bal_experiment_parts(const bal_experiment_job *job, part_use each, void *user)
{
    bal_setup *s;
    BAL_TRY(bal_setup_open(&s, job->config, job->sets, job->set_count));
    bal_status st = each_part(job, s, each, user);
    bal_setup_close(s);
    return st;
}

/* ---- generated images ------------------------------------------------------------------------------------------- */

static const bal_composition real_alone = {{true, true, true},
                                           {BAL_GENERATED_NONE, BAL_GENERATED_NONE, BAL_GENERATED_NONE}};

/* The most generated images of a class that any arm of the experiment takes, picked or not: so the same images,
 * whatever is picked. */
static bal_status count_needed(int *out, const experiment *e, int label)
{
    char name[64];
    *out = 0;
    for (int i = 0; bal_setup_word(name, sizeof name, e->setup->experiment.arms, i); i++) {
        bal_setup *arm;
        BAL_TRY(bal_setup_open_arm(&arm, e->job->config, e->job->sets, e->job->set_count, name));
        int n = bal_dataset_needs(e->data, &arm->composition, label);
        bal_setup_close(arm);
        if (n > *out) *out = n;
    }
    return BAL_OK;
}

typedef struct take {
    bal_dataset *data;
    int          label;
} take;

static bal_status take_images(void *user, int first, int count, const float *pixel, const bal_scaling *scaling)
{
    const take *t = user;
    (void)first;
    return bal_dataset_add_generated(t->data, t->label, pixel, count, scaling);
}

static bal_status generate_class(experiment *e, int label, int count)
{
    char class[128], fold[32];
    take        t = {e->data, label};
    bal_gan_job job = {.setup = e->setup, .data = e->data, .dev = e->dev, .label = label, .watch = e->job->watch};
    bal_run_class_folder(class, sizeof class, bal_dataset_class(e->data, label));
    char      *what = bal_format("%s/gan/%s", fold_folder(fold, e->fold), class);
    char      *folder = what ? bal_path_join(e->job->folder, what) : NULL;
    char      *weights = folder ? bal_path_join(folder, "generator.safetensors") : NULL;
    bal_status st = weights ? bal_folder_create(folder) : bal_fail(BAL_ENOMEM, "no memory for a path");
    job.what = what;
    job.folder = folder;
    if (st == BAL_OK) st = bal_gan_train(&job, e->stopped);
    uint64_t seed = (uint64_t)e->setup->run.seed;
    if (st == BAL_OK && !*e->stopped) st = bal_gan_generate(e->setup, e->dev, weights, seed, count, take_images, &t);
    free(what);
    free(folder);
    free(weights);
    return st;
}

/* Train the fold's generators, if they are not, and draw what any arm takes. */
static bal_status need_generated(experiment *e)
{
    if (e->generated) return BAL_OK;
    BAL_TRY(bal_dataset_compose(e->data, &real_alone));
    bal_dataset_drop_generated(e->data);
    for (int label = 0; label < bal_dataset_class_count(e->data) && !*e->stopped; label++) {
        int count;
        BAL_TRY(count_needed(&count, e, label));
        if (count > 0) BAL_TRY(generate_class(e, label, count));
    }
    e->generated = !*e->stopped;
    return BAL_OK;
}

static bool takes_generated(const bal_composition *c)
{
    for (int p = 0; p < BAL_PARTS; p++)
        if (c->generated[p] != BAL_GENERATED_NONE) return true;
    return false;
}

/* ---- one part --------------------------------------------------------------------------------------------------- */

static bal_status split_for(experiment *e, int fold)
{
    if (e->fold == fold) return BAL_OK;
    e->fold = fold;
    e->generated = false;
    return bal_dataset_split(e->data, (uint64_t)e->setup->run.seed, fold);
}

/* All arms get as many updates as the real training images give in the budget's epochs. */
static void same_budget(bal_setup *arm, const bal_dataset *data)
{
    const int *list;
    int        count = bal_dataset_part(data, BAL_TRAIN, -1, &list), batch = arm->classifier.batch;
    if (arm->classifier.steps) return;
    arm->classifier.steps = arm->classifier.epochs * ((count + batch - 1) / batch);
    arm->classifier.epochs = 0;
}

static char *text_of(int number) { return number < 0 ? NULL : bal_format("%d", number); }

/* The test predictions with what the part is, and the report on them. */
static bal_status test_part(experiment *e, const bal_setup *arm, const bal_experiment_part *part)
{
    bal_model       model = {0};
    bal_predictions p = {0};
    bal_history     history = {0};
    bal_status      st;
    char *fold = text_of(part->fold), *seed = text_of(part->seed), *log = bal_path_join(part->folder, "log.csv");
    if (!seed || !log) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for a path"));
    BAL_TRY_OR(end, st, bal_model_load(&model, e->dev, arm, part->folder));
    BAL_TRY_OR(end, st, bal_model_classify(&p, &model, e->data, BAL_TEST));
    for (int i = 0; i < p.count; i++) {
        p.row[i].fold = fold;
        p.row[i].seed = seed;
        p.row[i].arm = part->arm;
    }
    BAL_TRY_OR(end, st, bal_history_read(&history, log));
    bal_background background = bal_model_background(&model, &history);
    BAL_TRY_OR(end, st, bal_report_write(part->folder, &p, &background));
end:
    bal_history_free(&history);
    bal_predictions_free(&p);
    bal_model_close(&model);
    free(fold);
    free(seed);
    free(log);
    return st;
}

static bal_status train_part(experiment *e, bal_setup *arm, const bal_experiment_part *part)
{
    BAL_TRY(bal_dataset_compose(e->data, &real_alone));
    same_budget(arm, e->data);
    arm->run.seed = part->seed;
    if (takes_generated(&arm->composition)) BAL_TRY(need_generated(e));
    if (*e->stopped) return BAL_OK;
    BAL_TRY(bal_dataset_compose(e->data, &arm->composition));
    bal_classifier_job job = {arm, e->data, e->dev, part->folder, e->job->watch};
    BAL_TRY(bal_classifier_train(&job, e->stopped));
    return *e->stopped ? BAL_OK : test_part(e, arm, part);
}

static bal_status run_part(void *user, const bal_experiment_part *part)
{
    experiment *e = user;
    bal_setup  *arm;
    if (part->done || *e->stopped) return BAL_OK;
    bal_info("%s", part->folder);
    BAL_TRY(split_for(e, part->fold));
    BAL_TRY(bal_setup_open_arm(&arm, e->job->config, e->job->sets, e->job->set_count, part->arm));
    bal_status st = train_part(e, arm, part);
    bal_setup_close(arm);
    if (st == BAL_OK) return BAL_OK;
    bal_log(BAL_LOG_ERROR, "%s failed: %s", part->folder, bal_error());
    e->failed++;
    return BAL_OK; /* it does not spoil the rest */
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

/* Parts that are done and parts to come must see the same split. */
static bal_status keep_split(const bal_dataset *data, const char *folder)
{
    char *path = bal_path_join(folder, "split.csv");
    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st =
        bal_file_exists(path) ? bal_dataset_check_split(data, path, folder) : bal_dataset_write_split(data, path);
    free(path);
    return st;
}

static bal_status run(experiment *e)
{
    const bal_experiment_job *j = e->job;
    int                       parts;
    BAL_TRY(bal_setup_open(&e->setup, j->config, j->sets, j->set_count));
    BAL_TRY(bal_dataset_open(&e->data, e->setup->config, (uint64_t)e->setup->run.seed));
    BAL_TRY(keep_split(e->data, j->folder));
    BAL_TRY(bal_run_write_config(j->folder, e->setup, e->data));
    bal_device_settings settings = {.which = e->setup->run.device, .kernels = e->setup->run.kernels};
    BAL_TRY(bal_device_open(&e->dev, &settings));
    BAL_TRY(bal_run_describe(j->folder, e->setup, e->dev, bal_run_seconds(j->folder))); /* report.html reads it */
    BAL_TRY(each_part(j, e->setup, run_part, e));
    return bal_experiment_compare(j->folder, &parts);
}

bal_status bal_experiment_run(const bal_experiment_job *job, int *failed, bool *stopped)
{
    experiment e = {.job = job, .fold = INT_MIN, .stopped = stopped};
    double     began = bal_run_clock(), before = bal_run_seconds(job->folder);
    *stopped = false;
    bal_status st = run(&e);
    if (st == BAL_OK) st = bal_run_describe(job->folder, e.setup, e.dev, before + bal_run_clock() - began);
    *failed = e.failed;
    bal_device_close(e.dev);
    bal_dataset_close(e.data);
    bal_setup_close(e.setup);
    return st;
}
