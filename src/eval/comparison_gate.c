/* comparison_gate -- what the gates of an experiment decided, fold by fold. See ballast/comparison.h. */
#include <math.h>
#include <string.h>
#include "eval/comparison_parts.h"

bool bal_gates_any(const bal_comparison *c, const char *arm)
{
    for (int i = 0; i < c->count; i++)
        if (c->part[i].gates > 0 && (!arm || strcmp(c->part[i].arm, arm) == 0)) return true;
    return false;
}

void bal_part_place(char out[BAL_PLACE_SIZE], const bal_part_result *p)
{
    if (p->fold < 0) snprintf(out, BAL_PLACE_SIZE, "seed %d", p->seed);
    else snprintf(out, BAL_PLACE_SIZE, "fold %d, seed %d", p->fold, p->seed);
}

void bal_gate_put_words(FILE *to, const bal_class_gate *g)
{
    int dropped = g->wrong_class + g->outliers + g->copies + g->repeated;
    if (g->ratio > 0) fprintf(to, "synthetic images helped: %g for each real one", g->ratio);
    else if (!isnan(g->tried)) fputs("0 = synthetic images did not help here", to);
    else if (dropped == g->candidates) fputs("0 = no synthetic image was fit to be tried", to);
    else fputs("0 = there were no validation images to judge by", to);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void put_class(FILE *to, const bal_comparison *c, const char *place, const bal_class_gate *g)
{
    bal_estimate gain = {g->gain, g->interval.low, g->interval.high, 0};
    fprintf(to, "%-17s ", place);
    bal_comparison_put_left(to, c->classes[g->label], bal_comparison_class_width(c));
    if (isnan(g->tried)) fprintf(to, " %6g %6s", g->ratio, "-");
    else fprintf(to, " %6g %6g", g->ratio, g->tried);
    bal_comparison_put_estimate(to, gain);
    fprintf(to, " %10d %11d %8d %6d %8d  ", g->candidates, g->wrong_class, g->outliers, g->copies, g->repeated);
    bal_gate_put_words(to, g);
    fputc('\n', to);
}

static void put_part(FILE *to, const bal_comparison *c, const bal_part_result *p)
{
    char place[BAL_PLACE_SIZE];
    bal_part_place(place, p);
    for (int i = 0; i < p->gates; i++) put_class(to, c, i ? "" : place, &p->gate[i]);
}

static void put_arm(FILE *to, const bal_comparison *c, const char *arm)
{
    fprintf(to,
            "\n%s: what the gate decided on validation images; difference in balanced accuracy to no generated images "
            "of the class, with what was taken of those above it\n%-17s ",
            arm, "part");
    bal_comparison_put_left(to, "class", bal_comparison_class_width(c));
    fprintf(to, " %6s %6s  %-22s %10s %11s %8s %6s %8s\n", "taken", "ratio", "its difference", "candidates",
            "wrong class", "outliers", "copies", "repeated");
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->part[i].arm, arm) == 0) put_part(to, c, &c->part[i]);
}

void bal_gates_text(FILE *to, const bal_comparison *c)
{
    BAL_EACH_ARM(c, i) if (bal_gates_any(c, c->part[i].arm)) put_arm(to, c, c->part[i].arm);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void add_class(cJSON *list, const bal_comparison *c, const bal_part_result *p, const bal_class_gate *g)
{
    cJSON *o = cJSON_CreateObject(), *dropped;
    cJSON_AddItemToArray(list, o);
    if (p->fold >= 0) cJSON_AddNumberToObject(o, "fold", p->fold);
    cJSON_AddNumberToObject(o, "seed", p->seed);
    cJSON_AddStringToObject(o, "class", c->classes[g->label]);
    cJSON_AddNumberToObject(o, "ratio", g->ratio);
    cJSON_AddItemToObject(o, "tried", bal_comparison_number_json(g->tried));
    cJSON_AddItemToObject(o, "gain", bal_comparison_number_json(g->gain));
    cJSON_AddItemToObject(o, "low", bal_comparison_number_json(g->interval.low));
    cJSON_AddItemToObject(o, "high", bal_comparison_number_json(g->interval.high));
    cJSON_AddNumberToObject(o, "candidates", g->candidates);
    dropped = cJSON_AddObjectToObject(o, "dropped");
    cJSON_AddNumberToObject(dropped, "wrong_class", g->wrong_class);
    cJSON_AddNumberToObject(dropped, "outlier", g->outliers);
    cJSON_AddNumberToObject(dropped, "copy", g->copies);
    cJSON_AddNumberToObject(dropped, "repeated", g->repeated);
}

void bal_gates_json(cJSON *arm, const bal_comparison *c, const char *name)
{
    if (!bal_gates_any(c, name)) return;
    cJSON *list = cJSON_AddArrayToObject(arm, "gate");
    for (int i = 0; i < c->count; i++) {
        const bal_part_result *p = &c->part[i];
        for (int k = 0; strcmp(p->arm, name) == 0 && k < p->gates; k++) add_class(list, c, p, &p->gate[k]);
    }
}
