/* leaks -- images on both sides of what must be apart: they make figures look better than they are. */
#ifndef BALLAST_LEAKS_H
#define BALLAST_LEAKS_H

#include "ballast/predictions.h"

typedef enum {
    BAL_LEAK_COPIES,   /* pairs of images in two parts of a split: of equal bytes, */
    BAL_LEAK_SIMILAR,  /* nearly equal, */
    BAL_LEAK_GROUPS,   /* of one group */
    BAL_LEAK_SEEN,     /* images that a run was trained or validated on */
    BAL_LEAK_CHOSEN,   /* rows whose image or group is among those that a threshold was chosen on */
    BAL_LEAK_REPEATED, /* rows of an image that has one before, of the same fold, seed and arm */
    BAL_LEAK_FOLDS,    /* groups that are tested in several folds: the one's test was the other's training */
    BAL_LEAKS
} bal_leak;

/* The last two, which predictions show alone. */
bal_status bal_leaks_within(int leaks[BAL_LEAKS], const bal_predictions *p);
/* Rows of p whose path, or whose group, some row of `chosen` has. */
bal_status bal_leaks_between(int *rows, const bal_predictions *p, const bal_predictions *chosen);

#endif
