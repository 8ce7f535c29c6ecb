/* plot -- see ballast/plot.h. Coordinates in the SVG are pixels with two decimals, y downwards. */
#include "ballast/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"

enum { WIDTH = 720, HEIGHT = 300 }; /* of a panel, in pixels */
enum { LEFT = 70, TOP = 40, INNER_WIDTH = 440, INNER_HEIGHT = 204 };
enum { LEGEND = LEFT + INNER_WIDTH + 20, LEGEND_CHARACTERS = 20 };
enum { STYLES = 6, MARKS = 10 }; /* MARKS: about so many markers a line */

static const char style[] =
    "<style>\n"
    "text { font: 12px sans-serif; fill: #222 } .title { font-size: 14px; font-weight: bold }\n"
    ".paper { fill: #fff } .frame { fill: none; stroke: #444 } .grid { stroke: #ddd }\n"
    ".line { fill: none; stroke-width: 2; stroke-linejoin: round } .reference { fill: none; stroke: #777 }\n"
    ".mark { fill: #fff; stroke-width: 1.5 }\n"
    ".s0 { stroke: #0072b2 } .s1 { stroke: #d55e00 } .s2 { stroke: #009e73 }\n"
    ".s3 { stroke: #cc79a7 } .s4 { stroke: #e69f00 } .s5 { stroke: #56b4e9 }\n"
    ".line.s1 { stroke-dasharray: 7 3 } .line.s2 { stroke-dasharray: 2 3 } .line.s3 { stroke-dasharray: 8 3 2 3 }\n"
    ".line.s4 { stroke-dasharray: 12 4 } .line.s5 { stroke-dasharray: 4 2 1 2 1 2 }\n"
    ".reference { stroke-dasharray: 3 3 }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  text { fill: #ddd } .paper, .mark { fill: #1b1b1b } .frame { stroke: #aaa } .grid { stroke: #3a3a3a }\n"
    "  .reference { stroke: #999 } .s0 { stroke: #4aa8e0 } .s1 { stroke: #ff8a3d } .s2 { stroke: #2fc99b }\n"
    "}\n"
    "</style>\n";

/* Marker shapes around (0, 0). */
static const char *const shapes[STYLES] = {
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", /* circle */
    "M-3.5-3.5h7v7h-7z",                   /* square */
    "M0-4.5L4.5 3.5H-4.5z",                /* triangle */
    "M0-5L5 0L0 5L-5 0z",                  /* diamond */
    "M0 4.5L4.5-3.5H-4.5z",                /* triangle, point down */
    "M-4-1.5h8v3h-8z",                     /* bar */
};

/* An axis from data to pixels: value v is at origin + (v - min) * scale. */
typedef struct axis {
    double min, max, step, origin, scale;
} axis;

static void put_escaped(FILE *to, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '&') fputs("&amp;", to);
        else if (*p == '<') fputs("&lt;", to);
        else if (*p == '>') fputs("&gt;", to);
        else if (*p == '"') fputs("&quot;", to);
        else fputc(*p < ' ' ? ' ' : *p, to); /* XML has no other control characters */
    }
}

static void put_text(FILE *to, double x, double y, const char *attributes, const char *text)
{
    fprintf(to, "<text x=\"%.2f\" y=\"%.2f\" %s>", x, y, attributes);
    put_escaped(to, text);
    fputs("</text>\n", to);
}

/* A name of more than `most` code points is cut, and stands whole in its title. */
static void put_short(FILE *to, double x, double y, const char *name, int most)
{
    size_t size = 0;
    int    n = 0;
    for (; name[size]; size++) {
        n += ((unsigned char)name[size] & 0xC0) != 0x80;
        if (n > most) break;
    }
    char *cut = name[size] ? bal_format("%.*s\xE2\x80\xA6", (int)size, name) : NULL;
    if (cut) fputs("<g><title>", to);
    if (cut) put_escaped(to, name);
    if (cut) fputs("</title>\n", to);
    put_text(to, x, y, "", cut ? cut : name);
    if (cut) fputs("</g>\n", to);
    free(cut);
}

/* ---- axes ------------------------------------------------------------------------------------------------------ */

static void stretch(double *min, double *max, const double *v, int count)
{
    for (int i = 0; i < count; i++) {
        if (!isfinite(v[i])) continue;
        *min = fmin(*min, v[i]); /* fmin and fmax pass over NaN */
        *max = fmax(*max, v[i]);
    }
}

