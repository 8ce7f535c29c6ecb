/* html_imbalance -- the page and the plot of a curve over imbalance. See ballast/imbalance.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/plot.h"
#include "ballast/text.h"
#include "eval/comparison_parts.h"
#include "eval/html_parts.h"
#include "eval/imbalance_parts.h"
#include "eval/page.h"
#include "eval/prose.h"

/* ---- the plot ---------------------------------------------------------------------------------------------------- */

enum { COLUMNS = 4 }; /* of doubles that a line needs: x, mean, low, high */

typedef struct lines {
    bal_series *series; /* [BAL_CURVES_DRAWN][arms], then the line of guessing */
    double     *value;  /* [BAL_CURVES_DRAWN][arms][COLUMNS][points] */
    double      guess[2], ends[2];
    char       *recall, *axis;
} lines;

static void free_lines(lines *l)
{
    free(l->series);
    free(l->value);
    free(l->recall);
    free(l->axis);
}

/* A little to the side, so that intervals of arms stand beside each other. */
static double beside(const bal_imbalance *m, int point, int arm)
{
    const double share = 0.013; /* of the axis */
    double       range = m->point[m->count - 1].ratio / m->point[0].ratio;
    return m->point[point].ratio * pow(range, share * (arm - (m->arms.count - 1) / 2.0));
}

/* The line of `original` is at 0 where differences are drawn, so that each arm keeps its colour. */
static bal_series make_line(double *value, const bal_imbalance *m, int arm, int curve)
{
    const char *name = m->arms.name[arm];
    int         n = m->count;
    bool        zero = curve >= BAL_CURVE_GAIN && strcmp(name, BAL_COMPARISON_BASE) == 0;
    double     *x = value, *mean = x + n, *low = mean + n, *high = low + n;
    for (int i = 0; i < n; i++) {
        bal_estimate e = bal_curve_at(m, i, name, curve);
        x[i] = beside(m, i, arm);
        mean[i] = zero ? 0 : e.mean;
        low[i] = e.low;
        high[i] = e.high;
    }
    return (bal_series){.name = name, .x = x, .y = mean, .count = n, .band = {x, low, high, n}, .bars = true};
}

static bal_status make_lines(lines *l, const bal_imbalance *m)
{
    size_t arms = (size_t)m->arms.count, size = COLUMNS * (size_t)m->count;
    l->series = calloc(BAL_CURVES_DRAWN * (arms + 1), sizeof *l->series);
    l->value = calloc(BAL_CURVES_DRAWN * arms * size, sizeof *l->value);
    l->recall = bal_format("Recall of %s", m->point[0].found->classes[m->rare]);
    l->axis = bal_imbalance_axis(m);
    if (!l->series || !l->value || !l->recall || !l->axis) return bal_html_no_memory();
    for (size_t k = 0; k < BAL_CURVES_DRAWN; k++)
        for (size_t i = 0; i < arms; i++)
            l->series[k * (arms + 1) + i] = make_line(&l->value[(k * arms + i) * size], m, (int)i, (int)k);
    l->ends[0] = m->point[0].ratio;
    l->ends[1] = m->point[m->count - 1].ratio;
    l->guess[0] = l->guess[1] = 1.0 / m->point[0].found->class_count;
    l->series[arms] = (bal_series){.name = "guessing", .x = l->ends, .y = l->guess, .count = 2, .reference = true};
    return BAL_OK;
}

static bal_status draw(char **out, const bal_imbalance *m, int columns)
{
    lines        l = {0};
    const double none = (double)NAN;
    bal_panel    panel[BAL_CURVES_DRAWN];
    bal_status   st = make_lines(&l, m);
    *out = NULL;
    const char *const title[BAL_CURVES_DRAWN] = {"Balanced accuracy on test images", l.recall,
                                                 "Difference to original in balanced accuracy",
                                                 "Difference to original in that recall"};
    const char *const y[BAL_CURVES_DRAWN] = {"balanced accuracy", "recall", "difference", "difference"};
    for (int k = 0; st == BAL_OK && k < BAL_CURVES_DRAWN; k++)
        panel[k] = (bal_panel){.title = title[k],
                               .x_label = l.axis,
                               .y_label = y[k],
                               .series = &l.series[k * (m->arms.count + 1)],
                               .count = m->arms.count + (k == BAL_CURVE_ACCURACY),
                               .x_min = none,
                               .x_max = none,
                               .y_min = none,
                               .y_max = none,
                               .x_log = true};
    if (st == BAL_OK) st = bal_plot_svg(out, panel, bal_curves_differ(m) ? BAL_CURVES_DRAWN : BAL_CURVE_GAIN, columns);
    free_lines(&l);
    return st;
}

bal_status bal_imbalance_svg(char **out, const bal_imbalance *m) { return draw(out, m, 2); }

