/* eval -- how well each class is found: by a run's classifier, or by any tool that wrote its predictions down. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "ballast/paired.h"
#include "cli/_classify.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    const char *predictions, *against, *data;
} eval;

static const bal_option options[] = {
    BAL_OPT_TEXT(eval, predictions, NULL, "CSV file: path,label,predicted and p:<class> for each class"),
    BAL_OPT_TEXT(eval, against, NULL, "another CSV file of the same images: which of both does better?"),
    BAL_OPT_TEXT(eval, data, NULL, "other labelled images for RUN: a folder, a manifest (.csv) or arrays (.npz)"),
    BAL_OPT_END,
};

/* ---- predictions of any tool ------------------------------------------------------------------------------------- */

/* Written back, the file would lose the columns that ballast does not know. */
static bal_status refuse_same_file(const char *in, const char *folder)
{
    struct stat a, b;
    char       *out = bal_path_join(folder, "predictions.csv");

    if (!out) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bool same = stat(in, &a) == 0 && stat(out, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    free(out);
    return same ? bal_fail(BAL_EIO, "--out %s would overwrite %s; name another folder", folder, in) : BAL_OK;
}

static uint64_t seed_of(const bal_args *args) { return args->seed < 0 ? BAL_REPORT_SEED : (uint64_t)args->seed; }

static bal_status report_file(const bal_args *args, const char *path)
{
    const char     *out = args->out;
    bal_predictions p;

    BAL_TRY(bal_predictions_read(&p, path));
    bal_status st = out ? refuse_same_file(path, out) : BAL_OK;
    if (!st) st = bal_classify_report(&p, NULL, out, seed_of(args));
    bal_predictions_free(&p);
    return st;
}

/* against.txt and against.json in a folder. */
static bal_status save_pair(const bal_paired *pair, const char *text, const char *folder)
{
    char *txt = bal_path_join(folder, "against.txt"), *json = bal_path_join(folder, "against.json"), *object = NULL;
    bal_status st = txt && json ? bal_folder_create(folder) : bal_fail(BAL_ENOMEM, "no memory for a path");

    if (!st) st = bal_file_write(txt, text, strlen(text));
    if (!st) st = bal_paired_json(&object, pair, false);
    if (!st) st = bal_file_write(json, object, strlen(object));
    free(object);
    free(txt);
    free(json);
    return st;
}

static bal_status say_pair(const bal_args *args, const bal_paired *pair)
{
    char      *text, *line = NULL;
    bal_status st;

    BAL_TRY(bal_paired_text(&text, pair));
    st = args->out ? save_pair(pair, text, args->out) : BAL_OK;
    if (!st && bal_speaks_json()) st = bal_paired_json(&line, pair, true);
    if (!st) fputs(line ? line : text, stdout);
    free(text);
    free(line);
    return st;
}

static bal_status compare_files(const bal_args *args, const char *first, const char *second)
{
    bal_predictions a, b;
    bal_paired      pair;

    BAL_TRY(bal_predictions_read(&a, first));
    bal_status st = bal_predictions_read(&b, second);
    if (!st)
        st = bal_paired_make(&pair, (bal_named_predictions){first, &a}, (bal_named_predictions){second, &b},
                             seed_of(args));
    if (!st) {
        st = say_pair(args, &pair);
        bal_paired_free(&pair);
    }
    bal_predictions_free(&a);
    bal_predictions_free(&b);
    return st;
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n >= m && strcasecmp(path + n - m, end) == 0;
}

/* The run's settings, with its data replaced by --data. */
static bal_status open_setup(bal_setup **out, const char *run, const char *data)
{
    const char *source = !data ? NULL : ends_in(data, ".csv") ? "manifest" : ends_in(data, ".npz") ? "npz" : "folder";
    char       *config = bal_path_join(run, "config.ini"), *path = data ? bal_format("data.path=%s", data) : NULL;
    char       *kind = source ? bal_format("data.source=%s", source) : NULL;
    const char *sets[] = {kind, path, "data.folds=0", "data.fold=0"};
    bal_status  st = config && (!data || (path && kind)) ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");

    if (!st) st = bal_setup_open(out, config, sets, data ? 4 : 0);
    free(config);
    free(path);
    free(kind);
    return st;
}

static bal_status report_all(const bal_args *args, bal_device *dev, const bal_dataset *data)
{
    bal_model       model;
    bal_predictions p = {0};

    BAL_TRY(bal_model_open(&model, dev, args->word[0]));
    bal_status st = bal_classify_all(&p, &model, data);
    if (!st) st = bal_classify_report(&p, NULL, args->out, seed_of(args));
    bal_predictions_free(&p);
    bal_model_close(&model);
    return st;
}

/* The test images must be those of the training's split: none that it has seen. */
static bal_status report_test(const bal_args *args, bal_device *dev, const bal_dataset *data)
{
    const char *run = args->word[0], *folder = args->out ? args->out : run;
    char       *split = bal_path_join(run, "split.csv");

    if (!split) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = bal_file_exists(split) ? bal_dataset_check_split(data, split, folder) : BAL_OK;
    free(split);
    return st ? st : bal_classify_test(dev, run, data, folder, seed_of(args));
}

static bal_status report_run(const bal_args *args)
{
    const eval  *o = args->own;
    const char  *run = args->word[0];
    bal_setup   *setup = NULL;
    bal_dataset *data = NULL;
    bal_device  *dev = NULL;
    bal_status   st;

    BAL_TRY_OR(end, st, bal_args_is_run(run));
    BAL_TRY_OR(end, st, open_setup(&setup, run, o->data));
    BAL_TRY_OR(end, st, bal_dataset_open(&data, setup->config, (uint64_t)setup->run.seed));
    bal_device_settings settings = {args->device ? args->device : setup->run.device, setup->run.kernels, false};
    BAL_TRY_OR(end, st, bal_device_open(&dev, &settings));
    if (o->data) st = report_all(args, dev, data);
    else st = report_test(args, dev, data);
end:
    bal_device_close(dev);
    bal_dataset_close(data);
    bal_setup_close(setup);
    return st;
}

static int run(const bal_args *args)
{
    const eval *o = args->own;

    if (!o->predictions == !args->word_count)
        return bal_usage_fault(args, "takes RUN or --predictions FILE.csv, one of them");
    if (o->predictions && o->data) return bal_usage_fault(args, "--data goes with RUN, not with --predictions");
    if (o->against && !o->predictions) return bal_usage_fault(args, "--against goes with --predictions, not with RUN");
    if (o->against) return bal_done(compare_files(args, o->predictions, o->against));
    return bal_done(o->predictions ? report_file(args, o->predictions) : report_run(args));
}

const bal_verb bal_verb_eval = {
    .name = "eval",
    .group = BAL_VERB_USE,
    .usage = "[RUN]",
    .help = "report how well each class is found, by a run or in the predictions of any tool",
    .details =
        "RUN: its classifier on its test images, written into the run, or into --out; with --data PATH on those "
        "images\n"
        "instead, written into --out only.\n"
        "--predictions: the file needs columns label and predicted, with names of classes; path, group, fold, "
        "seed and\n"
        "arm are kept. Probabilities stand in columns p:<class>, or <class> where none begins with p:, and add "
        "up to 1.\n"
        "--against OTHER.csv: no report, but which of both does better on the same images (matched by path), and "
        "whether\n"
        "that could be chance: McNemar's test, and an interval for each difference; --out writes against.txt and\n"
        "against.json.\n"
        "The report is printed; --json prints it as one line of JSON; --out writes report.html, report.txt,\n"
        "report.json, curves.json and predictions.csv. The resamples behind the intervals are drawn\n"
        "by --seed, 1 where it is not given.",
    .examples = "The report on a run, then on other labelled images:\n"
                "    ballast eval runs/xray\n"
                "    ballast eval runs/xray --data other/images --out report\n"
                "Which of two tools does better on the same images?\n"
                "    ballast eval --predictions a.csv --against b.csv",
    .values = "predictions=FILE.csv against=FILE.csv data=PATH",
    .takes = BAL_TAKES_DEVICE | BAL_TAKES_SEED | BAL_TAKES_OUT,
    .max_words = 1,
    .size = sizeof(eval),
    .options = options,
    .run = run,
};
