/* experiment_tasks -- which parts there are, which GANs they take images from, and what is next. See
 * include/ballast/experiment.h. */
#include "train/experiment_parts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/ensemble.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "ballast/log.h"
#include "ballast/stored.h"

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

/* ---- tasks ------------------------------------------------------------------------------------------------------ */

bool bal_takes_generated(const bal_composition *c)
{
    for (int p = 0; p < BAL_PARTS; p++)
        if (c->generated[p] != BAL_GENERATED_NONE) return true;
    return false;
}

int bal_experiment_needs(const bal_experiment *e, int label)
{
    int most = 0;
    for (int i = 0; i < e->arm_count; i++) {
        int n = bal_dataset_needs(e->data, &e->arm[i].setup->composition, label);
        if (n > most) most = n;
    }
    return most;
}

/* Takes the folder over. */
static bal_status add_task(bal_experiment *e, char *folder, const bal_experiment_task *like)
{
    if (folder && e->task_count == e->task_capacity) {
        int                  capacity = e->task_capacity ? 2 * e->task_capacity : 32;
        bal_experiment_task *grown = realloc(e->task, (size_t)capacity * sizeof *grown);
        if (grown) {
            e->task = grown;
            e->task_capacity = capacity;
        }
    }
    if (!folder || e->task_count == e->task_capacity) {
        free(folder);
        return bal_fail(BAL_ENOMEM, "no memory for a list of parts");
    }
    bal_experiment_task *t = &e->task[e->task_count++];
    *t = *like;
    t->folder = folder;
    t->name = folder + strlen(e->job.folder) + 1;
    t->seconds = (double)NAN;
    return BAL_OK;
}

static bal_status add_gan(bal_experiment *e, int fold, int label)
{
    char class[128], word[32];
    bal_experiment_task t = {.index = label, .fold = fold, .seed = e->setup->run.seed};
    bal_gan_name(class, sizeof class, e->setup, e->data, label);
    char *folder = bal_format("%s/%s/gan/%s", e->job.folder, fold_folder(word, fold), class);
    t.total = bal_gan_budget(e->setup, e->data, label);
    t.step = folder ? bal_stored_step(folder, "generator.step") : 0;
    if (t.step >= t.total) t.state = BAL_TASK_DONE;
    return add_task(e, folder, &t);
}

static bool needs_any(const bal_experiment *e)
{
    for (int label = 0; label < bal_dataset_class_count(e->data); label++)
        if (bal_experiment_needs(e, label) > 0) return true;
    return false;
}

static bal_status add_gans(bal_experiment *e, int fold)
{
    BAL_TRY(bal_experiment_split(e, fold));
    if (!needs_any(e)) return BAL_OK;
    if (bal_setup_conditional(e->setup)) return add_gan(e, fold, -1);
    if (e->setup->gan.pretrain) BAL_TRY(add_gan(e, fold, -1));
    for (int label = 0; label < bal_dataset_class_count(e->data); label++)
        if (bal_experiment_needs(e, label) > 0) BAL_TRY(add_gan(e, fold, label));
    return BAL_OK;
}

static int find_arm(const bal_experiment *e, const char *name)
{
    int i = 0;
    while (strcmp(e->arm[i].name, name) != 0) i++;
    return i;
}

/* A fold's GANs stand before its parts. */
static bal_status add_part(void *user, const bal_experiment_part *part)
{
    bal_experiment     *e = user;
    bal_experiment_task t = {.index = find_arm(e, part->arm), .fold = part->fold, .seed = part->seed};
    if (e->fold != part->fold) BAL_TRY(add_gans(e, part->fold));
    bal_setup setup = bal_experiment_setup(e, t.index, t.seed);
    t.arm = e->arm[t.index].name;
    t.waits = bal_takes_generated(&setup.composition);
    t.total = setup.classifier.steps * setup.classifier.ensemble;
    t.step = part->done ? t.total : bal_ensemble_step(&setup, part->folder);
    t.state = part->done ? BAL_TASK_DONE : BAL_TASK_OPEN;
    return add_task(e, bal_format("%s", part->folder), &t);
}

/* Whether some part takes the GAN's images: one that is not done, or any. */
static bool wanted(const bal_experiment *e, const bal_experiment_task *gan, bool done_too)
{
    for (int i = 0; i < e->task_count; i++) {
        const bal_experiment_task *t = &e->task[i];
        if (t->waits && t->fold == gan->fold && (done_too || t->state != BAL_TASK_DONE)) return true;
    }
    return false;
}

/* GANs whose images no part that is picked takes are none of this job's; those whose images no part needs any more are
 * done, however long they were trained. */
static void sort_gans(bal_experiment *e)
{
    int kept = 0;
    for (int i = 0; i < e->task_count; i++) {
        bal_experiment_task t = e->task[i];
        if (!t.arm && !wanted(e, &t, true)) {
            free(t.folder);
            continue;
        }
        if (!t.arm && !wanted(e, &t, false)) t.state = BAL_TASK_DONE;
        e->task[kept++] = t;
    }
    e->task_count = kept;
}

bal_status bal_experiment_list(bal_experiment *e)
{
    BAL_TRY(each_part(&e->job, e->setup, add_part, e));
    sort_gans(e);
    return BAL_OK;
}

bal_experiment_task *bal_experiment_tasks(bal_experiment *e, int *count)
{
    *count = e->task_count;
    return e->task;
}

/* ---- what is next ----------------------------------------------------------------------------------------------- */

/* Whether a GAN is one that the task waits for: a part for all of its fold, a class's for that of all classes. */
static bool needs_gan(const bal_experiment_task *t, const bal_experiment_task *gan)
{
    if (gan->arm || gan->fold != t->fold || gan == t) return false;
    return t->arm ? t->waits : gan->index < 0;
}

/* DONE: all GANs that it waits for are; FAILED: one has; else OPEN. */
static bal_task_state gans_of(const bal_experiment *e, const bal_experiment_task *of)
{
    bal_task_state all = BAL_TASK_DONE;
    for (int i = 0; i < e->task_count; i++) {
        const bal_experiment_task *t = &e->task[i];
        if (!needs_gan(of, t) || t->state == BAL_TASK_DONE) continue;
        if (t->state == BAL_TASK_FAILED) return BAL_TASK_FAILED;
        all = BAL_TASK_OPEN;
    }
    return all;
}

bal_experiment_task *bal_experiment_next(bal_experiment *e)
{
    for (int i = 0; i < e->task_count; i++) {
        bal_experiment_task *t = &e->task[i];
        bal_task_state       gans = gans_of(e, t);
        if (t->state != BAL_TASK_OPEN || gans == BAL_TASK_OPEN) continue;
        if (gans == BAL_TASK_DONE) return t;
        t->state = BAL_TASK_FAILED;
        bal_log(BAL_LOG_ERROR, "%s failed: it needs images of a GAN that failed", t->folder);
    }
    return NULL;
}
