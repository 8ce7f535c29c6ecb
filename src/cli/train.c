/* train -- a run from a configuration: its folder, the GANs, the classifier; or going on with a run that was stopped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ballast/ensemble.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "ballast/log.h"
#include "ballast/run.h"
#include "cli/_classify.h"
#include "cli/_trace.h"
#include "cli/progress.h"
#include "cli/verb.h"

enum { EVERYTHING, GAN, CLASSIFIER };

typedef struct {
    int         only;
    const char *resume, *trace;
} train;

static const bal_option options[] = {
    BAL_OPT_CHOICE(train, only, EVERYTHING, "all|gan|classifier", "what to train of what the configuration describes"),
    BAL_OPT_TEXT(train, resume, NULL, "run folder to go on with, instead of CONFIG"),
    BAL_OPT_TRACE(train),
    BAL_OPT_END,
};

typedef struct {
    const train *o;
    bal_setup   *setup;
    bal_device  *dev;
    bal_dataset *data;
    char        *folder;        /* of the run */
    double       begun, before; /* clock at the start; seconds of earlier parts */
    bool         stopped;
} session;

/* Use a path below the run's folder and free it. */
static bal_status with_file(const session *s, const char *name, bal_status (*use)(const session *s, const char *path))
{
    char *path = bal_path_join(s->folder, name);

    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = use(s, path);
    free(path);
    return st;
}

/* A run that goes on must see the split that it began with. */
static bal_status write_split(const session *s, const char *path)
{
    return bal_file_exists(path) ? bal_dataset_check_split(s->data, path, s->folder)
                                 : bal_dataset_write_split(s->data, path);
}

static bal_status describe(const session *s)
{
    return bal_run_describe(s->folder, s->setup, s->dev, s->before + bal_run_clock() - s->begun);
}

static bool wants(const session *s, int what) { return s->o->only == EVERYTHING || s->o->only == what; }

/* An experiment may have a GAN that `train` leaves alone. */
static bool trains_gan(const session *s)
{
    return s->setup->has_gan && wants(s, GAN) && strcmp(s->setup->gan.classes, "none") != 0;
}

static bool classifies(const session *s) { return s->setup->has_classifier && wants(s, CLASSIFIER); }

/* The label that [train.gan] classes names; -1 for "all" and "conditional". */
static bal_status find_class(int *label, const session *s, const char *name)
{
    enum { WORDS = 4, MOST = 64 };
    const bal_section *section = bal_config_find(s->setup->config, "train.gan");
    const bal_entry   *entry = section ? bal_section_find(section, "classes") : NULL;
    const char        *names[WORDS + MOST] = {"each", "all", "conditional", "none"};

    *label = -1;
    if (bal_setup_conditional(s->setup)) return bal_gan_check(s->setup, s->data);
    if (strcmp(name, "all") == 0) return BAL_OK;
    *label = bal_dataset_find_class(s->data, name);
    if (*label >= 0) return BAL_OK;
    for (int i = 0; i < MOST - 1 && i < bal_dataset_class_count(s->data); i++)
        names[i + WORDS] = bal_dataset_class(s->data, i);
    const char *near = bal_nearest(name, names);
    return bal_fail_at(entry ? entry->at : (bal_where){"[train.gan]", 0},
                       "[train.gan] classes: \"%s\" is not each, all, conditional, none or a class; %s\"%s\"%s", name,
                       near ? "did you mean " : "the first one is ", near ? near : names[WORDS], near ? "?" : "");
}

static bal_status check_only(const session *s)
{
    const char *path = bal_config_path(s->setup->config);

    if (s->o->only == GAN && !s->setup->has_gan)
        return bal_fail(BAL_ECONFIG, "%s: describes no GAN, so there is nothing to train with --only gan", path);
    if (s->o->only == GAN && !trains_gan(s))
        return bal_fail(BAL_ECONFIG, "%s: [train.gan] classes = none: with --only gan say --set train.gan.classes=each",
                        path);
    if (s->o->only == CLASSIFIER && !s->setup->has_classifier)
        return bal_fail(BAL_ECONFIG, "%s: describes no classifier, so there is nothing to train with --only classifier",
                        path);
    return BAL_OK;
}

/* What a GAN's checkpoints are judged by: malloc'd path of the classifier of the run that features names, or of this
 * run's own; NULL where it has none. */
static bal_status find_features(char **out, const session *s)
{
    const char *other = s->setup->gan.features, *run = other ? other : s->folder;
    char       *best = bal_format("%s/classifier/best.safetensors", run);
    bool        there = best && s->setup->has_classifier && bal_file_exists(best);

    *out = there ? bal_path_join(run, "classifier") : NULL;
    free(best);
    if (there && !*out) return bal_fail(BAL_ENOMEM, "no memory for a path");
    if (there || !other) return BAL_OK;
    return bal_fail(BAL_ECONFIG, "[train.gan] features: %s is no run with a trained [classifier]", other);
}

