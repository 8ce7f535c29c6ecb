/* imbalance -- see ballast/imbalance.h. */
#include "ballast/imbalance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "eval/comparison_parts.h"
#include "eval/imbalance_parts.h"
#include "eval/prose.h"

/* ---- making ------------------------------------------------------------------------------------------------------ */

static int rarest(const bal_comparison *c)
{
    int k = 0;
    for (int i = 1; i < c->class_count; i++)
        if (c->trained[i] < c->trained[k]) k = i;
    return k;
}

/* The class that matters where all name the same one. */
static int rare_class(const bal_imbalance_point *point, int count)
{
    const bal_comparison *uneven = point[0].found;
    bool                  same = true;
    for (int i = 0; i < count; i++) {
        const bal_comparison *c = point[i].found;
        same &= c->positive >= 0 && c->positive == point[0].found->positive;
        if (!(bal_comparison_imbalance(c) <= bal_comparison_imbalance(uneven))) uneven = c;
    }
    return same ? point[0].found->positive : rarest(uneven);
}

static double ratio_of(const bal_comparison *c, int rare)
{
    int most = 0;
    for (int k = 0; k < c->class_count; k++)
        if (k != rare && c->trained[k] > most) most = c->trained[k];
    return c->trained[rare] && most ? (double)most / c->trained[rare] : (double)NAN;
}

static int by_ratio(const void *a, const void *b)
{
    const bal_imbalance_point *x = a, *y = b;
    return (x->ratio > y->ratio) - (x->ratio < y->ratio);
}

static bal_status sort_points(bal_imbalance *m)
{
    for (int i = 0; i < m->count; i++) {
        bal_imbalance_point *p = &m->point[i];
        p->found->positive = m->rare;
        p->ratio = ratio_of(p->found, m->rare);
        if (isnan(p->ratio)) return bal_fail(BAL_EIO, "%s: has no training image of some class", p->name);
    }
    qsort(m->point, (size_t)m->count, sizeof *m->point, by_ratio);
    for (int i = 1; i < m->count; i++)
        if (m->point[i].ratio == m->point[i - 1].ratio)
            return bal_fail(BAL_EIO,
                            "%s and %s: have the same imbalance, %.4g to 1; one experiment with more seeds is "
                            "what tells more",
                            m->point[i - 1].name, m->point[i].name, m->point[i].ratio);
    return BAL_OK;
}

/* ---- arms -------------------------------------------------------------------------------------------------------- */

static bool has_name(const bal_names *names, const char *name)
{
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0) return true;
    return false;
}

static bal_status add_left_out(bal_imbalance *m, const char *arm, const char *why)
{
    char      *text = bal_format("%s %s", arm, why);
    bal_status st = text ? bal_names_add(&m->left_out, text) : bal_prose_no_memory();
    free(text);
    return st;
}

/* The arm is tested on generated images, or some experiment has no part of it; of each arm once. */
static bal_status sort_arm(bal_imbalance *m, bal_names *seen, const bal_part_result *part)
{
    const char *lacks = NULL;
    if (has_name(seen, part->arm)) return BAL_OK;
    BAL_TRY(bal_names_add(seen, part->arm));
    for (int i = 0; i < m->count && !lacks; i++)
        if (!bal_comparison_has(m->point[i].found, part->arm)) lacks = m->point[i].name;
    if (!lacks && !part->leaks) return bal_names_add(&m->arms, part->arm);
    if (!lacks) return add_left_out(m, part->arm, "is tested on generated images");
    char      *why = bal_format("is not in %s", lacks);
    bal_status st = why ? add_left_out(m, part->arm, why) : bal_prose_no_memory();
    free(why);
    return st;
}

static bal_status sort_arms(bal_imbalance *m)
{
    bal_names  seen = {0};
    bal_status st = BAL_OK;
    for (int i = 0; i < m->count; i++)
        for (int k = 0; st == BAL_OK && k < m->point[i].found->count; k++)
            st = sort_arm(m, &seen, &m->point[i].found->part[k]);
    bal_names_free(&seen);
    return st == BAL_OK && !m->arms.count ? bal_fail(BAL_EIO, "no arm is in all of the experiments") : st;
}

bal_status bal_imbalance_init(bal_imbalance *out, const bal_imbalance_point *points, int count)
{
    size_t size = (size_t)count * sizeof *points;
    *out = (bal_imbalance){.count = count, .rare = rare_class(points, count), .point = malloc(size)};
    if (!out->point) return bal_prose_no_memory();
    memcpy(out->point, points, size);
    bal_status st = sort_points(out);
    if (st == BAL_OK) st = sort_arms(out);
    if (st) bal_imbalance_free(out);
    return st;
}

void bal_imbalance_free(bal_imbalance *m)
{
    bal_names_free(&m->arms);
    bal_names_free(&m->left_out);
    free(m->point);
    *m = (bal_imbalance){0};
}

bal_status bal_imbalance_leave_out(bal_imbalance *m, const char *arm, const char *why)
{
    int at = 0;
    BAL_TRY(add_left_out(m, arm, why));
    while (at < m->arms.count && strcmp(m->arms.name[at], arm) != 0) at++;
    if (at == m->arms.count) return BAL_OK;
    free(m->arms.name[at]); /* which may be `arm` */
    m->arms.count--;
    memmove(&m->arms.name[at], &m->arms.name[at + 1], (size_t)(m->arms.count - at) * sizeof *m->arms.name);
    return BAL_OK;
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

const char *const bal_curve_keys[BAL_CURVES] = {"balanced_accuracy",      "recall",
                                                "difference_to_original", "recall_difference_to_original",
                                                "difference_by_parts",    "recall_difference_by_parts"};

bool bal_curves_differ(const bal_imbalance *m) { return m->arms.count > 1 && has_name(&m->arms, BAL_COMPARISON_BASE); }

static bal_estimate gain_of(const bal_comparison *c, const char *arm, bool recall, bool by_parts)
{
    const bal_pooled *pooled = by_parts ? NULL : bal_pooled_find(c, arm, BAL_COMPARISON_BASE);
    if (pooled) return recall ? pooled->recall : pooled->accuracy;
    return bal_comparison_difference(c, arm, BAL_COMPARISON_BASE, recall ? BAL_POSITIVE_RECALL : BAL_BALANCED_ACCURACY);
}

bal_estimate bal_curve_at(const bal_imbalance *m, int point, const char *arm, int curve)
{
    const bal_comparison *c = m->point[point].found;
    bool recall = curve == BAL_CURVE_RECALL || curve == BAL_CURVE_RECALL_GAIN || curve == BAL_CURVE_PART_RECALL_GAIN;
    if (curve < BAL_CURVE_GAIN)
        return bal_comparison_estimate(c, arm, recall ? BAL_POSITIVE_RECALL : BAL_BALANCED_ACCURACY);
    if (bal_curves_differ(m) && strcmp(arm, BAL_COMPARISON_BASE) != 0)
        return gain_of(c, arm, recall, curve >= BAL_CURVE_PART_GAIN);
    return (bal_estimate){(double)NAN, (double)NAN, (double)NAN, 0};
}

char *bal_imbalance_axis(const bal_imbalance *m)
{
    char *const *name = m->point[0].found->classes;
    if (m->point[0].found->class_count == 2)
        return bal_format("training images of %s for each of %s", name[1 - m->rare], name[m->rare]);
    return bal_format("training images of the largest class for each of %s", name[m->rare]);
}
