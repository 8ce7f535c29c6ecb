/* rundiff_results -- run.json, report.json, experiment.json and predictions of two runs. See _rundiff.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/experiment.h"
#include "ballast/files.h"
#include "ballast/paired.h"
#include "ballast/report.h"
#include "cli/_run_json.h"
#include "cli/_rundiff.h"

void bal_diff_row(cJSON *rows, const char *key, cJSON *first, cJSON *second)
{
    bool   same = first && second ? cJSON_Compare(first, second, true) : first == second;
    cJSON *row = same ? NULL : cJSON_CreateObject();

    if (row) {
        cJSON_AddStringToObject(row, "key", key);
        if (first) cJSON_AddItemToObject(row, "first", first);
        if (second) cJSON_AddItemToObject(row, "second", second);
        cJSON_AddItemToArray(rows, row);
        return;
    }
    cJSON_Delete(first);
    cJSON_Delete(second);
}

static const cJSON *member(const cJSON *o, const char *name) { return cJSON_GetObjectItemCaseSensitive(o, name); }

static cJSON *copy(const cJSON *item) { return item ? cJSON_Duplicate(item, true) : NULL; }

/* Both runs' file of that name, given to `compare`. */
static bal_status with_json(cJSON *rows, const char *const run[2], const char *name,
                            void (*compare)(cJSON *rows, const cJSON *a, const cJSON *b))
{
    cJSON *a, *b;

    BAL_TRY(bal_run_json(&a, run[0], name));
    bal_status st = bal_run_json(&b, run[1], name);
    if (!st) compare(rows, a, b);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return st;
}

/* ---- run.json ---------------------------------------------------------------------------------------------------- */

/* Not when, how long and how much memory: those always differ. */
static void compare_runs(cJSON *rows, const cJSON *a, const cJSON *b)
{
    static const char *const keys[] = {"seed",    "ballast", "commit", "device", "platform",
                                       "version", "driver",  "units",  "kernels"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        bal_diff_row(rows, keys[i], copy(member(a, keys[i])), copy(member(b, keys[i])));
}

bal_status bal_diff_environment(cJSON *rows, const char *const run[2])
{
    return with_json(rows, run, "run.json", compare_runs);
}

/* ---- report.json ------------------------------------------------------------------------------------------------- */

/* {"value", "low", "high"}; NULL where the report has no such figure. */
static cJSON *figure_of(const cJSON *report, const char *key)
{
    const cJSON *value = member(report, key), *ends = member(member(report, "ci95"), key);

    if (!value) return NULL;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToObject(o, "value", copy(value));
    cJSON_AddItemToObject(o, "low", cJSON_IsArray(ends) ? copy(cJSON_GetArrayItem(ends, 0)) : cJSON_CreateNull());
    cJSON_AddItemToObject(o, "high", cJSON_IsArray(ends) ? copy(cJSON_GetArrayItem(ends, 1)) : cJSON_CreateNull());
    return o;
}

static void compare_class(cJSON *rows, const char *name, const cJSON *a, const cJSON *b)
{
    static const char *const figures[] = {"recall", "precision", "f1-score", "auroc"};

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        char *key = bal_format("%s %s", name, figures[i]);
        if (key) bal_diff_row(rows, key, figure_of(a, figures[i]), figure_of(b, figures[i]));
        free(key);
    }
}

static void compare_reports(cJSON *rows, const cJSON *a, const cJSON *b)
{
    static const char *const figures[] = {"accuracy",    "balanced_accuracy", "loss",  "mcc", "kappa",
                                          "auroc_macro", "auprc_macro",       "brier", "ece"};
    const cJSON             *of_a = member(a, "classes"), *of_b = member(b, "classes"), *class;

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        bal_diff_row(rows, figures[i], figure_of(a, figures[i]), figure_of(b, figures[i]));
    cJSON_ArrayForEach(class, of_a) compare_class(rows, class->string, class, member(of_b, class->string));
    cJSON_ArrayForEach(class, of_b) if (!member(of_a, class->string)) compare_class(rows, class->string, NULL, class);
}