/* 1, 2 or 5 times a power of ten, so that about `ticks` fit. */
static double nice_step(double range, int ticks)
{
    double rough = range / ticks, power = pow(10, floor(log10(rough))), part = rough / power;
    return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

/* Limits that were given stay; those from the data are widened to a tick where `widen` says so. */
static axis make_axis(double min, double max, double data_min, double data_max, bool widen)
{
    axis a = {.min = isnan(min) ? data_min : min, .max = isnan(max) ? data_max : max};
    if (isnan(a.min)) a.min = isnan(a.max) ? 0 : a.max - 1;
    if (isnan(a.max)) a.max = a.min + 1;
    if (!(a.max - a.min > 1e-12 * fmax(fabs(a.min), fabs(a.max)) + 1e-300)) {
        double half = fmax(fabs(a.min) / 2, 0.5);
        if (isnan(min)) a.min -= half;
        a.max += half;
    }
    a.step = nice_step(a.max - a.min, 5);
    if (widen && isnan(min)) a.min = floor(a.min / a.step + 1e-9) * a.step;
    if (widen && isnan(max)) a.max = ceil(a.max / a.step - 1e-9) * a.step;
    return a;
}

static bool all_whole(const bal_panel *p)
{
    for (int s = 0; s < p->count; s++)
        for (int i = 0; i < p->series[s].count; i++)
            if (isfinite(p->series[s].x[i]) && p->series[s].x[i] != floor(p->series[s].x[i])) return false;
    return true;
}

static void make_axes(axis *x, axis *y, const bal_panel *p, double top)
{
    double x_min = (double)NAN, x_max = x_min, y_min = x_min, y_max = x_min;
    for (int s = 0; s < p->count; s++) {
        stretch(&x_min, &x_max, p->series[s].x, p->series[s].count);
        stretch(&y_min, &y_max, p->series[s].y, p->series[s].count);
    }
    *x = make_axis(p->x_min, p->x_max, x_min, x_max, false);
    *y = make_axis(p->y_min, p->y_max, y_min, y_max, true);
    if (all_whole(p)) x->step = fmax(x->step, 1); /* no tick between two epochs */
    x->scale = INNER_WIDTH / (x->max - x->min);
    x->origin = LEFT;
    y->scale = -INNER_HEIGHT / (y->max - y->min);
    y->origin = top + TOP + INNER_HEIGHT;
}

static double at(const axis *a, double v)
{
    return a->origin + (v - a->min) * a->scale;
}

static double first_tick(const axis *a)
{
    return ceil(a->min / a->step - 1e-9);
}

static bool is_tick(const axis *a, double k)
{
    return k * a->step <= a->max + 1e-9 * a->step;
}

static void tick_text(char out[32], double v)
{
    snprintf(out, 32, "%.6g", fabs(v) < 1e-300 ? 0.0 : v); /* never "-0" */
}

static void put_axes(FILE *to, const bal_panel *p, const axis *x, const axis *y, double top)
{
    char   text[32];
    double bottom = top + TOP + INNER_HEIGHT;
    for (double k = first_tick(y); is_tick(y, k); k++) {
        double v = at(y, k * y->step);
        fprintf(to, "<path class=\"grid\" d=\"M%d %.2fh%d\"/>\n", LEFT, v, INNER_WIDTH);
        tick_text(text, k * y->step);
        put_text(to, LEFT - 8, v + 4, "text-anchor=\"end\"", text);
    }
    for (double k = first_tick(x); is_tick(x, k); k++) {
        double v = at(x, k * x->step);
        fprintf(to, "<path class=\"frame\" d=\"M%.2f %.2fv5\"/>\n", v, bottom);
        tick_text(text, k * x->step);
        put_text(to, v, bottom + 18, "text-anchor=\"middle\"", text);
    }
    fprintf(to, "<rect class=\"frame\" x=\"%d\" y=\"%.2f\" width=\"%d\" height=\"%d\"/>\n", LEFT, top + TOP,
            INNER_WIDTH, INNER_HEIGHT);
    put_text(to, LEFT + INNER_WIDTH / 2.0, bottom + 36, "text-anchor=\"middle\"", p->x_label);
    snprintf(text, sizeof text, "%.2f", top + TOP + INNER_HEIGHT / 2.0);
    fprintf(to, "<text transform=\"translate(18 %s) rotate(-90)\" text-anchor=\"middle\">", text);
    put_escaped(to, p->y_label);
    fputs("</text>\n", to);
    put_text(to, LEFT, top + TOP - 14, "class=\"title\"", p->title);
}

/* ---- lines ----------------------------------------------------------------------------------------------------- */

static bool is_point(const bal_series *s, int i)
{
    return isfinite(s->x[i]) && isfinite(s->y[i]);
}

static void put_line(FILE *to, const bal_series *s, const char *class, const axis *x, const axis *y)
{
    bool drawing = false;
    fprintf(to, "<path class=\"%s\" d=\"", class);
    for (int i = 0; i < s->count; i++) {
        if (is_point(s, i)) fprintf(to, "%c%.2f %.2f", drawing ? 'L' : 'M', at(x, s->x[i]), at(y, s->y[i]));
        drawing = is_point(s, i);
    }
    fputs("\"/>\n", to);
}

static void put_mark(FILE *to, int kind, double x, double y)
{
    fprintf(to, "<path class=\"mark s%d\" transform=\"translate(%.2f %.2f)\" d=\"%s\"/>\n", kind, x, y, shapes[kind]);
}

/* Every so many points, lines shifted against each other so that markers of equal lines are seen side by side. */
static void put_marks(FILE *to, const bal_series *s, int kind, const axis *x, const axis *y)
{
    int every = s->count > MARKS ? s->count / MARKS : 1;
    for (int i = kind * every / STYLES; i < s->count; i += every)
        if (is_point(s, i)) put_mark(to, kind, at(x, s->x[i]), at(y, s->y[i]));
}

static void put_series(FILE *to, const bal_panel *p, const axis *x, const axis *y, double top)
{
    int    kind = 0;
    double row = top + TOP + 10;
    for (int i = 0; i < p->count; i++) {
        const bal_series *s = &p->series[i];
        char              class[16] = "reference";
        if (!s->reference) snprintf(class, sizeof class, "line s%d", kind % STYLES);
        put_line(to, s, class, x, y);
        if (!s->reference) put_marks(to, s, kind % STYLES, x, y);
        if (s->name) {
            fprintf(to, "<path class=\"%s\" d=\"M%d %.2fh30\"/>\n", class, LEGEND, row);
            if (!s->reference) put_mark(to, kind % STYLES, LEGEND + 15, row);
            put_short(to, LEGEND + 38, row + 4, s->name, LEGEND_CHARACTERS);
            row += 20;
        }
        kind += !s->reference;
    }
}

static void put_panel(FILE *to, const bal_panel *p, double top)
{
    axis x, y;
    make_axes(&x, &y, p, top);
    put_axes(to, p, &x, &y, top);
    put_series(to, p, &x, &y, top);
}

static void put_head(FILE *to, int width, int height)
{
    fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %d\" ", width, height);
    fprintf(to, "width=\"%d\" height=\"%d\">\n<title>", width, height);
}