static bal_status describe(char **alt, const bal_imbalance *m)
{
    size_t size;
    FILE  *to = open_memstream(alt, &size);
    if (!to) return bal_html_no_memory();
    fputs("Balanced accuracy of each arm, with 95 % intervals, over the imbalance.", to);
    for (int k = 0; k < m->arms.count; k++) {
        fprintf(to, " %s:", m->arms.name[k]);
        for (int i = 0; i < m->count; i++) {
            char at[32];
            snprintf(at, sizeof at, "at %.3g", m->point[i].ratio);
            bal_html_describe(to, at, bal_curve_at(m, i, m->arms.name[k], BAL_CURVE_ACCURACY), i ? ";" : "");
        }
        fputc('.', to);
    }
    return bal_prose_close(to, alt);
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

static bal_status put_answer(FILE *to, const bal_imbalance *m)
{
    char *text;
    BAL_TRY(bal_imbalance_answer(&text, m));
    bal_html_lines(to, text);
    free(text);
    return BAL_OK;
}

static bal_status put_plot(FILE *to, const bal_imbalance *m)
{
    bal_figure f = {0};
    bal_status st = draw(&f.svg, m, 1);
    if (st == BAL_OK) st = describe(&f.alt, m);
    if (st == BAL_OK)
        bal_html_figure(to, &f, "plot",
                        "Means over folds and seeds with 95 % intervals, of the arms beside each other; differences by "
                        "all test predictions together, with the paired bootstrap over images or groups. The axis is "
                        "logarithmic.");
    bal_figure_free(&f);
    return st;
}

static void put_head(FILE *to, const bal_imbalance *m, int shown)
{
    fputs("<thead><tr><th scope=\"col\">ratio</th><th scope=\"col\">training images of ", to);
    bal_page_name(to, m->point[0].found->classes[m->rare]);
    fputs("</th><th scope=\"col\">balanced accuracy</th><th scope=\"col\">its recall</th>", to);
    if (shown > BAL_CURVE_GAIN)
        fputs("<th scope=\"col\">difference to original</th><th scope=\"col\">the same of the recall</th>"
              "<th scope=\"col\">difference by parts</th>",
              to);
    fputs("</tr></thead>\n<tbody>\n", to);
}

static void put_arm(FILE *to, const bal_imbalance *m, const char *arm)
{
    int shown = bal_curves_differ(m) && strcmp(arm, BAL_COMPARISON_BASE) != 0 ? BAL_CURVES_SHOWN : BAL_CURVE_GAIN;
    fputs("<div class=\"wide\"><table>\n<caption>", to);
    bal_page_name(to, arm);
    fputs("</caption>\n", to);
    put_head(to, m, shown);
    for (int i = 0; i < m->count; i++) {
        fprintf(to, "<tr><th scope=\"row\">%.4g</th><td>%d</td>", m->point[i].ratio,
                m->point[i].found->trained[m->rare]);
        for (int k = 0; k < shown; k++) bal_html_estimate(to, bal_curve_at(m, i, arm, k));
        fputs("</tr>\n", to);
    }
    fputs("</tbody>\n</table></div>\n", to);
}

static bal_status put_repeat(FILE *to, const bal_imbalance *m)
{
    fputs("<h2>Experiments</h2>\n<ul>\n", to);
    for (int i = 0; i < m->count; i++) {
        fprintf(to, "<li>%.4g to 1: ", m->point[i].ratio);
        bal_page_name(to, m->point[i].name);
        fputs("</li>\n", to);
    }
    fputs("</ul>\n<h2>How to repeat it</h2>\n<pre><code>ballast report", to);
    for (int i = 0; i < m->count; i++) {
        char *word = bal_shell_word(m->point[i].name);
        if (!word) return bal_html_no_memory();
        fputc(' ', to);
        bal_page_text(to, word);
        free(word);
    }
    fputs(" --out FOLDER\n</code></pre>\n", to);
    return BAL_OK;
}

static bal_status put_page(FILE *to, const bal_imbalance *m)
{
    bal_page_begin(to, "Classes that get rarer");
    BAL_TRY(put_answer(to, m));
    BAL_TRY(put_plot(to, m));
    fputs("<h2>Arms</h2>\n", to);
    for (int i = 0; i < m->arms.count; i++) put_arm(to, m, m->arms.name[i]);
    fputs("<p>Intervals of means, and of differences by parts: Student's t over folds and seeds, corrected for folds "
          "that share training images, cut where no figure can be: how much trainings scatter, which few of them tell "
          "badly. Of differences by all test predictions together: the paired bootstrap over images or groups, each "
          "with all its answers: how much the test images do.</p>\n",
          to);
    BAL_TRY(put_repeat(to, m));
    bal_page_end(to);
    return BAL_OK;
}

bal_status bal_imbalance_html(char **out, const bal_imbalance *m)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return bal_html_no_memory();
    return bal_html_finish(to, out, put_page(to, m));
}

bal_status bal_imbalance_save(const bal_imbalance *m, const char *folder)
{
    static const struct {
        const char *name;
        bal_status (*make)(char **out, const bal_imbalance *m);
    } files[] = {{"imbalance.txt", bal_imbalance_text},
                 {"imbalance.json", bal_imbalance_json},
                 {"imbalance.csv", bal_imbalance_csv},
                 {"imbalance.svg", bal_imbalance_svg},
                 {"report.html", bal_imbalance_html}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *text;
        BAL_TRY(files[i].make(&text, m));
        BAL_TRY(bal_html_save_text(folder, files[i].name, text));
    }
    return BAL_OK;
}
