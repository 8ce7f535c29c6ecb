/* rng -- counter-based random numbers, Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
 * 3"). A number is keyed by what it is for, never by who draws first: (seed, purpose, a, b) and a position. The same on
 * the host and on every device (cl/philox.h). */
#ifndef BALLAST_RNG_H
#define BALLAST_RNG_H

#include <stdint.h>

/* What a stream is for. New purposes go at the end: the numbers are part of what a seed means. */
typedef enum {
    BAL_FOR_INIT, BAL_FOR_SHUFFLE, BAL_FOR_SPLIT, BAL_FOR_LATENT, BAL_FOR_SAMPLE, BAL_FOR_DROPOUT, BAL_FOR_AUGMENT,
    BAL_FOR_PHANTOM, BAL_FOR_LABEL, BAL_FOR_TEST, BAL_FOR_GENERATE, BAL_FOR_BOOTSTRAP,
    BAL_FOR_IMBALANCE, BAL_FOR_DRAW, BAL_FOR_MIX, BAL_FOR_DIFF, BAL_FOR_MEMBER
} bal_purpose;

typedef struct bal_stream {
    uint32_t key[2];   /* seed, purpose */
    uint32_t block[2]; /* what it is for: step or epoch, layer or sample */
} bal_stream;

bal_stream bal_stream_for(uint64_t seed, bal_purpose purpose, uint32_t a, uint32_t b);

/* Four 32-bit numbers at position i: Philox with counter {i low, i high, block[0], block[1]}. */
void bal_philox(uint32_t out[4], const bal_stream *s, uint64_t i);

/* Number i of the stream: bits; uniform in [0, 1) with 24 bits; standard normal (Box-Muller on pairs, in double). */
uint32_t bal_random_bits(const bal_stream *s, uint64_t i);
float    bal_random_uniform(const bal_stream *s, uint64_t i);
float    bal_random_normal(const bal_stream *s, uint64_t i);

/* Fill `order` with a permutation of 0..n-1 (Fisher-Yates). */
void bal_random_order(int *order, int n, const bal_stream *s);

#endif