/* ---- experiment.json --------------------------------------------------------------------------------------------- */

static cJSON *estimate_of(const cJSON *arm, const char *key)
{
    const cJSON *e = member(arm, key);

    if (!e) return NULL;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToObject(o, "value", copy(member(e, "mean")));
    cJSON_AddItemToObject(o, "low", copy(member(e, "low")));
    cJSON_AddItemToObject(o, "high", copy(member(e, "high")));
    return o;
}

static void compare_arm(cJSON *rows, const char *name, const cJSON *a, const cJSON *b)
{
    static const char *const figures[] = {"balanced_accuracy", "lowest_recall", "macro_f1", "accuracy",
                                          "difference_to_original"};

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        char *key = bal_format("%s: %s", name, figures[i]);
        if (key) bal_diff_row(rows, key, estimate_of(a, figures[i]), estimate_of(b, figures[i]));
        free(key);
    }
}

static void compare_experiments(cJSON *rows, const cJSON *a, const cJSON *b)
{
    const cJSON *of_a = member(a, "arms"), *of_b = member(b, "arms"), *arm;

    bal_diff_row(rows, "arm to use", copy(member(a, "use")), copy(member(b, "use")));
    cJSON_ArrayForEach(arm, of_a) compare_arm(rows, arm->string, arm, member(of_b, arm->string));
    cJSON_ArrayForEach(arm, of_b) if (!member(of_a, arm->string)) compare_arm(rows, arm->string, NULL, arm);
}

bal_status bal_diff_results(cJSON *rows, const char *const run[2])
{
    BAL_TRY(with_json(rows, run, "report.json", compare_reports));
    return with_json(rows, run, "experiment.json", compare_experiments);
}

/* ---- parts of an experiment -------------------------------------------------------------------------------------- */

typedef struct {
    cJSON *states; /* "fold0/seed1/original": "done" */
    size_t prefix;
} listing;

static bal_status list_part(void *user, const bal_experiment_part *part)
{
    const listing *l = user;

    cJSON_AddStringToObject(l->states, part->folder + l->prefix, part->done ? "done" : "to do");
    return BAL_OK;
}

static bool has_file(const char *run, const char *name)
{
    char *path = bal_path_join(run, name);
    bool  there = path && bal_file_exists(path);

    free(path);
    return there;
}

/* The parts of a run that is an experiment; no other run has any. */
static bal_status list_parts(cJSON *states, const char *run)
{
    char              *config = bal_path_join(run, "config.ini");
    bal_experiment_job job = {.config = config, .folder = run};
    listing            l = {states, strlen(run) + 1};

    if (!config) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = has_file(run, "experiment.json") ? bal_experiment_parts(&job, list_part, &l) : BAL_OK;
    free(config);
    return st;
}

bal_status bal_diff_parts(cJSON *rows, const char *const run[2])
{
    cJSON     *a = cJSON_CreateObject(), *b = cJSON_CreateObject(), *part;
    bal_status st = list_parts(a, run[0]);

    if (!st) st = list_parts(b, run[1]);
    cJSON_ArrayForEach(part, a) bal_diff_row(rows, part->string, copy(part), copy(member(b, part->string)));
    cJSON_ArrayForEach(part, b) if (!member(a, part->string)) bal_diff_row(rows, part->string, NULL, copy(part));
    cJSON_Delete(a);
    cJSON_Delete(b);
    return st;
}

/* ---- the same images --------------------------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    const char *p = (*(const bal_prediction *const *)a)->path, *q = (*(const bal_prediction *const *)b)->path;
    return strcmp(p ? p : "", q ? q : "");
}

static const bal_prediction **sorted(const bal_predictions *p)
{
    const bal_prediction **rows = calloc((size_t)p->count + 1, sizeof *rows);

    for (int i = 0; rows && i < p->count; i++) rows[i] = &p->row[i];
    if (rows) qsort(rows, (size_t)p->count, sizeof *rows, by_path);
    return rows;
}

/* Rows of both lists with the same path, in its order. */
static bal_status add_common(bal_predictions out[2], const bal_prediction **a, int n, const bal_prediction **b, int m)
{
    for (int i = 0, j = 0; i < n && j < m;) {
        int order = by_path(&a[i], &b[j]);
        if (order == 0) BAL_TRY(bal_predictions_add(&out[0], a[i]));
        if (order == 0) BAL_TRY(bal_predictions_add(&out[1], b[j]));
        i += order <= 0;
        j += order >= 0;
    }
    return BAL_OK;
}

