/* comparison_text -- an experiment in words and tables. See ballast/comparison.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/text.h"
#include "eval/comparison_parts.h"
#include "eval/prose.h"

static double mean_kept(const bal_comparison *c, const char *arm, int which)
{
    double sum = 0;
    int    n = 0;
    for (int i = 0; i < c->count; i++) {
        const bal_epoch *e = &c->part[i].kept;
        const double     v[] = {e->train_accuracy, e->validation_accuracy, e->train_loss, e->validation_loss};
        if (strcmp(c->part[i].arm, arm) != 0 || isnan(v[which])) continue;
        sum += v[which];
        n++;
    }
    return n ? sum / n : (double)NAN;
}

void bal_comparison_put_left(FILE *to, const char *name, int width)
{
    int columns = bal_prose_columns(name);
    fprintf(to, "%s%*s", name, width > columns ? width - columns : 0, "");
}

int bal_comparison_class_width(const bal_comparison *c)
{
    int widest = 20;
    for (int k = 0; k < c->class_count; k++)
        if (bal_prose_columns(c->classes[k]) > widest) widest = bal_prose_columns(c->classes[k]);
    return widest;
}

static void put_figure(FILE *to, int width, double v)
{
    if (isnan(v)) fprintf(to, " %*s", width, "n/a");
    else fprintf(to, " %*.*f", width, 3, v);
}

void bal_comparison_put_estimate(FILE *to, bal_estimate e)
{
    if (isnan(e.mean)) fprintf(to, "  %-22s", "n/a");
    else if (isnan(e.low)) fprintf(to, "  %-22.3f", e.mean);
    else fprintf(to, "  %.3f [%6.3f, %6.3f]", e.mean, e.low, e.high);
}

/* As the paper prints it: accuracies and losses, precision and recall of each class, counts. */
static bal_status put_paper_table(FILE *to, const bal_comparison *c, const char *arm)
{
    bal_metrics m;
    BAL_TRY(bal_comparison_pool(&m, c, arm));
    fprintf(to, "\n%s\n  train accuracy", arm);
    put_figure(to, 5, mean_kept(c, arm, 0));
    fprintf(to, ", validation accuracy");
    put_figure(to, 5, mean_kept(c, arm, 1));
    fprintf(to, ", train loss");
    put_figure(to, 5, mean_kept(c, arm, 2));
    fprintf(to, ", validation loss");
    put_figure(to, 5, mean_kept(c, arm, 3));
    fprintf(to, "\n  ");
    bal_comparison_put_left(to, "class", bal_comparison_class_width(c));
    fprintf(to, " %9s %9s %9s   predicted as\n", "precision", "recall", "support");
    for (int k = 0; k < c->class_count; k++) {
        fprintf(to, "  ");
        bal_comparison_put_left(to, c->classes[k], bal_comparison_class_width(c));
        put_figure(to, 9, m.classes[k].precision);
        put_figure(to, 9, m.classes[k].recall);
        fprintf(to, " %9d  ", m.classes[k].support);
        for (int j = 0; j < c->class_count; j++) fprintf(to, " %6d", m.confusion[k * c->class_count + j]);
        fprintf(to, "\n");
    }
    bal_metrics_free(&m);
    return BAL_OK;
}

static void put_difference(FILE *to, const bal_comparison *c, const char *arm, const char *other)
{
    if (!bal_comparison_has(c, arm) || !bal_comparison_has(c, other)) return;
    bal_estimate d = bal_comparison_difference(c, arm, other, BAL_BALANCED_ACCURACY);
    if (isnan(d.mean)) return;
    fprintf(to, "Synthetic images added (%s against %s): balanced accuracy %+.3f", arm, other, d.mean);
    if (isnan(d.low)) fprintf(to, "; one part cannot tell whether that is more than chance.\n");
    else
        fprintf(to, " [%+.3f, %+.3f]: %s.\n", d.low, d.high,
                d.low > 0    ? "they helped"
                : d.high < 0 ? "they harmed"
                             : "no difference that could be told from chance");
}

/* An arm that is tested on generated images, and what its classifiers make of real ones. */
static void put_leaking(FILE *to, const bal_comparison *c, const char *arm)
{
    bal_estimate there = bal_comparison_estimate(c, arm, BAL_BALANCED_ACCURACY);
    bal_estimate real = bal_comparison_estimate(c, arm, BAL_REAL_BALANCED_ACCURACY);
    fprintf(to, "%s is tested on generated images: its figures say nothing about real ones", arm);
    if (!isnan(real.mean))
        fprintf(to, " (balanced accuracy %.3f, on the real test images %.3f)", there.mean, real.mean);
    fprintf(to, ".\n");
}

