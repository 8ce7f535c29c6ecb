/* html -- see ballast/html.h. */
#include "ballast/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/plot.h"
#include "eval/html_parts.h"
#include "eval/page.h"

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a report"); }

/* Close a stream over memory; its text is the caller's, or NULL. */
static bal_status finish(FILE *to, char **out, bal_status st)
{
    bool whole = !ferror(to);
    whole &= fclose(to) == 0;
    if (st == BAL_OK && !whole) st = no_memory();
    if (st == BAL_OK) return BAL_OK;
    free(*out);
    *out = NULL;
    return st;
}

/* ---- a report ---------------------------------------------------------------------------------------------------- */

static void put_answer(FILE *to, const bal_report *r)
{
    const bal_metrics *m = &r->metrics;
    fputs("<section class=\"answer\" aria-label=\"answer\">\n<p>", to);
    bal_page_text(to, r->answer);
    fprintf(to, "</p>\n<p>%d image%s", m->count, m->count == 1 ? "" : "s");
    if (!isnan(m->accuracy)) fprintf(to, ", accuracy %.2f", m->accuracy);
    if (!isnan(m->loss)) fprintf(to, ", loss %.4f (mean cross-entropy in nats)", m->loss);
    fputs(".</p>\n", to);
    if (r->operating) {
        fputs("<p>", to);
        bal_page_text(to, r->operating);
        fputs("</p>\n", to);
    }
    fputs("</section>\n", to);
}

static void put_warnings(FILE *to, const bal_names *warnings)
{
    if (!warnings->count) return;
    fputs("<h2>Warnings</h2>\n<ul class=\"warnings\">\n", to);
    for (int i = 0; i < warnings->count; i++) {
        fputs("<li>", to);
        bal_page_text(to, warnings->name[i]);
        fputs("</li>\n", to);
    }
    fputs("</ul>\n", to);
}

static bal_status put_probabilities(FILE *to, const bal_report *r)
{
    static const bal_page_picture picture = {
        .class = "plot",
        .type = "image/svg+xml",
        .alt =
            "Three plots: the ROC curve of each class with its AUROC, precision over recall, and reliability: the part "
            "that is right over the probability of the answer. The points are in curves.json.",
        .caption =
            "One class against the rest, at most six classes: those with the lowest AUROC, which stands before the "
            "name. The points are in curves.json.",
    };
    char *svg;
    BAL_TRY(bal_html_probabilities(&svg, r));
    if (!svg) return BAL_OK;
    fputs("<h2>Probabilities</h2>\n", to);
    bal_page_image(to, &picture, svg, strlen(svg));
    free(svg);
    return BAL_OK;
}

static bal_status put_report(FILE *to, const bal_report *r, const char *folder)
{
    bal_page_begin(to, "Classification report");
    put_answer(to, r);
    put_warnings(to, &r->warnings);
    fputs("<h2>Classes</h2>\n", to);
    bal_html_classes(to, &r->metrics, r->predictions->classes, &r->intervals);
    bal_html_matrix(to, &r->metrics, r->predictions->classes);
    bal_html_terms(to);
    bal_html_examples(to, r->predictions, folder);
    bal_html_figures(to, &r->metrics, &r->intervals);
    BAL_TRY(put_probabilities(to, r));
    bal_html_curves(to, folder);
    bal_html_gans(to, folder);
    bal_html_data(to, folder);
    bal_html_run(to, folder);
    bal_html_settings(to, folder);
    bal_html_repeat(to, folder, "train");
    bal_page_end(to);
    return BAL_OK;
}

bal_status bal_html_report(char **out, const bal_report *r, const char *folder)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return no_memory();
    return finish(to, out, put_report(to, r, folder));
}

/* Takes over the text. */
static bal_status save(const char *folder, const char *name, char *text)
{
    char      *path = bal_path_join(folder, name);
    bal_status st = path ? bal_file_write(path, text, strlen(text)) : no_memory();
    free(path);
    free(text);
    return st;
}

bal_status bal_html_save(const bal_report *r, const char *folder)
{
    char *text;
    BAL_TRY(bal_html_probabilities(&text, r));
    if (text) BAL_TRY(save(folder, "probabilities.svg", text));
    BAL_TRY(bal_html_report(&text, r, folder));
    return save(folder, "report.html", text);
}

/* ---- a comparison ------------------------------------------------------------------------------------------------ */

static const char base_arm[] = "original";

/* What each arm is compared with is not compared with itself. */
static bool differs(const bal_comparison *c, const char *arm)
{
    return strcmp(arm, base_arm) != 0 && bal_comparison_has(c, base_arm);
}

static bal_forest_row row_of(const char *arm, bal_estimate e) { return (bal_forest_row){arm, e.mean, e.low, e.high}; }

