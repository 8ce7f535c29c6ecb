/* candidates -- which generated images of a class are fit to stand beside real ones. Pure: from what a classifier that
 * never saw them makes of them, and from distances in two spaces, in which an image is a row of numbers: its pixels,
 * small (bal_thumb), and its features (ballast/quality.h). Euclidean distances; the same input gives the same verdicts.
 *
 * The bounds come from real images, so that most real ones would pass: BAL_PASS_CLASS and BAL_PASS_REACH are the shares
 * of the class's real validation images that do. */
#ifndef BALLAST_CANDIDATES_H
#define BALLAST_CANDIDATES_H

#include "ballast/quality.h"

#define BAL_PASS_CLASS 0.90
#define BAL_PASS_REACH 0.95
#define BAL_BALL_NEIGHBOURS 5 /* a real image's ball reaches to its 5th nearest other, or the farthest there is */

typedef enum { BAL_KEPT, BAL_WRONG_CLASS, BAL_OUTLIER, BAL_COPY, BAL_REPEATED, BAL_VERDICTS } bal_verdict;
extern const char *const bal_verdict_keys[BAL_VERDICTS]; /* "kept", "wrong_class", ... */

/* The same images in both spaces, row for row; and how much detail each has (bal_detail). */
typedef struct bal_looks {
    bal_features thumb, feature;
    const float *detail;
} bal_looks;

/* An image in small: the means of at most BAL_THUMB_SIDE x BAL_THUMB_SIDE pieces, all channels; out holds
 * bal_thumb_size numbers. */
#define BAL_THUMB_SIDE 16
int  bal_thumb_size(int side, int channels);
void bal_thumb(float *out, const float *pixel, int side, int channels);

/* The mean absolute difference of neighbouring pixels: high of noise, 0 of a flat image. */
float bal_detail(const float *pixel, int side, int channels);
#define BAL_DETAIL_FACTOR 2.0 /* less than this part of the least of real images, or more than so many times the most */

/* copy[i]: whether candidate i is nearer to an image of `real` than real ones are to each other, in either space, or
 * has the same thumb. limit: such distances in thumbs and in features, 0 where there are too few real ones to tell. */
bal_status bal_candidates_limits(double limit[2], const bal_looks *real);
bal_status bal_candidates_near(bool *copy, const double limit[2], const bal_looks *real, const bal_looks *candidates);

/* Of candidates that are BAL_KEPT those become BAL_COPY that are nearer to an image of `real` than real ones are to
 * each other (bal_candidates_near), and BAL_REPEATED those that are so near to a kept one before them in
 * both. Of fewer real images than bal_quality_copies looks at, only what has the same thumb is near. */
bal_status bal_candidates_copies(bal_verdict *verdict, const bal_looks *real, const bal_looks *candidates);

/* Candidates of one class, and real images of it. */
typedef struct bal_candidates {
    bal_looks     real, validation, candidates; /* real: of the training part */
    const double *p_validation, *p_candidates;  /* what the classifier gives the class */
} bal_candidates;

/* Candidates of too low a probability, then those with another amount of detail than real images or outside of their
 * balls in either space, then copies. The balls are widened for validation images to pass. Without validation images: p
 * from 0.5, balls as they are. With fewer than 2 real ones there are no balls. */
bal_status bal_candidates_judge(bal_verdict *verdict, const bal_candidates *c);

#endif