static void put_chosen(FILE *to, const bal_comparison *c)
{
    double      validation;
    const char *arm = bal_comparison_chosen(&validation, c);
    if (!arm && validation >= 0)
        fprintf(
            to,
            "Use none: on validation images no arm does better than guessing (balanced accuracy at most %.3f). Train "
            "longer, or change the settings.\n",
            validation);
    if (!arm) return;
    bal_estimate ba = bal_comparison_estimate(c, arm, BAL_BALANCED_ACCURACY);
    bal_estimate low = bal_comparison_estimate(c, arm, BAL_LOWEST_RECALL);
    fprintf(to, "Use %s: the highest balanced accuracy on validation images. On test images %.3f", arm, ba.mean);
    if (!isnan(ba.low)) fprintf(to, " [%.3f, %.3f]", ba.low, ba.high);
    fprintf(to, ", lowest class recall %.3f.\n", low.mean);
}

static void put_answer(FILE *to, const bal_comparison *c)
{
    put_chosen(to, c);
    put_difference(to, c, "balanced", BAL_COMPARISON_BASE);
    put_difference(to, c, "balanced_classic", "classic");
    put_difference(to, c, "synthetic", BAL_COMPARISON_BASE);
    BAL_EACH_ARM(c, i)
    if (c->part[i].leaks) put_leaking(to, c, c->part[i].arm);
}

static int count_parts(const bal_comparison *c, const char *arm)
{
    int n = 0;
    for (int i = 0; i < c->count; i++) n += strcmp(c->part[i].arm, arm) == 0;
    return n;
}

static void put_arms(FILE *to, const bal_comparison *c)
{
    fprintf(to, "\n%-20s %5s  %-22s  %-22s  %-22s  %-22s\n", "arm", "parts", "balanced accuracy", "lowest class recall",
            "macro F1", "difference to original");
    BAL_EACH_ARM(c, i)
    {
        const char *arm = c->part[i].arm;
        bal_comparison_put_left(to, arm, 20);
        fprintf(to, " %5d", count_parts(c, arm));
        for (int f = BAL_BALANCED_ACCURACY; f <= BAL_MACRO_F1; f++)
            bal_comparison_put_estimate(to, bal_comparison_estimate(c, arm, (bal_compared)f));
        if (bal_comparison_differs(c, arm))
            bal_comparison_put_estimate(to,
                                        bal_comparison_difference(c, arm, BAL_COMPARISON_BASE, BAL_BALANCED_ACCURACY));
        fprintf(to, "%s\n", c->part[i].leaks ? "  (tested on generated images)" : "");
    }
}

/* The first table has no room for them. */
static void put_differences(FILE *to, const bal_comparison *c)
{
    bool first = true;
    BAL_EACH_ARM(c, i)
    {
        const char *arm = c->part[i].arm;
        if (!bal_comparison_differs(c, arm)) continue;
        if (first)
            fprintf(to, "\n%-26s  %-22s  %-22s\n", "difference to original in", "lowest class recall", "macro F1");
        first = false;
        bal_comparison_put_left(to, arm, 26);
        for (int f = BAL_LOWEST_RECALL; f <= BAL_MACRO_F1; f++)
            bal_comparison_put_estimate(to, bal_comparison_difference(c, arm, BAL_COMPARISON_BASE, (bal_compared)f));
        fputs("\n", to);
    }
}

static void put_training_images(FILE *to, const bal_comparison *c)
{
    for (int k = 0; c->trained && k < c->class_count; k++)
        fprintf(to, "%s%s %d", k ? ", " : "\nTraining images: ", c->classes[k], c->trained[k]);
    if (c->trained) fprintf(to, "; the largest class has %.4g for each of the rarest.\n", bal_comparison_imbalance(c));
}

static bal_status put_all(FILE *to, const bal_comparison *c)
{
    put_answer(to, c);
    put_arms(to, c);
    put_differences(to, c);
    fputs("Means over folds and seeds with 95 % intervals (Student's t, corrected for folds that share training "
          "images; cut "
          "where no figure can be).\n",
          to);
    BAL_TRY(bal_added_text(to, c));
    bal_tested_text(to, c);
    bal_pooled_text(to, c);
    bal_gates_text(to, c);
    bal_made_text(to, c);
    put_training_images(to, c);
    BAL_EACH_ARM(c, i) BAL_TRY(put_paper_table(to, c, c->part[i].arm));
    return BAL_OK;
}

static bal_status put_answer_alone(FILE *to, const bal_comparison *c)
{
    put_answer(to, c);
    return BAL_OK;
}

static bal_status print(char **out, const bal_comparison *c, bal_status (*body)(FILE *, const bal_comparison *))
{
    size_t size;
    *out = NULL;
    FILE *to = open_memstream(out, &size);
    if (!to) return bal_prose_no_memory();
    bal_status st = body(to, c), closed = bal_prose_close(to, out);
    if (st == BAL_OK) st = closed;
    if (st == BAL_OK) bal_text_plain(*out);
    else free(*out);
    if (st != BAL_OK) *out = NULL;
    return st;
}

bal_status bal_comparison_answer(char **out, const bal_comparison *c) { return print(out, c, put_answer_alone); }
bal_status bal_comparison_text(char **out, const bal_comparison *c) { return print(out, c, put_all); }
