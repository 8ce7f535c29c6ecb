/* plot -- lines over axes, as an SVG file. Lines differ by colour (Okabe and Ito 2008, told apart by the colour-blind),
 * by dashes and by markers, so that they can be read in grey; dark where the viewer prefers it. The same input gives
 * the same bytes. */
#ifndef BALLAST_PLOT_H
#define BALLAST_PLOT_H

#include <stdbool.h>
#include "ballast/status.h"

typedef struct bal_series {
    const char   *name; /* in the legend; NULL: not there */
    const double *x, *y; /* a NaN in either breaks the line */
    int           count;
    bool          reference; /* thin and grey, without markers: what the others are compared with */
} bal_series;

/* One pair of axes. Limits that are NaN come from the data. */
typedef struct bal_panel {
    const char       *title, *x_label, *y_label; /* labels with their unit */
    const bal_series *series;
    int               count;
    double            x_min, x_max, y_min, y_max;
} bal_panel;

/* Panels below each other. The text is the caller's (free). */
bal_status bal_plot_svg(char **out, const bal_panel *panels, int count);

/* The same into a file; complete or absent. */
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

/* Forests below each other. The text is the caller's (free). */
bal_status bal_plot_forest(char **out, const bal_forest *forests, int count);

#endif
