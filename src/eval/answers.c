/* answers -- see eval/answers.h. */
#include "eval/answers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/text.h"
#include "eval/prose.h"

enum { LISTED = 20 }; /* classes whose offsets stand in words */

static const char *const layers[] = {"trained", "retrained", "normalized"};

static bool any(const bal_answers *a)
{
    return a->members > 1 || a->views > 1 || a->last_layer || a->temperature[0] > 0 || a->offset;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void put_offsets(FILE *to, const bal_answers *a, const bal_predictions *p)
{
    fputs("the class is chosen with offsets to the logarithms of the probabilities", to);
    if (p->class_count > LISTED) fputs(", which are in report.json", to);
    for (int k = 0; k < p->class_count && p->class_count <= LISTED; k++) {
        fputs(k ? ", " : ": ", to);
        bal_prose_name(to, p->classes[k]);
        fprintf(to, " %.3g", a->offset[k]);
    }
}

/* What stands before the next item. */
static const char *next(int *items) { return (*items)++ ? "; " : "Made of the outputs: "; }

static void put_words(FILE *to, const bal_answers *a, const bal_predictions *p)
{
    static const char *const how[] = {NULL, "last layer fitted anew, all classes weighing the same",
                                      "weights of the last layer brought towards one length"};
    int                      items = 0;
    if (a->members > 1) fprintf(to, "%smean of %d classifiers", next(&items), a->members);
    if (a->views > 1) fprintf(to, "%smean of %d views of an image", next(&items), a->views);
    if (a->last_layer) fprintf(to, "%s%s", next(&items), how[a->last_layer]);
    if (a->temperature[0] > 0) fprintf(to, "%stemperature %.3g", next(&items), a->temperature[0]);
    if (a->temperature[0] > 0 && a->temperature[1] > a->temperature[0]) fprintf(to, " to %.3g", a->temperature[1]);
    if (a->offset) fputs(next(&items), to), put_offsets(to, a, p);
    fputc('.', to);
}

bal_status bal_answers_words(char **out, const bal_answers *a, const bal_predictions *p)
{
    size_t size;
    *out = NULL;
    if (!any(a)) return BAL_OK;
    FILE *to = open_memstream(out, &size);
    if (!to) return bal_prose_no_memory();
    put_words(to, a, p);
    return bal_prose_close(to, out);
}

/* ---- JSON: cJSON's own numbers lose the last bit, so numbers go in as text --------------------------------------- */

static bool put_number(cJSON *to, const char *key, double v, bool known)
{
    char text[BAL_NUMBER_SIZE];
    return cJSON_AddRawToObject(to, key, known ? bal_number_print(text, v) : "null") != NULL;
}

static bool put_temperatures(cJSON *to, const double t[2])
{
    char low[BAL_NUMBER_SIZE], high[BAL_NUMBER_SIZE], text[2 * BAL_NUMBER_SIZE + 8] = "null";
    if (t[0] > 0) snprintf(text, sizeof text, "[%s, %s]", bal_number_print(low, t[0]), bal_number_print(high, t[1]));
    return cJSON_AddRawToObject(to, "temperatures", text) != NULL;
}

static bool put_each_offset(cJSON *to, const double *offset, const bal_predictions *p)
{
    if (!offset) return cJSON_AddNullToObject(to, "offsets") != NULL;
    cJSON *of = cJSON_AddObjectToObject(to, "offsets");
    bool   whole = of != NULL;
    for (int k = 0; whole && k < p->class_count; k++) whole = put_number(of, p->classes[k], offset[k], true);
    return whole;
}

bool bal_answers_put(cJSON *to, const bal_answers *a, const bal_predictions *p)
{
    if (!any(a)) return cJSON_AddNullToObject(to, "answers") != NULL;
    cJSON *one = cJSON_AddObjectToObject(to, "answers");
    return one && put_number(one, "members", a->members > 1 ? a->members : 1, true) &&
           put_number(one, "views", a->views > 1 ? a->views : 1, true) &&
           cJSON_AddStringToObject(one, "last_layer", layers[a->last_layer]) && put_temperatures(one, a->temperature) &&
           put_number(one, "validation_balanced_accuracy", a->validated, a->validated > 0) &&
           put_each_offset(one, a->offset, p);
}

/* 0 where there is none in this range. */
static double number(const cJSON *item, double low, double high)
{
    bool fits = cJSON_IsNumber(item) && item->valuedouble >= low && item->valuedouble <= high;
    return fits ? item->valuedouble : 0;
}

static const cJSON *member(const cJSON *in, const char *key) { return cJSON_GetObjectItemCaseSensitive(in, key); }

static bal_status get_offsets(bal_background *out, const cJSON *in, const bal_predictions *p)
{
    if (!cJSON_IsObject(in)) return BAL_OK;
    out->own = calloc((size_t)p->class_count + 1, sizeof *out->own);
    if (!out->own) return bal_prose_no_memory();
    for (int k = 0; k < p->class_count; k++) out->own[k] = number(member(in, p->classes[k]), -1e300, 1e300);
    out->answers.offset = out->own;
    return BAL_OK;
}

bal_status bal_answers_get(bal_background *out, const cJSON *json, const bal_predictions *p)
{
    const cJSON *in = member(json, "answers"), *t = member(in, "temperatures");
    const char  *layer = cJSON_GetStringValue(member(in, "last_layer"));
    bal_answers *a = &out->answers;
    *a = (bal_answers){.members = (int)number(member(in, "members"), 0, 1e9)};
    a->views = (int)number(member(in, "views"), 0, 1e9);
    for (int i = 0; layer && i <= BAL_LAYER_NORMALIZED; i++)
        if (strcmp(layer, layers[i]) == 0) a->last_layer = i;
    for (int i = 0; i < 2; i++) a->temperature[i] = number(cJSON_GetArrayItem(t, i), 0, 1e9);
    a->validated = number(member(in, "validation_balanced_accuracy"), 0, 1);
    return get_offsets(out, member(in, "offsets"), p);
}

void bal_background_free(bal_background *b)
{
    free(b->own);
    *b = (bal_background){0};
}
