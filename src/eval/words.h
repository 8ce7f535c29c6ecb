/* words -- what a report says in sentences. */
#ifndef BALLAST_EVAL_WORDS_H
#define BALLAST_EVAL_WORDS_H

#include <stdio.h>
#include "ballast/report.h"

/* The answer, the operating point and the warnings of a report whose metrics and intervals are there. */
bal_status bal_words_add(bal_report *r);

/* The figures with their intervals: a line each, of all classes and of each, then on the method. */
bal_status bal_words_intervals(FILE *to, const bal_report *r);

#endif
