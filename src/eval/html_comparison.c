/* html_comparison -- the page of an experiment and its plots. See ballast/html.h. */
#include "ballast/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/plot.h"
#include "eval/comparison_parts.h"
#include "eval/html_parts.h"
#include "eval/page.h"
#include "eval/prose.h"

static bal_forest_row row_of(const char *arm, bal_estimate e) { return (bal_forest_row){arm, e.mean, e.low, e.high}; }

bal_status bal_html_forest(char **out, const bal_comparison *c)
{
    size_t          parts = (size_t)c->count + 1;
    bal_forest_row *row = calloc(3 * parts, sizeof *row);
    bal_forest      f[3] = {
             {"Balanced accuracy on test images", "balanced accuracy; dashed: guessing", row, 0, 1.0 / c->class_count},
             {"Difference to original", "balanced accuracy, arm minus original; dashed: none", row + parts, 0, 0},
             {"The same by all predictions together", "bootstrap over test images", row + 2 * parts, 0, 0},
    };
    *out = NULL;
    if (!row) return bal_html_no_memory();
    for (int i = 0; i < c->count; i++) {
        const char *arm = c->part[i].arm;
        if (!bal_comparison_first(c, i)) continue;
        row[f[0].count++] = row_of(arm, bal_comparison_estimate(c, arm, BAL_BALANCED_ACCURACY));
        if (!bal_comparison_differs(c, arm)) continue;
        row[(int)parts + f[1].count++] =
            row_of(arm, bal_comparison_difference(c, arm, BAL_COMPARISON_BASE, BAL_BALANCED_ACCURACY));
        const bal_pooled *pooled = bal_pooled_find(c, arm, BAL_COMPARISON_BASE);
        if (pooled) row[2 * (int)parts + f[2].count++] = row_of(arm, pooled->accuracy);
    }
    bal_status st = bal_plot_forest(out, f, f[2].count ? 3 : f[1].count ? 2 : 1);
    free(row);
    return st;
}

static void put_arm(FILE *to, const bal_comparison *c, const bal_part_result *first)
{
    int parts = 0;
    for (int i = 0; i < c->count; i++) parts += strcmp(c->part[i].arm, first->arm) == 0;
    fputs("<tr><th scope=\"row\">", to);
    bal_page_name(to, first->arm);
    if (first->leaks) fputs("<small>tested on generated images</small>", to);
    fprintf(to, "</th><td>%d</td>", parts);
    for (int f = BAL_BALANCED_ACCURACY; f <= BAL_MACRO_F1; f++)
        bal_html_estimate(to, bal_comparison_estimate(c, first->arm, (bal_compared)f));
    fputs("</tr>\n", to);
}

/* Of each arm that is compared with another; the table of arms would grow too wide for a phone. */
static void put_differences(FILE *to, const bal_comparison *c)
{
    bool begun = false;
    BAL_EACH_ARM(c, i)
    {
        const char *arm = c->part[i].arm;
        if (!bal_comparison_differs(c, arm)) continue;
        if (!begun)
            fputs("<div class=\"wide\"><table>\n<caption>Differences to original</caption>\n<thead><tr>"
                  "<th scope=\"col\">arm</th><th scope=\"col\">balanced accuracy</th>"
                  "<th scope=\"col\">lowest class recall</th><th scope=\"col\">macro F1</th></tr></thead>\n<tbody>\n",
                  to);
        begun = true;
        fputs("<tr><th scope=\"row\">", to);
        bal_page_name(to, arm);
        fputs("</th>", to);
        for (int f = BAL_BALANCED_ACCURACY; f <= BAL_MACRO_F1; f++)
            bal_html_estimate(to, bal_comparison_difference(c, arm, BAL_COMPARISON_BASE, (bal_compared)f));
        fputs("</tr>\n", to);
    }
    if (begun) fputs("</tbody>\n</table></div>\n", to);
}