/* What can be said before there is a folder: one that holds nothing is only in the way. */
static bal_status check_data(const session *s)
{
    const char *classes = s->setup->gan.classes;
    int         label;
    char       *features;

    if (trains_gan(s) && strcmp(classes, "each") != 0) BAL_TRY(find_class(&label, s, classes));
    if (trains_gan(s) && s->setup->gan.features) {
        BAL_TRY(find_features(&features, s));
        free(features);
    }
    if (!classifies(s)) return BAL_OK;
    return bal_classifier_check(s->setup, s->data);
}

static bal_status train_and_measure(session *s, const bal_gan_job *job)
{
    if (!job->folder || !job->what) return bal_fail(BAL_ENOMEM, "no memory for a path");
    BAL_TRY(bal_folder_create(job->folder));
    BAL_TRY(bal_gan_train(job, &s->stopped));
    return job->features && !s->stopped ? bal_gan_measure(job) : BAL_OK;
}

static bal_status train_gan(session *s, int label)
{
    char  name[256];
    char *folder, *what, *features;

    BAL_TRY(find_features(&features, s));
    bal_gan_name(name, sizeof name, s->setup, s->data, label);
    folder = bal_format("%s/gan/%s", s->folder, name);
    what = bal_format("gan/%s", name);
    bal_gan_job job = {s->setup, s->data, s->dev, folder, what, label, &bal_trace_watch, features};
    bal_status  st = train_and_measure(s, &job);
    free(folder);
    free(what);
    free(features);
    return st;
}

static bal_status train_gans(session *s)
{
    const char *classes = s->setup->gan.classes;
    int         label;

    if (s->setup->gan.pretrain) BAL_TRY(train_gan(s, -1));
    if (s->stopped) return BAL_OK;
    if (strcmp(classes, "each") != 0) {
        BAL_TRY(find_class(&label, s, classes));
        return train_gan(s, label);
    }
    for (int i = 0; i < bal_dataset_class_count(s->data) && !s->stopped; i++) BAL_TRY(train_gan(s, i));
    return BAL_OK;
}

static bool leftover(const char *name)
{
    const char *end = strstr(name, ".tmp.");
    return end && end[5] && !end[5 + strspn(end + 5, "0123456789")];
}

