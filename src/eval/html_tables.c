/* html_tables -- see eval/html_parts.h. */
#include "eval/html_parts.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include "ballast/files.h"
#include "ballast/html.h"
#include "eval/page.h"

/* Two decimals, with the interval where there is one. */
static void put_figure(FILE *to, double v, const bal_interval *i)
{
    if (isnan(v)) fputs("<td>n/a</td>", to);
    else if (!i || isnan(i->low)) fprintf(to, "<td>%.2f</td>", v);
    else fprintf(to, "<td>%.2f<small>[%.2f,&#8239;%.2f]</small></td>", v, i->low, i->high);
}

typedef struct columns {
    int figure[4], count;
} columns;

/* Nothing is ranked where there are no probabilities. */
static columns columns_of(const bal_metrics *m)
{
    columns all = {{BAL_CLASS_PRECISION, BAL_CLASS_RECALL, BAL_CLASS_F1, BAL_CLASS_AUROC}, 4};
    if (isnan(m->macro.auroc)) all.count--;
    return all;
}

static void put_class(FILE *to, const bal_scores *s, const columns *of, const bal_interval *intervals)
{
    for (int i = 0; i < of->count; i++)
        put_figure(to, bal_scores_figure(s, of->figure[i]), intervals ? &intervals[of->figure[i]] : NULL);
    fprintf(to, "<td>%d</td>", s->support);
}

static void put_mean(FILE *to, const char *name, const bal_scores *s, const columns *of)
{
    fprintf(to, "<tr><th scope=\"row\">%s</th>", name);
    put_class(to, s, of, NULL);
    fputs("<td></td></tr>\n", to);
}

static void put_head(FILE *to, const columns *of)
{
    fprintf(to,
            "<thead><tr><th scope=\"col\">class</th><th scope=\"col\">precision</th><th scope=\"col\">recall</th>"
            "<th scope=\"col\">F1</th>%s<th scope=\"col\">support</th><th scope=\"col\">predicted</th></tr>"
            "</thead>\n",
            of->count > 3 ? "<th scope=\"col\">AUROC</th>" : "");
}

void bal_html_classes(FILE *to, const bal_metrics *m, char *const *name, const bal_intervals *intervals)
{
    columns of = columns_of(m);
    fprintf(to, "<div class=\"wide\"><table>\n<caption>How well each class is found%s</caption>\n",
            intervals ? ", with 95 % intervals" : "");
    put_head(to, &of);
    fputs("<tbody>\n", to);
    for (int c = 0; c < m->class_count; c++) {
        fputs("<tr><th scope=\"row\">", to);
        bal_page_name(to, name[c]);
        fputs("</th>", to);
        put_class(to, &m->classes[c], &of, intervals ? intervals->classes[c] : NULL);
        fprintf(to, "<td>%d</td></tr>\n", m->classes[c].predicted);
    }
    fputs("</tbody>\n<tfoot>\n", to);
    put_mean(to, "mean over classes", &m->macro, &of);
    put_mean(to, "mean over images", &m->weighted, &of);
    fputs("</tfoot>\n</table></div>\n", to);
}

void bal_html_figures(FILE *to, const bal_metrics *m, const bal_intervals *intervals)
{
    fputs("<h2>Figures over all classes</h2>\n<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">figure</th>"
          "<th scope=\"col\">value</th><th scope=\"col\">better is</th></tr></thead>\n<tbody>\n",
          to);
    for (int i = 0; i < BAL_FIGURES; i++) {
        fprintf(to, "<tr><th scope=\"row\">%s</th>", bal_figures[i].words);
        put_figure(to, bal_metrics_figure(m, i), &intervals->figure[i]);
        fprintf(to, "<td>%s</td></tr>\n", bal_figures[i].falls ? "lower" : "higher");
    }
    fprintf(
        to,
        "</tbody>\n</table></div>\n<p>95&#8239;%% intervals: Wilson's of proportions, DeLong's of AUROC, of the others "
        "from %d resamples of %s; none where chance cannot be seen.</p>\n",
        intervals->resamples, intervals->grouped ? "groups of images" : "images");
}

void bal_html_terms(FILE *to)
{
    fputs("<p>Precision: of the images given this class, the part that is of it. Recall: of its images, the part that "
          "was found. F1: their harmonic mean. AUROC: how often an image of the class is ranked above one of another. "
          "Support: its images; predicted: images given it; n/a: not defined. Confusion matrix: rows are what the "
          "images are, columns what they were taken for; per cent of the row, which is also the shade; framed: "
          "right.</p>\n",
          to);
}

/* ---- confusion --------------------------------------------------------------------------------------------------- */

enum { UPRIGHT = 6 }; /* with more classes the names of columns are turned, so that these are narrow */

static void put_cell(FILE *to, int count, int support, bool hit)
{
    double rate = support ? (double)count / support : 0;
    fprintf(to, "<td%s style=\"--rate:%.3f\">%d", hit ? " class=\"hit\"" : "", rate, count);
    if (count) fprintf(to, "<small>%.0f&#8239;%%</small>", 100 * rate);
    fputs("</td>", to);
}

void bal_html_matrix(FILE *to, const bal_metrics *m, char *const *name)
{
    int n = m->class_count;
    if (n > BAL_MATRIX_CLASSES) {
        fprintf(to, "<p>Confusion matrix: %d classes, see the JSON beside this file.</p>\n", n);
        return;
    }
    fprintf(to,
            "<div class=\"wide\"><table class=\"matrix%s\">\n<caption>Confusion matrix</caption>\n<thead><tr>"
            "<th scope=\"col\">is \\ taken for</th>",
            n > UPRIGHT ? " many" : "");
    for (int c = 0; c < n; c++) {
        fputs("<th scope=\"col\">", to);
        bal_page_name(to, name[c]);
        fputs("</th>", to);
    }
    fputs("</tr></thead>\n<tbody>\n", to);
    for (int t = 0; t < n; t++) {
        fputs("<tr><th scope=\"row\">", to);
        bal_page_name(to, name[t]);
        fputs("</th>", to);
        for (int c = 0; c < n; c++) put_cell(to, m->confusion[t * n + c], m->classes[t].support, t == c);
        fputs("</tr>\n", to);
    }
    fputs("</tbody>\n</table></div>\n", to);
}
