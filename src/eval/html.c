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

/* Takes over the figure. */
static void put_figure(FILE *to, bal_figure *f, const char *class, const char *caption)
{
    bal_page_picture picture = {.class = class, .type = "image/svg+xml", .alt = f->alt, .caption = caption};
    if (f->svg) bal_page_image(to, &picture, f->svg, strlen(f->svg));
    bal_figure_free(f);
}

static const char roc_caption[] = "ROC: one class against the rest; before the name AUROC";
static const char pr_caption[] = "Precision over recall; before the name the average precision";
static const char calibration[] = "Reliability: answers in 15 bins of their probability, with Wilson's 95 % intervals; "
                                  "below the line answers are surer than they should be.";

typedef bal_status (*curve_figure)(bal_figure *out, const bal_shown_curves *c);

static bal_status put_curves(FILE *to, const bal_shown_curves *c, curve_figure make, const char *what, const char *how)
{
    bal_figure f;
    char      *caption = bal_format("%s%s", what, how);
    bal_status st = caption ? make(&f, c) : no_memory();
    if (st == BAL_OK) put_figure(to, &f, "plot", caption);
    free(caption);
    return st;
}

/* how: ends the captions of curves, says what their bands are. */
static bal_status put_probabilities(FILE *to, const bal_shown_curves *c, const bal_reliability *r, const char *how)
{
    bal_figure f;
    if (!c->count) return BAL_OK;
    BAL_TRY(put_curves(to, c, bal_figure_roc, roc_caption, how));
    BAL_TRY(put_curves(to, c, bal_figure_pr, pr_caption, how));
    BAL_TRY(bal_figure_reliability(&f, r));
    put_figure(to, &f, "plot", calibration);
    return BAL_OK;
}

/* Whether resamples say anything: not of a class with one image, or one group. */
static bool has_bands(const bal_bands *b) { return b->count && !isnan(b->of[0].roc.low[BAL_BAND_POINTS / 2]); }

static char *how_of(const bal_report *r)
{
    const char *units = r->intervals.grouped ? "groups of images" : "images";
    if (!has_bands(&r->bands))
        return bal_format(" and its 95 %% interval. No band: some class has too few %s to resample.", units);
    return bal_format(" and its 95 %% interval. Band: 95 %% of %d resamples of %s, point by point.",
                      r->intervals.resamples, units);
}

static bal_status put_report_probabilities(FILE *to, const bal_report *r)
{
    bal_shown_curves shown;
    bal_reliability  bins;
    bal_shown_report(&shown, r);
    if (!shown.count) return BAL_OK;
    bal_reliability_of(&bins, r->predictions);
    fputs("<h2>Probabilities</h2>\n", to);
    if (r->metrics.class_count > shown.count)
        fprintf(to, "<p>Curves of %d of %d classes: those with the lowest AUROC. All are in curves.json.</p>\n",
                shown.count, r->metrics.class_count);
    char *how = how_of(r);
    fputs("<div class=\"figures\">\n", to);
    bal_status st = how ? put_probabilities(to, &shown, &bins, how) : no_memory();
    fputs("</div>\n", to);
    free(how);
    return st;
}

static const char training_caption[] = "Loss (nats) and accuracy over the epochs of training; dashed: the epoch that "
                                       "was kept. The figures are in log.csv.";

static bal_status put_training(FILE *to, const char *folder)
{
    bal_figure f;
    if (bal_figure_curves(&f, folder) != BAL_OK) {
        bal_page_fault(to);
        return BAL_OK;
    }
    if (f.svg) fputs("<h2>Training</h2>\n", to);
    put_figure(to, &f, "plot", training_caption);
    return BAL_OK;
}