static void put_paper(FILE *to, int width, int height)
{
    fprintf(to, "</title>\n%s<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", style, width, height);
}

static void put_svg(FILE *to, const bal_panel *panels, int count)
{
    int height = count * HEIGHT;
    put_head(to, WIDTH, height);
    for (int i = 0; i < count; i++) {
        if (i) fputs(", ", to);
        put_escaped(to, panels[i].title);
    }
    put_paper(to, WIDTH, height);
    for (int i = 0; i < count; i++) put_panel(to, &panels[i], (double)i * HEIGHT);
    fputs("</svg>\n", to);
}

/* ---- forests ----------------------------------------------------------------------------------------------------- */

enum { FOREST_WIDTH = 440, FOREST_LEFT = 14, FOREST_INNER = FOREST_WIDTH - 2 * FOREST_LEFT };
enum { FOREST_HEAD = 44, FOREST_ROW = 40, FOREST_FOOT = 56, FOREST_CHARACTERS = 32 };

static int forest_height(const bal_forest *f)
{
    return FOREST_HEAD + f->count * FOREST_ROW + FOREST_FOOT;
}

static axis forest_axis(const bal_forest *f)
{
    double min = f->reference, max = f->reference;
    for (int i = 0; i < f->count; i++) {
        stretch(&min, &max, &f->row[i].mean, 1);
        stretch(&min, &max, &f->row[i].low, 1);
        stretch(&min, &max, &f->row[i].high, 1);
    }
    axis x = make_axis((double)NAN, (double)NAN, min, max, true);
    x.scale = FOREST_INNER / (x.max - x.min);
    x.origin = FOREST_LEFT;
    return x;
}

