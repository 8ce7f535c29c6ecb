/* runs -- the runs in a folder: what they were, and how well they did. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/log.h"
#include "cli/_run_json.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "eval/prose.h"

enum { BY_NAME, BY_WRITTEN, BY_TOOK, BY_ACCURACY, BY_BALANCED };

typedef struct {
    int sort;
} runs;

static const bal_option options[] = {
    BAL_OPT_CHOICE(runs, sort, BY_NAME, "name|written|took|accuracy|balanced",
                   "what comes first: names ascending, all others descending"),
    BAL_OPT_END,
};

typedef struct {
    char       *path;
    cJSON      *run, *results;            /* run.json; report.json or experiment.json, NULL where neither is there */
    const char *state, *arm;              /* arm: of an experiment, the one to use; may be NULL */
    int         members;                  /* classifiers whose mean answers; 0 or 1: one */
    double      took, accuracy, balanced; /* NaN: not known */
} entry;

typedef struct {
    entry *entry;
    int    count;
} listing;

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static const cJSON *member(const cJSON *json, const char *key) { return cJSON_GetObjectItemCaseSensitive(json, key); }

static const char *text_of(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(member(json, key));
    return text ? text : "";
}

static double number_of(const cJSON *number) { return cJSON_IsNumber(number) ? number->valuedouble : (double)NAN; }

/* An experiment did as well as the arm that it says to use. */
static bal_status read_results(entry *e)
{
    e->state = "no report";
    BAL_TRY(bal_run_json(&e->results, e->path, "experiment.json"));
    if (e->results) {
        e->state = "experiment";
        e->arm = cJSON_GetStringValue(member(e->results, "use"));
        const cJSON *arm = e->arm ? member(member(e->results, "arms"), e->arm) : NULL;
        e->accuracy = number_of(member(member(arm, "accuracy"), "mean"));
        e->balanced = number_of(member(member(arm, "balanced_accuracy"), "mean"));
        return BAL_OK;
    }
    BAL_TRY(bal_run_json(&e->results, e->path, "report.json"));
    if (e->results) e->state = "report";
    const cJSON *members = member(member(e->results, "answers"), "members");
    e->members = cJSON_IsNumber(members) ? members->valueint : 0;
    e->accuracy = number_of(member(e->results, "accuracy"));
    e->balanced = number_of(member(e->results, "balanced_accuracy"));
    return BAL_OK;
}

static bal_status read_entry(entry *e)
{
    BAL_TRY(bal_run_json(&e->run, e->path, "run.json"));
    if (!e->run) return bal_fail(BAL_EIO, "%s: has a config.ini, but no run.json", e->path);
    e->took = number_of(member(e->run, "seconds"));
    return read_results(e);
}

static void free_entry(entry *e)
{
    cJSON_Delete(e->run);
    cJSON_Delete(e->results);
    free(e->path);
}

static bool has(const char *folder, const char *name)
{
    char *path = bal_path_join(folder, name);
    bool  there = path && bal_file_exists(path);

    free(path);
    return there;
}

/* Adds one folder if it is a run; one that cannot be read is said and left out. */
static void add(listing *l, const char *folder, const char *name)
{
    entry e = {.path = bal_path_join(folder, name), .accuracy = (double)NAN, .balanced = (double)NAN};

    bool is_run = e.path && (has(e.path, "config.ini") || has(e.path, "run.json"));
    if (is_run && read_entry(&e) == BAL_OK) l->entry[l->count++] = e;
    else {
        if (is_run) bal_warn("%s", bal_error());
        free_entry(&e);
    }
}

static bal_status read_all(listing *l, const char *folder)
{
    bal_names names;

    BAL_TRY(bal_folder_list(&names, folder));
    l->entry = calloc((size_t)names.count + 1, sizeof *l->entry);
    for (int i = 0; l->entry && i < names.count; i++) add(l, folder, names.name[i]);
    bal_names_free(&names);
    if (!l->entry) return bal_fail(BAL_ENOMEM, "no memory for a list of runs");
    return l->count ? BAL_OK : bal_fail(BAL_EIO, "%s: there is no run in it", folder);
}

/* ---- sorting ----------------------------------------------------------------------------------------------------- */

/* Descending, what is not known last. */
static int compare_numbers(double a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(a) - isnan(b);
    return (a < b) - (a > b);
}

static int by_name(const void *a, const void *b) { return strcmp(((const entry *)a)->path, ((const entry *)b)->path); }