static bool same_classes(const bal_predictions *a, const bal_predictions *b)
{
    if (a->class_count != b->class_count || a->probabilities != b->probabilities) return false;
    for (int k = 0; k < a->class_count; k++)
        if (strcmp(a->classes[k], b->classes[k]) != 0) return false;
    return true;
}

static bal_status intersect(bal_predictions out[2], const bal_predictions in[2])
{
    const bal_prediction **a = sorted(&in[0]), **b = sorted(&in[1]);
    bal_status             st = a && b ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for predictions");

    for (int i = 0; i < 2 && !st; i++)
        st = bal_predictions_init(&out[i], (const char *const *)in[i].classes, in[i].class_count, in[i].probabilities);
    if (!st) st = add_common(out, a, in[0].count, b, in[1].count);
    free(a);
    free(b);
    return st;
}

static bool same_answers(const bal_predictions p[2])
{
    for (int i = 0; i < p[0].count; i++) {
        const bal_prediction *a = &p[0].row[i], *b = &p[1].row[i];
        size_t                size = (size_t)p[0].class_count * sizeof *a->probability;
        if (a->label != b->label || a->predicted != b->predicted) return false;
        if (a->probability && memcmp(a->probability, b->probability, size) != 0) return false;
    }
    return true;
}

static bal_status compare_pair(char **text, cJSON **json, const char *const run[2], const bal_predictions p[2])
{
    bal_paired pair;
    char      *object = NULL;

    BAL_TRY(bal_paired_make(&pair, (bal_named_predictions){run[0], &p[0]}, (bal_named_predictions){run[1], &p[1]},
                            BAL_REPORT_SEED));
    bal_status st = bal_paired_text(text, &pair);
    if (!st) st = bal_paired_json(&object, &pair, true);
    if (!st) *json = cJSON_Parse(object);
    free(object);
    bal_paired_free(&pair);
    return st;
}

static bal_status read_predictions(bal_predictions *p, const char *run)
{
    char *path = bal_path_join(run, "predictions.csv");

    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = bal_predictions_read(p, path);
    free(path);
    return st;
}

static bal_status compare_predictions(char **text, cJSON **json, const char **why, const char *const run[2])
{
    bal_predictions p[2] = {{0}, {0}}, common[2] = {{0}, {0}};
    bal_status      st;

    BAL_TRY_OR(end, st, read_predictions(&p[0], run[0]));
    BAL_TRY_OR(end, st, read_predictions(&p[1], run[1]));
    if (!same_classes(&p[0], &p[1])) *why = "the classes are not the same";
    else BAL_TRY_OR(end, st, intersect(common, p));
    if (!*why && !common[0].count) *why = "no test image is in both";
    if (!*why && same_answers(common)) *why = "the predictions of the test images that both have are the same";
    if (!*why) st = compare_pair(text, json, run, common);
end:
    for (int i = 0; i < 2; i++) {
        bal_predictions_free(&p[i]);
        bal_predictions_free(&common[i]);
    }
    return st;
}

bal_status bal_diff_paired(char **text, cJSON **json, const char **why, const char *const run[2])
{
    *text = NULL;
    *json = NULL;
    *why = NULL;
    if (has_file(run[0], "experiment.json") || has_file(run[1], "experiment.json"))
        *why = "the parts of an experiment test an image more than once";
    else if (!has_file(run[0], "predictions.csv") || !has_file(run[1], "predictions.csv"))
        *why = "not both have predictions.csv";
    return *why ? BAL_OK : compare_predictions(text, json, why, run);
}
