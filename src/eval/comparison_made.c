/* comparison_made -- how good the generators of an experiment's folds are. See ballast/comparison.h. */
#include <math.h>
#include <stdlib.h>
#include "eval/comparison_parts.h"
#include "eval/generators_json.h"
#include "eval/prose.h"

void bal_made_free(bal_comparison *c)
{
    for (int i = 0; i < c->made_count; i++) bal_generators_free(&c->made[i].generators);
    free(c->made);
}

bal_status bal_comparison_made(bal_comparison *c, int fold, const char *folder)
{
    for (int i = 0; i < c->made_count; i++)
        if (c->made[i].fold == fold) return BAL_OK;
    bal_fold_generators *grown = realloc(c->made, (size_t)(c->made_count + 1) * sizeof *grown);
    if (!grown) return bal_prose_no_memory();
    c->made = grown;
    bal_fold_generators *of = &grown[c->made_count];
    of->fold = fold;
    bal_status st = bal_generators_read(&of->generators, folder);
    if (of->generators.count) c->made_count++;
    else bal_generators_free(&of->generators);
    return st;
}

double bal_made_copies(const bal_generator_quality *q, int space)
{
    return q->generated ? (double)q->copies[space].count / q->generated : (double)NAN;
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void put_figure(FILE *to, int figure, double v)
{
    char text[BAL_LIKENESS_SIZE];
    bal_likeness_print(text, figure, v);
    fprintf(to, " %9s", text);
}

static void put_row(FILE *to, int fold, const bal_generator_quality *q)
{
    const bal_likeness *l = &q->of_generated[BAL_TRAINED_FEATURES], *real = &q->of_real[BAL_TRAINED_FEATURES];
    if (fold < 0) fprintf(to, "%-5s", "");
    else fprintf(to, "%-5d", fold);
    bal_comparison_put_left(to, q->name, 20);
    fprintf(to, " %6d", q->step);
    put_figure(to, BAL_LIKENESS_KID, l->kid.value);
    put_figure(to, BAL_LIKENESS_KID_ERROR, l->kid.error);
    put_figure(to, BAL_LIKENESS_KID, real->kid.value);
    put_figure(to, BAL_LIKENESS_OTHERS, l->prdc.precision);
    put_figure(to, BAL_LIKENESS_OTHERS, l->prdc.recall);
    put_figure(to, BAL_LIKENESS_OTHERS, l->prdc.density);
    put_figure(to, BAL_LIKENESS_OTHERS, l->prdc.coverage);
    put_figure(to, BAL_LIKENESS_OTHERS, bal_made_copies(q, BAL_IN_PIXELS));
    put_figure(to, BAL_LIKENESS_OTHERS, bal_made_copies(q, BAL_IN_FEATURES));
    fputc('\n', to);
}

void bal_made_text(FILE *to, const bal_comparison *c)
{
    if (!c->made_count) return;
    fprintf(to,
            "\ngenerated images against validation images, in features of the fold's %s\n%-5s%-20s %6s %9s %9s %9s %9s "
            "%9s %9s %9s %9s %9s\n",
            BAL_COMPARISON_BASE, "fold", "class", "step", "KID", "+-", "of real", "precision", "recall", "density",
            "coverage", "pixels", "features");
    for (int i = 0; i < c->made_count; i++)
        for (int k = 0; k < c->made[i].generators.count; k++)
            put_row(to, c->made[i].fold, &c->made[i].generators.of[k]);
    fprintf(to,
            "of real: KID of training images, which says what is reachable. pixels, features: copies, the share that "
            "by these is\nnearer to a training image than %.0f %% of these are to each other; no arm is trained on "
            "them.\n",
            100 * BAL_COPY_SHARE);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static bool add_one(cJSON *list, int fold, const bal_generator_quality *q)
{
    cJSON *o = cJSON_CreateObject(), *share;
    if (!cJSON_AddItemToArray(list, o)) return false;
    if (fold >= 0) cJSON_AddNumberToObject(o, "fold", fold);
    cJSON_AddStringToObject(o, "class", q->name);
    if (!bal_generator_put(o, q)) return false;
    share = cJSON_AddObjectToObject(o, "copies_share");
    for (int i = 0; i < BAL_COPY_SPACES; i++)
        cJSON_AddItemToObject(share, bal_copy_spaces[i], bal_comparison_number_json(bal_made_copies(q, i)));
    return share != NULL;
}

bool bal_made_json(cJSON *to, const bal_comparison *c)
{
    cJSON *list = c->made_count ? cJSON_AddArrayToObject(to, "generators") : NULL;
    bool   whole = list || !c->made_count;
    for (int i = 0; i < c->made_count; i++)
        for (int k = 0; whole && k < c->made[i].generators.count; k++)
            whole = add_one(list, c->made[i].fold, &c->made[i].generators.of[k]);
    return whole;
}
