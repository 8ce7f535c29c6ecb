/* html -- the report for people: report.html, one file that needs no network and runs nothing. The answer in words
 * first, then what it rests on. Reads on a phone, on a desktop, in dark mode and printed. Whatever comes from outside
 * (names, paths, messages) is escaped. The same input gives the same bytes.
 *
 * Of `folder` is shown what is there: run.json, config.ini, split.csv, classifier/log.csv (or log.csv), and under
 * gan/<class>/ real.png, the last of samples/ and progression.png; of a classification its examples/
 * (ballast/examples.h). A file that cannot be read is named in the page and fails nothing. */
#ifndef BALLAST_HTML_H
#define BALLAST_HTML_H

#include "ballast/comparison.h"
#include "ballast/report.h"

/* A report; the caller frees *out. */
bal_status bal_html_report(char **out, const bal_report *r, const char *folder);
/* report.html, and its plots as files: confusion.svg (counts, and per cent of the row), counts.svg (images of each
 * class), and where there are probabilities roc.svg, precision_recall.svg and reliability.svg. Loss and accuracy are
 * in curves.svg already. */
bal_status bal_html_save(const bal_report *r, const char *folder);

/* What an experiment found; the caller frees *out. */
bal_status bal_html_comparison(char **out, const bal_comparison *c, const char *folder);

/* What the comparison draws: balanced accuracy of each arm, and its difference to the arm "original" where there is
 * one. An SVG; the caller frees *out. */
bal_status bal_html_forest(char **out, const bal_comparison *c);

/* report.html, forest.svg, added.svg (where arms build on others), counts.svg, and in arms/<arm>/ the confusion.svg,
 * roc.svg, precision_recall.svg and reliability.svg of all its parts. */
bal_status bal_html_save_comparison(const bal_comparison *c, const char *folder);

#endif