/* Images of each class as bars, then by part as a table. */
static bal_status put_data(FILE *to, const char *folder, const bal_metrics *m, char *const *name)
{
    bal_figure f;
    BAL_TRY(bal_figure_counts(&f, folder, m, name));
    if (f.svg) fputs("<h2>Data</h2>\n", to);
    put_figure(to, &f, "plot", "Images of each class.");
    bal_html_data(to, folder);
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
    BAL_TRY(put_report_probabilities(to, r));
    BAL_TRY(put_training(to, folder));
    bal_html_gans(to, folder);
    BAL_TRY(put_data(to, folder, &r->metrics, r->predictions->classes));
    bal_html_run(to, folder);
    bal_html_settings(to, folder);
    bal_html_repeat(to, folder, "train", r->seed);
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

/* Takes over the figure. One of an earlier report must not stand beside this one's. */
static bal_status save_figure(const char *folder, const char *name, bal_figure *f)
{
    char *path = f->svg ? NULL : bal_path_join(folder, name), *svg = f->svg;
    f->svg = NULL;
    bal_figure_free(f);
    if (svg) return save(folder, name, svg);
    if (path) remove(path);
    free(path);
    return BAL_OK;
}

/* With curves, without any none of the three is left. */
static bal_status save_probabilities(const char *folder, const bal_shown_curves *c, const bal_reliability *r)
{
    bal_figure f = {0};
    if (c->count) BAL_TRY(bal_figure_roc(&f, c));
    BAL_TRY(save_figure(folder, "roc.svg", &f));
    if (c->count) BAL_TRY(bal_figure_pr(&f, c));
    BAL_TRY(save_figure(folder, "precision_recall.svg", &f));
    if (c->count) BAL_TRY(bal_figure_reliability(&f, r));
    return save_figure(folder, "reliability.svg", &f);
}

static bal_status save_plots(const bal_report *r, const char *folder)
{
    bal_shown_curves shown;
    bal_reliability  bins;
    bal_figure       f;
    bal_shown_report(&shown, r);
    bal_reliability_of(&bins, r->predictions);
    BAL_TRY(save_probabilities(folder, &shown, &bins));
    BAL_TRY(bal_figure_confusion(&f, &r->metrics, r->predictions->classes));
    BAL_TRY(save_figure(folder, "confusion.svg", &f));
    BAL_TRY(bal_figure_counts(&f, folder, &r->metrics, r->predictions->classes));
    return save_figure(folder, "counts.svg", &f);
}

bal_status bal_html_save(const bal_report *r, const char *folder)
{
    char *text;
    BAL_TRY(save_plots(r, folder));
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
        .class = "plot",
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

/* Of the arm's first part: one training as an example. */
static bal_status put_arm_training(FILE *to, const bal_part_result *first, const char *folder)
{
    bal_figure f = {0};
    char      *part = bal_html_part_folder(folder, first), *caption = NULL;
    bal_status st = part ? BAL_OK : no_memory();
    if (st == BAL_OK && bal_figure_curves(&f, part) != BAL_OK) bal_page_fault(to);
    if (first->fold < 0) caption = bal_format("Seed %d. %s", first->seed, training_caption);
    else caption = bal_format("Fold %d, seed %d. %s", first->fold, first->seed, training_caption);
    if (st == BAL_OK && !caption) st = no_memory();
    put_figure(to, &f, "plot", caption);
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
    bal_status st = put_probabilities(to, &shown, &bins,
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
    BAL_TRY(put_pooled(to, c, folder));
    bal_html_arm_mistakes(to, c, folder);
    bal_html_gans(to, folder);
    BAL_TRY(put_data(to, folder, NULL, NULL));
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
    if (!to) return no_memory();
    return finish(to, out, put_comparison(to, c, folder));
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
    bal_status st = save_probabilities(folder, &shown, &bins);
    if (st == BAL_OK) st = bal_comparison_pool(&m, c, arm);
    if (st == BAL_OK) st = bal_figure_confusion(&f, &m, c->classes);
    if (st == BAL_OK) st = save_figure(folder, "confusion.svg", &f);
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
        bal_status st = arm ? save_arm(c, c->part[i].arm, arm) : no_memory();
        free(arm);
        BAL_TRY(st);
    }
    BAL_TRY(bal_figure_counts(&f, folder, NULL, NULL));
    BAL_TRY(save_figure(folder, "counts.svg", &f));
    BAL_TRY(bal_html_forest(&text, c));
    BAL_TRY(save(folder, "forest.svg", text));
    BAL_TRY(bal_html_comparison(&text, c, folder));
    return save(folder, "report.html", text);
}
