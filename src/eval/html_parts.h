/* html_parts -- sections of report.html: tables of a classification, and what a run's folder says of itself. */
#ifndef EVAL_HTML_PARTS_H
#define EVAL_HTML_PARTS_H

#include <stdio.h>
#include "ballast/report.h"

/* ---- html_tables.c ---- */

/* intervals: of m's figures, or NULL. */
void bal_html_classes(FILE *to, const bal_metrics *m, char *const *name, const bal_intervals *intervals);
void bal_html_figures(FILE *to, const bal_metrics *m, const bal_intervals *intervals);
/* Counts, with the part of the row below each; nothing but a sentence beyond 40 classes. */
void bal_html_matrix(FILE *to, const bal_metrics *m, char *const *name);
/* What the two show. */
void bal_html_terms(FILE *to);

/* ---- html_examples.c: pictures only where they are there ---- */

/* The surest mistakes and right answers, with pictures and heat maps (ballast/examples.h). */
void bal_html_examples(FILE *to, const bal_predictions *p, const char *folder);

/* ---- html_plots.c ---- */

/* ROC, precision and recall, reliability: an SVG that the caller frees; NULL where there is nothing to draw. */
bal_status bal_html_probabilities(char **out, const bal_report *r);

/* ---- html_folder.c: nothing where the file is not there ---- */

void bal_html_run(FILE *to, const char *folder);      /* run.json */
void bal_html_data(FILE *to, const char *folder);     /* split.csv: images of each class and part */
void bal_html_settings(FILE *to, const char *folder); /* config.ini */
void bal_html_curves(FILE *to, const char *folder);
void bal_html_gans(FILE *to, const char *folder);
/* `verb` trains the run from its config.ini. */
void bal_html_repeat(FILE *to, const char *folder, const char *verb);

#endif
