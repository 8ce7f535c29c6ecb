/* plot -- plots as SVG: lines over axes, intervals, bars of counts, confusion matrices. Lines differ by colour (Okabe
 * and Ito 2008, told apart by the colour-blind), by dashes and by markers, bars are labelled, shades stand behind
 * numbers, so that all can be read in grey; dark where the viewer's screen prefers it, never on paper. Names are
 * escaped; long ones are cut, and stand whole in their title. Narrow enough to be read on a phone. The same input gives
 * the same bytes. Every text is the caller's (free). */
#ifndef BALLAST_PLOT_H
#define BALLAST_PLOT_H

#include <stdbool.h>
#include "ballast/status.h"

/* Intervals around a line; where low or high is NaN there is none. */
typedef struct bal_ribbon {
    const double *x, *low, *high;
    int           count; /* 0: none */
} bal_ribbon;

typedef struct bal_series {
    const char   *name; /* in the legend; NULL: not there */
    const double *x, *y; /* a NaN in either breaks the line */
    int           count;
    bool          reference; /* thin and grey, without markers: what the others are compared with */
    bool          steps;     /* a point's y holds from the x before it to its own */
    bal_ribbon    band;
    bool          bars; /* of the band each interval by itself, for a few points */
} bal_series;

/* One pair of axes. Limits that are NaN come from the data. */
typedef struct bal_panel {
    const char       *title, *x_label, *y_label; /* labels with their unit */
    const bal_series *series;
    int               count;
    double            x_min, x_max, y_min, y_max;
    bool              square; /* both axes of one length */
    bool              x_log;  /* logarithmic; x is above 0, and its limits come from the data */
} bal_panel;

/* Panels in so many columns (1: for a page that is read on a phone, too), 8 at most; the second into a file of two
 * columns, complete or absent. */
bal_status bal_plot_svg(char **out, const bal_panel *panels, int count, int columns);
bal_status bal_plot_write(const char *path, const bal_panel *panels, int count);

/* Intervals below each other over one axis: a mark at the mean, a bar from low to high (none where these are NaN). */
typedef struct bal_forest_row {
    const char *name;
    double      mean, low, high;
} bal_forest_row;

typedef struct bal_forest {
    const char           *title, *x_label;
    const bal_forest_row *row;
    int                   count;
    double                reference; /* a dashed line there; NaN: none */
} bal_forest;

/* Forests below each other, 4 at most. */
bal_status bal_plot_forest(char **out, const bal_forest *forests, int count);

/* Counts of images: a bar for each part of each row. */
typedef struct bal_bar_row {
    const char *name;
    const int  *images; /* [part_count] */
} bal_bar_row;

typedef struct bal_bars {
    const char        *title, *x_label;
    const char *const *part;
    int                part_count;
    const bal_bar_row *row;
    int                count;
} bal_bars;

bal_status bal_plot_bars(char **out, const bal_bars *b);

/* A confusion matrix, rows truth, columns prediction: counts, and below them the rates of each row. */
typedef struct bal_matrix {
    char *const *name;   /* [count] */
    const int   *images; /* [count][count] */
    int          count;  /* 1 or more */
} bal_matrix;

bal_status bal_plot_matrix(char **out, const bal_matrix *m);

#endif
