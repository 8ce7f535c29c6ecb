/* experiment -- doing the tasks. See include/ballast/experiment.h. */
#include "train/experiment_parts.h"
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/classifier.h"
#include "ballast/collapse.h"
#include "ballast/ensemble.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "ballast/gate.h"
#include "ballast/heatmap.h"
#include "ballast/log.h"
#include "ballast/model.h"
#include "ballast/report.h"
#include "ballast/run.h"

const bal_composition bal_real_alone = {.real = {true, true, true}};

bal_status bal_experiment_split(bal_experiment *e, int fold)
{
    if (e->fold == fold) return BAL_OK;
    e->fold = fold;
    e->generated = false;
    return bal_dataset_split(e->data, (uint64_t)e->setup->run.seed, fold);
}

bal_setup bal_experiment_setup(const bal_experiment *e, int arm, int seed)
{
    bal_setup  own = *e->arm[arm].setup;
    const int *list;
    int        count = bal_dataset_part(e->data, BAL_TRAIN, -1, &list), batch = own.classifier.batch;
    own.run.seed = seed;
    if (own.classifier.steps) return own;
    own.classifier.steps = own.classifier.epochs * ((count + batch - 1) / batch);
    own.classifier.epochs = 0;
    return own;
}

/* ---- one part --------------------------------------------------------------------------------------------------- */

static char *text_of(int number) { return number < 0 ? NULL : bal_format("%d", number); }

static bal_status balanced_accuracy(double *out, const bal_predictions *p)
{
    bal_metrics m;
    BAL_TRY(bal_metrics_of(&m, p));
    *out = m.balanced_accuracy;
    bal_metrics_free(&m);
    return BAL_OK;
}

/* Of an arm that is validated or tested on generated images: what its classifier makes of the real test part. The data
 * is composed of real images alone afterwards. */
static bal_status test_on_real(bal_background *b, bal_experiment *e, const bal_setup *arm, bal_model *m,
                               const bal_predictions *test)
{
    const bal_generated *generated = arm->composition.generated;
    bal_predictions      real = {0};
    int                  best = bal_history_best(b->history);
    b->generated = generated[BAL_VALIDATION] != BAL_GENERATED_NONE || generated[BAL_TEST] != BAL_GENERATED_NONE;
    if (!b->generated) return BAL_OK;
    if (generated[BAL_TEST] != BAL_GENERATED_NONE) BAL_TRY(balanced_accuracy(&b->on_generated, test));
    else b->on_generated = best < 0 ? (double)NAN : b->history->epoch[best].validation_balanced_accuracy;
    BAL_TRY(bal_dataset_compose(e->data, &bal_real_alone));
    bal_status st = bal_model_classify(&real, m, e->data, BAL_TEST);
    if (st == BAL_OK) st = balanced_accuracy(&b->on_real, &real);
    bal_predictions_free(&real);
    return st;
}

static bal_status say_gate(bal_background *b, const char *folder)
{
    bal_gate g;
    char    *words, *path = bal_path_join(folder, "gate.json");
    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = bal_gate_read(&g, path);
    free(path);
    BAL_TRY(st);
    st = bal_gate_words(&words, &g);
    bal_gate_free(&g);
    BAL_TRY(st);
    snprintf(b->gate, sizeof b->gate, "%s", words);
    free(words);
    return BAL_OK;
}

/* The test predictions with what the part is, and the report on them. */
static bal_status test_part(bal_experiment *e, const bal_setup *arm, const bal_experiment_part *part)
{
    bal_model       model = {0};
    bal_predictions p = {0};
    bal_history     history = {0};
    const int      *index;
    bal_status      st;
    char *fold = text_of(part->fold), *seed = text_of(part->seed), *log = bal_path_join(part->folder, "log.csv");
    char *seen = bal_path_join(part->folder, "collapse.csv"), *alarms = NULL;
    if (!seed || !log || !seen) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for a path"));
    BAL_TRY_OR(end, st, bal_model_load(&model, e->dev, arm, part->folder));
    BAL_TRY_OR(end, st, bal_model_classify(&p, &model, e->data, BAL_TEST));
    for (int i = 0; i < p.count; i++) {
        p.row[i].fold = fold;
        p.row[i].seed = seed;
        p.row[i].arm = part->arm;
    }
    BAL_TRY_OR(end, st, bal_history_read(&history, log));
    BAL_TRY_OR(end, st, bal_collapse_summary(&alarms, seen));
    bal_dataset_part(e->data, BAL_TEST, -1, &index);
    BAL_TRY_OR(end, st, bal_heatmap_examples(part->folder, &model, &p, e->data, index));
    bal_background background = bal_model_background(&model, &history);
    background.alarms = alarms;
    bal_dataset_leaks(e->data, background.leaks);
    if (arm->composition.gated) BAL_TRY_OR(end, st, say_gate(&background, part->folder));
    BAL_TRY_OR(end, st, test_on_real(&background, e, arm, &model, &p));
    BAL_TRY_OR(end, st, bal_report_write(part->folder, &p, &background));
end:
    bal_history_free(&history);
    bal_predictions_free(&p);
    bal_model_close(&model);
    free(fold);
    free(seed);
    free(log);
    free(seen);
    free(alarms);
    return st;
}

