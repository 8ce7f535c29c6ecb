/* plot_parts -- see eval/plot_parts.h. */
#include "eval/plot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"

static const char rules[] =
    "<style>\n"
    "text { font: 13px sans-serif; fill: #222 } .title { font-size: 14px; font-weight: bold } .small { font-size: 11px "
    "}\n"
    ".paper { fill: #fff } .frame { fill: none; stroke: #444 } .grid { stroke: #ddd }\n"
    ".line { fill: none; stroke-width: 2; stroke-linejoin: round } .reference { fill: none; stroke: #777 }\n"
    ".mark { fill: #fff; stroke-width: 1.5 }\n"
    ".whisker { fill: none; stroke-width: 1.2 }\n"
    ".band { fill-opacity: .16; stroke-opacity: .5 } .faint { fill-opacity: .07 }\n"
    ".s0 { stroke: #0072b2 } .s1 { stroke: #d55e00 } .s2 { stroke: #009e73 }\n"
    ".s3 { stroke: #cc79a7 } .s4 { stroke: #e69f00 } .s5 { stroke: #56b4e9 }\n"
    ".f0 { fill: #0072b2 } .f1 { fill: #d55e00 } .f2 { fill: #009e73 }\n"
    ".f3 { fill: #cc79a7 } .f4 { fill: #e69f00 } .f5 { fill: #56b4e9 }\n"
    ".line.s1, .band.s1 { stroke-dasharray: 7 3 } .line.s2, .band.s2 { stroke-dasharray: 2 3 }\n"
    ".line.s3, .band.s3 { stroke-dasharray: 8 3 2 3 } .line.s4, .band.s4 { stroke-dasharray: 12 4 }\n"
    ".line.s5, .band.s5 { stroke-dasharray: 4 2 1 2 1 2 }\n"
    ".reference { stroke-dasharray: 3 3 }\n"
    "@media screen and (prefers-color-scheme: dark) {\n"
    "  text { fill: #ddd } .paper, .mark { fill: #1b1b1b } .frame { stroke: #aaa } .grid { stroke: #3a3a3a }\n"
    "  .reference { stroke: #999 } .s0 { stroke: #4aa8e0 } .s1 { stroke: #ff8a3d } .s2 { stroke: #2fc99b }\n"
    "  .f0 { fill: #4aa8e0 } .f1 { fill: #ff8a3d } .f2 { fill: #2fc99b }\n"
    "  .band { fill-opacity: .25 } .faint { fill-opacity: .1 }\n"
    "}\n"
    "</style>\n";

/* Marker shapes around (0, 0). */
static const char *const shapes[BAL_PLOT_STYLES] = {
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", /* circle */
    "M-3.5-3.5h7v7h-7z",                   /* square */
    "M0-4.5L4.5 3.5H-4.5z",                /* triangle */
    "M0-5L5 0L0 5L-5 0z",                  /* diamond */
    "M0 4.5L4.5-3.5H-4.5z",                /* triangle, point down */
    "M-4-1.5h8v3h-8z",                     /* bar */
};

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* Bytes of a mark that turns the direction of writing (U+202A to U+202E, U+2066 to U+2069), or of U+FFFE or U+FFFF. */
static int refused(const unsigned char *p)
{
    bool embedding = p[0] == 0xE2 && p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE;
    bool isolate = p[0] == 0xE2 && p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9;
    bool none = p[0] == 0xEF && p[1] == 0xBF && (p[2] == 0xBE || p[2] == 0xBF);
    return embedding || isolate || none ? 3 : 0;
}

void bal_plot_escaped(FILE *to, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '&') fputs("&amp;", to);
        else if (*p == '<') fputs("&lt;", to);
        else if (*p == '>') fputs("&gt;", to);
        else if (*p == '"') fputs("&quot;", to);
        else if (refused(p)) {
            fputs("\xEF\xBF\xBD", to);
            p += 2;
        } else fputc(*p < ' ' ? ' ' : *p, to); /* XML has no other control characters */
    }
}

