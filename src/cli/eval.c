/* eval -- how well each class is found: by a run's classifier, or by any tool that wrote its predictions down. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "ballast/heatmap.h"
#include "ballast/paired.h"
#include "ballast/run.h"
#include "ballast/text.h"
#include "cli/_classify.h"
#include "cli/progress.h"
#include "cli/verb.h"

typedef struct {
    const char *arm, *predictions, *against, *data, *validation, *want, *positive;
    int         threshold;
} eval;

static const bal_option options[] = {
    BAL_OPT_TEXT(eval, predictions, NULL, "CSV file: path,label,predicted and p:<class> for each class"),
    BAL_OPT_TEXT(eval, against, NULL, "another CSV file of the same images: which of both does better?"),
    BAL_OPT_TEXT(eval, validation, NULL, "a CSV file of predictions of validation images, to choose a threshold on"),
    BAL_OPT_TEXT(eval, want, NULL, "recall=X or precision=X of the positive class, that the threshold is to give"),
    BAL_OPT_TEXT(eval, positive, NULL, "the class that --want means; default: the rarest of --validation"),
    BAL_OPT_THRESHOLD(eval),
    BAL_OPT_ARM(eval),
    BAL_OPT_TEXT(eval, data, NULL, "other labelled images for RUN: a folder, a manifest (.csv) or arrays (.npz)"),
    BAL_OPT_END,
};

/* ---- predictions of any tool ------------------------------------------------------------------------------------- */

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_regular(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* A report does not change what it reports on. */
static bal_status refuse_same_file(const char *in, const char *folder)
{
    char *out = bal_path_join(folder, "predictions.csv");

    if (!out) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bool same = same_file(in, out);
    free(out);
    return same ? bal_fail(BAL_EIO, "--out %s would overwrite %s; name another folder", folder, in) : BAL_OK;
}

static uint64_t seed_of(const bal_args *args) { return args->seed < 0 ? BAL_REPORT_SEED : (uint64_t)args->seed; }

static int find_class(const bal_predictions *p, const char *name)
{
    for (int c = 0; c < p->class_count; c++)
        if (strcmp(p->classes[c], name) == 0) return c;
    return -1;
}

static bal_status no_class(const char *file, const char *name)
{
    return bal_fail(BAL_ECONFIG, "%s: there is no class \"%s\" in it", file, name);
}

/* The threshold of a class of `validation`, for the class of that name in p. */
static bal_status choose(bal_threshold *out, const eval *o, const bal_predictions *p, const bal_predictions *validation)
{
    bal_goal goal;
    int      c = o->positive ? find_class(validation, o->positive) : bal_predictions_rarest(validation);

    BAL_TRY(bal_goal_parse(&goal, o->want, "--want", (bal_where){"ballast eval", 0}));
    if (c < 0) return no_class(o->validation, o->positive);
    BAL_TRY(bal_threshold_choose(out, validation, c, goal));
    out->positive = find_class(p, validation->classes[c]);
    return out->positive < 0 ? no_class(o->predictions, validation->classes[c]) : BAL_OK;
}

static bal_status need_probabilities(const bal_predictions *p, const char *file)
{
    return p->probabilities ? BAL_OK : bal_fail(BAL_ECONFIG, "%s: has no probabilities, so no threshold", file);
}

/* Decide p by a threshold that is chosen on --validation. */
static bal_status operate(bal_background *out, const eval *o, bal_predictions *p)
{
    bal_predictions validation;

    if (same_file(o->predictions, o->validation))
        return bal_fail(BAL_ECONFIG, "--validation is the file that is reported on; a threshold chosen on it would "
                                     "make it look better than it is");
    BAL_TRY(need_probabilities(p, o->predictions));
    BAL_TRY(bal_predictions_read(&validation, o->validation));
    bal_status st = need_probabilities(&validation, o->validation);
    if (!st) st = choose(&out->point, o, p, &validation);
    if (!st) st = bal_leaks_between(&out->leaks[BAL_LEAK_CHOSEN], p, &validation);
    if (!st) bal_threshold_apply(p, &out->point);
    bal_predictions_free(&validation);
    return st;
}

static bal_status report_file(const bal_args *args)
{
    const eval     *o = args->own;
    const char     *out = args->out;
    bal_predictions p;
    bal_background  b = {.has_point = o->want};

    BAL_TRY(bal_predictions_read(&p, o->predictions));
    bal_status st = out ? refuse_same_file(o->predictions, out) : BAL_OK;
    if (!st && o->want) st = operate(&b, o, &p);
    if (!o->want && is_regular(o->predictions)) b.source = o->predictions;
    if (!st) st = bal_classify_report(&p, &b, out, seed_of(args));
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
    if (!st && line) bal_text_json(stdout, line);
    if (!st && !line) bal_print(stdout, "%s", text);
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

static bal_status report_all(const bal_args *args, const bal_classify *how, const bal_dataset *data)
{
    const eval     *o = args->own;
    bal_model       model;
    bal_predictions p = {0};

    BAL_TRY(bal_classify_open_all(&model, how, args->word, args->word_count, o->arm));
    bal_status     st = bal_classify_all(&p, &model, data);
    bal_background b = bal_model_background(&model, NULL);
    if (!st) st = bal_dataset_seen(&b.leaks[BAL_LEAK_SEEN], data, args->word, args->word_count, o->arm);
    if (!st && args->out) st = bal_heatmap_examples(args->out, &model, &p, data, NULL);
    if (!st) st = bal_classify_report(&p, &b, args->out, how->seed);
    bal_predictions_free(&p);
    bal_model_close(&model);
    return st;
}

/* The test images must be those of the training's split: none that it has seen. */
static bal_status report_test(const bal_args *args, const bal_classify *how, const bal_dataset *data)
{
    const char *run = args->word[0], *folder = args->out ? args->out : run;
    char       *split = bal_path_join(run, "split.csv");

    if (!split) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = bal_file_exists(split) ? bal_dataset_check_split(data, split, folder) : BAL_OK;
    free(split);
    return st ? st : bal_classify_test(how, run, data, folder);
}

static bal_status report_run(const bal_args *args)
{
    const eval  *o = args->own;
    const char  *run = args->word[0];
    bal_setup   *setup = NULL;
    bal_dataset *data = NULL;
    bal_device  *dev = NULL;
    bal_status   st;

    for (int i = 0; i < args->word_count; i++) BAL_TRY_OR(end, st, bal_args_is_run(args->word[i]));
    BAL_TRY_OR(end, st, open_setup(&setup, run, o->data));
    BAL_TRY_OR(end, st, bal_dataset_open(&data, setup->config, (uint64_t)setup->run.seed));
    BAL_TRY_OR(end, st, bal_setup_device(&dev, setup, args->device));
    BAL_TRY_OR(end, st, bal_run_use_plan(run, dev));
    const bal_classify how = {dev, o->threshold, seed_of(args)};
    st = o->data ? report_all(args, &how, data) : report_test(args, &how, data);
end:
    bal_device_close(dev);
    bal_dataset_close(data);
    bal_setup_close(setup);
    return st;
}

static int run(const bal_args *args)
{
    const eval *o = args->own;
    bal_goal    goal;

    if (!o->predictions == !args->word_count)
        return bal_usage_fault(args, "takes RUN or --predictions FILE.csv, one of them");
    if (!o->data && (o->arm || args->word_count > 1))
        return bal_usage_fault(args, "several runs, and --arm, go with --data: their own test images are not the same");
    if (o->predictions && o->data) return bal_usage_fault(args, "--data goes with RUN, not with --predictions");
    if (o->against && !o->predictions) return bal_usage_fault(args, "--against goes with --predictions, not with RUN");
    if (!o->want != !o->validation)
        return bal_usage_fault(args, "--want and --validation go together: a threshold is chosen on validation images");
    if (o->want && bal_goal_parse(&goal, o->want, "--want", (bal_where){"", 0}))
        return bal_usage_fault(args, "--want is to be recall=X or precision=X, X above 0, at most 1");
    if (o->positive && !o->want) return bal_usage_fault(args, "--positive goes with --want");
    if (o->want && (!o->predictions || o->against))
        return bal_usage_fault(args, "--want goes with --predictions; a run keeps its own, [train.classifier] want");
    if (o->predictions && o->threshold != BAL_THRESHOLD_RUN)
        return bal_usage_fault(args, "--threshold goes with RUN, not with --predictions");
    if (o->against) return bal_done(compare_files(args, o->predictions, o->against));
    return bal_done(o->predictions ? report_file(args) : report_run(args));
}

const bal_verb bal_verb_eval = {
    .name = "eval",
    .group = BAL_VERB_USE,
    .usage = "[RUN...]",
    .help = "report how well each class is found, by a run or in the predictions of any tool",
    .details =
        "RUN: its classifier on its test images, written into the run, or into --out; with --data PATH on those "
        "images\n"
        "instead, written into --out only: of several runs, or with --arm of an experiment, by the mean of their\n"
        "classifiers.\n"
        "--predictions: the file needs columns label and predicted, with names of classes; path, group, fold, "
        "seed and\n"
        "arm are kept. Probabilities stand in columns p:<class>, or <class> where none begins with p:, and add "
        "up to 1.\n"
        "--against OTHER.csv: no report, but which of both does better on the same images (matched by path), and "
        "whether\n"
        "that could be chance: McNemar's test, and an interval for each difference; --out writes against.txt and\n"
        "against.json.\n"
        "--want: a threshold for the positive class, chosen on the predictions in --validation, then applied to "
        "those of\n"
        "--predictions. A run's own threshold ([train.classifier] want) is applied unless --threshold none.\n"
        "The report is printed; --json prints it as one line of JSON; --out writes report.html, report.txt,\n"
        "report.json, curves.json, predictions.csv and the plots: confusion.svg, counts.svg, roc.svg,\n"
        "precision_recall.svg, reliability.svg. The resamples behind the intervals are drawn\n"
        "by --seed, 1 where it is not given.",
    .examples = "The report on a run, then on other labelled images:\n"
                "    ballast eval runs/xray\n"
                "    ballast eval runs/xray --data other/images --out report\n"
                "Which of two tools does better on the same images?\n"
                "    ballast eval --predictions a.csv --against b.csv\n"
                "Predictions of any tool, with 95 in 100 of the rarest class to be found:\n"
                "    ballast eval --predictions test.csv --validation val.csv --want recall=0.95",
    .values =
        "arm=ARM predictions=FILE.csv against=FILE.csv data=PATH validation=FILE.csv want=recall=X positive=CLASS",
    .takes = BAL_TAKES_DEVICE | BAL_TAKES_SEED | BAL_TAKES_OUT,
    .max_words = -1,
    .size = sizeof(eval),
    .options = options,
    .run = run,
};