/* The arm's images, no copies among them; a gate chooses for itself. */
static bal_status compose_part(bal_experiment *e, const bal_setup *arm, const char *folder, bool *stopped)
{
    bal_gate        g;
    bal_gate_job    job = {arm, e->data, e->dev, folder, e->job.watch};
    bal_composition c = arm->composition;
    c.barred = bal_takes_generated(&c) ? e->copies : NULL;
    if (!c.gated) return bal_dataset_compose(e->data, &c);
    BAL_TRY(bal_gate_decide(&g, &job, stopped));
    bal_status st = *stopped ? BAL_OK : bal_gate_compose(&g, e->data);
    bal_gate_free(&g);
    return st;
}

static bal_status copy_file(const char *to, const char *from, const char *name)
{
    char      *target = bal_path_join(to, name), *source = bal_path_join(from, name);
    bal_status st = target && source ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");
    if (st == BAL_OK && bal_file_exists(source)) st = bal_file_copy(target, source);
    free(target);
    free(source);
    return st;
}

/* What a training leaves; what says that it has is last. */
static bal_status copy_classifier(const char *to, const char *from)
{
    static const char *const files[] = {"log.csv",       "speed.csv",        "curves.svg",       "collapse.csv",
                                        "augmented.png", "good.safetensors", "best.safetensors", "last.safetensors"};
    BAL_TRY(bal_folder_create(to));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) BAL_TRY(copy_file(to, from, files[i]));
    return BAL_OK;
}

static bal_status train_classifier(bal_experiment *e, const bal_experiment_task *task, const bal_setup *arm,
                                   bool *stopped)
{
    bal_classifier_job job = {arm, e->data, e->dev, task->folder, e->job.watch, NULL};
    char              *twin = bal_experiment_twin(e, task);
    bal_status         st = BAL_OK;
    if (twin) st = copy_classifier(task->folder, twin);
    free(twin);
    BAL_TRY(st);
    if (arm->classifier.ensemble > 1 && bal_ensemble_turns(arm, e->data) > 1)
        e->generated = false; /* they are dropped */
    return bal_ensemble_train(&job, e->data, stopped);
}

static bal_status train_part(bal_experiment *e, const bal_experiment_task *task, bool *stopped)
{
    BAL_TRY(bal_dataset_compose(e->data, &bal_real_alone));
    bal_setup arm = bal_experiment_setup(e, task->index, task->seed);
    if (task->waits) BAL_TRY(bal_experiment_draw(e));
    BAL_TRY(compose_part(e, &arm, task->folder, stopped));
    if (*stopped) return BAL_OK;
    BAL_TRY(train_classifier(e, task, &arm, stopped));
    bal_experiment_part part = {task->arm, task->fold, task->seed, task->folder, false};
    return *stopped || !task->tested ? BAL_OK : test_part(e, &arm, &part);
}

/* Word `slot` of a list separated by commas, counted round; malloc'd. */
static char *cut_device(const char *list, int slot)
{
    int count = 1;
    for (const char *p = list; *p; p++) count += *p == ',';
    for (slot %= count; slot > 0; slot--) list = strchr(list, ',') + 1;
    list += strspn(list, " ");
    return bal_format("%.*s", (int)strcspn(list, ","), list);
}

/* All parts, whichever process does them, use the plan of the first one, which is in run.json. */
static bal_status make_plan(bal_experiment *e)
{
    const char *key, *choice;
    BAL_TRY(bal_run_use_plan(e->job.folder, e->dev));
    return bal_plan_row(e->dev, 0, &key, &choice) ? BAL_OK : bal_setup_tune(e->setup, e->dev, NULL);
}

bal_status bal_experiment_device(bal_device **out, bal_experiment *e, int slot)
{
    char      *which = cut_device(e->setup->run.device ? e->setup->run.device : "", slot);
    bal_status st = which ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a name");
    if (st == BAL_OK && !e->dev) {
        st = bal_setup_device(&e->dev, e->setup, which);
        if (st == BAL_OK) st = make_plan(e);
    }
    free(which);
    *out = e->dev;
    return st;
}

static bal_status do_task(bal_experiment *e, const bal_experiment_task *task, int slot, bool *stopped)
{
    bal_device *dev;
    BAL_TRY(bal_experiment_device(&dev, e, slot));
    BAL_TRY(bal_experiment_split(e, task->fold));
    return task->arm ? train_part(e, task, stopped) : bal_experiment_train_gan(e, task, stopped);
}