static void put_arms(FILE *to, const bal_comparison *c)
{
    fputs("<h2>Arms</h2>\n<div class=\"wide\"><table>\n<caption>Test images; means over folds and seeds with 95 % "
          "intervals</caption>\n<thead><tr><th scope=\"col\">arm</th><th scope=\"col\">parts</th>"
          "<th scope=\"col\">balanced accuracy</th><th scope=\"col\">lowest class recall</th>"
          "<th scope=\"col\">macro F1</th></tr></thead>\n<tbody>\n",
          to);
    for (int i = 0; i < c->count; i++)
        if (bal_comparison_first(c, i)) put_arm(to, c, &c->part[i]);
    fputs("</tbody>\n</table></div>\n", to);
    put_differences(to, c);
    fputs("<p>Intervals: Student's t over the parts (folds and seeds), corrected for folds that share training images, "
          "cut "
          "where no figure can be. A difference is taken part by part; an interval that leaves out 0 is more than "
          "chance.</p>\n",
          to);
}

static bal_status describe_forest(char **alt, const bal_comparison *c)
{
    size_t size;
    FILE  *to = open_memstream(alt, &size);
    if (!to) return bal_html_no_memory();
    fputs("Forest plot of the arms. Balanced accuracy with 95 % intervals:", to);
    for (int i = 0; i < c->count; i++)
        if (bal_comparison_first(c, i))
            bal_html_describe(to, c->part[i].arm, bal_comparison_estimate(c, c->part[i].arm, BAL_BALANCED_ACCURACY),
                              i ? ";" : "");
    fputs(". Differences to original:", to);
    for (int i = 0, n = 0; i < c->count; i++) {
        const char *arm = c->part[i].arm;
        if (!bal_comparison_first(c, i) || !bal_comparison_differs(c, arm)) continue;
        bal_html_describe(to, arm, bal_comparison_difference(c, arm, BAL_COMPARISON_BASE, BAL_BALANCED_ACCURACY),
                          n++ ? ";" : "");
    }
    fputc('.', to);
    return bal_prose_close(to, alt);
}

static bal_status put_forest(FILE *to, const bal_comparison *c)
{
    bal_figure f = {0};
    bal_status st = bal_html_forest(&f.svg, c);
    if (st == BAL_OK) st = describe_forest(&f.alt, c);
    if (st == BAL_OK) bal_html_figure(to, &f, "plot", "Mean and 95 % interval of each arm, as in the table.");
    bal_figure_free(&f);
    return st;
}

/* Of the arm's first part: one training as an example. */
static bal_status put_arm_training(FILE *to, const bal_part_result *first, const char *folder)
{
    bal_figure f = {0};
    char      *part = bal_html_part_folder(folder, first), *caption = NULL;
    bal_status st = part ? BAL_OK : bal_html_no_memory();
    if (st == BAL_OK && bal_figure_curves(&f, part) != BAL_OK) bal_page_fault(to);
    if (first->fold < 0) caption = bal_format("Seed %d. %s", first->seed, bal_html_training);
    else caption = bal_format("Fold %d, seed %d. %s", first->fold, first->seed, bal_html_training);
    if (st == BAL_OK && !caption) st = bal_html_no_memory();
    bal_html_figure(to, &f, "plot", caption);
    free(caption);
    free(part);
    return st;
}

static bal_status put_arm_curves(FILE *to, const bal_comparison *c, const bal_part_result *first)
{
    bal_bands        bands;
    bal_shown_curves shown;
    bal_reliability  bins;
    BAL_TRY(bal_comparison_bands(&bands, c, first->arm));
    bal_shown_arm(&shown, c, first->arm, &bands);
    bal_comparison_reliability(&bins, c, first->arm);
    bal_status st =
        bal_html_probabilities(to, &shown, &bins,
                               ", the mean of the parts (folds and seeds) and its 95 % interval. Line and band: "
                               "mean of the parts at each point, and its 95 % interval.");
    bal_bands_free(&bands);
    return st;
}

