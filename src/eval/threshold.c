/* threshold -- see ballast/threshold.h. */
#include "ballast/threshold.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "ballast/files.h"
#include "ballast/text.h"
#include "eval/prose.h"
#include "eval/sample.h"

enum { POINTS_MAX = 2000 };
#define STEP 1e-3 /* between the points of a curve that is thinned */

/* ---- curves --------------------------------------------------------------------------------------------------------
 */

static bal_status make_room(bal_curve *out, int count)
{
    size_t n = (size_t)count + 1;
    out->row = calloc(n, sizeof *out->row);
    out->true_positives = calloc(n, sizeof *out->true_positives);
    out->false_positives = calloc(n, sizeof *out->false_positives);
    if (out->row && out->true_positives && out->false_positives) return BAL_OK;
    bal_curve_free(out);
    return bal_fail(BAL_ENOMEM, "no memory for a curve of %d points", count);
}

static bal_status trace(bal_curve *out, const bal_sample *s, const uint32_t *order, const bal_predictions *p, int c)
{
    int seen[2] = {0};
    *out = (bal_curve){.of = p, .positive = c};
    BAL_TRY(make_room(out, s->count));
    for (int i = 0; i < s->count; i++) {
        seen[(order[i] & BAL_RANK_POSITIVE) != 0]++;
        if (!(order[i] & BAL_RANK_LAST)) continue;
        out->row[out->count] = s->row[order[i] >> 2];
        out->true_positives[out->count] = seen[1];
        out->false_positives[out->count++] = seen[0];
    }
    out->positives = seen[1];
    out->negatives = seen[0];
    return BAL_OK;
}

bal_status bal_curve_of(bal_curve *out, const bal_predictions *p, int positive)
{
    bal_sample s;
    assert(p->probabilities && positive >= 0 && positive < p->class_count);
    BAL_TRY(bal_sample_init_class(&s, p, positive));
    bal_status st = trace(out, &s, s.order, p, positive);
    bal_sample_free(&s);
    return st;
}

double bal_curve_threshold(const bal_curve *c, int i) { return c->of->row[c->row[i]].probability[c->positive]; }

void bal_curve_free(bal_curve *c)
{
    if (!c) return;
    free(c->row);
    free(c->true_positives);
    free(c->false_positives);
    *c = (bal_curve){0};
}

static double recall_at(const bal_curve *c, int i) { return (double)c->true_positives[i] / c->positives; }

static double fpr_at(const bal_curve *c, int i) { return (double)c->false_positives[i] / c->negatives; }

/* Some image is at or above every threshold. */
static double precision_at(const bal_curve *c, int i)
{
    return (double)c->true_positives[i] / ((double)c->true_positives[i] + c->false_positives[i]);
}

/* ---- the threshold -------------------------------------------------------------------------------------------------
 */

static int choose_recall(const bal_curve *c, double value)
{
    int i = 0;
    while (recall_at(c, i) < value) i++; /* the last is 1 */
    return i;
}

/* -1: none. */
static int choose_precision(const bal_curve *c, double value)
{
    int i = c->count - 1;
    while (i >= 0 && precision_at(c, i) < value) i--;
    return i;
}

static bal_status too_precise(const bal_curve *c, const char *name, double value)
{
    int best = 0;
    for (int i = 1; i < c->count; i++)
        if (precision_at(c, i) > precision_at(c, best)) best = i;
    return bal_fail(BAL_ECONFIG,
                    "no threshold gives class \"%s\" a precision of %.4g on validation; the highest is %.4g, at %.4g",
                    name, value, precision_at(c, best), bal_curve_threshold(c, best));
}

bal_status bal_threshold_choose(bal_threshold *out, const bal_predictions *validation, int positive, bal_goal goal)
{
    bal_curve   c;
    const char *name = validation->classes[positive];
    bal_status  st = BAL_OK;
    assert(goal.want != BAL_WANT_NONE && goal.value > 0 && goal.value <= 1);
    BAL_TRY(bal_curve_of(&c, validation, positive));
    int i = -1;
    if (c.positives == 0)
        st = bal_fail(BAL_ECONFIG, "no validation image of class \"%s\" to choose a threshold on", name);
    else i = goal.want == BAL_WANT_RECALL ? choose_recall(&c, goal.value) : choose_precision(&c, goal.value);
    if (st == BAL_OK && i < 0) st = too_precise(&c, name, goal.value);
    if (st == BAL_OK)
        *out = (bal_threshold){goal,
                               positive,
                               bal_curve_threshold(&c, i),
                               recall_at(&c, i),
                               precision_at(&c, i),
                               c.negatives ? 1 - fpr_at(&c, i) : (double)NAN,
                               c.positives,
                               c.negatives};
    bal_curve_free(&c);
    return st;
}

