/* comparison_tested -- the figures of each arm by all its test predictions together. See ballast/comparison.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/report.h"
#include "eval/bootstrap.h"
#include "eval/comparison_parts.h"
#include "eval/html_parts.h"
#include "eval/page.h"
#include "eval/prose.h"

void bal_tested_free(bal_comparison *c)
{
    for (int i = 0; i < c->tested_count; i++) free(c->tested[i].figure);
    free(c->tested);
}

/* ---- resamples --------------------------------------------------------------------------------------------------- */

typedef struct pool {
    bal_predictions rows;
    bal_sample      sample;
    bal_metrics     m[BAL_LANES];
    bal_bootstrap   b;
    bal_times      *times; /* [rows] */
    double         *value; /* [figures][resamples] */
} pool;

static double figure_of(const bal_metrics *m, int f)
{
    if (f == BAL_TESTED_BALANCED_ACCURACY) return m->balanced_accuracy;
    return f == BAL_TESTED_LOWEST_RECALL ? bal_lowest_recall(m) : m->classes[f - BAL_TESTED_RECALL].recall;
}

static void measure(bal_estimate *figure, int figures, pool *w)
{
    bal_sample_measure(w->m, &w->sample, NULL);
    for (int f = 0; f < figures; f++)
        figure[f] = (bal_estimate){figure_of(&w->m[0], f), (double)NAN, (double)NAN, w->rows.count};
}

static void resample(bal_estimate *figure, int figures, pool *w)
{
    int count = w->b.resamples;
    for (int i = 0; i < count; i += BAL_LANES) {
        bal_bootstrap_draw(w->times, &w->b, i);
        bal_sample_measure(w->m, &w->sample, w->times);
        for (int k = 0; k < figures * BAL_LANES; k++)
            w->value[(size_t)(k / BAL_LANES) * (size_t)count + (size_t)(i + k % BAL_LANES)] =
                figure_of(&w->m[k % BAL_LANES], k / BAL_LANES);
    }
    for (int f = 0; f < figures; f++) {
        bal_interval i = bal_bootstrap_interval(w->value + (size_t)f * (size_t)count, count, figure[f].mean);
        figure[f].low = i.low;
        figure[f].high = i.high;
    }
}

static bal_status prepare(pool *w, int figures)
{
    BAL_TRY(bal_sample_init(&w->sample, &w->rows));
    for (int k = 0; k < BAL_LANES; k++) BAL_TRY(bal_metrics_init(&w->m[k], w->rows.class_count));
    BAL_TRY(bal_bootstrap_init(&w->b, &w->sample, &w->rows, BAL_REPORT_SEED));
    w->times = calloc((size_t)w->b.rows + 1, sizeof *w->times);
    w->value = calloc((size_t)figures * (size_t)w->b.resamples, sizeof *w->value);
    return w->times && w->value ? BAL_OK : bal_prose_no_memory();
}

static void release(pool *w)
{
    free(w->times);
    free(w->value);
    bal_bootstrap_free(&w->b);
    bal_predictions_free(&w->rows);
    bal_sample_free(&w->sample);
    for (int k = 0; k < BAL_LANES; k++) bal_metrics_free(&w->m[k]);
}

/* `to` is freed with the others, whole or not. */
static bal_status test_arm(bal_tested *to, const bal_comparison *c, const bal_predictions *all)
{
    int        figures = BAL_TESTED_RECALL + c->class_count;
    pool       w = {0};
    bal_status st = bal_pooled_rows(&w.rows, c, all, to->arm, to->arm);
    to->figure = calloc((size_t)figures, sizeof *to->figure);
    if (st == BAL_OK && !to->figure) st = bal_prose_no_memory();
    if (st == BAL_OK) st = prepare(&w, figures);
    if (st == BAL_OK) measure(to->figure, figures, &w);
    if (st == BAL_OK && w.b.spread) resample(to->figure, figures, &w);
    to->drawn = w.b.units;
    release(&w);
    return st;
}

bal_status bal_comparison_test_together(bal_comparison *c, const bal_predictions *all)
{
    bal_tested_free(c);
    c->tested_count = 0;
    c->tested = calloc((size_t)c->count + 1, sizeof *c->tested);
    if (!c->tested) return bal_prose_no_memory();
    BAL_EACH_ARM(c, i)
    {
        bal_tested *to = &c->tested[c->tested_count++];
        to->arm = c->part[i].arm;
        BAL_TRY(test_arm(to, c, all));
    }
    return BAL_OK;
}

/* ---- text, JSON, HTML -------------------------------------------------------------------------------------------- */

void bal_tested_text(FILE *to, const bal_comparison *c)
{
    if (!c->tested_count) return;
    fprintf(to,
            "\nAll test predictions together, with intervals by the bootstrap over images, or groups, each with all "
            "its answers\n%-20s %6s  %-22s  %-22s  %s\n",
            "arm", "drawn", "balanced accuracy", "lowest class recall", "recall of each class");
    for (int i = 0; i < c->tested_count; i++) {
        const bal_tested *t = &c->tested[i];
        bal_comparison_put_left(to, t->arm, 20);
        fprintf(to, " %6d", t->drawn);
        for (int f = 0; f < BAL_TESTED_RECALL; f++) bal_comparison_put_estimate(to, t->figure[f]);
        for (int k = 0; k < c->class_count; k++) {
            fputs(k ? ", " : "  ", to);
            bal_prose_name(to, c->classes[k]);
            fputc(' ', to);
            bal_prose_figure(to, t->figure[BAL_TESTED_RECALL + k].mean);
        }
        fputc('\n', to);
    }
}

void bal_tested_json(cJSON *arm, const bal_comparison *c, const char *name)
{
    const bal_tested *t = NULL;
    for (int i = 0; i < c->tested_count; i++)
        if (strcmp(c->tested[i].arm, name) == 0) t = &c->tested[i];
    if (!t) return;
    cJSON *o = cJSON_AddObjectToObject(arm, "pooled"), *recall;
    cJSON_AddNumberToObject(o, "drawn", t->drawn);
    cJSON_AddItemToObject(o, "balanced_accuracy",
                          bal_comparison_estimate_json(t->figure[BAL_TESTED_BALANCED_ACCURACY]));
    cJSON_AddItemToObject(o, "lowest_recall", bal_comparison_estimate_json(t->figure[BAL_TESTED_LOWEST_RECALL]));
    recall = cJSON_AddObjectToObject(o, "recall");
    for (int k = 0; k < c->class_count; k++)
        cJSON_AddItemToObject(recall, c->classes[k], bal_comparison_estimate_json(t->figure[BAL_TESTED_RECALL + k]));
}

void bal_tested_html(FILE *to, const bal_comparison *c)
{
    if (!c->tested_count) return;
    fputs("<div class=\"wide\"><table>\n<caption>All test predictions together, with intervals by drawing images anew "
          "(groups, where there are; all answers to an image together)</caption>\n<thead><tr><th scope=\"col\">arm</th>"
          "<th scope=\"col\">balanced accuracy</th><th scope=\"col\">lowest class recall</th></tr></thead>\n<tbody>\n",
          to);
    for (int i = 0; i < c->tested_count; i++) {
        fputs("<tr><th scope=\"row\">", to);
        bal_page_name(to, c->tested[i].arm);
        fputs("</th>", to);
        for (int f = 0; f < BAL_TESTED_RECALL; f++) bal_html_estimate(to, c->tested[i].figure[f]);
        fputs("</tr>\n", to);
    }
    fputs("</tbody>\n</table></div>\n", to);
}