/* A folder itself, not a link to one. */
static bool own_folder(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* What a kill left half-written: PATH.tmp.PID beside what it was to become. */
static bal_status sweep(const char *folder)
{
    bal_names  names;
    bal_status st = bal_folder_list(&names, folder);

    for (int i = 0; i < names.count && !st; i++) {
        char *path = bal_path_join(folder, names.name[i]);
        if (!path) st = bal_fail(BAL_ENOMEM, "no memory for a path");
        else if (own_folder(path)) st = sweep(path);
        else if (leftover(names.name[i])) remove(path);
        free(path);
    }
    bal_names_free(&names);
    return st;
}

static bal_status begin(session *s, const bal_args *args)
{
    const bal_run_options *run = &s->setup->run;

    BAL_TRY(bal_dataset_open(&s->data, s->setup->config, (uint64_t)run->seed)); /* its faults come before the device */
    BAL_TRY(check_data(s));
    BAL_TRY(bal_setup_device(&s->dev, s->setup, NULL));
    if (args->dry_run) return BAL_OK;
    if (s->o->resume) s->folder = bal_format("%s", s->o->resume);
    else BAL_TRY(bal_run_create(&s->folder, run->out, run->name));
    if (!s->folder) return bal_fail(BAL_ENOMEM, "no memory for a path");
    BAL_TRY(bal_run_claim(s->folder));
    if (s->o->resume) BAL_TRY(sweep(s->folder));
    if (s->o->resume) BAL_TRY(bal_run_use_plan(s->folder, s->dev));
    else BAL_TRY(bal_setup_tune(s->setup, s->dev, NULL));
    s->before = bal_run_seconds(s->folder);
    BAL_TRY(with_file(s, "split.csv", write_split));
    BAL_TRY(bal_run_write_config(s->folder, s->setup, s->data));
    bal_info("%s on %s", s->folder, bal_device_describe(s->dev)->name);
    return describe(s);
}

static void say_plan(const session *s)
{
    const bal_setup *u = s->setup;

    printf("would write %s/%s\n", u->run.out, u->run.name);
    printf("would use %s\n", bal_device_describe(s->dev)->name);
    if (trains_gan(s))
        printf("would train the GAN (classes: %s) for %d %s\n", u->gan.classes,
               u->gan.steps ? u->gan.steps : u->gan.epochs, u->gan.steps ? "steps" : "epochs");
    if (u->has_classifier && wants(s, CLASSIFIER))
        printf("would train the classifier for %d %s\n",
               u->classifier.steps ? u->classifier.steps : u->classifier.epochs,
               u->classifier.steps ? "steps" : "epochs");
    if (u->has_classifier && wants(s, CLASSIFIER) && u->classifier.ensemble > 1)
        printf("would train %d of it, and answer with their mean\n", u->classifier.ensemble);
}

static bal_status train_classifier(session *s)
{
    char              *folder = bal_path_join(s->folder, "classifier");
    bal_classifier_job job = {s->setup, s->data, s->dev, folder, &bal_trace_watch, NULL};
    bal_status         st =
        folder ? bal_ensemble_train(&job, s->data, &s->stopped) : bal_fail(BAL_ENOMEM, "no memory for a path");

    free(folder);
    return st;
}

static bal_status test_classifier(const session *s)
{
    const bal_classify how = {s->dev, BAL_THRESHOLD_RUN, BAL_REPORT_SEED};
    return bal_classify_test(&how, s->folder, s->data, s->folder);
}

/* The classifier first: its features say which of a GAN's checkpoints is the best. */
static bal_status work(session *s)
{
    BAL_TRY(bal_cli_trace_begin(s->dev, s->o->trace));
    if (classifies(s)) BAL_TRY(train_classifier(s));
    if (trains_gan(s) && !s->stopped) BAL_TRY(train_gans(s));
    if (classifies(s) && !s->stopped) BAL_TRY(test_classifier(s));
    return describe(s);
}

static void say_end(const session *s)
{
    char took[32];

    if (s->stopped) bal_say_resume("stopped; go on with: ballast train --resume", s->folder);
    if (bal_speaks_json()) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "event", s->stopped ? "stopped" : "done");
        cJSON_AddStringToObject(o, "run", s->folder);
        cJSON_AddNumberToObject(o, "seconds", s->before + bal_run_clock() - s->begun);
        bal_say_json(o);
    } else if (!s->stopped)
        printf("%s: done in %s\n", s->folder,
               bal_duration_print(took, sizeof took, s->before + bal_run_clock() - s->begun));
}

static void close_session(session *s)
{
    bal_dataset_close(s->data);
    bal_device_close(s->dev);
    bal_setup_close(s->setup);
    free(s->folder);
}

static bal_status open_setup(session *s, const bal_args *args)
{
    char *path = s->o->resume ? bal_path_join(s->o->resume, "config.ini") : bal_format("%s", args->word[0]);

    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = s->o->resume ? bal_args_is_run(s->o->resume) : BAL_OK;
    if (!st) st = bal_args_setup(&s->setup, args, path);
    free(path);
    return st;
}

static int run(const bal_args *args)
{
    session s = {.o = args->own, .begun = bal_run_clock()};

    if (!s.o->resume == !args->word_count) return bal_usage_fault(args, "takes CONFIG or --resume RUN, one of them");
    bal_status st = open_setup(&s, args);
    if (!st) st = check_only(&s);
    if (!st) st = begin(&s, args);
    if (!st && args->dry_run) say_plan(&s);
    else if (!st) st = work(&s);
    if (!st && !args->dry_run) say_end(&s);
    int code = bal_done(st);
    if (s.stopped) code = BAL_EXIT_FAILED;
    close_session(&s);
    return code;
}

const bal_verb bal_verb_train = {
    .name = "train",
    .group = BAL_VERB_TRAIN,
    .usage = "CONFIG",
    .help = "train what a configuration describes, into a run folder",
    .details =
        "The run is OUT/NAME, or NAME-2, ... where it is taken; --out is OUT (run.out). Ctrl-C saves and stops at the "
        "next\n"
        "step; --resume RUN goes on as if it had never stopped, and with --set train.gan.steps=... beyond its end.",
    .examples = "Train the generators and the classifier, with another seed:\n"
                "    ballast train xray.ini --seed 2\n"
                "Go on with a run that was stopped, for longer:\n"
                "    ballast train --resume runs/xray --set train.classifier.epochs=60",
    .values = "resume=RUN trace=FILE",
    .takes = BAL_TAKES_DEVICE | BAL_TAKES_SEED | BAL_TAKES_SET | BAL_TAKES_OUT | BAL_TAKES_DRY_RUN,
    .max_words = 1,
    .size = sizeof(train),
    .options = options,
    .run = run,
};