int bal_predictions_rarest(const bal_predictions *p)
{
    int *count = calloc((size_t)p->class_count + 1, sizeof *count), rarest = -1;
    for (int i = 0; count && i < p->count; i++)
        if (p->row[i].label >= 0) count[p->row[i].label]++;
    for (int c = 0; count && c < p->class_count; c++)
        if (count[c] > 0 && (rarest < 0 || count[c] < count[rarest])) rarest = c;
    free(count);
    return rarest;
}

int bal_threshold_class(const bal_threshold *t, const double *probability, int class_count)
{
    int best = t->positive;
    if (probability[t->positive] >= t->threshold) return best;
    for (int c = 0; c < class_count; c++)
        if (c != t->positive && (best == t->positive || probability[c] > probability[best])) best = c;
    return best;
}

void bal_threshold_apply(bal_predictions *p, const bal_threshold *t)
{
    assert(p->probabilities);
    for (int i = 0; i < p->count; i++)
        p->row[i].predicted = bal_threshold_class(t, p->row[i].probability, p->class_count);
}

static const char *const wants[] = {"none", "recall", "precision"};

bal_status bal_goal_parse(bal_goal *out, const char *text, const char *what, bal_where at)
{
    char   word[16] = "";
    size_t length = strcspn(text, " =");
    *out = (bal_goal){BAL_WANT_NONE, 0};
    if (strcmp(text, "none") == 0) return BAL_OK;
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    for (int w = BAL_WANT_RECALL; w <= BAL_WANT_PRECISION; w++)
        if (strcmp(word, wants[w]) == 0) out->want = (bal_want)w;
    const char *number = text + length + strspn(text + length, " =");
    if (out->want && bal_number_parse(&out->value, number) && out->value > 0 && out->value <= 1) return BAL_OK;
    return bal_fail_at(at,
                       "%s: \"%s\" is not none, or recall or precision and a number above 0, at most 1, as recall 0.95",
                       what, text);
}

static void put_part(FILE *to, const char *word, double part, int of)
{
    fprintf(to, "%s %.2f (", word, part);
    bal_prose_interval(to, bal_interval_wilson(part * of, of));
    fputs(")", to);
}

bal_status bal_threshold_words(char **out, const bal_threshold *t, const char *positive)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return bal_prose_no_memory();
    bal_prose_name(to, positive);
    fprintf(to, " is answered from a probability of %#.4g on, else the likeliest other class: chosen for a ",
            t->threshold);
    fprintf(to, "%s of at least %.4g on %d validation images (%d of the class, %d others), where it gives ",
            wants[t->goal.want], t->goal.value, t->positives + t->negatives, t->positives, t->negatives);
    put_part(to, "recall", t->recall, t->positives);
    fprintf(to, ", precision %.2f", t->precision);
    if (t->negatives) put_part(to, " and specificity", t->specificity, t->negatives);
    fputs("; in brackets 95 % intervals.", to);
    return bal_prose_close(to, out);
}

/* ---- curves.json ----------------------------------------------------------------------------------------------------
 */

typedef double (*value_at)(const bal_curve *c, int i);

/* Whether a point stays; last: the one before it that did, -1 for the corner. */
static bool stays(const bal_curve *c, int i, int last)
{
    if (c->count <= POINTS_MAX || i == c->count - 1 || last < 0) return true;
    return recall_at(c, i) + fpr_at(c, i) - recall_at(c, last) - fpr_at(c, last) >= STEP;
}

