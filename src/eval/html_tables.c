/* html_tables -- see eval/html_parts.h. */
#include "eval/html_parts.h"

#include <math.h>
#include <stdbool.h>
#include "eval/page.h"

enum { MATRIX_CLASSES = 40, MISTAKES = 10 };

static void put_class(FILE *to, const bal_scores *s, bool ranked)
{
    bal_page_figure(to, s->precision);
    bal_page_figure(to, s->recall);
    bal_page_figure(to, s->f1);
    if (ranked) bal_page_figure(to, s->auroc);
    fprintf(to, "<td>%d</td>", s->support);
}

static void put_mean(FILE *to, const char *name, const bal_scores *s, bool ranked)
{
    fprintf(to, "<tr><th scope=\"row\">%s</th>", name);
    put_class(to, s, ranked);
    fputs("<td></td></tr>\n", to);
}

void bal_html_classes(FILE *to, const bal_metrics *m, char *const *name)
{
    bool ranked = !isnan(m->macro.auroc);
    fprintf(to,
            "<div class=\"wide\"><table>\n<caption>How well each class is found</caption>\n<thead><tr>"
            "<th scope=\"col\">class</th><th scope=\"col\">precision</th><th scope=\"col\">recall</th>"
            "<th scope=\"col\">F1</th>%s<th scope=\"col\">support</th><th scope=\"col\">predicted</th></tr>"
            "</thead>\n<tbody>\n",
            ranked ? "<th scope=\"col\">AUROC</th>" : "");
    for (int c = 0; c < m->class_count; c++) {
        fputs("<tr><th scope=\"row\">", to);
        bal_page_name(to, name[c]);
        fputs("</th>", to);
        put_class(to, &m->classes[c], ranked);
        fprintf(to, "<td>%d</td></tr>\n", m->classes[c].predicted);
    }
    fputs("</tbody>\n<tfoot>\n", to);
    put_mean(to, "mean over classes", &m->macro, ranked);
    put_mean(to, "mean over images", &m->weighted, ranked);
    fputs("</tfoot>\n</table></div>\n", to);
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

static void put_cell(FILE *to, int count, int support, bool hit)
{
    double rate = support ? (double)count / support : 0;
    fprintf(to, "<td%s style=\"--rate:%.3f\">%d", hit ? " class=\"hit\"" : "", rate, count);
    if (support) fprintf(to, "<small>%.0f&#8239;%%</small>", 100 * rate);
    fputs("</td>", to);
}

void bal_html_matrix(FILE *to, const bal_metrics *m, char *const *name)
{
    int n = m->class_count;
    if (n > MATRIX_CLASSES) {
        fprintf(to, "<p>Confusion matrix: %d classes, see the JSON beside this file.</p>\n", n);
        return;
    }
    fputs("<div class=\"wide\"><table class=\"matrix\">\n<caption>Confusion matrix</caption>\n<thead><tr>"
          "<th scope=\"col\">is \\ taken for</th>",
          to);
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

/* ---- mistakes ---------------------------------------------------------------------------------------------------- */

static double sureness(const bal_prediction *r) { return r->probability[r->predicted]; }

static bool wrong(const bal_prediction *r) { return r->label >= 0 && r->label != r->predicted; }

/* Indices of up to MISTAKES rows, the surest first, of equally sure ones the first. */
static int surest(int out[MISTAKES], const bal_predictions *p)
{
    int n = 0;
    for (int i = 0; i < p->count; i++) {
        const bal_prediction *r = &p->row[i];
        int                   at = n;
        if (!wrong(r)) continue;
        while (at > 0 && sureness(r) > sureness(&p->row[out[at - 1]])) at--;
        if (at == MISTAKES) continue;
        if (n < MISTAKES) n++;
        for (int k = n - 1; k > at; k--) out[k] = out[k - 1];
        out[at] = i;
    }
    return n;
}

static void put_mistake(FILE *to, const bal_predictions *p, const bal_prediction *r)
{
    fputs("<tr><td class=\"name\">", to);
    bal_page_name(to, r->path ? r->path : "");
    fputs("</td><td class=\"name\">", to);
    bal_page_name(to, p->classes[r->label]);
    fputs("</td><td class=\"name\">", to);
    bal_page_name(to, p->classes[r->predicted]);
    fputs("</td>", to);
    bal_page_figure(to, sureness(r));
    bal_page_figure(to, r->probability[r->label]);
    fputs("</tr>\n", to);
}

void bal_html_mistakes(FILE *to, const bal_predictions *p)
{
    int row[MISTAKES], n = p->probabilities ? surest(row, p) : 0;
    if (!n) return;
    fputs("<h2>Most confident mistakes</h2>\n<div class=\"wide\"><table>\n<caption>Wrong predictions with the highest "
          "probability; all are in predictions.csv</caption>\n<thead><tr><th scope=\"col\">image</th>"
          "<th scope=\"col\" class=\"name\">is</th><th scope=\"col\" class=\"name\">taken for</th><th "
          "scope=\"col\">probability of that</th>"
          "<th scope=\"col\">of the truth</th></tr></thead>\n<tbody>\n",
          to);
    for (int i = 0; i < n; i++) put_mistake(to, p, &p->row[row[i]]);
    fputs("</tbody>\n</table></div>\n", to);
}
