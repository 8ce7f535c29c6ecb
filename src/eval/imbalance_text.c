/* imbalance_text -- a curve over imbalance in words, tables, JSON and CSV. See ballast/imbalance.h. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/csv.h"
#include "ballast/text.h"
#include "eval/comparison_parts.h"
#include "eval/imbalance_parts.h"
#include "eval/prose.h"

static const char *rare_name(const bal_imbalance *m) { return m->point[0].found->classes[m->rare]; }

static int rare_images(const bal_imbalance *m, int point) { return m->point[point].found->trained[m->rare]; }

/* ---- the answer -------------------------------------------------------------------------------------------------- */

/* Ratios at which the whole interval of the difference is on one side of 0; *unknown: where there is no interval. */
static int count_sure(int *worse, int *unknown, const bal_imbalance *m, const char *arm, int curve)
{
    int better = 0;
    *worse = *unknown = 0;
    for (int i = 0; i < m->count; i++) {
        bal_estimate e = bal_curve_at(m, i, arm, curve);
        better += e.low > 0;
        *worse += e.high < 0;
        *unknown += isnan(e.low);
    }
    return better;
}

static void put_ratios(FILE *to, const bal_imbalance *m, const char *arm, int curve, bool better)
{
    const char *between = " (1:";
    for (int i = 0; i < m->count; i++) {
        bal_estimate e = bal_curve_at(m, i, arm, curve);
        if (better ? !(e.low > 0) : !(e.high < 0)) continue;
        fprintf(to, "%s%.3g", between, m->point[i].ratio);
        between = ", 1:";
    }
    fputc(')', to);
}

/* What is more than chance, by the intervals of a curve. */
static void put_verdict(FILE *to, const bal_imbalance *m, const char *arm, int curve)
{
    int worse, unknown, better = count_sure(&worse, &unknown, m, arm, curve);
    if (unknown == m->count) fputs("nothing can be told", to);
    else if (better == m->count) fputs("better at every ratio", to);
    else if (!better && !worse) fputs("no difference shown at any ratio", to);
    if (better && better < m->count) {
        fprintf(to, "better at %d of %d ratios", better, m->count);
        put_ratios(to, m, arm, curve, true);
    }
    if (worse) {
        fprintf(to, "%sworse at %d of %d ratios", better ? ", " : "", worse, m->count);
        put_ratios(to, m, arm, curve, false);
    }
}

static void put_arm_answer(FILE *to, const bal_imbalance *m, const char *arm)
{
    fprintf(to, "%s against original in balanced accuracy, by more than chance: by the test images ", arm);
    put_verdict(to, m, arm, BAL_CURVE_GAIN);
    fputs("; by how trainings scatter ", to);
    put_verdict(to, m, arm, BAL_CURVE_PART_GAIN);
    fputs(".\n", to);
}

