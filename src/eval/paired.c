/* paired -- see ballast/paired.h. */
#include "ballast/paired.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "ballast/files.h"
#include "ballast/text.h"
#include "eval/bootstrap.h"
#include "eval/prose.h"

double bal_mcnemar(int only_first, int only_second)
{
    int n = only_first + only_second, most = only_first > only_second ? only_first : only_second;
    if (n < BAL_MCNEMAR_EXACT) return fmin(1, 2 * bal_binomial_tail(most, n, 0.5));
    double off = fmax(abs(only_first - only_second) - 1, 0);
    return erfc(sqrt(off * off / n / 2)); /* chi-square with one degree of freedom */
}

/* ---- the same images ----------------------------------------------------------------------------------------------
 */

typedef struct sorted_row {
    const char *path;
    int         row;
} sorted_row;

static int by_path(const void *a, const void *b)
{
    return strcmp(((const sorted_row *)a)->path, ((const sorted_row *)b)->path);
}

static bal_status sort_paths(sorted_row *rows, bal_named_predictions f)
{
    for (int i = 0; i < f.p->count; i++) {
        rows[i] = (sorted_row){f.p->row[i].path, i};
        if (!rows[i].path)
            return bal_fail(BAL_ECONFIG, "%s: row %d has no path; images are matched by path", f.name, i + 1);
    }
    qsort(rows, (size_t)f.p->count, sizeof *rows, by_path);
    for (int i = 1; i < f.p->count; i++)
        if (strcmp(rows[i - 1].path, rows[i].path) == 0)
            return bal_fail(BAL_ECONFIG, "%s: \"%s\" is there twice; images are matched by path", f.name, rows[i].path);
    return BAL_OK;
}

static bal_status lacks(bal_named_predictions f, const char *path, bal_named_predictions other)
{
    return bal_fail(BAL_ECONFIG, "%s: no row for \"%s\", which is in %s", f.name, path, other.name);
}

/* match[i]: the second's row for row i of the first. */
static bal_status match_sorted(int *match, const sorted_row *a, const sorted_row *b, bal_named_predictions first,
                               bal_named_predictions second)
{
    for (int i = 0; i < first.p->count || i < second.p->count; i++) {
        int order = i == first.p->count ? 1 : i == second.p->count ? -1 : strcmp(a[i].path, b[i].path);
        if (order < 0) return lacks(second, a[i].path, first);
        if (order > 0) return lacks(first, b[i].path, second);
        match[a[i].row] = b[i].row;
    }
    return BAL_OK;
}

static bal_status match_rows(int *match, bal_named_predictions first, bal_named_predictions second)
{
    sorted_row *a = calloc((size_t)first.p->count + 1, sizeof *a), *b = calloc((size_t)second.p->count + 1, sizeof *b);
    bal_status  st = a && b ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for %d paths", first.p->count);
    if (st == BAL_OK) st = sort_paths(a, first);
    if (st == BAL_OK) st = sort_paths(b, second);
    if (st == BAL_OK) st = match_sorted(match, a, b, first, second);
    free(a);
    free(b);
    return st;
}

/* ---- the same classes ---------------------------------------------------------------------------------------------
 */

