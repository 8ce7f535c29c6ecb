/* plot_rows -- rows below each other over one axis: forests of intervals, bars of counts. See ballast/plot.h. */
#include "ballast/plot.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include "eval/plot_parts.h"

enum { LEFT = 14, INNER = BAL_PLOT_WIDTH - 2 * LEFT, HEAD = 44, FOOT = 56 };

/* ---- forests ----------------------------------------------------------------------------------------------------- */

enum { FOREST_ROW = 40, FOREST_COLUMNS = 30 };

static int forest_height(const bal_forest *f) { return HEAD + f->count * FOREST_ROW + FOOT; }

static bal_axis forest_axis(const bal_forest *f)
{
    double min = f->reference, max = f->reference;
    for (int i = 0; i < f->count; i++) {
        bal_axis_stretch(&min, &max, &f->row[i].mean, 1);
        bal_axis_stretch(&min, &max, &f->row[i].low, 1);
        bal_axis_stretch(&min, &max, &f->row[i].high, 1);
    }
    bal_axis x = bal_axis_of((double)NAN, (double)NAN, min, max, true);
    x.scale = INNER / (x.max - x.min);
    x.origin = LEFT;
    return x;
}

static void put_forest_row(FILE *to, const bal_forest_row *r, const bal_axis *x, double y)
{
    char text[80] = "n/a";
    if (isfinite(r->low)) snprintf(text, sizeof text, "%.3f [%.3f, %.3f]", r->mean, r->low, r->high);
    else if (isfinite(r->mean)) snprintf(text, sizeof text, "%.3f", r->mean);
    bal_plot_name(to, LEFT, y + 12, "", r->name, FOREST_COLUMNS);
    bal_plot_text(to, LEFT + INNER, y + 12, "text-anchor=\"end\"", text);
    if (isfinite(r->low))
        fprintf(to, "<path class=\"line s0\" d=\"M%.2f %.2fv8m0-4H%.2fm0-4v8\"/>\n", bal_axis_at(x, r->low), y + 20,
                bal_axis_at(x, r->high));
    if (isfinite(r->mean)) bal_plot_mark(to, 0, bal_axis_at(x, r->mean), y + 24);
}

/* Ticks and the line below rows from `top` to `bottom`. */
static void put_axis(FILE *to, const bal_axis *x, const char *label, double top, double bottom)
{
    char text[32];
    for (double k = bal_axis_first(x); bal_axis_is_tick(x, k); k++) {
        double v = bal_axis_at(x, bal_axis_tick(x, k));
        fprintf(to, "<path class=\"grid\" d=\"M%.2f %.2fV%.2f\"/>\n", v, top, bottom);
        bal_axis_text(text, bal_axis_tick(x, k));
        bal_plot_text(to, v, bottom + 18, "text-anchor=\"middle\"", text);
    }
    fprintf(to, "<path class=\"frame\" d=\"M%d %.2fh%d\"/>\n", LEFT, bottom, INNER);
    bal_plot_text(to, LEFT + INNER / 2.0, bottom + 38, "text-anchor=\"middle\"", label);
}

static void put_forest(FILE *to, const bal_forest *f, double top)
{
    bal_axis x = forest_axis(f);
    double   begin = top + HEAD - 6, bottom = top + HEAD + f->count * FOREST_ROW;
    bal_plot_text(to, LEFT, top + 24, "class=\"title\"", f->title);
    put_axis(to, &x, f->x_label, begin, bottom);
    if (isfinite(f->reference))
        fprintf(to, "<path class=\"reference\" d=\"M%.2f %.2fV%.2f\"/>\n", bal_axis_at(&x, f->reference), begin,
                bottom);
    for (int i = 0; i < f->count; i++) put_forest_row(to, &f->row[i], &x, top + HEAD + i * FOREST_ROW);
}

enum { FORESTS = 4 };

bal_status bal_plot_forest(char **out, const bal_forest *forests, int count)
{
    size_t      size;
    int         height = 0, top = 0;
    const char *titles[FORESTS];
    FILE       *to = open_memstream(out, &size);
    assert(count <= FORESTS);
    if (!to) return bal_plot_no_memory(out);
    for (int i = 0; i < count; i++) {
        titles[i] = forests[i].title;
        height += forest_height(&forests[i]);
    }
    bal_plot_begin(to, BAL_PLOT_WIDTH, height, titles, count);
    for (int i = 0; i < count; i++) {
        put_forest(to, &forests[i], top);
        top += forest_height(&forests[i]);
    }
    return bal_plot_end(to, out);
}

/* ---- bars -------------------------------------------------------------------------------------------------------- */

enum { NAME = 20, BAR = 16, GAP = 8, LABEL = 120, BARS_COLUMNS = 52 };

static int bars_height(const bal_bars *b) { return NAME + BAR * b->part_count + GAP; }

static bal_axis bars_axis(const bal_bars *b)
{
    double most = 1;
    for (int i = 0; i < b->count; i++)
        for (int p = 0; p < b->part_count; p++) most = fmax(most, b->row[i].images[p]);
    bal_axis x = bal_axis_of(0, (double)NAN, 0, most, false);
    x.step = fmax(x.step, 1);
    x.origin = LEFT;
    x.scale = (INNER - LABEL) / (x.max - x.min);
    return x;
}

/* Each bar says what it is: nothing hangs on its colour. */
static void put_bars(FILE *to, const bal_bars *b, const bal_bar_row *r, const bal_axis *x, double top)
{
    bal_plot_name(to, LEFT, top + 14, "", r->name, BARS_COLUMNS);
    for (int p = 0; p < b->part_count; p++) {
        char   text[64];
        double width = r->images[p] * x->scale, y = top + NAME + BAR * p;
        fprintf(to, "<rect class=\"f%d\" x=\"%d\" y=\"%.2f\" width=\"%.2f\" height=\"%d\"/>\n", p % BAL_PLOT_STYLES,
                LEFT, y, width, BAR - 4);
        snprintf(text, sizeof text, "%s%s%d", b->part[p], *b->part[p] ? " " : "", r->images[p]);
        bal_plot_text(to, LEFT + width + 6, y + 10, "class=\"small\"", text);
    }
}

bal_status bal_plot_bars(char **out, const bal_bars *b)
{
    size_t   size;
    bal_axis x = bars_axis(b);
    int      bottom = HEAD + b->count * bars_height(b);
    FILE    *to = open_memstream(out, &size);
    if (!to) return bal_plot_no_memory(out);
    bal_plot_begin(to, BAL_PLOT_WIDTH, bottom + FOOT, &b->title, 1);
    bal_plot_text(to, LEFT, 24, "class=\"title\"", b->title);
    put_axis(to, &x, b->x_label, HEAD - 6, bottom);
    for (int i = 0; i < b->count; i++) put_bars(to, b, &b->row[i], &x, HEAD + i * bars_height(b));
    return bal_plot_end(to, out);
}
