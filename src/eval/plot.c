/* plot -- see ballast/plot.h. */
#include "ballast/plot.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "eval/plot_parts.h"

enum { LEFT = 58, TOP = 36, INNER_WIDTH = BAL_PLOT_WIDTH - LEFT - 14, WIDE_HEIGHT = 210 };
enum { FOOT = 56, LEGEND = 14, LEGEND_ROW = 20, LEGEND_COLUMNS = 48 }; /* the legend stands below the axes */
enum { MARKS = 10 };                                                   /* about so many markers a line */
enum { CROWD = 4 };                                                    /* bands of more lines are faint */

static int inner_height(const bal_panel *p) { return p->square ? INNER_WIDTH : WIDE_HEIGHT; }

static int panel_height(const bal_panel *p)
{
    int named = 0;
    for (int i = 0; i < p->count; i++) named += p->series[i].name != NULL;
    return TOP + inner_height(p) + FOOT + named * LEGEND_ROW;
}

/* ---- axes ------------------------------------------------------------------------------------------------------ */

static bool all_whole(const bal_panel *p)
{
    for (int s = 0; s < p->count; s++)
        for (int i = 0; i < p->series[s].count; i++)
            if (isfinite(p->series[s].x[i]) && p->series[s].x[i] != floor(p->series[s].x[i])) return false;
    return true;
}

static void make_axes(bal_axis *x, bal_axis *y, const bal_panel *p, double top)
{
    double x_min = (double)NAN, x_max = x_min, y_min = x_min, y_max = x_min;
    for (int s = 0; s < p->count; s++) {
        bal_axis_stretch(&x_min, &x_max, p->series[s].x, p->series[s].count);
        bal_axis_stretch(&y_min, &y_max, p->series[s].y, p->series[s].count);
        bal_axis_stretch(&y_min, &y_max, p->series[s].band.low, p->series[s].band.count);
        bal_axis_stretch(&y_min, &y_max, p->series[s].band.high, p->series[s].band.count);
    }
    *x = p->x_log ? bal_axis_log(x_min, x_max) : bal_axis_of(p->x_min, p->x_max, x_min, x_max, false);
    *y = bal_axis_of(p->y_min, p->y_max, y_min, y_max, true);
    if (!p->x_log && all_whole(p)) x->step = fmax(x->step, 1); /* no tick between two epochs */
    x->scale = INNER_WIDTH / (x->max - x->min);
    x->origin = LEFT;
    y->scale = -inner_height(p) / (y->max - y->min);
    y->origin = top + TOP + inner_height(p);
}

static void put_axes(FILE *to, const bal_panel *p, const bal_axis *x, const bal_axis *y, double top)
{
    char   text[32];
    double bottom = top + TOP + inner_height(p);
    for (double k = bal_axis_first(y); bal_axis_is_tick(y, k); k++) {
        double v = bal_axis_at(y, bal_axis_tick(y, k));
        fprintf(to, "<path class=\"grid\" d=\"M%d %.2fh%d\"/>\n", LEFT, v, INNER_WIDTH);
        bal_axis_text(text, bal_axis_tick(y, k));
        bal_plot_text(to, LEFT - 8, v + 4, "text-anchor=\"end\"", text);
    }
    for (double k = bal_axis_first(x); bal_axis_is_tick(x, k); k++) {
        double v = bal_axis_at(x, bal_axis_tick(x, k));
        fprintf(to, "<path class=\"frame\" d=\"M%.2f %.2fv5\"/>\n", v, bottom);
        bal_axis_text(text, bal_axis_tick(x, k));
        bal_plot_text(to, v, bottom + 18, "text-anchor=\"middle\"", text);
    }
    fprintf(to, "<rect class=\"frame\" x=\"%d\" y=\"%.2f\" width=\"%d\" height=\"%d\"/>\n", LEFT, top + TOP,
            INNER_WIDTH, inner_height(p));
    bal_plot_text(to, LEFT + INNER_WIDTH / 2.0, bottom + 36, "text-anchor=\"middle\"", p->x_label);
    snprintf(text, sizeof text, "%.2f", top + TOP + inner_height(p) / 2.0);
    fprintf(to, "<text transform=\"translate(14 %s) rotate(-90)\" text-anchor=\"middle\">", text);
    bal_plot_escaped(to, p->y_label);
    fputs("</text>\n", to);
    bal_plot_text(to, LEFT, top + TOP - 14, "class=\"title\"", p->title);
}

/* ---- lines ----------------------------------------------------------------------------------------------------- */

static bool is_point(const bal_series *s, int i) { return isfinite(s->x[i]) && isfinite(s->y[i]); }

static void put_line(FILE *to, const bal_series *s, const char *class, const bal_axis *x, const bal_axis *y)
{
    bool drawing = false;
    fprintf(to, "<path class=\"%s\" d=\"", class);
    for (int i = 0; i < s->count; i++) {
        double px = bal_axis_at(x, s->x[i]), py = bal_axis_at(y, s->y[i]);
        bool   point = is_point(s, i);
        if (point && drawing && s->steps) fprintf(to, "V%.2fH%.2f", py, px);
        else if (point) fprintf(to, "%c%.2f %.2f", drawing ? 'L' : 'M', px, py);
        drawing = point;
    }
    fputs("\"/>\n", to);
}

