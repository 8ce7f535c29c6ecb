/* comparison_parts -- what the texts of a comparison share. */
#ifndef BALLAST_EVAL_COMPARISON_PARTS_H
#define BALLAST_EVAL_COMPARISON_PARTS_H

#include "ballast/comparison.h"

#define BAL_COMPARISON_BASE "original" /* what each other arm is compared with */

/* A statement for each arm, in the order of their first parts; i: that part. */
#define BAL_EACH_ARM(c, i) \
    for (int i = 0; i < (c)->count; i++) \
        if (bal_comparison_first(c, i))

/* The arm to use; NULL if none is better than guessing. *validation: the highest balanced accuracy on validation images
 * of an arm that is tested on real ones, below 0 if there is none. */
const char *bal_comparison_chosen(double *validation, const bal_comparison *c);

/* There is something to compare the arm with. */
bool bal_comparison_differs(const bal_comparison *c, const char *arm);

#endif
