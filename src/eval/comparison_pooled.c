/* comparison_pooled -- arms against each other by all their test predictions together. See ballast/comparison.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/paired.h"
#include "ballast/report.h"
#include "eval/comparison_parts.h"
#include "eval/prose.h"

/* ---- pooling ----------------------------------------------------------------------------------------------------- */

static bool is_number(const char *text, int number)
{
    char expected[16];
    snprintf(expected, sizeof expected, "%d", number);
    return number < 0 ? !text : text && strcmp(text, expected) == 0;
}

/* The arm has a part of the row's fold and seed. */
static bool has_part(const bal_comparison *c, const char *arm, const bal_prediction *row)
{
    for (int i = 0; i < c->count; i++) {
        const bal_part_result *p = &c->part[i];
        if (strcmp(p->arm, arm) == 0 && is_number(row->fold, p->fold) && is_number(row->seed, p->seed)) return true;
    }
    return false;
}

/* A path is there once with each fold and seed; images without a group are groups of their own, so that all answers for
 * an image are drawn together. */
static bal_status add_row(bal_predictions *out, const bal_prediction *row)
{
    bal_prediction own = *row;
    char          *path = bal_format("%s/%s/%s", row->fold ? row->fold : "", row->seed ? row->seed : "", row->path);
    if (!path) return bal_prose_no_memory();
    if (!own.group) own.group = row->path;
    own.path = path;
    own.probability = NULL;
    bal_status st = bal_predictions_add(out, &own);
    free(path);
    return st;
}

bal_status bal_pooled_rows(bal_predictions *out, const bal_comparison *c, const bal_predictions *all, const char *arm,
                           const char *other)
{
    BAL_TRY(bal_predictions_init(out, (const char *const *)all->classes, all->class_count, false));
    for (int i = 0; i < all->count; i++) {
        const bal_prediction *row = &all->row[i];
        if (row->arm && row->path && strcmp(row->arm, arm) == 0 && has_part(c, other, row)) BAL_TRY(add_row(out, row));
    }
    return BAL_OK;
}

static bal_estimate estimate_of(double first, double second, bal_interval i, int images)
{
    return (bal_estimate){first - second, i.low, i.high, images};
}

static bal_status compare(bal_pooled *out, const bal_comparison *c, const bal_predictions *a, const bal_predictions *b)
{
    const double none = (double)NAN;
    bal_paired   p;
    out->recall = (bal_estimate){none, none, none, 0};
    BAL_TRY(bal_paired_make(&p, (bal_named_predictions){out->arm, a}, (bal_named_predictions){out->other, b},
                            BAL_REPORT_SEED));
    out->accuracy = estimate_of(p.metrics[0].balanced_accuracy, p.metrics[1].balanced_accuracy,
                                p.differences.figure[BAL_FIGURE_BALANCED_ACCURACY], a->count);
    if (c->positive >= 0)
        out->recall = estimate_of(p.metrics[0].classes[c->positive].recall, p.metrics[1].classes[c->positive].recall,
                                  p.differences.classes[c->positive][BAL_CLASS_RECALL],
                                  p.metrics[0].classes[c->positive].support);
    bal_paired_free(&p);
    return BAL_OK;
}

static bal_status pair_up(bal_comparison *c, const bal_predictions *all, const char *arm, const char *other)
{
    bal_predictions a = {0}, b = {0};
    bal_pooled     *grown = realloc(c->pooled, (size_t)(c->pooled_count + 1) * sizeof *grown);
    if (!grown) return bal_prose_no_memory();
    c->pooled = grown;
    bal_pooled *to = &grown[c->pooled_count];
    *to = (bal_pooled){.arm = arm, .other = other};
    bal_status st = bal_pooled_rows(&a, c, all, arm, other);
    if (st == BAL_OK) st = bal_pooled_rows(&b, c, all, other, arm);
    if (st == BAL_OK && a.count && b.count) {
        st = compare(to, c, &a, &b);
        c->pooled_count += st == BAL_OK;
    }
    bal_predictions_free(&a);
    bal_predictions_free(&b);
    return st;
}

bal_status bal_comparison_pair_up(bal_comparison *c, const bal_predictions *all)
{
    c->pooled_count = 0;
    BAL_EACH_ARM(c, i)
    {
        const char      *arm = c->part[i].arm;
        const bal_added *added = bal_added_find(c, arm);
        if (c->part[i].leaks) continue;
        if (bal_comparison_differs(c, arm) && bal_comparison_is_real(c, BAL_COMPARISON_BASE))
            BAL_TRY(pair_up(c, all, arm, BAL_COMPARISON_BASE));
        if (added && strcmp(added->base, BAL_COMPARISON_BASE) != 0) BAL_TRY(pair_up(c, all, arm, added->base));
    }
    return BAL_OK;
}

const bal_pooled *bal_pooled_find(const bal_comparison *c, const char *arm, const char *other)
{
    for (int i = 0; i < c->pooled_count; i++)
        if (strcmp(c->pooled[i].arm, arm) == 0 && strcmp(c->pooled[i].other, other) == 0) return &c->pooled[i];
    return NULL;
}

/* ---- text and JSON ----------------------------------------------------------------------------------------------- */

void bal_pooled_text(FILE *to, const bal_comparison *c)
{
    if (!c->pooled_count) return;
    fprintf(to,
            "\nAll test predictions together: difference, and its interval by the paired bootstrap over images, or "
            "groups, each with all its answers\n%-20s %-20s  %-22s  ",
            "arm", "against", "balanced accuracy");
    if (c->positive >= 0) fprintf(to, "recall of %s", c->classes[c->positive]);
    fputc('\n', to);
    for (int i = 0; i < c->pooled_count; i++) {
        const bal_pooled *p = &c->pooled[i];
        bal_comparison_put_left(to, p->arm, 20);
        fputc(' ', to);
        bal_comparison_put_left(to, p->other, 20);
        bal_comparison_put_estimate(to, p->accuracy);
        if (c->positive >= 0) bal_comparison_put_estimate(to, p->recall);
        fputc('\n', to);
    }
}

void bal_pooled_json(cJSON *arm, const bal_comparison *c, const char *name)
{
    cJSON *all = NULL;
    for (int i = 0; i < c->pooled_count; i++) {
        if (strcmp(c->pooled[i].arm, name) != 0) continue;
        if (!all) all = cJSON_AddObjectToObject(arm, "pooled_difference_to");
        cJSON *one = cJSON_AddObjectToObject(all, c->pooled[i].other);
        cJSON_AddItemToObject(one, "balanced_accuracy", bal_comparison_estimate_json(c->pooled[i].accuracy));
        cJSON_AddItemToObject(one, "positive_recall", bal_comparison_estimate_json(c->pooled[i].recall));
    }
}
