/* eval -- how well each class is found, from predictions of any tool. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ballast/log.h"
#include "ballast/report.h"
#include "cli/verb.h"

typedef struct {
    const char *predictions;
} eval;

static const bal_option options[] = {
    BAL_OPT_TEXT(eval, predictions, NULL, "CSV file: path,label,predicted and p:<class> for each class"), BAL_OPT_END};

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

static bal_status save(const bal_report *r, const char *in, const char *folder)
{
    BAL_TRY(refuse_same_file(in, folder));
    BAL_TRY(bal_report_save(r, folder));
    bal_info("%s: report.txt, report.json and predictions.csv written", folder);
    return BAL_OK;
}

static bal_status say(const bal_report *r, bool json)
{
    char *text;
    BAL_TRY(json ? bal_report_json(&text, r, true) : bal_report_text(&text, r));
    fputs(text, stdout);
    free(text);
    return BAL_OK;
}

static bal_status report(const bal_predictions *p, const bal_args *args)
{
    const eval *o = args->own;
    bal_report  r;
    BAL_TRY(bal_report_make(&r, p, NULL));
    bal_status st = args->out ? save(&r, o->predictions, args->out) : BAL_OK;
    if (st == BAL_OK) st = say(&r, args->json);
    bal_report_free(&r);
    return st;
}

static int run(const bal_args *args)
{
    const eval     *o = args->own;
    bal_predictions p;
    if (!o->predictions) return bal_usage_fault(args, "--predictions is missing: the CSV file to report on");
    bal_status st = bal_predictions_read(&p, o->predictions);
    if (st == BAL_OK) {
        st = report(&p, args);
        bal_predictions_free(&p);
    }
    return bal_done(st);
}

const bal_verb bal_verb_eval = {
    .name = "eval",
    .group = BAL_VERB_USE,
    .usage = "",
    .help = "report how well each class is found, from the predictions of any tool",
    .details = "The file needs columns label and predicted, with names of classes; path, group, fold, seed and arm are "
               "kept.\n"
               "Probabilities stand in columns p:<class>, or <class> where none begins with p:, and add up to 1.\n"
               "The report is printed; --json prints it as one line of JSON, --out writes report.txt, report.json and "
               "predictions.csv.",
    .takes = BAL_TAKES_OUT,
    .size = sizeof(eval),
    .options = options,
    .run = run,
};
