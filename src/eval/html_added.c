/* html_added -- what each technique of an experiment added, and what its gates decided. See eval/html_parts.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/plot.h"
#include "eval/comparison_parts.h"
#include "eval/html_parts.h"
#include "eval/page.h"
#include "eval/prose.h"

void bal_html_estimate(FILE *to, bal_estimate e)
{
    if (isnan(e.mean)) fputs("<td>n/a</td>", to);
    else if (isnan(e.low)) fprintf(to, "<td>%.3f</td>", e.mean);
    else fprintf(to, "<td>%.3f<small>[%.3f,&#8239;%.3f]</small></td>", e.mean, e.low, e.high);
}

void bal_html_describe(FILE *to, const char *name, bal_estimate e, const char *separator)
{
    fprintf(to, "%s %s", separator, name);
    if (isnan(e.mean)) fputs(" n/a", to);
    else fprintf(to, " %.3f", e.mean);
    if (!isnan(e.low)) fprintf(to, " (%.3f to %.3f)", e.low, e.high);
}

/* ---- the forest -------------------------------------------------------------------------------------------------- */

enum { FIGURES = 2 };

/* The rows of both forests: [FIGURES][c->added_count]. */
typedef struct rows {
    bal_forest_row *of;
    char          **name; /* [count] */
    int             count, capacity;
    char           *label[FIGURES], *recall;
} rows;

static void free_rows(rows *r)
{
    for (int i = 0; r->name && i < r->count; i++) free(r->name[i]);
    for (int f = 0; f < FIGURES; f++) free(r->label[f]);
    free(r->recall);
    free(r->name);
    free(r->of);
}

static bal_status add_row(rows *r, const bal_comparison *c, const bal_added *a)
{
    const bal_compared figure[FIGURES] = {BAL_BALANCED_ACCURACY, bal_added_recall(c)};
    int                i = r->count++;
    r->name[i] = bal_format("%s against %s", a->arm, a->base);
    for (int f = 0; r->name[i] && f < FIGURES; f++) {
        bal_estimate e = bal_comparison_difference(c, a->arm, a->base, figure[f]);
        r->of[f * r->capacity + i] = (bal_forest_row){r->name[i], e.mean, e.low, e.high};
    }
    return r->name[i] ? BAL_OK : bal_html_no_memory();
}

static bal_status make_rows(rows *r, const bal_comparison *c)
{
    r->capacity = c->added_count;
    r->of = calloc((size_t)(FIGURES * r->capacity) + 1, sizeof *r->of);
    r->name = calloc((size_t)r->capacity + 1, sizeof *r->name);
    r->recall = bal_added_recall_name(c);
    if (!r->of || !r->name || !r->recall) return bal_html_no_memory();
    r->label[0] = bal_format("balanced accuracy, arm minus the one it builds on");
    r->label[1] = bal_format("%s, arm minus the one it builds on", r->recall);
    if (!r->label[0] || !r->label[1]) return bal_html_no_memory();
    BAL_EACH_ARM(c, i)
    {
        const bal_added *a = bal_added_find(c, c->part[i].arm);
        if (a) BAL_TRY(add_row(r, c, a));
    }
    return BAL_OK;
}

static bal_status describe(char **alt, const rows *r)
{
    size_t size;
    FILE  *to = open_memstream(alt, &size);
    if (!to) return bal_html_no_memory();
    fputs("Forest plot: differences of arms to the arms that they build on, with 95 % intervals.", to);
    for (int f = 0; f < FIGURES; f++) {
        fprintf(to, " In %s:", f ? r->recall : "balanced accuracy");
        for (int i = 0; i < r->count; i++) {
            const bal_forest_row *row = &r->of[f * r->capacity + i];
            bal_html_describe(to, row->name, (bal_estimate){row->mean, row->low, row->high, 0}, i ? ";" : "");
        }
        fputc('.', to);
    }
    return bal_prose_close(to, alt);
}

