/* comparison_added -- what each arm adds to the one that it builds on. See ballast/comparison.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "eval/comparison_parts.h"
#include "eval/prose.h"

bal_status bal_comparison_builds_on(bal_comparison *c, const char *arm, const char *base, const char *settings)
{
    bal_added *grown = realloc(c->added, (size_t)(c->added_count + 1) * sizeof *grown);
    if (!grown) return bal_prose_no_memory();
    c->added = grown;
    bal_added *a = &grown[c->added_count++];
    *a = (bal_added){bal_format("%s", arm), bal_format("%s", base), bal_format("%s", settings)};
    return a->arm && a->base && a->settings ? BAL_OK : bal_prose_no_memory();
}

void bal_added_free(bal_comparison *c)
{
    for (int i = 0; i < c->added_count; i++) {
        free(c->added[i].arm);
        free(c->added[i].base);
        free(c->added[i].settings);
    }
    free(c->added);
}

const bal_added *bal_added_find(const bal_comparison *c, const char *arm)
{
    for (int i = 0; i < c->added_count; i++)
        if (strcmp(c->added[i].arm, arm) == 0)
            return bal_comparison_is_real(c, arm) && bal_comparison_is_real(c, c->added[i].base) ? &c->added[i] : NULL;
    return NULL;
}

bal_compared bal_added_recall(const bal_comparison *c)
{
    return c->positive < 0 ? BAL_LOWEST_RECALL : BAL_POSITIVE_RECALL;
}

char *bal_added_recall_name(const bal_comparison *c)
{
    return c->positive < 0 ? bal_format("lowest class recall") : bal_format("recall of %s", c->classes[c->positive]);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void put_row(FILE *to, const bal_comparison *c, const bal_added *a)
{
    bal_comparison_put_left(to, a->arm, 20);
    fputc(' ', to);
    bal_comparison_put_left(to, a->base, 20);
    bal_comparison_put_estimate(to, bal_comparison_difference(c, a->arm, a->base, BAL_BALANCED_ACCURACY));
    bal_comparison_put_estimate(to, bal_comparison_difference(c, a->arm, a->base, bal_added_recall(c)));
    fprintf(to, "\n  %s %s\n", a->base, a->settings);
}

bal_status bal_added_text(FILE *to, const bal_comparison *c)
{
    bool begun = false;
    BAL_EACH_ARM(c, i)
    {
        const bal_added *a = bal_added_find(c, c->part[i].arm);
        if (!a) continue;
        char *recall = begun ? NULL : bal_added_recall_name(c);
        if (!begun && !recall) return bal_prose_no_memory();
        if (recall)
            fprintf(to,
                    "\nWhat each technique added: arm minus the arm that it builds on, the one before it with the "
                    "fewest other settings\n%-20s %-20s  %-22s  %s\n",
                    "arm", "builds on", "balanced accuracy", recall);
        free(recall);
        begun = true;
        put_row(to, c, a);
    }
    return BAL_OK;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

void bal_added_json(cJSON *arm, const bal_comparison *c, const char *name)
{
    const bal_added *a = bal_added_find(c, name);
    if (!a) return;
    cJSON *o = cJSON_AddObjectToObject(arm, "added");
    cJSON_AddStringToObject(o, "builds_on", a->base);
    cJSON_AddStringToObject(o, "settings", a->settings);
    cJSON_AddItemToObject(
        o, "balanced_accuracy",
        bal_comparison_estimate_json(bal_comparison_difference(c, a->arm, a->base, BAL_BALANCED_ACCURACY)));
    cJSON_AddItemToObject(
        o, c->positive < 0 ? "lowest_recall" : "positive_recall",
        bal_comparison_estimate_json(bal_comparison_difference(c, a->arm, a->base, bal_added_recall(c))));
}