static int find_name(char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

/* Of the first, then what only the second has. */
static bal_status unite(bal_names *out, bal_named_predictions first, bal_named_predictions second)
{
    for (int i = 0; i < first.p->class_count; i++) BAL_TRY(bal_names_add(out, first.p->classes[i]));
    for (int i = 0; i < second.p->class_count; i++) {
        const char *name = second.p->classes[i];
        if (find_name(out->name, first.p->class_count, name) < 0) BAL_TRY(bal_names_add(out, name));
    }
    if (out->count > BAL_CLASSES_MAX) return bal_fail(BAL_ECONFIG, "more than %d classes in both", BAL_CLASSES_MAX);
    return BAL_OK;
}

static bal_status must_have_all(bal_named_predictions f, bal_named_predictions other, const bal_names *names)
{
    for (int i = 0; f.p->probabilities && i < names->count; i++)
        if (find_name(f.p->classes, f.p->class_count, names->name[i]) < 0)
            return bal_fail(BAL_ECONFIG, "%s: no probabilities of class \"%s\", which is in %s", f.name, names->name[i],
                            other.name);
    return BAL_OK;
}

/* A copy with other numbers for the classes, and the rows in the order of `match`; NULL: as they are. */
static bal_status restate(bal_predictions *out, const bal_predictions *p, const bal_names *names, const int *match)
{
    size_t     count = (size_t)names->count;
    int       *place = calloc(count, sizeof *place);
    double    *probability = calloc(count, sizeof *probability);
    bal_status st = place && probability ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for %d classes", names->count);
    for (int c = 0; st == BAL_OK && c < p->class_count; c++)
        place[c] = find_name(names->name, names->count, p->classes[c]);
    if (st == BAL_OK) st = bal_predictions_init(out, (const char *const *)names->name, names->count, p->probabilities);
    for (int i = 0; st == BAL_OK && i < p->count; i++) {
        bal_prediction row = p->row[match ? match[i] : i];
        for (int c = 0; row.probability && c < p->class_count; c++) probability[place[c]] = row.probability[c];
        row.label = place[row.label];
        row.predicted = place[row.predicted];
        row.probability = row.probability ? probability : NULL;
        st = bal_predictions_add(out, &row);
    }
    free(place);
    free(probability);
    return st;
}

static bal_status same_labels(const bal_paired *p)
{
    for (int i = 0; i < p->predictions[0].count; i++) {
        const bal_prediction *a = &p->predictions[0].row[i], *b = &p->predictions[1].row[i];
        if (a->label != b->label)
            return bal_fail(BAL_ECONFIG, "%s: \"%s\" has the label \"%s\", but \"%s\" in %s", p->name[1], a->path,
                            p->predictions[0].classes[b->label], p->predictions[0].classes[a->label], p->name[0]);
    }
    return BAL_OK;
}

static bal_status pair_up(bal_paired *out, bal_named_predictions first, bal_named_predictions second, int *match)
{
    bal_names  names = {0};
    bal_status st = match_rows(match, first, second);
    if (st == BAL_OK) st = unite(&names, first, second);
    if (st == BAL_OK) st = must_have_all(first, second, &names);
    if (st == BAL_OK) st = must_have_all(second, first, &names);
    if (st == BAL_OK) st = restate(&out->predictions[0], first.p, &names, NULL);
    if (st == BAL_OK) st = restate(&out->predictions[1], second.p, &names, match);
    if (st == BAL_OK) st = same_labels(out);
    bal_names_free(&names);
    return st;
}

/* ---- the differences ----------------------------------------------------------------------------------------------
 */

typedef struct pair {
    bal_sample    sample[2];
    bal_bootstrap b;
    bal_times    *times;             /* [rows] */
    bal_metrics   m[2][BAL_LANES];
    double       *values;            /* [BAL_FIGURES + BAL_CLASS_FIGURES * classes][resamples] */
} pair;

/* The difference of figure f of all figures, then of each class's. */
static double difference(const bal_metrics *a, const bal_metrics *b, int f)
{
    int c = (f - BAL_FIGURES) / BAL_CLASS_FIGURES, of_class = (f - BAL_FIGURES) % BAL_CLASS_FIGURES;
    if (f < BAL_FIGURES) return bal_metrics_figure(a, f) - bal_metrics_figure(b, f);
    return bal_scores_figure(&a->classes[c], of_class) - bal_scores_figure(&b->classes[c], of_class);
}

static void resample(bal_paired *out, pair *w)
{
    int figures = BAL_FIGURES + BAL_CLASS_FIGURES * out->metrics[0].class_count, count = w->b.resamples;
    for (int i = 0; i < count; i += BAL_LANES) {
        bal_bootstrap_draw(w->times, &w->b, i);
        for (int side = 0; side < 2; side++) bal_sample_measure(w->m[side], &w->sample[side], w->times);
        for (int f = 0; f < figures; f++)
            for (int k = 0; k < BAL_LANES; k++)
                w->values[(size_t)f * (size_t)count + (size_t)(i + k)] = difference(&w->m[0][k], &w->m[1][k], f);
    }
    for (int f = 0; f < figures; f++) {
        int           c = (f - BAL_FIGURES) / BAL_CLASS_FIGURES;
        bal_interval *i = f < BAL_FIGURES ? &out->differences.figure[f]
                                          : &out->differences.classes[c][(f - BAL_FIGURES) % BAL_CLASS_FIGURES];
        double        estimate = difference(&out->metrics[0], &out->metrics[1], f);
        *i = bal_bootstrap_interval(w->values + (size_t)f * (size_t)count, count, estimate);
    }
}

static bal_status prepare(bal_paired *out, pair *w, uint64_t seed)
{
    int    classes = out->predictions[0].class_count;
    size_t figures = BAL_FIGURES + BAL_CLASS_FIGURES * (size_t)classes;
    for (int side = 0; side < 2; side++) {
        BAL_TRY(bal_sample_init(&w->sample[side], &out->predictions[side]));
        for (int k = 0; k < BAL_LANES; k++) BAL_TRY(bal_metrics_init(&w->m[side][k], classes));
    }
    BAL_TRY(bal_bootstrap_init(&w->b, &w->sample[0], &out->predictions[0], seed));
    w->times = calloc((size_t)w->b.rows + 1, sizeof *w->times);
    w->values = calloc(figures * (size_t)w->b.resamples, sizeof *w->values);
    return w->times && w->values ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for %d resamples", w->b.resamples);
}

static bal_status set_differences(bal_paired *out, uint64_t seed)
{
    pair       w = {0};
    bal_status st = bal_intervals_init(&out->differences, out->predictions[0].class_count);
    if (st == BAL_OK) st = prepare(out, &w, seed);
    if (st == BAL_OK) {
        out->differences.resamples = w.b.resamples;
        out->differences.grouped = w.b.grouped;
        if (w.b.spread) resample(out, &w);
    }
    free(w.times);
    free(w.values);
    bal_bootstrap_free(&w.b);
    for (int side = 0; side < 2; side++) {
        bal_sample_free(&w.sample[side]);
        for (int k = 0; k < BAL_LANES; k++) bal_metrics_free(&w.m[side][k]);
    }
    return st;
}

static void count_only(bal_paired *out)
{
    for (int i = 0; i < out->predictions[0].count; i++) {
        const bal_prediction *a = &out->predictions[0].row[i], *b = &out->predictions[1].row[i];
        out->only[0] += a->predicted == a->label && b->predicted != b->label;
        out->only[1] += a->predicted != a->label && b->predicted == b->label;
    }
    out->p = bal_mcnemar(out->only[0], out->only[1]);
}

static bal_status make(bal_paired *out, bal_named_predictions first, bal_named_predictions second, uint64_t seed)
{
    int       *match = calloc((size_t)first.p->count + 1, sizeof *match);
    bal_status st = match ? pair_up(out, first, second, match) : bal_fail(BAL_ENOMEM, "no memory for %d paths",
                                                                          first.p->count);
    free(match);
    for (int side = 0; side < 2; side++)
        if (st == BAL_OK) st = bal_metrics_of(&out->metrics[side], &out->predictions[side]);
    if (st == BAL_OK) count_only(out);
    return st == BAL_OK ? set_differences(out, seed) : st;
}

bal_status bal_paired_make(bal_paired *out, bal_named_predictions first, bal_named_predictions second, uint64_t seed)
{
    *out = (bal_paired){.name = {first.name, second.name}};
    bal_status st = make(out, first, second, seed);
    if (st) bal_paired_free(out);
    return st;
}

void bal_paired_free(bal_paired *p)
{
    if (!p) return;
    for (int side = 0; side < 2; side++) {
        bal_predictions_free(&p->predictions[side]);
        bal_metrics_free(&p->metrics[side]);
    }
    bal_intervals_free(&p->differences);
    *p = (bal_paired){0};
}

/* ---- text ---------------------------------------------------------------------------------------------------------
 */

static const char *verdict(bal_interval i, bool falls)
{
    if (isnan(i.low)) return "cannot be said";
    if (i.low <= 0 && i.high >= 0) return "no difference shown";
    return (i.low > 0) != falls ? "better" : "worse";
}

static void put_difference(FILE *to, const bal_metric *figure, double a, double b, bal_interval i)
{
    if (isnan(a) && isnan(b)) return;
    fprintf(to, "  %s ", figure->words);
    bal_prose_figure(to, a);
    fputs(" against ", to);
    bal_prose_figure(to, b);
    if (!isnan(a - b)) {
        fprintf(to, ", difference %+.2f, 95 %% interval ", a - b);
        if (isnan(i.low)) fputs("n/a", to);
        else fprintf(to, "%+.2f to %+.2f", i.low, i.high);
    }
    fprintf(to, ": %s\n", verdict(i, figure->falls));
}

static void put_mcnemar(FILE *to, const bal_paired *p)
{
    int n = p->only[0] + p->only[1];
    fprintf(to, "%s against %s, the same %d images\n\n", p->name[0], p->name[1], p->metrics[0].count);
    fprintf(to, "Only the first has %d of them right, only the second %d (McNemar's test, %s, ", p->only[0], p->only[1],
            n < BAL_MCNEMAR_EXACT ? "exact" : "chi-square");
    bal_prose_p(to, p->p);
    if (p->p >= 0.05) fputs("): no difference in accuracy is shown.\n", to);
    else fprintf(to, "): the %s is right more often.\n", p->only[0] > p->only[1] ? "first" : "second");
}

static void put_classes(FILE *to, const bal_paired *p)
{
    for (int c = 0; c < p->metrics[0].class_count; c++) {
        fputc('\n', to);
        bal_prose_name(to, p->predictions[0].classes[c]);
        fprintf(to, ", n = %d\n", p->metrics[0].classes[c].support);
        for (int f = 0; f < BAL_CLASS_FIGURES; f++)
            put_difference(to, &bal_class_figures[f], bal_scores_figure(&p->metrics[0].classes[c], f),
                           bal_scores_figure(&p->metrics[1].classes[c], f), p->differences.classes[c][f]);
    }
}

bal_status bal_paired_text(char **out, const bal_paired *p)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return bal_prose_no_memory();
    put_mcnemar(to, p);
    fputs("\nall classes\n", to);
    for (int f = 0; f < BAL_FIGURES; f++)
        put_difference(to, &bal_figures[f], bal_metrics_figure(&p->metrics[0], f),
                       bal_metrics_figure(&p->metrics[1], f), p->differences.figure[f]);
    put_classes(to, p);
    fprintf(to, "\nIntervals: %d resamples of %s, the same for both. Of twenty figures that do not differ\n",
            p->differences.resamples, p->differences.grouped ? "groups of images" : "images");
    fputs("one is expected to seem to: decide beforehand which one counts.\n", to);
    if (p->differences.grouped)
        fputs("McNemar's test takes the images of a group as independent; the intervals do not.\n", to);
    return bal_prose_close(to, out);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------
 */

static bool add_raw(cJSON *to, const char *key, double v)
{
    char text[BAL_NUMBER_SIZE];
    return cJSON_AddRawToObject(to, key, isnan(v) ? "null" : bal_number_print(text, v)) != NULL;
}

static bool add_difference(cJSON *to, const bal_metric *figure, double a, double b, bal_interval i)
{
    cJSON *one = cJSON_AddObjectToObject(to, figure->key);
    char   low[BAL_NUMBER_SIZE], high[BAL_NUMBER_SIZE], text[2 * BAL_NUMBER_SIZE + 8] = "null";
    if (!isnan(i.low))
        snprintf(text, sizeof text, "[%s, %s]", bal_number_print(low, i.low), bal_number_print(high, i.high));
    return one && add_raw(one, "first", a) && add_raw(one, "second", b) && add_raw(one, "difference", a - b) &&
           cJSON_AddRawToObject(one, "ci95", text);
}

static bool add_all(cJSON *to, const bal_paired *p)
{
    const bal_metrics *a = &p->metrics[0], *b = &p->metrics[1];
    cJSON             *test = cJSON_AddObjectToObject(to, "mcnemar");
    bool               whole = test && cJSON_AddStringToObject(to, "first", p->name[0]) &&
                 cJSON_AddStringToObject(to, "second", p->name[1]) && add_raw(to, "images", a->count) &&
                 add_raw(test, "only_first", p->only[0]) && add_raw(test, "only_second", p->only[1]) &&
                 add_raw(test, "p", p->p);
    cJSON *all = cJSON_AddObjectToObject(to, "differences"), *classes = cJSON_AddObjectToObject(to, "classes");
    for (int f = 0; whole && f < BAL_FIGURES; f++)
        whole = add_difference(all, &bal_figures[f], bal_metrics_figure(a, f), bal_metrics_figure(b, f),
                               p->differences.figure[f]);
    for (int c = 0; whole && c < a->class_count; c++) {
        cJSON *one = cJSON_AddObjectToObject(classes, p->predictions[0].classes[c]);
        for (int f = 0; whole && f < BAL_CLASS_FIGURES; f++)
            whole = add_difference(one, &bal_class_figures[f], bal_scores_figure(&a->classes[c], f),
                                   bal_scores_figure(&b->classes[c], f), p->differences.classes[c][f]);
    }
    return whole;
}

bal_status bal_paired_json(char **out, const bal_paired *p, bool one_line)
{
    cJSON *json = cJSON_CreateObject();
    char  *text = NULL;
    if (json && add_all(json, p)) text = one_line ? cJSON_PrintUnformatted(json) : cJSON_Print(json);
    cJSON_Delete(json);
    *out = text ? bal_format("%s\n", text) : NULL;
    cJSON_free(text);
    return *out ? BAL_OK : bal_prose_no_memory();
}