bal_status bal_figure_added(bal_figure *out, const bal_comparison *c)
{
    rows r = {0};
    *out = (bal_figure){0};
    bal_status st = make_rows(&r, c);
    bal_forest f[FIGURES] = {{"What each technique added", r.label[0], r.of, r.count, 0},
                             {r.recall, r.label[1], r.of ? r.of + r.capacity : NULL, r.count, 0}};
    if (st == BAL_OK && r.count) st = bal_plot_forest(&out->svg, f, FIGURES);
    if (st == BAL_OK && r.count) st = describe(&out->alt, &r);
    free_rows(&r);
    if (st) bal_figure_free(out);
    return st;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* What stands in backticks as code. */
static bal_status put_settings(FILE *to, const char *settings)
{
    char *text = bal_format("%s", settings), *rest = text;
    bool  code = false;
    if (!text) return bal_html_no_memory();
    for (char *end; (end = strchr(rest, '`')) != NULL; rest = end + 1, code = !code) {
        *end = '\0';
        bal_page_text(to, rest);
        fputs(code ? "</code>" : "<code>", to);
    }
    bal_page_text(to, rest);
    if (code) fputs("</code>", to);
    free(text);
    return BAL_OK;
}

static bal_status put_row(FILE *to, const bal_comparison *c, const bal_added *a)
{
    fputs("<tr><th scope=\"row\">", to);
    bal_page_name(to, a->arm);
    fputs("</th>", to);
    bal_html_estimate(to, bal_comparison_difference(c, a->arm, a->base, BAL_BALANCED_ACCURACY));
    bal_html_estimate(to, bal_comparison_difference(c, a->arm, a->base, bal_added_recall(c)));
    fputs("<td class=\"said\">", to);
    bal_page_name(to, a->base);
    fputc(' ', to);
    BAL_TRY(put_settings(to, a->settings));
    fputs("</td></tr>\n", to);
    return BAL_OK;
}

static bal_status put_table(FILE *to, const bal_comparison *c)
{
    char *recall = bal_added_recall_name(c);
    if (!recall) return bal_html_no_memory();
    fputs(
        "<div class=\"wide\"><table>\n<caption>Arm minus the arm that it builds on: the one before it with the fewest "
        "other settings</caption>\n<thead><tr><th scope=\"col\">arm</th><th scope=\"col\">balanced accuracy</th>"
        "<th scope=\"col\">",
        to);
    bal_page_name(to, recall);
    fputs("</th><th scope=\"col\" class=\"name\">is</th></tr></thead>\n<tbody>\n", to);
    free(recall);
    BAL_EACH_ARM(c, i)
    {
        const bal_added *a = bal_added_find(c, c->part[i].arm);
        if (a) BAL_TRY(put_row(to, c, a));
    }
    fputs("</tbody>\n</table></div>\n", to);
    return BAL_OK;
}

bal_status bal_html_added(FILE *to, const bal_comparison *c)
{
    bal_figure f;
    BAL_TRY(bal_figure_added(&f, c));
    if (!f.svg) return BAL_OK;
    fputs("<h2>What each technique added</h2>\n", to);
    bal_status st = put_table(to, c);
    if (st == BAL_OK)
        bal_html_figure(
            to, &f, "plot",
            "Paired differences, part by part, and their 95 % intervals; right of the dashed line: better.");
    bal_figure_free(&f);
    return st;
}

/* ---- all predictions together ------------------------------------------------------------------------------------ */

void bal_html_pooled(FILE *to, const bal_comparison *c)
{
    if (!c->pooled_count) return;
    fputs("<div class=\"wide\"><table>\n<caption>Differences by all test predictions together</caption>\n<thead><tr>"
          "<th scope=\"col\">arm</th><th scope=\"col\" class=\"name\">against</th><th scope=\"col\">balanced accuracy"
          "</th>",
          to);
    if (c->positive >= 0) fputs("<th scope=\"col\">recall of ", to);
    if (c->positive >= 0) bal_page_name(to, c->classes[c->positive]);
    fputs(c->positive >= 0 ? "</th></tr></thead>\n<tbody>\n" : "</tr></thead>\n<tbody>\n", to);
    for (int i = 0; i < c->pooled_count; i++) {
        fputs("<tr><th scope=\"row\">", to);
        bal_page_name(to, c->pooled[i].arm);
        fputs("</th><td class=\"name\">", to);
        bal_page_name(to, c->pooled[i].other);
        fputs("</td>", to);
        bal_html_estimate(to, c->pooled[i].accuracy);
        if (c->positive >= 0) bal_html_estimate(to, c->pooled[i].recall);
        fputs("</tr>\n", to);
    }
    fputs("</tbody>\n</table></div>\n<p>Intervals: the paired bootstrap over test images, or groups, each with all its "
          "answers. It tells what other test images would change, not what other trainings would; the tables above "
          "tell that, and with few parts badly.</p>\n",
          to);
}

/* ---- gates ------------------------------------------------------------------------------------------------------- */

static void put_gate(FILE *to, const bal_comparison *c, const bal_part_result *p, const bal_class_gate *g)
{
    char place[BAL_PLACE_SIZE];
    bal_part_place(place, p);
    fprintf(to, "<tr><th scope=\"row\">%s</th><td class=\"said\">", place);
    bal_page_name(to, c->classes[g->label]);
    fprintf(to, "</td><td>%g</td>", g->ratio);
    if (isnan(g->tried)) fputs("<td>n/a</td>", to);
    else fprintf(to, "<td>%g</td>", g->tried);
    bal_html_estimate(to, (bal_estimate){g->gain, g->interval.low, g->interval.high, 0});
    fprintf(to, "<td>%d</td><td>%d</td><td>%d</td><td>%d</td><td>%d</td><td class=\"said\">", g->candidates,
            g->wrong_class, g->outliers, g->copies, g->repeated);
    bal_gate_put_words(to, g);
    fputs("</td></tr>\n", to);
}

static void put_gates(FILE *to, const bal_comparison *c, const char *arm)
{
    fputs("<div class=\"wide\"><table>\n<caption>", to);
    bal_page_name(to, arm);
    fputs(": generated images for each real one</caption>\n<thead><tr><th scope=\"col\">part</th>"
          "<th scope=\"col\" class=\"name\">class</th><th scope=\"col\">taken</th><th scope=\"col\">ratio</th><th "
          "scope=\"col\">its difference</th>"
          "<th scope=\"col\">candidates</th><th scope=\"col\">of the wrong class</th><th scope=\"col\">unlike real "
          "ones</th><th scope=\"col\">copies</th><th scope=\"col\">repeated</th><th scope=\"col\" class=\"name\">"
          "decision</th></tr></thead>\n<tbody>\n",
          to);
    for (int i = 0; i < c->count; i++) {
        const bal_part_result *p = &c->part[i];
        for (int k = 0; strcmp(p->arm, arm) == 0 && k < p->gates; k++) put_gate(to, c, p, &p->gate[k]);
    }
    fputs("</tbody>\n</table></div>\n", to);
}

void bal_html_gates(FILE *to, const bal_comparison *c)
{
    if (!bal_gates_any(c, NULL)) return;
    fputs("<h2>Whether synthetic images helped</h2>\n", to);
    BAL_EACH_ARM(c, i) if (bal_gates_any(c, c->part[i].arm)) put_gates(to, c, c->part[i].arm);
    fputs("<p>Decided on validation images alone, class by class, the rarest first. The difference is that in balanced "
          "accuracy to no generated images of the class, with those taken of the classes above it, and its 95 % "
          "interval: of the ratio that was taken, or, where none was, of the one that gained most. "
          "Candidates of the columns behind were dropped before.</p>\n",
          to);
}