/* As one piece of text, with `corner` before the first point. */
static bool add_points(cJSON *to, const char *key, const bal_curve *c, value_at at, const char *corner)
{
    char  *text, number[BAL_NUMBER_SIZE];
    size_t size;
    FILE  *list = open_memstream(&text, &size);
    if (!list) return false;
    fprintf(list, "[%s", corner);
    for (int i = 0, last = -1; i < c->count; i++) {
        if (!stays(c, i, last)) continue;
        fprintf(list, "%s%s", last < 0 && !*corner ? "" : ", ", bal_number_print(number, at(c, i)));
        last = i;
    }
    fputc(']', list);
    if (bal_prose_close(list, &text)) return false;
    bool whole = cJSON_AddRawToObject(to, key, text) != NULL;
    free(text);
    return whole;
}

static bool add_curves(cJSON *to, const bal_curve *c)
{
    if (c->positives == 0 || c->negatives == 0)
        return cJSON_AddNullToObject(to, "roc") && cJSON_AddNullToObject(to, "pr");
    cJSON *roc = cJSON_AddObjectToObject(to, "roc"), *pr = cJSON_AddObjectToObject(to, "pr");
    return roc && pr && add_points(roc, "threshold", c, bal_curve_threshold, "null") &&
           add_points(roc, "fpr", c, fpr_at, "0") && add_points(roc, "tpr", c, recall_at, "0") &&
           add_points(pr, "threshold", c, bal_curve_threshold, "") && add_points(pr, "recall", c, recall_at, "") &&
           add_points(pr, "precision", c, precision_at, "");
}

static bal_status add_class(cJSON *classes, const bal_sample *s, const bal_predictions *p, int c)
{
    bal_curve curve = {0};
    cJSON    *one = cJSON_AddObjectToObject(classes, p->classes[c]);
    if (s->probabilities) BAL_TRY(trace(&curve, s, bal_sample_order(s, c), p, c));
    bool whole = one && add_curves(one, &curve);
    bal_curve_free(&curve);
    return whole ? BAL_OK : bal_prose_no_memory();
}

static bool add_number(cJSON *list, double v)
{
    char text[BAL_NUMBER_SIZE];
    return cJSON_AddItemToArray(list, isnan(v) ? cJSON_CreateNull() : cJSON_CreateRaw(bal_number_print(text, v)));
}

static bool add_reliability(cJSON *to, const bal_sample *s, const bal_predictions *p)
{
    double confidence[BAL_ECE_BINS] = {0}, right[BAL_ECE_BINS] = {0}, count[BAL_ECE_BINS] = {0};
    if (!s->probabilities) return cJSON_AddNullToObject(to, "reliability");
    for (int i = 0; i < s->count; i++) {
        double top = 0;
        for (int c = 0; c < p->class_count; c++) top = fmax(top, p->row[s->row[i]].probability[c]);
        count[s->bin[i]]++;
        confidence[s->bin[i]] += top;
        right[s->bin[i]] += top - s->gap[i];
    }
    cJSON *all = cJSON_AddObjectToObject(to, "reliability"), *a = cJSON_AddArrayToObject(all, "confidence");
    cJSON *b = cJSON_AddArrayToObject(all, "accuracy"), *n = cJSON_AddArrayToObject(all, "count");
    bool   whole = a && b && n;
    for (int i = 0; whole && i < BAL_ECE_BINS; i++)
        whole =
            add_number(a, confidence[i] / count[i]) && add_number(b, right[i] / count[i]) && add_number(n, count[i]);
    return whole;
}

static bal_status add_all(cJSON *to, const bal_sample *s, const bal_predictions *p)
{
    cJSON *classes = cJSON_AddObjectToObject(to, "classes");
    if (!classes || !add_reliability(to, s, p)) return bal_prose_no_memory();
    for (int c = 0; c < p->class_count; c++) BAL_TRY(add_class(classes, s, p, c));
    return BAL_OK;
}

bal_status bal_curves_json(char **out, const bal_predictions *p)
{
    bal_sample s;
    *out = NULL;
    BAL_TRY(bal_sample_init(&s, p));
    cJSON     *json = cJSON_CreateObject();
    bal_status st = add_all(json, &s, p);
    char      *text = st == BAL_OK ? cJSON_PrintUnformatted(json) : NULL;
    if (st == BAL_OK && !(text && (*out = bal_format("%s\n", text)))) st = bal_prose_no_memory();
    cJSON_free(text);
    cJSON_Delete(json);
    bal_sample_free(&s);
    return st;
}
