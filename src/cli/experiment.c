/* experiment -- arms x seeds x folds of a configuration, compared. */
#include "ballast/experiment.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/run.h"
#include "cli/_jobs.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    const char *resume, *arms, *folds, *seeds;
    int         jobs;
} experiment;

static const bal_option options[] = {
    BAL_OPT_TEXT(experiment, resume, NULL, "go on with this run's folder; parts that are done stay as they are"),
    BAL_OPT_TEXT(experiment, arms, NULL, "only these arms now: a list"),
    BAL_OPT_TEXT(experiment, folds, NULL, "only these folds now: a list, from 0"),
    BAL_OPT_TEXT(experiment, seeds, NULL, "only these seeds now: a list"),
    BAL_OPT(experiment, jobs, BAL_INT, 1, 1, 256, "parts at a time, each in a process of its own"),
    BAL_OPT_END,
};

/* ---- what there is to do ----------------------------------------------------------------------------------------- */

static const char *state_of(const bal_experiment_task *t)
{
    return t->state == BAL_TASK_DONE ? "done" : t->step ? "begun" : "to do";
}

static void say_task_json(const bal_experiment_task *t)
{
    cJSON *o = cJSON_CreateObject();
    if (t->arm) cJSON_AddStringToObject(o, "arm", t->arm);
    else cJSON_AddStringToObject(o, "gan", strrchr(t->folder, '/') + 1);
    if (t->fold >= 0) cJSON_AddNumberToObject(o, "fold", t->fold);
    cJSON_AddNumberToObject(o, "seed", t->seed);
    cJSON_AddStringToObject(o, "folder", t->folder);
    if (t->arm) cJSON_AddBoolToObject(o, "tested", t->tested);
    cJSON_AddBoolToObject(o, "done", t->state == BAL_TASK_DONE);
    cJSON_AddNumberToObject(o, "step", t->step);
    cJSON_AddNumberToObject(o, "total", t->total);
    if (isnan(t->seconds)) cJSON_AddNullToObject(o, "seconds");
    else cJSON_AddNumberToObject(o, "seconds", t->seconds);
    bal_say_json(o);
}

static void say_task(const bal_experiment_task *t)
{
    char left[32] = "";
    bool known = t->state != BAL_TASK_DONE && !isnan(t->seconds);
    if (known && t->seconds < 1) snprintf(left, sizeof left, "< 1 s");
    else if (known) bal_duration_print(left, sizeof left, t->seconds);
    printf("%-6s %9s  %s%s\n", state_of(t), left, t->folder,
           t->arm && !t->tested ? " (its classifier judges the GANs)" : "");
}

static void say_total(bal_experiment *e, const char *device)
{
    int                        count, open = 0;
    double                     seconds = 0;
    char                       left[32];
    const bal_experiment_task *task = bal_experiment_tasks(e, &count);
    for (int i = 0; i < count; i++) {
        open += task[i].state != BAL_TASK_DONE;
        seconds += task[i].state != BAL_TASK_DONE ? task[i].seconds : 0;
    }
    printf("%d of %d to do", open, count);
    if (device)
        printf(", one at a time about %s on %s, by steps timed now", bal_duration_print(left, sizeof left, seconds),
               device);
    printf("\n");
}

/* GANs and parts, done or not, and how long they would take, where a device can tell. */
static bal_status list(const bal_experiment_job *job)
{
    bal_experiment *e;
    bal_device     *dev = NULL;
    int             count;
    BAL_TRY(bal_experiment_open(&e, job));
    bool known = bal_experiment_device(&dev, e, 0) == BAL_OK && bal_experiment_measure(e) == BAL_OK;
    const bal_experiment_task *task = bal_experiment_tasks(e, &count);
    if (!known) bal_info("no estimate of the time: %s", bal_error());
    for (int i = 0; i < count; i++) (bal_speaks_json() ? say_task_json : say_task)(&task[i]);
    if (!bal_speaks_json()) say_total(e, known ? bal_device_describe(dev)->name : NULL);
    bal_experiment_close(e);
    return BAL_OK;
}