void bal_plot_text(FILE *to, double x, double y, const char *attributes, const char *text)
{
    fprintf(to, "<text x=\"%.2f\" y=\"%.2f\"%s%s>", x, y, *attributes ? " " : "", attributes);
    bal_plot_escaped(to, text);
    fputs("</text>\n", to);
}

/* Bytes that fit; letters of Asia, and what else is long in UTF-8, take two columns. */
static size_t fitting(const char *name, int columns)
{
    size_t size = 0;
    for (int used = 0; name[size]; size++) {
        unsigned char c = (unsigned char)name[size];
        if ((c & 0xC0) == 0x80) continue;
        used += c >= 0xE3 ? 2 : 1;
        if (used > columns) break;
    }
    return size;
}

void bal_plot_name(FILE *to, double x, double y, const char *attributes, const char *name, int columns)
{
    size_t size = fitting(name, columns);
    char  *cut = name[size] ? bal_format("%.*s\xE2\x80\xA6", (int)fitting(name, columns - 1), name) : NULL;
    if (cut) fputs("<g><title>", to);
    if (cut) bal_plot_escaped(to, name);
    if (cut) fputs("</title>\n", to);
    bal_plot_text(to, x, y, attributes, cut ? cut : name);
    if (cut) fputs("</g>\n", to);
    free(cut);
}

void bal_plot_mark(FILE *to, int style, double x, double y)
{
    fprintf(to, "<path class=\"mark s%d\" transform=\"translate(%.2f %.2f)\" d=\"%s\"/>\n", style, x, y, shapes[style]);
}

/* ---- axes ------------------------------------------------------------------------------------------------------ */

void bal_axis_stretch(double *min, double *max, const double *v, int count)
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
bal_axis bal_axis_of(double min, double max, double data_min, double data_max, bool widen)
{
    bal_axis a = {.min = isnan(min) ? data_min : min, .max = isnan(max) ? data_max : max};
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

/* Ticks at 1 2 5, 1 3 or 1 alone in a decade, by how many there are. */
bal_axis bal_axis_log(double data_min, double data_max)
{
    const double margin = 0.04;
    bal_axis     a = {.min = log10(data_min), .max = log10(data_max)};
    double       range = fmax(a.max - a.min, 0.1);
    a.min -= margin * range;
    a.max += margin * range;
    a.decade = range < 1.5 ? 3 : range < 4 ? 2 : 1;
    a.step = 1.0 / a.decade;
    return a;
}

double bal_axis_at(const bal_axis *a, double v)
{
    return a->origin + ((a->decade ? log10(v) : v) - a->min) * a->scale;
}

double bal_axis_tick(const bal_axis *a, double k)
{
    static const double within[][3] = {{1}, {1, 3}, {1, 2, 5}};
    if (!a->decade) return k * a->step;
    double power = floor(k / a->decade);
    return within[a->decade - 1][(int)(k - power * a->decade)] * pow(10, power);
}

double bal_axis_first(const bal_axis *a) { return ceil(a->min / a->step - 1e-9); }

bool bal_axis_is_tick(const bal_axis *a, double k) { return k * a->step <= a->max + 1e-9 * a->step; }

void bal_axis_text(char out[32], double v) { snprintf(out, 32, "%.6g", fabs(v) < 1e-300 ? 0.0 : v); /* never "-0" */ }

/* ---- the frame --------------------------------------------------------------------------------------------------- */

void bal_plot_begin(FILE *to, int width, int height, const char *const *titles, int count)
{
    fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %d %d\" ", width, height);
    fprintf(to, "width=\"%d\" height=\"%d\">\n<title>", width, height);
    for (int i = 0; i < count; i++) {
        if (i) fputs(", ", to);
        bal_plot_escaped(to, titles[i]);
    }
    fprintf(to, "</title>\n%s<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", rules, width, height);
}

bal_status bal_plot_no_memory(char **out)
{
    *out = NULL;
    return bal_fail(BAL_ENOMEM, "no memory for a plot");
}

bal_status bal_plot_end(FILE *to, char **out)
{
    fputs("</svg>\n", to);
    bool whole = !ferror(to);
    whole &= fclose(to) == 0;
    if (whole) return BAL_OK;
    free(*out);
    return bal_plot_no_memory(out);
}