static void put_answer(FILE *to, const bal_imbalance *m)
{
    fprintf(to, "%d experiments, the same test images: from %.3g to %.3g", m->count, m->point[0].ratio,
            m->point[m->count - 1].ratio);
    char *axis = bal_imbalance_axis(m);
    fprintf(to, " %s.\n", axis ? axis : "");
    free(axis);
    for (int i = 0; bal_curves_differ(m) && i < m->arms.count; i++)
        if (strcmp(m->arms.name[i], BAL_COMPARISON_BASE) != 0) put_arm_answer(to, m, m->arms.name[i]);
    for (int i = 0; i < m->left_out.count; i++) fprintf(to, "Left out: %s.\n", m->left_out.name[i]);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void put_arm(FILE *to, const bal_imbalance *m, const char *arm)
{
    char *recall = bal_format("recall of %s", rare_name(m));
    int   shown = bal_curves_differ(m) && strcmp(arm, BAL_COMPARISON_BASE) != 0 ? BAL_CURVES_SHOWN : BAL_CURVE_GAIN;
    fprintf(to, "\n%s\n%7s %8s  ", arm, "ratio", "images");
    bal_comparison_put_left(to, "balanced accuracy", 24);
    bal_comparison_put_left(to, recall ? recall : "", 24);
    if (shown > BAL_CURVE_GAIN) fputs("difference to original  the same of the recall  difference by parts", to);
    fputc('\n', to);
    free(recall);
    for (int i = 0; i < m->count; i++) {
        fprintf(to, "%7.4g %8d", m->point[i].ratio, rare_images(m, i));
        for (int k = 0; k < shown; k++) bal_comparison_put_estimate(to, bal_curve_at(m, i, arm, k));
        fputc('\n', to);
    }
}

static void put_text(FILE *to, const bal_imbalance *m)
{
    put_answer(to, m);
    for (int i = 0; i < m->arms.count; i++) put_arm(to, m, m->arms.name[i]);
    fprintf(
        to,
        "\nMeans over folds and seeds, and differences by parts, with 95 %% intervals by Student's t, corrected for "
        "folds that share\ntraining images, cut where no figure can be; differences to original by all test "
        "predictions together, with the paired\nbootstrap over images or groups. images: training images of "
        "%s.\n\nexperiments\n",
        rare_name(m));
    for (int i = 0; i < m->count; i++) fprintf(to, "%7.4g  %s\n", m->point[i].ratio, m->point[i].name);
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

static void put_csv_row(FILE *to, const bal_imbalance *m, int point, const char *arm)
{
    bal_csv_put(to, m->point[point].name, ',');
    bal_csv_put_number(to, m->point[point].ratio, ',');
    fprintf(to, "%d,", rare_images(m, point));
    bal_csv_put(to, arm, ',');
    fprintf(to, "%d,", bal_curve_at(m, point, arm, BAL_CURVE_ACCURACY).n);
    for (int k = 0; k < BAL_CURVES; k++) {
        bal_estimate e = bal_curve_at(m, point, arm, k);
        bal_csv_put_number(to, e.mean, ',');
        bal_csv_put_number(to, e.low, ',');
        bal_csv_put_number(to, e.high, k + 1 < BAL_CURVES ? ',' : '\n');
    }
}

static void put_csv(FILE *to, const bal_imbalance *m)
{
    fputs("experiment,ratio,rare_images,arm,parts", to);
    for (int k = 0; k < BAL_CURVES; k++)
        fprintf(to, ",%s,%s_low,%s_high", bal_curve_keys[k], bal_curve_keys[k], bal_curve_keys[k]);
    fputc('\n', to);
    for (int i = 0; i < m->count; i++)
        for (int k = 0; k < m->arms.count; k++) put_csv_row(to, m, i, m->arms.name[k]);
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static bal_status print(char **out, const bal_imbalance *m, void (*put)(FILE *to, const bal_imbalance *m))
{
    size_t size;
    *out = NULL;
    FILE *to = open_memstream(out, &size);
    if (!to) return bal_prose_no_memory();
    put(to, m);
    return bal_prose_close(to, out);
}

static bal_status print_plain(char **out, const bal_imbalance *m, void (*put)(FILE *to, const bal_imbalance *m))
{
    BAL_TRY(print(out, m, put));
    bal_text_plain(*out);
    return BAL_OK;
}

bal_status bal_imbalance_answer(char **out, const bal_imbalance *m) { return print_plain(out, m, put_answer); }
bal_status bal_imbalance_text(char **out, const bal_imbalance *m) { return print_plain(out, m, put_text); }
bal_status bal_imbalance_csv(char **out, const bal_imbalance *m) { return print(out, m, put_csv); }

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void add_point(cJSON *list, const bal_imbalance *m, int point)
{
    const bal_comparison *c = m->point[point].found;
    cJSON                *o = cJSON_CreateObject();
    cJSON_AddItemToArray(list, o);
    cJSON_AddStringToObject(o, "experiment", m->point[point].name);
    cJSON_AddNumberToObject(o, "ratio", m->point[point].ratio);
    cJSON *images = cJSON_AddObjectToObject(o, "training_images"), *arms = cJSON_AddObjectToObject(o, "arms");
    for (int k = 0; k < c->class_count; k++) cJSON_AddNumberToObject(images, c->classes[k], c->trained[k]);
    for (int i = 0; i < m->arms.count; i++) {
        cJSON *arm = cJSON_AddObjectToObject(arms, m->arms.name[i]);
        for (int k = 0; k < BAL_CURVES; k++)
            cJSON_AddItemToObject(arm, bal_curve_keys[k],
                                  bal_comparison_estimate_json(bal_curve_at(m, point, m->arms.name[i], k)));
    }
}

bal_status bal_imbalance_json(char **out, const bal_imbalance *m)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "rare", rare_name(m));
    cJSON *points = cJSON_AddArrayToObject(o, "experiments"), *left_out = cJSON_AddArrayToObject(o, "left_out");
    for (int i = 0; i < m->count; i++) add_point(points, m, i);
    for (int i = 0; i < m->left_out.count; i++) cJSON_AddItemToArray(left_out, cJSON_CreateString(m->left_out.name[i]));
    char *printed = cJSON_Print(o);
    *out = printed ? bal_format("%s\n", printed) : NULL;
    cJSON_Delete(o);
    cJSON_free(printed);
    return *out ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for JSON");
}
