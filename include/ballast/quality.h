/* quality -- how near generated images are to real ones, from features: rows of `width` numbers, one of each image, in
 * the same units on both sides. What the features are decides what the figures mean: those of an own classifier are not
 * comparable with published ones, which are of an Inception net. */
#ifndef BALLAST_QUALITY_H
#define BALLAST_QUALITY_H

#include <stdbool.h>
#include "ballast/status.h"

typedef struct bal_features {
    const float *x; /* [count][width] */
    int          count, width;
} bal_features;

/* Kernel inception distance (Binkowski et al. 2018): the unbiased estimate of the squared maximum mean discrepancy with
 * the kernel (x.y / width + 1)^3; can be below 0 where the two are alike. error: its standard error by the jackknife
 * over the images of both sides. Undefined (NaN) with fewer than 2 (error: 3) images on a side. */
typedef struct bal_kid {
    double value, error;
} bal_kid;
bal_status bal_quality_kid(bal_kid *out, const bal_features *real, const bal_features *fake);

/* Frechet distance (Heusel et al. 2017), |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) of means and covariances (divided
 * by n - 1). Biased upwards with few images: compare only figures of as many. NaN with fewer than 2 on a side. */
bal_status bal_quality_fid(double *out, const bal_features *real, const bal_features *fake);

/* Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020) with balls that reach from
 * an image to its k-th nearest other of its own side. NaN where a side has no more than k images. */
typedef struct bal_prdc {
    double precision, recall, density, coverage;
} bal_prdc;
bal_status bal_quality_prdc(bal_prdc *out, const bal_features *real, const bal_features *fake, int k);

/* Generated images that lie nearer to a training image than real ones do to each other. `limit`: a distance below
 * which BAL_COPY_SHARE of the real ones have their nearest other real one, copies (distance 0) among those left out;
 * near[i]: whether generated image i is within it; p: the probability of so many or more (`count`) if generated images
 * were as far apart as real ones (binomial). Fewer than 20 real ones: none is near, p is 1. */
#define BAL_COPY_SHARE 0.05
typedef struct bal_copies {
    double limit, p;
    int    count;
} bal_copies;
bal_status bal_quality_copy_limit(double *limit, const bal_features *real); /* 0 with fewer than 20 */
bal_status bal_quality_copies(bal_copies *out, bool *near, const bal_features *real, const bal_features *fake);

/* nearest[i] = the row of `of` that is nearest to row i of `x`, distance[i] how far it is (Euclidean). With x and `of`
 * the same rows, another row than i. */
void bal_quality_nearest(int *nearest, double *distance, const bal_features *x, const bal_features *of);

#endif
