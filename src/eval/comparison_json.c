/* comparison_json -- an experiment's figures as JSON. See ballast/comparison.h. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>
#include "ballast/files.h"
#include "eval/comparison_parts.h"

cJSON *bal_comparison_number_json(double v) { return isnan(v) ? cJSON_CreateNull() : cJSON_CreateNumber(v); }

cJSON *bal_comparison_estimate_json(bal_estimate e)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToObject(o, "mean", bal_comparison_number_json(e.mean));
    cJSON_AddItemToObject(o, "low", bal_comparison_number_json(e.low));
    cJSON_AddItemToObject(o, "high", bal_comparison_number_json(e.high));
    cJSON_AddNumberToObject(o, "parts", e.n);
    return o;
}

static const char *const figure_names[BAL_COMPARED] = {
    "balanced_accuracy",      "lowest_recall",  "macro_f1", "accuracy", "validation_balanced_accuracy",
    "real_balanced_accuracy", "positive_recall"};

static const char *const difference_names[] = {"difference_to_original", "lowest_recall_difference_to_original",
                                               "macro_f1_difference_to_original"};

static bal_status add_arm(cJSON *arms, const bal_comparison *c, const bal_part_result *like)
{
    bal_metrics m;
    BAL_TRY(bal_comparison_pool(&m, c, like->arm));
    cJSON *o = cJSON_AddObjectToObject(arms, like->arm), *classes;
    cJSON_AddBoolToObject(o, "generated_training_images", like->generated);
    cJSON_AddBoolToObject(o, "tested_on_generated_images", like->leaks);
    for (int f = 0; f < BAL_COMPARED; f++)
        cJSON_AddItemToObject(o, figure_names[f],
                              bal_comparison_estimate_json(bal_comparison_estimate(c, like->arm, (bal_compared)f)));
    for (int f = BAL_BALANCED_ACCURACY; f <= BAL_MACRO_F1 && bal_comparison_differs(c, like->arm); f++)
        cJSON_AddItemToObject(o, difference_names[f],
                              bal_comparison_estimate_json(
                                  bal_comparison_difference(c, like->arm, BAL_COMPARISON_BASE, (bal_compared)f)));
    bal_added_json(o, c, like->arm);
    bal_tested_json(o, c, like->arm);
    bal_pooled_json(o, c, like->arm);
    bal_gates_json(o, c, like->arm);
    classes = cJSON_AddObjectToObject(o, "classes");
    for (int k = 0; k < c->class_count; k++) {
        cJSON *row = cJSON_AddObjectToObject(classes, c->classes[k]);
        cJSON_AddItemToObject(row, "precision", bal_comparison_number_json(m.classes[k].precision));
        cJSON_AddItemToObject(row, "recall", bal_comparison_number_json(m.classes[k].recall));
        cJSON_AddNumberToObject(row, "support", m.classes[k].support);
        cJSON_AddNumberToObject(row, "predicted", m.classes[k].predicted);
    }
    bal_metrics_free(&m);
    return BAL_OK;
}

static void add_training_images(cJSON *to, const bal_comparison *c)
{
    cJSON *images = c->trained ? cJSON_AddObjectToObject(to, "training_images") : NULL;
    for (int k = 0; images && k < c->class_count; k++) cJSON_AddNumberToObject(images, c->classes[k], c->trained[k]);
    cJSON_AddItemToObject(to, "imbalance", bal_comparison_number_json(bal_comparison_imbalance(c)));
    if (c->positive >= 0) cJSON_AddStringToObject(to, "positive", c->classes[c->positive]);
}

bal_status bal_comparison_json(char **out, const bal_comparison *c)
{
    cJSON      *o = cJSON_CreateObject(), *arms = cJSON_AddObjectToObject(o, "arms");
    double      validation;
    const char *arm = bal_comparison_chosen(&validation, c);
    bal_status  st = BAL_OK;
    BAL_EACH_ARM(c, i) if (st == BAL_OK) st = add_arm(arms, c, &c->part[i]);
    cJSON_AddItemToObject(o, "use", arm ? cJSON_CreateString(arm) : cJSON_CreateNull());
    add_training_images(o, c);
    char *printed = bal_made_json(o, c) && st == BAL_OK ? cJSON_Print(o) : NULL;
    cJSON_Delete(o);
    *out = printed ? bal_format("%s\n", printed) : NULL;
    cJSON_free(printed);
    return st != BAL_OK || *out ? st : bal_fail(BAL_ENOMEM, "no memory for JSON");
}