static void put_forest_row(FILE *to, const bal_forest_row *r, const axis *x, double y)
{
    char text[80] = "n/a";
    if (isfinite(r->low)) snprintf(text, sizeof text, "%.3f [%.3f, %.3f]", r->mean, r->low, r->high);
    else if (isfinite(r->mean)) snprintf(text, sizeof text, "%.3f", r->mean);
    put_short(to, FOREST_LEFT, y + 12, r->name, FOREST_CHARACTERS);
    put_text(to, FOREST_LEFT + FOREST_INNER, y + 12, "text-anchor=\"end\"", text);
    if (isfinite(r->low))
        fprintf(to, "<path class=\"line s0\" d=\"M%.2f %.2fv8m0-4H%.2fm0-4v8\"/>\n", at(x, r->low), y + 20,
                at(x, r->high));
    if (isfinite(r->mean)) put_mark(to, 0, at(x, r->mean), y + 24);
}

static void put_forest(FILE *to, const bal_forest *f, double top)
{
    axis   x = forest_axis(f);
    char   text[32];
    double begin = top + FOREST_HEAD - 6, bottom = top + FOREST_HEAD + f->count * FOREST_ROW;
    put_text(to, FOREST_LEFT, top + 24, "class=\"title\"", f->title);
    for (double k = first_tick(&x); is_tick(&x, k); k++) {
        double v = at(&x, k * x.step);
        fprintf(to, "<path class=\"grid\" d=\"M%.2f %.2fV%.2f\"/>\n", v, begin, bottom);
        tick_text(text, k * x.step);
        put_text(to, v, bottom + 18, "text-anchor=\"middle\"", text);
    }
    fprintf(to, "<path class=\"frame\" d=\"M%d %.2fh%d\"/>\n", FOREST_LEFT, bottom, FOREST_INNER);
    if (isfinite(f->reference))
        fprintf(to, "<path class=\"reference\" d=\"M%.2f %.2fV%.2f\"/>\n", at(&x, f->reference), begin, bottom);
    put_text(to, FOREST_LEFT + FOREST_INNER / 2.0, bottom + 38, "text-anchor=\"middle\"", f->x_label);
    for (int i = 0; i < f->count; i++) put_forest_row(to, &f->row[i], &x, top + FOREST_HEAD + i * FOREST_ROW);
}

static void put_forests(FILE *to, const bal_forest *forests, int count)
{
    int height = 0, top = 0;
    for (int i = 0; i < count; i++) height += forest_height(&forests[i]);
    put_head(to, FOREST_WIDTH, height);
    for (int i = 0; i < count; i++) {
        if (i) fputs(", ", to);
        put_escaped(to, forests[i].title);
    }
    put_paper(to, FOREST_WIDTH, height);
    for (int i = 0; i < count; i++) {
        put_forest(to, &forests[i], top);
        top += forest_height(&forests[i]);
    }
    fputs("</svg>\n", to);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static bal_status no_memory(char **out)
{
    *out = NULL;
    return bal_fail(BAL_ENOMEM, "no memory for a plot");
}

static bal_status finish(FILE *to, char **out)
{
    bool whole = !ferror(to);
    whole &= fclose(to) == 0;
    if (whole) return BAL_OK;
    free(*out);
    return no_memory(out);
}

bal_status bal_plot_svg(char **out, const bal_panel *panels, int count)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return no_memory(out);
    put_svg(to, panels, count);
    return finish(to, out);
}

bal_status bal_plot_forest(char **out, const bal_forest *forests, int count)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return no_memory(out);
    put_forests(to, forests, count);
    return finish(to, out);
}

bal_status bal_plot_write(const char *path, const bal_panel *panels, int count)
{
    bal_file_writer w;
    BAL_TRY(bal_file_create(&w, path));
    put_svg(w.file, panels, count);
    return bal_file_commit(&w);
}
