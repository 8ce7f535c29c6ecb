/* imbalance -- how the arms of an experiment do as a class gets rarer: several experiments that differ by [data]
 * imbalance alone, beside each other. Figures and intervals are those of ballast/comparison.h.
 *
 *   FOLDER/report.html      the page for people
 *   FOLDER/imbalance.svg    balanced accuracy and recall of the rare class over the ratio, and differences to original
 *   FOLDER/imbalance.txt .json .csv   the figures: in words and tables; for programs; a row for each experiment and arm
 */
#ifndef BALLAST_IMBALANCE_H
#define BALLAST_IMBALANCE_H

#include "ballast/comparison.h"
#include "ballast/files.h"

/* An experiment. Its ratio is worked out from its training images. */
typedef struct bal_imbalance_point {
    const char     *name;
    bal_comparison *found; /* with training images; not owned, but its positive class becomes the rare one */
    double          ratio; /* training images of the largest other class for each of the rare one */
} bal_imbalance_point;

typedef struct bal_imbalance {
    bal_imbalance_point *point; /* by ascending ratio */
    int                  count;
    int                  rare;     /* the class that matters, or else the rarest of the most uneven experiment */
    bal_names            arms;     /* that all have, in the order of the first */
    bal_names            left_out; /* a sentence for each other one */
} bal_imbalance;

/* Points: name and found of two or more with the same classes. BAL_EIO where two have the same ratio, where a class has
 * no training image, or no arm is in all. */
bal_status bal_imbalance_init(bal_imbalance *out, const bal_imbalance_point *points, int count);
void       bal_imbalance_free(bal_imbalance *m); /* accepts a zeroed one */

/* Leave an arm out of the lines; `why` goes behind its name in a sentence. */
bal_status bal_imbalance_leave_out(bal_imbalance *m, const char *arm, const char *why);

/* In a folder that is there, everything that is listed above; and its parts, the caller's (free). */
bal_status bal_imbalance_save(const bal_imbalance *m, const char *folder);
bal_status bal_imbalance_text(char **out, const bal_imbalance *m);
bal_status bal_imbalance_json(char **out, const bal_imbalance *m);
bal_status bal_imbalance_csv(char **out, const bal_imbalance *m);
bal_status bal_imbalance_svg(char **out, const bal_imbalance *m);
bal_status bal_imbalance_html(char **out, const bal_imbalance *m);

#endif
