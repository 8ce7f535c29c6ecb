/* fingerprint -- the facts of a collection of images that settings follow from, in one place; see recipe.h for what is
 * made of them. Every image is read once, as the data set does it; no device is touched. */
#ifndef BALLAST_FINGERPRINT_H
#define BALLAST_FINGERPRINT_H

#include "ballast/dataset.h"

typedef struct bal_class_facts {
    char *name;
    int   images, groups; /* groups: what a split can move, images without a group counted one by one */
} bal_class_facts;

typedef struct bal_fingerprint {
    const char *source; /* folder, manifest or npz */
    char       *path;   /* as given, without a slash at its end */
    int         images, unreadable, unlabelled, passed_over;

    bal_class_facts *classes; /* in the order of the labels */
    int              class_count, rarest, commonest;

    int side_least, side_middle, side_most; /* shorter sides, pixels */
    int coloured, stored_in_colour;         /* images; the rest of the latter is grey all the same */

    int given[BAL_PARTS + 1]; /* images that the source puts into a part; last: into none */
    int copies, near;         /* images that repeat another one, to the bit or nearly */
    int contradictions;      /* of those, under another label */
    int leaks;                /* of those, across given parts */

    bool  group_column; /* the source names groups itself */
    char *group;        /* else an expression that file names suggest, or NULL */
    int   groups, grouped, group_most; /* how many, of how many images, the largest */
    int   group_leaks;                 /* images of a group that reaches into another given part */
    char *unused_group;                /* an expression that would leave a class with too few groups */
} bal_fingerprint;

enum { BAL_GROUPS_LEAST = 3 }; /* of a class: one for each part */

/* Of a folder, an npz file or a manifest (.csv). BAL_EIO, with what to do about it: no such path, no images, none that
 * can be read, a single class. The caller's, bal_fingerprint_free, also on failure. */
bal_status bal_fingerprint_take(bal_fingerprint *out, const char *path);
void       bal_fingerprint_free(bal_fingerprint *f);

/* The POSIX expression that finds what several files of a folder share in their names: a word with a number
 * ("person12_3.png", "IM-0117-0001.png") or a number at the beginning ("12_left.png"); NULL if there is none. *out is
 * the caller's. What counts views or copies (slice, frame, view, image, ...) is none, nor is what most files share. */
bal_status bal_fingerprint_guess_group(char **out, const char *const *paths, int count);

#endif
