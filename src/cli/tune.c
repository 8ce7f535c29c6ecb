/* tune -- measures the variants of a configuration's kernels here, and keeps the fastest for later runs. */
#include "ballast/tune.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    float minutes;
} tune;

static const bal_option options[] = {
    BAL_OPT(tune, minutes, BAL_FLOAT, 0, 0, 1e6, "stop after so many minutes; 0: when all is measured"),
    BAL_OPT_END,
};

static int measured, changed;

static void say_json(const bal_tuned *t)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "key", t->key);
    cJSON_AddStringToObject(o, "choice", t->choice);
    cJSON_AddNumberToObject(o, "ms", t->ms);
    cJSON_AddStringToObject(o, "rule", t->rule);
    cJSON_AddNumberToObject(o, "rule_ms", t->rule_ms);
    cJSON_AddNumberToObject(o, "variants", t->variants);
    cJSON_AddNumberToObject(o, "wrong", t->wrong);
    bal_say_json(o);
}

/* A line as soon as it is known: this takes minutes. */
static void say(const bal_tuned *t)
{
    measured++;
    changed += t->choice != t->rule;
    if (bal_speaks_json()) say_json(t);
    else {
        printf("%s\n    %s %.2f ms", t->key, t->choice, t->ms);
        if (t->choice != t->rule) printf(", by the rule %s %.2f ms", t->rule, t->rule_ms);
        printf("; %d variants", t->variants);
        if (t->wrong) printf(", %d of them wrong", t->wrong);
        printf("\n");
    }
    fflush(stdout);
}

static bool stop(void) { return bal_stop_requested; }

static void say_end(const bal_device *dev)
{
    char *path = bal_store_path(dev);

    if (!bal_speaks_json())
        printf("%d passes measured, %d of them change; kept in %s\n", measured, changed, path ? path : "no file");
    free(path);
}

static int run(const bal_args *args)
{
    const tune      *o = args->own;
    const bal_tuning how = {BAL_TUNE_FULL, (double)o->minutes * 60, say, stop};
    bal_setup       *setup = NULL;
    bal_device      *dev = NULL;
    bal_status       st = bal_args_setup(&setup, args, args->word[0]);

    if (!st) st = bal_setup_device(&dev, setup, NULL);
    if (!st) st = bal_setup_tune(setup, dev, &how);
    if (!st) say_end(dev);
    bal_device_close(dev);
    bal_setup_close(setup);
    return bal_done(st);
}

const bal_verb bal_verb_tune = {
    .name = "tune",
    .group = BAL_VERB_MEASURE,
    .usage = "CONFIG",
    .help = "measure the variants of a configuration's kernels, and keep the fastest",
    .details =
        "Each pass of each layer is tried in every way that is right here, also by algorithms that round otherwise,\n"
        "and its result compared before it is timed. What is found is kept for this device, driver and version in\n"
        "the user's cache folder; runs that begin later use it, and note in run.json what they use. What is known\n"
        "is not measured again. Nothing else should run meanwhile.",
    .examples = "Before a long training:\n"
                "    ballast tune cnn64.ini --minutes 10",
    .takes = BAL_TAKES_DEVICE | BAL_TAKES_SET,
    .min_words = 1,
    .max_words = 1,
    .size = sizeof(tune),
    .options = options,
    .run = run,
};