/* ---- doing it ---------------------------------------------------------------------------------------------------- */

static bool in_list(const char *list, const char *word)
{
    char other[64];
    for (int i = 0; bal_setup_word(other, sizeof other, list, i); i++)
        if (strcmp(other, word) == 0) return true;
    return false;
}

/* A list on the command line picks from what there is; a slip of the pen would pick nothing. */
static bal_status check_picks(const char *flag, const char *list, const char *all)
{
    char word[64];
    for (int i = 0; list && bal_setup_word(word, sizeof word, list, i); i++)
        if (!in_list(all, word))
            return bal_fail(BAL_ECONFIG, "--%s: the experiment has no \"%s\"; it has: %s", flag, word, all);
    return BAL_OK;
}

static bal_status check_all_picks(const experiment *o, const bal_setup *s)
{
    char seed[16], folds[512] = "none; [data] folds says how many";
    snprintf(seed, sizeof seed, "%d", s->run.seed);
    for (int i = 0, n = 0; i < s->data.folds; i++)
        n += snprintf(folds + n, sizeof folds - (size_t)n, i ? " %d" : "%d", i);
    BAL_TRY(check_picks("arms", o->arms, s->experiment.arms));
    BAL_TRY(check_picks("folds", o->folds, folds));
    return check_picks("seeds", o->seeds, s->experiment.seeds ? s->experiment.seeds : seed);
}

/* The name that a new run would get. */
static char *free_name(const bal_setup *s)
{
    char *path = bal_format("%s/%s", s->run.out, s->run.name);
    for (int i = 2; path && bal_folder_exists(path); i++) {
        free(path);
        path = bal_format("%s/%s-%d", s->run.out, s->run.name, i);
    }
    return path;
}

static bal_status make_folder(char **folder, const bal_args *a, const bal_setup *s)
{
    const experiment *o = a->own;
    if (!o->resume && !a->dry_run) return bal_run_create(folder, s->run.out, s->run.name);
    *folder = o->resume ? bal_format("%s", o->resume) : free_name(s);
    return *folder ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");
}

/* The configuration and the folder: new ones, or those of a run to go on with. */
static bal_status open_run(char **config, char **folder, const bal_args *a)
{
    const experiment *o = a->own;
    bal_setup        *s;
    *config = o->resume ? bal_path_join(o->resume, "config.ini") : bal_format("%s", a->word[0]);
    if (!*config) return bal_fail(BAL_ENOMEM, "no memory for a path");
    BAL_TRY(bal_args_setup(&s, a, *config));
    bal_status st = BAL_OK;
    if (!s->has_experiment)
        st = bal_fail(BAL_ECONFIG, "%s: has no section [experiment]; ballast help experiment explains it", *config);
    else st = check_all_picks(o, s);
    if (st == BAL_OK) st = make_folder(folder, a, s);
    bal_setup_close(s);
    return st;
}

static bal_status run_jobs(bal_experiment *e, const bal_experiment_job *job, int jobs, bool *stopped)
{
    int parts;
    BAL_TRY(bal_experiment_begin(e));
    BAL_TRY(bal_jobs_run(e, jobs, stopped));
    BAL_TRY(bal_experiment_compare(job->folder, &parts));
    return bal_experiment_describe(e);
}

/* bal_experiment_run with several processes. */
static bal_status run_several(bal_experiment_job *job, int jobs, int *failed, bool *stopped)
{
    bal_experiment *e;
    int             count;
    job->watch = &bal_jobs_watch;
    BAL_TRY(bal_experiment_open(&e, job));
    bal_status                 st = run_jobs(e, job, jobs, stopped);
    const bal_experiment_task *task = bal_experiment_tasks(e, &count);
    for (int i = 0; i < count; i++) *failed += task[i].state == BAL_TASK_FAILED;
    bal_experiment_close(e);
    return st;
}

