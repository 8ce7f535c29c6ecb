/* report -- a run's or an experiment's report again, from what its folder holds, or one of several experiments. Touches
 * no device and no image. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ballast/experiment.h"
#include "ballast/log.h"
#include "cli/_classify.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    const char *run;
    uint64_t    seed;
    bool        given; /* by --seed: for all reports, whatever they were made by */
} remaking;

static bool has(const char *folder, const char *name)
{
    char *path = bal_path_join(folder, name);
    bool  found = path && bal_file_exists(path);
    free(path);
    return found;
}

static bal_status is_experiment(bool *out, const char *run)
{
    bal_setup *setup;
    char      *config = bal_path_join(run, "config.ini");
    bal_status st = config ? bal_setup_open(&setup, config, NULL, 0) : bal_fail(BAL_ENOMEM, "no memory for a path");

    free(config);
    BAL_TRY(st);
    *out = setup->has_experiment && !has(run, "report.json"); /* else it was trained as one run */
    bal_setup_close(setup);
    return BAL_OK;
}

/* Drawn with the seed that the former report names. */
static uint64_t seed_of(const char *folder, const remaking *r)
{
    char  *path = bal_path_join(folder, "report.json"), *text = NULL;
    size_t size;
    double seed = BAL_REPORT_SEED;

    if (!r->given && path && bal_file_exists(path) && bal_file_read(&text, &size, path, 0) == BAL_OK) {
        cJSON *json = cJSON_Parse(text);
        cJSON *found = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "resamples"), "seed");
        if (cJSON_IsNumber(found) && found->valuedouble >= 0) seed = found->valuedouble;
        cJSON_Delete(json);
    }
    free(text);
    free(path);
    return r->given ? r->seed : (uint64_t)seed;
}

static bal_status remake_part(void *user, const bal_experiment_part *part)
{
    const remaking *r = user;
    return part->done ? bal_classify_again(part->folder, seed_of(part->folder, r), false) : BAL_OK;
}

static bal_status remake_experiment(remaking *r)
{
    char *config = bal_path_join(r->run, "config.ini");
    int   parts = 0;

    if (!config) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_experiment_job job = {.config = config, .folder = r->run};
    bal_status         st = bal_experiment_parts(&job, remake_part, r);
    free(config);
    if (!st) st = bal_experiment_compare(r->run, &parts);
    if (!st && !parts)
        st = bal_fail(BAL_EIO,
                      "%s: no part of the experiment is done, so there is nothing to report; "
                      "ballast experiment --resume %s goes on",
                      r->run, r->run);
    if (!st) bal_info("%s: report.html, experiment.txt and .json, predictions.csv and the plots written", r->run);
    return st ? st : bal_say_file(r->run, bal_speaks_json() ? "experiment.json" : "experiment.txt");
}

static bal_status remake(remaking *r)
{
    bool experiment;

    if (!bal_folder_exists(r->run)) return bal_fail(BAL_EIO, "%s: there is no such folder", r->run);
    BAL_TRY(bal_args_is_run(r->run));
    BAL_TRY(is_experiment(&experiment, r->run));
    if (experiment) return remake_experiment(r);
    if (!has(r->run, "predictions.csv"))
        return bal_fail(BAL_EIO, "%s: has no predictions.csv to report on; ballast eval %s writes it", r->run, r->run);
    return bal_classify_again(r->run, seed_of(r->run, r), true);
}

/* ---- several ----------------------------------------------------------------------------------------------------- */

static bal_status check_experiment(const char *run)
{
    bool experiment;

    if (!bal_folder_exists(run)) return bal_fail(BAL_EIO, "%s: there is no such folder", run);
    BAL_TRY(bal_args_is_run(run));
    BAL_TRY(is_experiment(&experiment, run));
    if (experiment) return BAL_OK;
    return bal_fail(BAL_EIO, "%s: is a run; reports on several are of experiments, and ballast diff compares two runs",
                    run);
}

static bal_status compare(const bal_args *args)
{
    for (int i = 0; i < args->word_count; i++) BAL_TRY(check_experiment(args->word[i]));
    BAL_TRY(bal_out_create(args->out));
    bal_status st = bal_experiment_curve(args->word, args->word_count, args->out);
    if (st) rmdir(args->out); /* if nothing is in it */
    BAL_TRY(st);
    bal_info("%s: report.html, imbalance.txt, .json, .csv and .svg written", args->out);
    return bal_say_file(args->out, bal_speaks_json() ? "imbalance.json" : "imbalance.txt");
}

static int run(const bal_args *args)
{
    if (args->word_count > 1 && !args->out) return bal_usage_fault(args, "several experiments need --out FOLDER");
    if (args->word_count > 1) return bal_done(compare(args));
    if (args->out) return bal_usage_fault(args, "--out goes with several experiments");
    remaking r = {args->word[0], args->seed < 0 ? 0 : (uint64_t)args->seed, args->seed >= 0};
    return bal_done(remake(&r));
}

const bal_verb bal_verb_report = {
    .name = "report",
    .group = BAL_VERB_USE,
    .usage = "RUN [RUN...]",
    .help = "write the report of a run or of an experiment again, or one of several experiments",
    .details =
        "Reads predictions.csv and the logs, needs neither a device nor the images, and writes report.html, .txt and\n"
        ".json, curves.json and the plots (confusion.svg, counts.svg, roc.svg, precision_recall.svg, reliability.svg,\n"
        "classifier/curves.svg; an experiment's forest.svg, added.svg and arms/ARM/): to the bit what was there, if\n"
        "this is the version that wrote it.\n"
        "Of an experiment: the reports of its parts that are done, then the comparison. For other predictions than\n"
        "the run's own: ballast eval.\n"
        "Of several experiments, which differ by [data] imbalance alone: how each arm does as a class gets rarer, and\n"
        "its difference to original; written into a new folder, --out.",
    .examples = "How much do the arms of a configuration lose when the class that matters is made rarer?\n"
                "    ballast experiment xray.ini --set data.imbalance=10 --set run.name=ten\n"
                "    ballast experiment xray.ini --set data.imbalance=100 --set run.name=hundred\n"
                "    ballast report runs/ten runs/hundred --out curve",
    .takes = BAL_TAKES_SEED | BAL_TAKES_OUT,
    .min_words = 1,
    .max_words = -1,
    .run = run,
};
