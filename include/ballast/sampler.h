/* sampler -- which images a pass over the training part holds, and in which order (Kang et al. 2020, section 3). A pass
 * is always as many images as there are; what differs is each class's share of them. */
#ifndef BALLAST_SAMPLER_H
#define BALLAST_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>
#include "ballast/status.h"

/* The share of class c is n[c]^q over the sum of that. INSTANCE: q = 1, every image once. BALANCED: q = 0. SQRT:
 * q = 1/2. PROGRESSIVE: (1 - t) times INSTANCE's share plus t times BALANCED's, t from 0 in pass `begin` to 1 in pass
 * `end`. */
typedef enum { BAL_SAMPLE_INSTANCE, BAL_SAMPLE_BALANCED, BAL_SAMPLE_SQRT, BAL_SAMPLE_PROGRESSIVE } bal_sampling;
#define BAL_SAMPLINGS "instance|balanced|sqrt|progressive"

typedef struct bal_sampler_settings {
    bal_sampling how;
    bool         shuffle;        /* off: INSTANCE as the images lie */
    const int   *label;          /* of each image, -1: none; copied */
    int          count, classes;
    uint64_t     seed;
    uint32_t     salt;           /* tells streams of one run apart */
    uint64_t     begin, end;     /* passes: INSTANCE before `begin` */
} bal_sampler_settings;

typedef struct bal_sampler bal_sampler;
bal_status                 bal_sampler_open(bal_sampler **out, const bal_sampler_settings *settings);
void                       bal_sampler_close(bal_sampler *sampler);

/* The images of a pass, numbers below count. Of INSTANCE a permutation keyed by (seed, BAL_FOR_SHUFFLE, salt, pass).
 * Otherwise shares are rounded to whole images by largest remainders, and each class is an endless row of permutations
 * of its own images, keyed by (seed, BAL_FOR_DRAW, salt and class, permutation), of which each pass takes the next
 * ones: the images of a class are drawn equally often, give or take one. Depends on nothing but settings and pass. */
void bal_sampler_pass(bal_sampler *sampler, int *order, uint64_t pass);

/* How many images of each class that is. Classes without images get none. */
void bal_sampler_quotas(const bal_sampler *sampler, int *quota, uint64_t pass);

#endif
