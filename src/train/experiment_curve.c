/* experiment_curve -- several experiments of one collection of images, a class of which gets rarer. See
 * include/ballast/experiment.h. */
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/imbalance.h"
#include "train/experiment_parts.h"

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a comparison"); }

/* ---- what must be the same --------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static const char generated[] = "generated/"; /* as the paths of generated images begin */

/* The test images, real ones, with their folds, sorted; each as often as there are parts that were tested on it. */
static bal_status list_tested(bal_names *out, const bal_predictions *p)
{
    *out = (bal_names){0};
    for (int i = 0; i < p->count; i++) {
        const bal_prediction *r = &p->row[i];
        if (!r->path || strncmp(r->path, generated, sizeof generated - 1) == 0) continue;
        char      *text = bal_format("%s, %s, fold %s", r->path, p->classes[r->label], r->fold ? r->fold : "none");
        bal_status st = text ? bal_names_add(out, text) : no_memory();
        free(text);
        BAL_TRY(st);
    }
    if (out->count) qsort(out->name, (size_t)out->count, sizeof *out->name, by_name);
    return BAL_OK;
}

/* The next name that is another one. */
static int behind(const bal_names *names, int i)
{
    const char *now = names->name[i];
    while (i < names->count && strcmp(names->name[i], now) == 0) i++;
    return i;
}

/* An image that only one of them was tested on, or NULL. */
static const char *first_other(const bal_names *a, const bal_names *b)
{
    int i = 0, k = 0;
    while (i < a->count && k < b->count) {
        int order = strcmp(a->name[i], b->name[k]);
        if (order) return order < 0 ? a->name[i] : b->name[k];
        i = behind(a, i);
        k = behind(b, k);
    }
    return i < a->count ? a->name[i] : k < b->count ? b->name[k] : NULL;
}

static bal_status same_classes(const bal_imbalance_point *a, const bal_imbalance_point *b)
{
    bool same = a->found->class_count == b->found->class_count;
    for (int k = 0; same && k < a->found->class_count; k++)
        same = strcmp(a->found->classes[k], b->found->classes[k]) == 0;
    return same ? BAL_OK
                : bal_fail(BAL_EIO, "%s and %s: are of different data, their classes are not the same", a->name,
                           b->name);
}

static bal_status same_images(const bal_imbalance_point *a, const bal_imbalance_point *b, const bal_predictions *of_a,
                              const bal_predictions *of_b)
{
    bal_names   tested_a = {0}, tested_b = {0};
    const char *other = NULL;
    bal_status  st = list_tested(&tested_a, of_a);
    if (st == BAL_OK) st = list_tested(&tested_b, of_b);
    if (st == BAL_OK) other = first_other(&tested_a, &tested_b);
    if (other)
        st =
            bal_fail(BAL_EIO, "%s and %s: have different test parts; only one of them has %s", a->name, b->name, other);
    bal_names_free(&tested_a);
    bal_names_free(&tested_b);
    return st;
}

/* ---- arms -------------------------------------------------------------------------------------------------------- */

static bal_status open_arm(bal_setup **out, const char *folder, const char *arm)
{
    char      *config = bal_path_join(folder, "config.ini");
    bal_status st = config ? bal_setup_open_arm(out, config, NULL, 0, arm) : no_memory();
    free(config);
    return st;
}

/* *why: NULL where the arm's settings are the same in both. */
static bal_status same_settings(char **why, const char *arm, const char *a, const char *b)
{
    bal_setup *in_a, *in_b = NULL;
    char      *words = NULL;
    int        count = 0;
    *why = NULL;
    BAL_TRY(open_arm(&in_a, a, arm));
    bal_status st = open_arm(&in_b, b, arm);
    if (st == BAL_OK) st = bal_setup_differs(&words, &count, in_b, in_a);
    if (st == BAL_OK && count && !(*why = bal_format("is not the same in %s and %s: there %s", a, b, words)))
        st = no_memory();
    free(words);
    bal_setup_close(in_a);
    bal_setup_close(in_b);
    return st;
}

static bal_status check_arm(bal_imbalance *m, const char *arm, bool *out)
{
    char      *why = NULL;
    bal_status st = BAL_OK;
    for (int i = 1; st == BAL_OK && !why && i < m->count; i++)
        st = same_settings(&why, arm, m->point[0].name, m->point[i].name);
    *out = why != NULL;
    if (st == BAL_OK && why) st = bal_imbalance_leave_out(m, arm, why);
    free(why);
    return st;
}

static bal_status check_arms(bal_imbalance *m)
{
    bool out;
    for (int i = 0; i < m->arms.count; i += !out) BAL_TRY(check_arm(m, m->arms.name[i], &out));
    return m->arms.count
               ? BAL_OK
               : bal_fail(BAL_EIO, "%s: no arm has the same settings in all of the experiments", m->point[0].name);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bal_status save(const bal_imbalance_point *point, int count, const char *out)
{
    bal_imbalance m;
    BAL_TRY(bal_imbalance_init(&m, point, count));
    bal_status st = check_arms(&m);
    if (st == BAL_OK) st = bal_imbalance_save(&m, out);
    bal_imbalance_free(&m);
    return st;
}

static bal_status gather(bal_imbalance_point *point, bal_gathered *g, const char *folder)
{
    BAL_TRY(bal_experiment_gather(g, folder));
    *point = (bal_imbalance_point){.name = folder, .found = &g->comparison};
    return g->comparison.count ? BAL_OK : bal_fail(BAL_EIO, "%s: no part of the experiment is done", folder);
}

bal_status bal_experiment_curve(const char *const *folder, int count, const char *out)
{
    bal_gathered        *g = calloc((size_t)count, sizeof *g);
    bal_imbalance_point *point = calloc((size_t)count, sizeof *point);
    bal_status           st = g && point ? BAL_OK : no_memory();
    for (int i = 0; st == BAL_OK && i < count; i++) {
        st = gather(&point[i], &g[i], folder[i]);
        if (st == BAL_OK) st = same_classes(&point[0], &point[i]);
        if (st == BAL_OK) st = same_images(&point[0], &point[i], &g[0].all, &g[i].all);
    }
    if (st == BAL_OK) st = save(point, count, out);
    for (int i = 0; g && i < count; i++) bal_gathered_free(&g[i]);
    free(point);
    free(g);
    return st;
}
