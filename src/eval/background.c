/* background -- see eval/background.h. */
#include "eval/background.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/text.h"
#include "eval/answers.h"
#include "eval/generators_json.h"

static const char *const wants[] = {NULL, "recall", "precision"};

/* ---- writing: cJSON's own numbers lose the last bit, so numbers go in as text ------------------------------------ */

static bool put_number(cJSON *to, const char *key, double v)
{
    char text[BAL_NUMBER_SIZE];
    return cJSON_AddRawToObject(to, key, isnan(v) ? "null" : bal_number_print(text, v)) != NULL;
}

static bool put_goal(cJSON *to, bal_goal g)
{
    return to && cJSON_AddStringToObject(to, "want", wants[g.want]) && put_number(to, "value", g.value);
}

static bool put_point(cJSON *to, const bal_background *b, const bal_predictions *p)
{
    const bal_threshold *t = &b->point;
    if (!b->has_point) return cJSON_AddNullToObject(to, "operating_point") != NULL;
    cJSON *one = cJSON_AddObjectToObject(to, "operating_point"), *on;
    return one && cJSON_AddStringToObject(one, "class", p->classes[t->positive]) && put_goal(one, t->goal) &&
           put_number(one, "threshold", t->threshold) && (on = cJSON_AddObjectToObject(one, "validation")) &&
           put_number(on, "recall", t->recall) && put_number(on, "precision", t->precision) &&
           put_number(on, "specificity", t->specificity) && put_number(on, "positives", t->positives) &&
           put_number(on, "negatives", t->negatives);
}

static const char *const leak_names[BAL_LEAKS] = {"copies", "near_duplicates", "groups",         "seen_in_training",
                                                  "chosen", "repeated",        "groups_in_folds"};

static bool put_generated(cJSON *to, const bal_background *b)
{
    if (!b->generated) return cJSON_AddNullToObject(to, "generated") != NULL;
    cJSON *one = cJSON_AddObjectToObject(to, "generated");
    return one && put_number(one, "balanced_accuracy", b->on_generated) &&
           put_number(one, "real_balanced_accuracy", b->on_real);
}

static bool put_leaks(cJSON *to, const bal_background *b)
{
    cJSON *all = cJSON_AddObjectToObject(to, "leaks");
    bool   whole = all != NULL;
    for (int i = 0; i < BAL_LEAKS; i++) whole &= put_number(all, leak_names[i], b->leaks[i]);
    return whole;
}

/* A report without generators has no such key. */
static bool put_generators(cJSON *to, const bal_generators *g)
{
    if (!g || !g->count) return true;
    cJSON *all = cJSON_AddObjectToObject(to, "generators");
    bool   whole = all != NULL;
    for (int i = 0; whole && i < g->count; i++)
        whole = bal_generator_put(cJSON_AddObjectToObject(all, g->of[i].name), &g->of[i]);
    return whole;
}

static bool put_gate(cJSON *to, const bal_background *b)
{
    return !b->gate[0] || cJSON_AddStringToObject(to, "gate", b->gate);
}

bool bal_background_put(cJSON *to, const bal_background *b, const bal_predictions *p)
{
    return put_point(to, b, p) && put_generated(to, b) && put_generators(to, b->generators) && put_gate(to, b) &&
           put_leaks(to, b) &&
           (b->unmet.want ? put_goal(cJSON_AddObjectToObject(to, "wanted"), b->unmet)
                          : cJSON_AddNullToObject(to, "wanted") != NULL) &&
           bal_answers_put(to, &b->answers, p);
}

/* ---- reading ------------------------------------------------------------------------------------------------------
 */

static double number(const cJSON *in, const char *key)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(in, key);
    return cJSON_IsNumber(found) ? found->valuedouble : (double)NAN;
}

static int whole_number(const cJSON *in, const char *key)
{
    double v = number(in, key);
    return v >= 0 && v <= 1e9 ? (int)v : 0;
}

/* BAL_WANT_NONE where it is none. */
static bal_goal goal_of(const cJSON *in)
{
    const char *want = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(in, "want"));
    bal_goal    g = {BAL_WANT_NONE, number(in, "value")};
    for (int w = BAL_WANT_RECALL; want && w <= BAL_WANT_PRECISION; w++)
        if (strcmp(want, wants[w]) == 0 && g.value > 0 && g.value <= 1) g.want = (bal_want)w;
    return g;
}

static void get_point(bal_background *out, const cJSON *in, const bal_predictions *p)
{
    const char *class = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(in, "class"));
    const cJSON *on = cJSON_GetObjectItemCaseSensitive(in, "validation");
    out->point = (bal_threshold){goal_of(in),
                                 -1,
                                 number(in, "threshold"),
                                 number(on, "recall"),
                                 number(on, "precision"),
                                 number(on, "specificity"),
                                 whole_number(on, "positives"),
                                 whole_number(on, "negatives")};
    for (int c = 0; class && c < p->class_count; c++)
        if (strcmp(class, p->classes[c]) == 0) out->point.positive = c;
    out->has_point = out->point.goal.want && out->point.positive >= 0 && !isnan(out->point.threshold);
}

static void get_generated(bal_background *out, const cJSON *in)
{
    out->generated = cJSON_IsObject(in);
    out->on_generated = number(in, "balanced_accuracy");
    out->on_real = number(in, "real_balanced_accuracy");
}

bal_status bal_background_read(bal_background *out, const char *folder, const bal_predictions *p)
{
    char  *path = bal_path_join(folder, "report.json"), *text = NULL;
    size_t size;
    *out = (bal_background){0};
    bal_status st = path ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");
    if (st == BAL_OK && bal_file_exists(path)) st = bal_file_read(&text, &size, path, 0);
    cJSON *json = text ? cJSON_Parse(text) : NULL;
    get_point(out, cJSON_GetObjectItemCaseSensitive(json, "operating_point"), p);
    get_generated(out, cJSON_GetObjectItemCaseSensitive(json, "generated"));
    const char *gate = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "gate"));
    snprintf(out->gate, sizeof out->gate, "%s", gate ? gate : "");
    const cJSON *leaks = cJSON_GetObjectItemCaseSensitive(json, "leaks");
    for (int i = 0; i < BAL_LEAKS; i++) out->leaks[i] = whole_number(leaks, leak_names[i]);
    out->unmet = goal_of(cJSON_GetObjectItemCaseSensitive(json, "wanted"));
    if (st == BAL_OK) st = bal_answers_get(out, json, p);
    cJSON_Delete(json);
    free(text);
    free(path);
    return st;
}
