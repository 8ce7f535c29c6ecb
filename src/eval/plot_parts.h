/* plot_parts -- what every plot is made of: the frame of an SVG with its style, escaped texts, axes, markers.
 * Coordinates are pixels with two decimals, y downwards. Write errors stay in the stream. */
#ifndef BALLAST_EVAL_PLOT_PARTS_H
#define BALLAST_EVAL_PLOT_PARTS_H

#include <stdbool.h>
#include <stdio.h>
#include "ballast/status.h"

/* Narrow, so that on a phone the texts are still large enough. */
#define BAL_PLOT_WIDTH 400
#define BAL_PLOT_STYLES 6

/* The frame; titles: of all that is in it, count of them, for who cannot see. */
void bal_plot_begin(FILE *to, int width, int height, const char *const *titles, int count);
/* Close the stream over memory: its text in *out is the caller's, or NULL. */
bal_status bal_plot_end(FILE *to, char **out);
bal_status bal_plot_no_memory(char **out);

/* Escaped; what XML cannot have, and marks that turn the direction of writing, become U+FFFD. */
void bal_plot_escaped(FILE *to, const char *text);
void bal_plot_text(FILE *to, double x, double y, const char *attributes, const char *text);
/* A name of more columns is cut, and stands whole in its title. */
void bal_plot_name(FILE *to, double x, double y, const char *attributes, const char *name, int columns);

/* The outline of a style's marker around (x, y). */
void bal_plot_mark(FILE *to, int style, double x, double y);

/* An axis from data to pixels: value v is at origin + (v - min) * scale; on a logarithmic one log10 v stands for v. */
typedef struct bal_axis {
    double min, max, step, origin, scale;
    int    decade; /* ticks in one; 0: linear */
} bal_axis;

/* Limits that are NaN come from the data, widened to a tick where `widen` says so. */
bal_axis bal_axis_of(double min, double max, double data_min, double data_max, bool widen);
/* Logarithmic, for data above 0. */
bal_axis bal_axis_log(double data_min, double data_max);
/* Widen limits to finite values. */
void   bal_axis_stretch(double *min, double *max, const double *v, int count);
double bal_axis_at(const bal_axis *a, double v);
/* The values of ticks: for (k = first; is_tick(a, k); k++) tick(a, k). */
double bal_axis_first(const bal_axis *a);
bool   bal_axis_is_tick(const bal_axis *a, double k);
double bal_axis_tick(const bal_axis *a, double k);
void   bal_axis_text(char out[32], double v);

#endif
