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

const char *bal_experiment_fold_folder(char out[32], int fold)
{
    if (fold < 0) snprintf(out, 32, "split");
    else snprintf(out, 32, "fold%d", fold);
    return out;
}

char *bal_experiment_part_folder(const char *run, const char *arm, int fold, int seed)
{
    char name[32];
    return bal_format("%s/%s/seed%d/%s", run, bal_experiment_fold_folder(name, fold), seed, arm);
}

static bool has(const char *folder, const char *name)
{
    char *path = bal_path_join(folder, name);
    bool  there = path && bal_file_exists(path);
    free(path);
    return there;
}

static bool part_done(const char *folder) { return has(folder, "report.json"); }

typedef bal_status (*part_use)(void *user, const bal_experiment_part *part);

static bal_status use_part(const bal_experiment_job *job, const char *arm, int fold, int seed, part_use each,
                           void *user)
{
    char *folder = bal_experiment_part_folder(job->folder, arm, fold, seed);
    if (!folder) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_experiment_part part = {arm, fold, seed, folder, part_done(folder)};
    bal_status          st = each(user, &part);
    free(folder);
    return st;
}

/* Seed i of the experiment. */
static bool seed_at(int *seed, const bal_setup *s, int i)
{
    char word[32];
    *seed = s->run.seed;
    if (!s->experiment.seeds) return i == 0;
    if (!bal_setup_word(word, sizeof word, s->experiment.seeds, i)) return false;
    *seed = (int)strtol(word, NULL, 10);
    return true;
}

int bal_experiment_first_seed(const bal_setup *s)
{
    int seed;
    seed_at(&seed, s, 0);
    return seed;
}

/* The parts of a fold: arms within seeds, so that a comparison is complete early. */
static bal_status each_of_fold(const bal_experiment_job *job, const bal_setup *s, int fold, part_use each, void *user)
{
    char arm[64];
    int  seed;
    for (int i = 0; seed_at(&seed, s, i); i++)
        for (int j = 0; picked_number(job->seeds, seed) && bal_setup_word(arm, sizeof arm, s->experiment.arms, j); j++)
            if (picked(job->arms, arm)) BAL_TRY(use_part(job, arm, fold, seed, each, user));
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
    char *folder = bal_format("%s/%s/gan/%s", e->job.folder, bal_experiment_fold_folder(word, fold), class);
    t.total = bal_gan_budget(e->setup, e->data, label);
    t.step = folder ? bal_stored_step(folder, "generator.step") : 0;
    if (t.step >= t.total && has(folder, "quality.json")) t.state = BAL_TASK_DONE;
    return add_task(e, folder, &t);
}

static bool needs_any(const bal_experiment *e)
{
    for (int label = 0; label < bal_dataset_class_count(e->data); label++)
        if (bal_experiment_needs(e, label) > 0) return true;
    return false;
}

static int find_arm(const bal_experiment *e, const char *name)
{
    int i = 0;
    while (strcmp(e->arm[i].name, name) != 0) i++;
    return i;
}

static const bal_experiment_task *find_task(const bal_experiment *e, const char *folder)
{
    for (int i = 0; i < e->task_count; i++)
        if (strcmp(e->task[i].folder, folder) == 0) return &e->task[i];
    return NULL;
}

/* tested: whether it is picked. */
static bal_status add_classifier(bal_experiment *e, const bal_experiment_part *part, bool tested)
{
    bal_experiment_task t = {.index = find_arm(e, part->arm), .fold = part->fold, .seed = part->seed, .tested = tested};
    bal_setup           setup = bal_experiment_setup(e, t.index, t.seed);
    t.arm = e->arm[t.index].name;
    t.waits = bal_takes_generated(&setup.composition);
    t.judges = t.index == e->judge && t.seed == bal_experiment_first_seed(e->setup);
    t.total = setup.classifier.steps * setup.classifier.ensemble;
    t.step = part->done ? t.total : bal_ensemble_step(&setup, part->folder);
    t.state = part->done || (!tested && t.step >= t.total) ? BAL_TASK_DONE : BAL_TASK_OPEN;
    return add_task(e, bal_format("%s", part->folder), &t);
}

/* The classifier by whose features the fold's GANs are judged: a part that is picked, or its classifier alone. */
static bal_status add_judge(bal_experiment *e, int fold)
{
    const bal_experiment_job *job = &e->job;
    int                       seed = bal_experiment_first_seed(e->setup);
    bool tested = picked(e->setup->experiment.arms, BAL_EXPERIMENT_JUDGE) && picked(job->arms, BAL_EXPERIMENT_JUDGE) &&
                  picked_number(job->seeds, seed);
    char *folder = bal_experiment_part_folder(job->folder, BAL_EXPERIMENT_JUDGE, fold, seed);
    if (!folder) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_experiment_part part = {BAL_EXPERIMENT_JUDGE, fold, seed, folder, part_done(folder)};
    bal_status          st = add_classifier(e, &part, tested);
    free(folder);
    return st;
}

static bal_status add_gans(bal_experiment *e, int fold)
{
    BAL_TRY(bal_experiment_split(e, fold));
    if (!needs_any(e)) return BAL_OK;
    BAL_TRY(add_judge(e, fold));
    if (bal_setup_conditional(e->setup)) return add_gan(e, fold, -1);
    if (e->setup->gan.pretrain) BAL_TRY(add_gan(e, fold, -1));
    for (int label = 0; label < bal_dataset_class_count(e->data); label++)
        if (bal_experiment_needs(e, label) > 0) BAL_TRY(add_gan(e, fold, label));
    return BAL_OK;
}