bal_status bal_html_forest(char **out, const bal_comparison *c)
{
    size_t          parts = (size_t)c->count + 1;
    bal_forest_row *row = calloc(2 * parts, sizeof *row);
    bal_forest      f[2] = {
             {"Balanced accuracy on test images", "balanced accuracy; dashed: guessing", row, 0, 1.0 / c->class_count},
             {"Difference to original", "balanced accuracy, arm minus original; dashed: none", row + parts, 0, 0},
    };
    *out = NULL;
    if (!row) return no_memory();
    for (int i = 0; i < c->count; i++) {
        const char *arm = c->part[i].arm;
        if (!bal_comparison_first(c, i)) continue;
        row[f[0].count++] = row_of(arm, bal_comparison_estimate(c, arm, BAL_BALANCED_ACCURACY));
        if (!differs(c, arm)) continue;
        row[(int)parts + f[1].count++] =
            row_of(arm, bal_comparison_difference(c, arm, base_arm, BAL_BALANCED_ACCURACY));
    }
    bal_status st = bal_plot_forest(out, f, f[1].count ? 2 : 1);
    free(row);
    return st;
}

static void put_estimate(FILE *to, bal_estimate e)
{
    if (isnan(e.mean)) fputs("<td>n/a</td>", to);
    else if (isnan(e.low)) fprintf(to, "<td>%.3f</td>", e.mean);
    else fprintf(to, "<td>%.3f<small>[%.3f,&#8239;%.3f]</small></td>", e.mean, e.low, e.high);
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
        put_estimate(to, bal_comparison_estimate(c, first->arm, (bal_compared)f));
    if (differs(c, first->arm))
        put_estimate(to, bal_comparison_difference(c, first->arm, base_arm, BAL_BALANCED_ACCURACY));
    else fputs("<td></td>", to);
    fputs("</tr>\n", to);
}

static void put_arms(FILE *to, const bal_comparison *c)
{
    fputs("<h2>Arms</h2>\n<div class=\"wide\"><table>\n<caption>Test images; means over folds and seeds with 95 % "
          "intervals</caption>\n<thead><tr><th scope=\"col\">arm</th><th scope=\"col\">parts</th>"
          "<th scope=\"col\">balanced accuracy</th><th scope=\"col\">lowest class recall</th>"
          "<th scope=\"col\">macro F1</th><th scope=\"col\">difference to original</th></tr></thead>\n<tbody>\n",
          to);
    for (int i = 0; i < c->count; i++)
        if (bal_comparison_first(c, i)) put_arm(to, c, &c->part[i]);
    fputs("</tbody>\n</table></div>\n<p>Intervals: Student's t over the parts (folds and seeds), corrected for folds "
          "that share training images. The difference to original is in balanced accuracy, part by part; an "
          "interval that leaves out 0 is more than chance.</p>\n",
          to);
}

static bal_status put_forest(FILE *to, const bal_comparison *c)
{
    static const bal_page_picture picture = {
        .class = "forest",
        .type = "image/svg+xml",
        .alt = "Forest plot: for each arm a mark at the mean and a bar over its 95 % interval. The figures are in the "
               "table above.",
        .caption = "Mean and 95 % interval of each arm, as in the table.",
    };
    char *svg;
    BAL_TRY(bal_html_forest(&svg, c));
    bal_page_image(to, &picture, svg, strlen(svg));
    free(svg);
    return BAL_OK;
}

static bal_status put_pooled(FILE *to, const bal_comparison *c)
{
    fputs("<h2>Classes, arm by arm</h2>\n<p>Test predictions of all folds and seeds together.</p>\n", to);
    bal_html_terms(to);
    for (int i = 0; i < c->count; i++) {
        bal_metrics m;
        if (!bal_comparison_first(c, i)) continue;
        BAL_TRY(bal_comparison_pool(&m, c, c->part[i].arm));
        fputs("<h3>", to);
        bal_page_name(to, c->part[i].arm);
        fputs("</h3>\n", to);
        bal_html_classes(to, &m, c->classes, NULL);
        bal_html_matrix(to, &m, c->classes);
        bal_metrics_free(&m);
    }
    return BAL_OK;
}

/* The answer's lines as paragraphs. */
static bal_status put_lines(FILE *to, const bal_comparison *c)
{
    char *text;
    BAL_TRY(bal_comparison_answer(&text, c));
    fputs("<section class=\"answer\" aria-label=\"answer\">\n", to);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        fputs("<p>", to);
        bal_page_text(to, line);
        fputs("</p>\n", to);
    }
    fputs("</section>\n", to);
    free(text);
    return BAL_OK;
}

static bal_status put_comparison(FILE *to, const bal_comparison *c, const char *folder)
{
    bal_page_begin(to, "Experiment report");
    BAL_TRY(put_lines(to, c));
    put_arms(to, c);
    BAL_TRY(put_forest(to, c));
    BAL_TRY(put_pooled(to, c));
    bal_html_gans(to, folder);
    bal_html_run(to, folder);
    bal_html_settings(to, folder);
    bal_html_repeat(to, folder, "experiment");
    bal_page_end(to);
    return BAL_OK;
}

bal_status bal_html_comparison(char **out, const bal_comparison *c, const char *folder)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return no_memory();
    return finish(to, out, put_comparison(to, c, folder));
}