static bal_status put_arm_pooled(FILE *to, const bal_comparison *c, const bal_part_result *first, const char *folder)
{
    bal_metrics m;
    BAL_TRY(bal_comparison_pool(&m, c, first->arm));
    fputs("<h3>", to);
    bal_page_name(to, first->arm);
    fputs("</h3>\n", to);
    bal_html_classes(to, &m, c->classes, NULL);
    bal_html_matrix(to, &m, c->classes);
    bal_metrics_free(&m);
    fputs("<div class=\"figures\">\n", to);
    BAL_TRY(put_arm_curves(to, c, first));
    BAL_TRY(put_arm_training(to, first, folder));
    fputs("</div>\n", to);
    return BAL_OK;
}

static bal_status put_pooled(FILE *to, const bal_comparison *c, const char *folder)
{
    fputs("<h2>Classes, arm by arm</h2>\n<p>Test predictions of all folds and seeds together.</p>\n", to);
    bal_html_terms(to);
    for (int i = 0; i < c->count; i++)
        if (bal_comparison_first(c, i)) BAL_TRY(put_arm_pooled(to, c, &c->part[i], folder));
    return BAL_OK;
}

static bal_status put_lines(FILE *to, const bal_comparison *c)
{
    char *text;
    BAL_TRY(bal_comparison_answer(&text, c));
    bal_html_lines(to, text);
    free(text);
    return BAL_OK;
}

static bal_status put_comparison(FILE *to, const bal_comparison *c, const char *folder)
{
    bal_page_begin(to, "Experiment report");
    BAL_TRY(put_lines(to, c));
    put_arms(to, c);
    bal_tested_html(to, c);
    bal_html_pooled(to, c);
    BAL_TRY(put_forest(to, c));
    BAL_TRY(bal_html_added(to, c));
    bal_html_gates(to, c);
    BAL_TRY(put_pooled(to, c, folder));
    bal_html_arm_mistakes(to, c, folder);
    bal_html_made(to, c);
    bal_html_gans(to, folder);
    BAL_TRY(bal_html_dataset(to, folder, NULL, NULL));
    bal_html_run(to, folder);
    bal_html_settings(to, folder);
    bal_html_repeat(to, folder, "experiment", BAL_REPORT_SEED);
    bal_page_end(to);
    return BAL_OK;
}

bal_status bal_html_comparison(char **out, const bal_comparison *c, const char *folder)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return bal_html_no_memory();
    return bal_html_finish(to, out, put_comparison(to, c, folder));
}

static bal_status save_arm(const bal_comparison *c, const char *arm, const char *folder)
{
    bal_bands        bands;
    bal_shown_curves shown;
    bal_reliability  bins;
    bal_metrics      m = {0};
    bal_figure       f = {0};
    BAL_TRY(bal_folder_create(folder));
    BAL_TRY(bal_comparison_bands(&bands, c, arm));
    bal_shown_arm(&shown, c, arm, &bands);
    bal_comparison_reliability(&bins, c, arm);
    bal_status st = bal_html_save_curves(folder, &shown, &bins);
    if (st == BAL_OK) st = bal_comparison_pool(&m, c, arm);
    if (st == BAL_OK) st = bal_figure_confusion(&f, &m, c->classes);
    if (st == BAL_OK) st = bal_html_save_figure(folder, "confusion.svg", &f);
    bal_metrics_free(&m);
    bal_bands_free(&bands);
    return st;
}

bal_status bal_html_save_comparison(const bal_comparison *c, const char *folder)
{
    char      *text;
    bal_figure f;
    for (int i = 0; i < c->count; i++) {
        if (!bal_comparison_first(c, i)) continue;
        char      *arm = bal_format("%s/arms/%s", folder, c->part[i].arm);
        bal_status st = arm ? save_arm(c, c->part[i].arm, arm) : bal_html_no_memory();
        free(arm);
        BAL_TRY(st);
    }
    BAL_TRY(bal_figure_counts(&f, folder, NULL, NULL));
    BAL_TRY(bal_html_save_figure(folder, "counts.svg", &f));
    BAL_TRY(bal_html_forest(&text, c));
    BAL_TRY(bal_html_save_text(folder, "forest.svg", text));
    BAL_TRY(bal_figure_added(&f, c));
    BAL_TRY(bal_html_save_figure(folder, "added.svg", &f));
    BAL_TRY(bal_html_comparison(&text, c, folder));
    return bal_html_save_text(folder, "report.html", text);
}