static int or_name(int order, const void *a, const void *b) { return order ? order : by_name(a, b); }

/* The stamps are ISO 8601, so they sort as text. */
static int by_written(const void *a, const void *b)
{
    const entry *p = a, *q = b;
    return or_name(strcmp(text_of(q->run, "written"), text_of(p->run, "written")), a, b);
}

static int by_took(const void *a, const void *b)
{
    const entry *p = a, *q = b;
    return or_name(compare_numbers(p->took, q->took), a, b);
}

static int by_accuracy(const void *a, const void *b)
{
    const entry *p = a, *q = b;
    return or_name(compare_numbers(p->accuracy, q->accuracy), a, b);
}

static int by_balanced(const void *a, const void *b)
{
    const entry *p = a, *q = b;
    return or_name(compare_numbers(p->balanced, q->balanced), a, b);
}

/* ---- saying ------------------------------------------------------------------------------------------------------ */

static void add_number(cJSON *o, const char *key, double v)
{
    if (isnan(v)) cJSON_AddNullToObject(o, key);
    else cJSON_AddNumberToObject(o, key, v);
}

static void say_json(const entry *e)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "path", e->path);
    cJSON_AddStringToObject(o, "state", e->state);
    if (e->arm) cJSON_AddStringToObject(o, "arm", e->arm);
    if (e->members > 1) cJSON_AddNumberToObject(o, "members", e->members);
    add_number(o, "accuracy", e->accuracy);
    add_number(o, "balanced_accuracy", e->balanced);
    cJSON_AddItemToObject(o, "run", cJSON_Duplicate(e->run, true));
    bal_say_json(o);
}

static const char *share_print(char out[32], double v)
{
    if (isnan(v)) snprintf(out, 32, "-");
    else snprintf(out, 32, "%.4f", v);
    return out;
}

static void say_row(const entry *e, int width)
{
    char took[32] = "-", accuracy[32], balanced[32];

    if (!isnan(e->took)) bal_duration_print(took, sizeof took, e->took);
    printf("%-20s  %9s  %8s  %8s  %-10s  ", text_of(e->run, "written"), took, share_print(accuracy, e->accuracy),
           share_print(balanced, e->balanced), e->state);
    bal_prose_name(stdout, e->path);
    printf("%*s  %s", width - bal_prose_columns(e->path), "", text_of(e->run, "device"));
    if (e->members > 1) printf("  mean of %d", e->members);
    if (e->arm) printf("  use ");
    if (e->arm) bal_prose_name(stdout, e->arm);
    printf("\n");
}

static void say(const listing *l)
{
    int width = 3;

    for (int i = 0; i < l->count; i++) {
        int n = bal_prose_columns(l->entry[i].path);
        if (n > width) width = n;
    }
    printf("%-20s  %9s  %8s  %8s  %-10s  %-*s  %s\n", "written", "took", "accuracy", "balanced", "results", width,
           "run", "device");
    for (int i = 0; i < l->count; i++) say_row(&l->entry[i], width);
}

static int run(const bal_args *args)
{
    static int (*const orders[])(const void *, const void *) = {by_name, by_written, by_took, by_accuracy, by_balanced};
    const runs *o = args->own;
    listing     l = {0};
    bal_status  st = read_all(&l, args->word_count ? args->word[0] : "runs");

    if (l.count) qsort(l.entry, (size_t)l.count, sizeof *l.entry, orders[o->sort]);
    if (!st && !bal_speaks_json()) say(&l);
    for (int i = 0; i < l.count && !st && bal_speaks_json(); i++) say_json(&l.entry[i]);
    for (int i = 0; i < l.count; i++) free_entry(&l.entry[i]);
    free(l.entry);
    return bal_done(st);
}

const bal_verb bal_verb_runs = {
    .name = "runs",
    .group = BAL_VERB_LOOK,
    .usage = "[FOLDER]",
    .help = "list the runs in a folder, and how well they did",
    .details = "FOLDER is `runs` unless it is named. Accuracy and balanced accuracy are those of report.json, on the "
               "test images; of\n"
               "an experiment those of the arm that it says to use. \"no report\": not finished, or without a "
               "classifier.",
    .examples = "Which run found the classes best?\n"
                "    ballast runs --sort balanced",
    .max_words = 1,
    .size = sizeof(runs),
    .options = options,
    .run = run,
};
