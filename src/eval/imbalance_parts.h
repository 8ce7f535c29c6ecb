/* imbalance_parts -- what the texts of a curve over imbalance share. */
#ifndef BALLAST_EVAL_IMBALANCE_PARTS_H
#define BALLAST_EVAL_IMBALANCE_PARTS_H

#include <stdio.h>
#include "ballast/imbalance.h"

/* What is said of an arm at each point; the first four are drawn. Gains are differences to original by all test
 * predictions together, or, without predictions, those by parts. */
enum {
    BAL_CURVE_ACCURACY,
    BAL_CURVE_RECALL,
    BAL_CURVE_GAIN,
    BAL_CURVE_RECALL_GAIN,
    BAL_CURVE_PART_GAIN,
    BAL_CURVE_PART_RECALL_GAIN,
    BAL_CURVES,
    BAL_CURVES_DRAWN = BAL_CURVE_PART_GAIN,
    BAL_CURVES_SHOWN = BAL_CURVE_PART_RECALL_GAIN
};
extern const char *const bal_curve_keys[BAL_CURVES]; /* in JSON and CSV */

/* Undefined where the arm is `original`, or that is none of the arms, for differences. */
bal_estimate bal_curve_at(const bal_imbalance *m, int point, const char *arm, int curve);
bool         bal_curves_differ(const bal_imbalance *m); /* original is one of the arms, and not the only one */

/* "images of PNEUMONIA for each of NORMAL": the common class is named where there is only one other. */
char *bal_imbalance_axis(const bal_imbalance *m); /* malloc'd; NULL without memory */

/* The answer, a sentence a line; the caller frees *out. */
bal_status bal_imbalance_answer(char **out, const bal_imbalance *m);

#endif
