/* rng -- Philox4x32-10 and what is drawn from it. */
#include "ballast/rng.h"

#include <math.h>

static const double two_pi = 6.283185307179586476925286766559;

/* Seeds below 2^32 are the key's first word; the high half of a longer one is mixed into the purpose. */
bal_stream bal_stream_for(uint64_t seed, bal_purpose purpose, uint32_t a, uint32_t b)
{
    uint32_t high = (uint32_t)(seed >> 32) * 0x9E3779B9u;
    return (bal_stream){{(uint32_t)seed, high ^ (uint32_t)purpose}, {a, b}};
}

static void philox_round(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
    uint32_t c1 = c[1], c3 = c[3];

    c[0] = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c[1] = (uint32_t)p1;
    c[2] = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c[3] = (uint32_t)p0;
}

void bal_philox(uint32_t out[4], const bal_stream *s, uint64_t i)
{
    uint32_t k0 = s->key[0], k1 = s->key[1];

    out[0] = (uint32_t)i;
    out[1] = (uint32_t)(i >> 32);
    out[2] = s->block[0];
    out[3] = s->block[1];
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) philox_round(out, k0, k1);
}

uint32_t bal_random_bits(const bal_stream *s, uint64_t i)
{
    uint32_t four[4];
    bal_philox(four, s, i / 4);
    return four[i % 4];
}

float bal_random_uniform(const bal_stream *s, uint64_t i) { return (float)(bal_random_bits(s, i) >> 8) * 0x1p-24f; }

/* Numbers 2j and 2j+1 are the cosine and the sine of one pair, made from bits 2j and 2j+1. */
float bal_random_normal(const bal_stream *s, uint64_t i)
{
    uint32_t four[4];
    unsigned pair = (unsigned)(i % 4) & 2u;

    bal_philox(four, s, i / 4);
    double u = ((double)four[pair] + 1) * 0x1p-32; /* (0, 1]: the logarithm is finite */
    double angle = two_pi * 0x1p-32 * (double)four[pair + 1];
    return (float)(sqrt(-2 * log(u)) * (i % 2 ? sin(angle) : cos(angle)));
}

void bal_random_order(int *order, int n, const bal_stream *s)
{
    for (int i = 0; i < n; i++) order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int j = (int)(((uint64_t)bal_random_bits(s, (uint64_t)i) * ((uint64_t)i + 1)) >> 32);
        int swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
}