/* A fold's GANs, and what judges them, stand before its other parts. */
static bal_status add_part(void *user, const bal_experiment_part *part)
{
    bal_experiment *e = user;
    if (e->fold != part->fold) BAL_TRY(add_gans(e, part->fold));
    return find_task(e, part->folder) ? BAL_OK : add_classifier(e, part, true);
}

/* Whether some part takes images of the task's fold: one that is not done, or any. */
static bool wanted(const bal_experiment *e, const bal_experiment_task *of, bool done_too)
{
    for (int i = 0; i < e->task_count; i++) {
        const bal_experiment_task *t = &e->task[i];
        if (t->waits && t->fold == of->fold && (done_too || t->state != BAL_TASK_DONE)) return true;
    }
    return false;
}

/* GANs whose images no part that is picked takes, and what would judge them, are none of this job's; those whose images
 * no part needs any more are done, however long they were trained. */
static void sort_gans(bal_experiment *e)
{
    int kept = 0;
    for (int i = 0; i < e->task_count; i++) {
        bal_experiment_task t = e->task[i];
        if (!t.tested && !wanted(e, &t, true)) {
            free(t.folder);
            continue;
        }
        if (!t.tested && !wanted(e, &t, false)) t.state = BAL_TASK_DONE;
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

/* ---- the same classifier ---------------------------------------------------------------------------------------- */

static bool same_section(const bal_section *a, const bal_section *b)
{
    bool same = strcmp(a->name, b->name) == 0 && a->count == b->count;
    for (int i = 0; same && i < a->count; i++)
        same =
            strcmp(a->entries[i].key, b->entries[i].key) == 0 && strcmp(a->entries[i].value, b->entries[i].value) == 0;
    return same;
}

static bool same_settings(const bal_setup *a, const bal_setup *b)
{
    int count = bal_config_count(a->config), same = bal_config_count(b->config) == count;
    for (int i = 0; same && i < count; i++)
        same = same_section(bal_config_section(a->config, i), bal_config_section(b->config, i));
    return same;
}

/* Whether both are trained and validated on the same real images, by the same settings, and b is tested on real ones.
 * One of several members is not taken over: its other folds are not its folder's. */
static bool same_classifier(const bal_setup *a, const bal_setup *b)
{
    const bal_composition *x = &a->composition, *y = &b->composition;
    for (int p = BAL_TRAIN; p <= BAL_VALIDATION; p++)
        if (x->real[p] != y->real[p] || x->generated[p] != BAL_GENERATED_NONE || y->generated[p] != BAL_GENERATED_NONE)
            return false;
    return x->generated[BAL_TEST] != BAL_GENERATED_NONE && y->generated[BAL_TEST] == BAL_GENERATED_NONE &&
           a->classifier.ensemble == 1 && same_settings(a, b);
}

void bal_experiment_find_twins(bal_experiment *e)
{
    for (int i = 0; i < e->arm_count; i++) {
        e->arm[i].like = -1;
        for (int j = 0; j < e->arm_count && e->arm[i].like < 0; j++)
            if (same_classifier(e->arm[i].setup, e->arm[j].setup)) e->arm[i].like = j;
    }
}

static char *twin_folder(const bal_experiment *e, const bal_experiment_task *t)
{
    int like = t->arm ? e->arm[t->index].like : -1;
    return like < 0 ? NULL : bal_experiment_part_folder(e->job.folder, e->arm[like].name, t->fold, t->seed);
}

char *bal_experiment_twin(const bal_experiment *e, const bal_experiment_task *task)
{
    char                      *folder = twin_folder(e, task);
    const bal_experiment_task *twin = folder ? find_task(e, folder) : NULL;
    if (folder && (part_done(folder) || (twin && twin->state == BAL_TASK_DONE))) return folder;
    free(folder);
    return NULL;
}

/* ---- what is next ----------------------------------------------------------------------------------------------- */

/* Whether a task waits for another one: a part for its fold's GANs and what judges them, or for the classifier that it
 * takes over; a GAN for what judges it, and a class's for that of all classes. */
static bool needs(const bal_experiment *e, const bal_experiment_task *t, const bal_experiment_task *other)
{
    if (other->fold != t->fold || other == t) return false;
    if (!t->arm) return other->arm ? other->judges : other->index < 0;
    if (!other->arm) return t->waits;
    return (t->waits && other->judges) || (other->seed == t->seed && other->index == e->arm[t->index].like);
}

/* DONE: all that it waits for are; FAILED: *what has; else OPEN. */
static bal_task_state needed(const bal_experiment_task **what, const bal_experiment *e, const bal_experiment_task *by)
{
    bal_task_state all = BAL_TASK_DONE;
    for (int i = 0; i < e->task_count; i++) {
        const bal_experiment_task *t = *what = &e->task[i];
        if (!needs(e, by, t) || t->state == BAL_TASK_DONE) continue;
        if (t->state == BAL_TASK_FAILED) return BAL_TASK_FAILED;
        all = BAL_TASK_OPEN;
    }
    return all;
}

bal_experiment_task *bal_experiment_next(bal_experiment *e)
{
    const bal_experiment_task *what;
    for (int i = 0; i < e->task_count; i++) {
        bal_experiment_task *t = &e->task[i];
        bal_task_state       before = needed(&what, e, t);
        if (t->state != BAL_TASK_OPEN || before == BAL_TASK_OPEN) continue;
        if (before == BAL_TASK_DONE) return t;
        t->state = BAL_TASK_FAILED;
        bal_log(BAL_LOG_ERROR, "%s failed: it needs %s, which failed", t->folder, what->name);
    }
    return NULL;
}