/* Along the upper edge, and back along the lower one; points without an interval are passed over. */
static void put_band(FILE *to, const bal_ribbon *b, int style, bool faint, const bal_axis *x, const bal_axis *y)
{
    const char *class = faint ? "band faint" : "band";
    int drawn = 0;
    for (int i = 0; i < 2 * b->count; i++) {
        int           at = i < b->count ? i : 2 * b->count - 1 - i;
        const double *edge = i < b->count ? b->high : b->low;
        if (!isfinite(edge[at])) continue;
        if (!drawn) fprintf(to, "<path class=\"%s f%d s%d\" d=\"", class, style, style);
        fprintf(to, "%c%.2f %.2f", drawn++ ? 'L' : 'M', bal_axis_at(x, b->x[at]), bal_axis_at(y, edge[at]));
    }
    if (drawn) fputs("z\"/>\n", to);
}

static void put_bars(FILE *to, const bal_ribbon *b, int style, const bal_axis *x, const bal_axis *y)
{
    for (int i = 0; i < b->count; i++)
        if (isfinite(b->low[i]) && isfinite(b->high[i]))
            fprintf(to, "<path class=\"whisker s%d\" d=\"M%.2f %.2fh6m-3 0V%.2fm-3 0h6\"/>\n", style,
                    bal_axis_at(x, b->x[i]) - 3, bal_axis_at(y, b->high[i]), bal_axis_at(y, b->low[i]));
}

/* Every so many points, lines shifted against each other so that markers of equal lines are seen side by side. */
static void put_marks(FILE *to, const bal_series *s, int style, const bal_axis *x, const bal_axis *y)
{
    int every = s->count > MARKS ? s->count / MARKS : 1;
    for (int i = style * every / BAL_PLOT_STYLES; i < s->count; i += every)
        if (is_point(s, i)) bal_plot_mark(to, style, bal_axis_at(x, s->x[i]), bal_axis_at(y, s->y[i]));
}

static void put_legend(FILE *to, const bal_series *s, const char *class, int style, double y)
{
    fprintf(to, "<path class=\"%s\" d=\"M%d %.2fh30\"/>\n", class, LEGEND, y);
    if (!s->reference) bal_plot_mark(to, style, LEGEND + 15, y);
    bal_plot_name(to, LEGEND + 38, y + 4, "", s->name, LEGEND_COLUMNS);
}

static void put_series(FILE *to, const bal_panel *p, const bal_axis *x, const bal_axis *y, double top)
{
    int    style = 0;
    double row = top + TOP + inner_height(p) + FOOT;
    for (int i = 0, band = 0; i < p->count; i++) { /* below all lines */
        const bal_series *s = &p->series[i];
        if (s->bars) put_bars(to, &s->band, band % BAL_PLOT_STYLES, x, y);
        else if (s->band.count) put_band(to, &s->band, band % BAL_PLOT_STYLES, p->count > CROWD, x, y);
        band += !s->reference;
    }
    for (int i = 0; i < p->count; i++) {
        const bal_series *s = &p->series[i];
        char class[16] = "reference";
        if (!s->reference) snprintf(class, sizeof class, "line s%d", style % BAL_PLOT_STYLES);
        put_line(to, s, class, x, y);
        if (!s->reference) put_marks(to, s, style % BAL_PLOT_STYLES, x, y);
        if (s->name) {
            put_legend(to, s, class, style % BAL_PLOT_STYLES, row);
            row += LEGEND_ROW;
        }
        style += !s->reference;
    }
}

static void put_panel(FILE *to, const bal_panel *p, double top)
{
    bal_axis x, y;
    make_axes(&x, &y, p, top);
    put_axes(to, p, &x, &y, top);
    put_series(to, p, &x, &y, top);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

enum { PANELS = 8 };

/* Of the panels of a row. */
static int row_height(const bal_panel *panels, int count, int columns)
{
    int height = 0;
    for (int i = 0; i < count && i < columns; i++)
        if (panel_height(&panels[i]) > height) height = panel_height(&panels[i]);
    return height;
}

bal_status bal_plot_svg(char **out, const bal_panel *panels, int count, int columns)
{
    size_t      size;
    int         height = 0, top = 0;
    const char *titles[PANELS];
    FILE       *to = open_memstream(out, &size);
    assert(count <= PANELS && columns > 0);
    if (!to) return bal_plot_no_memory(out);
    for (int i = 0; i < count; i++) titles[i] = panels[i].title;
    for (int i = 0; i < count; i += columns) height += row_height(panels + i, count - i, columns);
    bal_plot_begin(to, BAL_PLOT_WIDTH * (count < columns ? count : columns), height, titles, count);
    for (int i = 0; i < count; i++) {
        int column = i % columns;
        if (column) fprintf(to, "<g transform=\"translate(%d 0)\">\n", column * BAL_PLOT_WIDTH);
        put_panel(to, &panels[i], top);
        if (column) fputs("</g>\n", to);
        if (column == columns - 1) top += row_height(panels + i - column, columns, columns);
    }
    return bal_plot_end(to, out);
}

bal_status bal_plot_write(const char *path, const bal_panel *panels, int count)
{
    char *svg;
    BAL_TRY(bal_plot_svg(&svg, panels, count, 2));
    bal_status st = bal_file_write(path, svg, strlen(svg));
    free(svg);
    return st;
}