static int work(const bal_args *a, bal_experiment_job *job)
{
    const experiment *o = a->own;
    int               failed = 0;
    bool              stopped = false;
    bal_status        st =
        o->jobs > 1 ? run_several(job, o->jobs, &failed, &stopped) : bal_experiment_run(job, &failed, &stopped);
    if (st == BAL_OK && stopped) bal_say_resume("stopped; to go on: ballast experiment --resume", job->folder);
    if (st == BAL_OK && failed) bal_warn("%d part%s failed", failed, failed == 1 ? "" : "s");
    if (st == BAL_OK && failed) bal_say_resume("to try again: ballast experiment --resume", job->folder);
    if (st == BAL_OK) st = bal_say_file(job->folder, a->json ? "experiment.json" : "experiment.txt");
    if (st == BAL_OK && !a->json) printf("\nrun: %s\n", job->folder);
    int code = bal_done(st);
    return code == BAL_EXIT_DONE && (failed || stopped) ? BAL_EXIT_FAILED : code;
}

static int run(const bal_args *a)
{
    const experiment *o = a->own;
    char             *config = NULL, *folder = NULL;
    bal_names         sets = {0};
    int               code;
    if (!o->resume == !a->word_count) return bal_usage_fault(a, "takes CONFIG or --resume RUN, one of them");
    bal_status st = open_run(&config, &folder, a);
    if (st == BAL_OK) st = bal_args_settings(&sets, a);
    bal_experiment_job job = {.config = config, .sets = (const char *const *)sets.name, .set_count = sets.count};
    job.folder = folder;
    job.arms = o->arms;
    job.folds = o->folds;
    job.seeds = o->seeds;
    job.watch = &bal_cli_watch;
    if (st != BAL_OK) code = bal_done(st);
    else if (a->dry_run) code = bal_done(list(&job));
    else if (bal_run_claim(folder) != BAL_OK) code = bal_done(BAL_EIO);
    else code = work(a, &job);
    bal_names_free(&sets);
    free(config);
    free(folder);
    return code;
}

const bal_verb bal_verb_experiment = {
    .name = "experiment",
    .group = BAL_VERB_TRAIN,
    .usage = "CONFIG",
    .help = "train the same classifier on different images, and compare",
    .details = "[experiment] says arms and seeds, [data] folds how many folds. Arms that are built in: original, "
               "classic (changed\n"
               "images), synthetic (generated images alone), balanced (real and generated up to the largest class),\n"
               "balanced_classic, real_synthetic (tested on generated images) and paper (generated images everywhere: "
               "it leaks).\n"
               "Every part is done once: --resume goes on, and tries failed ones again, to the same bits as in one go. "
               "--dry-run lists\n"
               "the parts, the GANs that they take images from and the classifier that judges these (original's, with "
               "the first\n"
               "seed), with the time that they would need by steps timed then.\n"
               "--jobs N does N at a time, each in a process of its own; the results are the same to the bit. --device "
               "may be a list\n"
               "(0,1): they take turns. On one CPU that gains little, as one part keeps all cores busy; it is meant "
               "for several devices\n"
               "and for GPUs that a small net leaves idle. Ctrl-C stops them all; each saves first.",
    .examples = "See which parts there are, then do those of two arms, on two devices:\n"
                "    ballast experiment xray.ini --dry-run\n"
                "    ballast experiment xray.ini --arms \"original classic\" --jobs 2 --device 0,1",
    .values = "resume=RUN arms=ARMS folds=N,... seeds=N,...",
    .takes = BAL_TAKES_DEVICE | BAL_TAKES_SEED | BAL_TAKES_SET | BAL_TAKES_OUT | BAL_TAKES_DRY_RUN,
    .max_words = 1,
    .size = sizeof(experiment),
    .options = options,
    .run = run,
};