void bal_experiment_do(bal_experiment *e, bal_experiment_task *task, int slot, bool *stopped)
{
    bal_status st = do_task(e, task, slot, stopped);
    task->state = st != BAL_OK ? BAL_TASK_FAILED : *stopped ? BAL_TASK_OPEN : BAL_TASK_DONE;
    if (st != BAL_OK) bal_log(BAL_LOG_ERROR, "%s failed: %s", task->folder, bal_error());
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static bal_status open_arm(bal_experiment *e, const char *name)
{
    bal_experiment_arm *arm = &e->arm[e->arm_count++];
    if (strcmp(name, BAL_EXPERIMENT_JUDGE) == 0) e->judge = e->arm_count - 1;
    arm->name = bal_format("%s", name);
    if (!arm->name) return bal_fail(BAL_ENOMEM, "no memory for an arm");
    return bal_setup_open_arm(&arm->setup, e->job.config, e->job.sets, e->job.set_count, name);
}

/* The judge last, where it is none of them. */
static bal_status open_arms(bal_experiment *e)
{
    char name[64];
    int  count = 0;
    bool generated = false;
    while (bal_setup_word(name, sizeof name, e->setup->experiment.arms, count)) count++;
    e->arm = calloc((size_t)count + 1, sizeof *e->arm);
    if (!e->arm) return bal_fail(BAL_ENOMEM, "no memory for arms");
    for (int i = 0; bal_setup_word(name, sizeof name, e->setup->experiment.arms, i); i++) {
        BAL_TRY(open_arm(e, name));
        generated |= bal_takes_generated(&e->arm[i].setup->composition);
    }
    if (generated && e->judge < 0) BAL_TRY(open_arm(e, BAL_EXPERIMENT_JUDGE));
    bal_experiment_find_twins(e);
    return BAL_OK;
}

static bal_status open_experiment(bal_experiment *e)
{
    BAL_TRY(bal_setup_open(&e->setup, e->job.config, e->job.sets, e->job.set_count));
    BAL_TRY(open_arms(e));
    BAL_TRY(bal_dataset_open(&e->data, e->setup->config, (uint64_t)e->setup->run.seed));
    BAL_TRY(bal_gan_check(e->setup, e->data));
    return bal_experiment_list(e);
}

bal_status bal_experiment_open(bal_experiment **out, const bal_experiment_job *job)
{
    bal_experiment *e = calloc(1, sizeof *e);
    *out = NULL;
    if (!e) return bal_fail(BAL_ENOMEM, "no memory for an experiment");
    e->job = *job;
    e->fold = INT_MIN;
    e->judge = -1;
    e->began = bal_run_clock();
    e->before = bal_run_seconds(job->folder);
    bal_status st = open_experiment(e);
    if (st == BAL_OK) *out = e;
    else bal_experiment_close(e);
    return st;
}

void bal_experiment_close(bal_experiment *e)
{
    if (!e) return;
    for (int i = 0; i < e->task_count; i++) free(e->task[i].folder);
    for (int i = 0; i < e->arm_count; i++) {
        free(e->arm[i].name);
        bal_setup_close(e->arm[i].setup);
    }
    free(e->task);
    free(e->arm);
    free(e->copies);
    bal_device_close(e->dev);
    bal_dataset_close(e->data);
    bal_setup_close(e->setup);
    free(e);
}

/* Parts that are done and parts to come must see the same split. The file shows the first one. */
static bal_status keep_split(const bal_dataset *data, const char *folder)
{
    char *path = bal_path_join(folder, "split.csv");
    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st =
        bal_file_exists(path) ? bal_dataset_check_split(data, path, folder) : bal_dataset_write_split(data, path);
    free(path);
    return st;
}

bal_status bal_experiment_begin(bal_experiment *e)
{
    BAL_TRY(bal_experiment_split(e, e->setup->data.folds ? e->setup->data.fold : -1));
    BAL_TRY(keep_split(e->data, e->job.folder));
    return bal_run_write_config(e->job.folder, e->setup, e->data);
}

bal_status bal_experiment_describe(bal_experiment *e)
{
    bal_device *dev;
    BAL_TRY(bal_experiment_device(&dev, e, 0));
    return bal_run_describe(e->job.folder, e->setup, dev, e->before + bal_run_clock() - e->began);
}

static bal_status run(bal_experiment *e, bool *stopped)
{
    bal_experiment_task *t;
    int                  parts;
    BAL_TRY(bal_experiment_begin(e));
    BAL_TRY(bal_experiment_describe(e)); /* report.html reads it */
    while (!*stopped && (t = bal_experiment_next(e))) {
        bal_info("%s", t->folder);
        bal_experiment_do(e, t, 0, stopped);
    }
    BAL_TRY(bal_experiment_compare(e->job.folder, &parts));
    return bal_experiment_describe(e);
}

bal_status bal_experiment_run(const bal_experiment_job *job, int *failed, bool *stopped)
{
    bal_experiment *e;
    *stopped = false;
    *failed = 0;
    BAL_TRY(bal_experiment_open(&e, job));
    bal_status st = run(e, stopped);
    for (int i = 0; i < e->task_count; i++) *failed += e->task[i].state == BAL_TASK_FAILED;
    bal_experiment_close(e);
    return st;
}
