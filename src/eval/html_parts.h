/* html_parts -- sections of report.html: tables of a classification, figures, what a run's folder says of itself. */
#ifndef EVAL_HTML_PARTS_H
#define EVAL_HTML_PARTS_H

#include <stdio.h>
#include "ballast/comparison.h"
#include "ballast/report.h"

enum { BAL_MATRIX_CLASSES = 40 }; /* no confusion matrix of more, and no bars */

/* ---- html_tables.c ---- */

/* intervals: of m's figures, or NULL. */
void bal_html_classes(FILE *to, const bal_metrics *m, char *const *name, const bal_intervals *intervals);
void bal_html_figures(FILE *to, const bal_metrics *m, const bal_intervals *intervals);
/* Counts, with the part of the row below each; nothing but a sentence beyond BAL_MATRIX_CLASSES. */
void bal_html_matrix(FILE *to, const bal_metrics *m, char *const *name);
/* What the two show. */
void bal_html_terms(FILE *to);

/* ---- html_examples.c: pictures only where they are there ---- */

/* The surest mistakes and right answers, with pictures and heat maps (ballast/examples.h). */
void bal_html_examples(FILE *to, const bal_predictions *p, const char *folder);
/* Of each arm the mistakes that its parts were surest of, an image once. */
void bal_html_arm_mistakes(FILE *to, const bal_comparison *c, const char *folder);

/* ---- html_plots.c: figures, each an SVG and what it says to who cannot see it ---- */

typedef struct bal_figure {
    char *svg, *alt; /* svg NULL: there is nothing to draw */
} bal_figure;
void bal_figure_free(bal_figure *f);

typedef struct bal_shown_curve {
    const char            *name;
    const bal_class_bands *bands;
    bal_estimate           auroc, auprc;
} bal_shown_curve;

typedef struct bal_shown_curves {
    bal_shown_curve of[BAL_BAND_CLASSES];
    int             count;
} bal_shown_curves;

void bal_shown_report(bal_shown_curves *out, const bal_report *r);
void bal_shown_arm(bal_shown_curves *out, const bal_comparison *c, const char *arm, const bal_bands *bands);

bal_status bal_figure_roc(bal_figure *out, const bal_shown_curves *c);
bal_status bal_figure_pr(bal_figure *out, const bal_shown_curves *c);
bal_status bal_figure_reliability(bal_figure *out, const bal_reliability *r);
bal_status bal_figure_confusion(bal_figure *out, const bal_metrics *m, char *const *name);

/* ---- html_folder.c: nothing where the file is not there ---- */

/* Images of each class: in each part by split.csv, or, where there is none, those of m (may be NULL). */
bal_status bal_figure_counts(bal_figure *out, const char *folder, const bal_metrics *m, char *const *name);

/* Of the log.csv of a run, or of a part of an experiment. */
bal_status bal_figure_curves(bal_figure *out, const char *folder);

void bal_html_run(FILE *to, const char *folder);      /* run.json, or that there is none */
void bal_html_data(FILE *to, const char *folder);     /* split.csv: images of each class and part */
void bal_html_settings(FILE *to, const char *folder); /* config.ini */

/* ---- html_gans.c, html_made.c ---- */

void bal_html_gans(FILE *to, const char *folder);
/* Of an experiment's folds, in short. */
void bal_html_made(FILE *to, const bal_comparison *c);

/* ---- html_generators.c ---- */

/* A KID with its error, in a table cell. */
void bal_html_kid(FILE *to, const bal_kid *kid);
/* Of FOLDER/quality.json, a class's; nothing where it is not there. */
void bal_html_generator(FILE *to, const char *folder, const char *class);
/* `verb` trains the run from its config.ini; seed: of the resamples. */
void bal_html_repeat(FILE *to, const char *folder, const char *verb, uint64_t seed);

/* ---- html_added.c ---- */

/* A mean and its interval, or n/a, in a table cell. */
void bal_html_estimate(FILE *to, bal_estimate e);
/* In a sentence: "; name 0.750 (0.700 to 0.800)". */
void bal_html_describe(FILE *to, const char *name, bal_estimate e, const char *separator);
/* What each arm adds to the one that it builds on: a forest, empty where there is none, and the section. */
bal_status bal_figure_added(bal_figure *out, const bal_comparison *c);
bal_status bal_html_added(FILE *to, const bal_comparison *c);
/* Differences of arms by all test predictions together, a table. */
void bal_html_pooled(FILE *to, const bal_comparison *c);
/* What the gates decided, part by part. */
void bal_html_gates(FILE *to, const bal_comparison *c);

/* Of an experiment's part, below the experiment's; malloc'd, NULL when out of memory. */
char *bal_html_part_folder(const char *folder, const bal_part_result *p);

/* ---- html_put.c: what both pages share ---- */

bal_status bal_html_no_memory(void);
/* Close a stream over memory; its text is the caller's, or NULL. */
bal_status bal_html_finish(FILE *to, char **out, bal_status st);

/* The answer of a page, a paragraph a line; cuts the text up. */
void bal_html_lines(FILE *to, char *text);
/* Takes over the figure; nothing where it is empty. */
void bal_html_figure(FILE *to, bal_figure *f, const char *class, const char *caption);
extern const char bal_html_training[]; /* the caption of bal_figure_curves */
/* ROC, PR and reliability; how: ends the captions of curves, says what their bands are. */
bal_status bal_html_probabilities(FILE *to, const bal_shown_curves *c, const bal_reliability *r, const char *how);
/* The section on data; m may be NULL. */
bal_status bal_html_dataset(FILE *to, const char *folder, const bal_metrics *m, char *const *name);

/* Take over what they write. A figure that is empty removes the file: one of an earlier report must not stay. */
bal_status bal_html_save_text(const char *folder, const char *name, char *text);
bal_status bal_html_save_figure(const char *folder, const char *name, bal_figure *f);
bal_status bal_html_save_curves(const char *folder, const bal_shown_curves *c, const bal_reliability *r);

#endif
