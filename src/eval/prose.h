/* prose -- sentences in a stream: names and figures as reports have them. */
#ifndef BALLAST_EVAL_PROSE_H
#define BALLAST_EVAL_PROSE_H

#include <stdbool.h>
#include <stdio.h>
#include "ballast/intervals.h"

bal_status bal_prose_no_memory(void);

/* Close a stream over memory; its text is the caller's, or NULL. */
bal_status bal_prose_close(FILE *to, char **text);

/* Columns of UTF-8 text on a terminal. */
int bal_prose_columns(const char *text);

/* A class name on one line, whatever is in it; behind blanks up to a width. */
void bal_prose_name(FILE *to, const char *name);
void bal_prose_right(FILE *to, const char *name, int width);

/* Two decimals, or n/a; "0.29 to 0.77", or n/a; "p = 0.03", "p < 0.001". */
void bal_prose_figure(FILE *to, double v);
void bal_prose_interval(FILE *to, bal_interval i);
void bal_prose_p(FILE *to, double p);

/* In lines of 80 columns from column `indent` on, where the first begins; the others begin with so many blanks. */
void bal_prose_wrapped(FILE *to, const char *text, int indent);

#endif
