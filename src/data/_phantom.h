/* _phantom -- what the renderers of procedural images share: random draws, a noise lattice, strokes, arithmetic.
 * Private to src/data. Only + - * / and sqrt on floats, which IEEE 754 rounds the same everywhere: no libm function, no
 * fused multiply-add; so an image has the same pixels on every machine. For the same reason every draw is a
 * statement of its own: the order of two draws within one expression is not defined. */
#ifndef BALLAST_DATA_PHANTOM_H
#define BALLAST_DATA_PHANTOM_H

#include <math.h>
#include "ballast/rng.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* gcc does not contract with -std=c11 */
#endif

enum {
    BAL_PHANTOM_LATTICE = 32,     /* knots a side of the noise lattice, a power of two */
    BAL_PHANTOM_SIZE = 64,        /* pixels a side, where nothing is said */
    BAL_PHANTOM_LIST = 0x7fffffff /* stands for a group in the stream that decides on the groups' sizes */
};

/* A sequence of draws. */
typedef struct bal_dice {
    bal_stream stream;
    uint64_t   at;
} bal_dice;

typedef struct bal_lattice {
    float knot[BAL_PHANTOM_LATTICE * BAL_PHANTOM_LATTICE]; /* -1 to 1 */
} bal_lattice;

/* Where an image looks at its subject: pixel = origin + axis * subject, subject coordinates running from -1 to 1. */
typedef struct bal_view {
    int   size;               /* pixels a side */
    float cosine, sine, zoom; /* of the subject's turn; pixels per subject unit are zoom * size / 2 */
    float dx, dy;             /* of the subject, in units of half the image */
} bal_view;

/* Which image: the group decides on the subject, the image on pose, exposure and noise. */
typedef struct bal_phantom {
    uint64_t seed;
    int      label, group, image, size;
} bal_phantom;

/* Draws for one image of the group, or for what all its images share. */
enum { BAL_PHANTOM_SUBJECT = 0x40000000, BAL_PHANTOM_DETAIL };
bal_dice bal_dice_for(const bal_phantom *p, uint32_t what);
float    bal_dice_between(bal_dice *d, float low, float high);
float    bal_dice_bell(bal_dice *d, float deviation); /* symmetric about 0, at most 3 deviations */
int      bal_dice_chance(bal_dice *d, float probability);
int      bal_dice_count(bal_dice *d, int low, int high); /* low to high, both included */

void  bal_lattice_draw(bal_lattice *l, bal_dice *d);
float bal_lattice_at(const bal_lattice *l, float x, float y); /* smooth, period BAL_PHANTOM_LATTICE */

/* Add uncorrelated noise of this deviation to each of `count` values. */
void bal_phantom_grain(float *value, int count, float deviation, bal_dice *d);

void bal_view_turn(bal_view *v, float turns); /* set cosine and sine */
void bal_view_subject(float out[2], const bal_view *v, int column, int row);
void bal_view_pixel(float out[2], const bal_view *v, float x, float y);

/* A quadratic curve from a to c, drawn towards b, in subject coordinates. */
typedef struct bal_curve {
    float a[2], b[2], c[2];
    float width_a, width_c; /* full width at the ends, subject units; thinner than a pixel gets fainter instead */
    float strength;
} bal_curve;

/* mask = max(mask, strength * share of the pixel that the curve covers). */
void bal_curve_draw(float *mask, const bal_view *v, const bal_curve *curve);

/* Render pixel[size][size] or [size][size][3], values about 0 to 1 and not yet clamped; mask[size][size] is scratch. */
void bal_phantom_xray(float *pixel, float *mask, const bal_phantom *p);
void bal_phantom_skin(float *pixel, float *mask, const bal_phantom *p);

static inline float clamp(float x, float low, float high) { return x < low ? low : x > high ? high : x; }
static inline float mix(float a, float b, float t) { return a + (b - a) * t; }

/* 0 below -1, 1 above 1, smooth between. */
static inline float step(float x)
{
    float t = clamp(0.5f * x + 0.5f, 0, 1);
    return t * t * (3 - 2 * t);
}

/* 1 at 0, falling smoothly to 0 where the squared distance is 1; close to a Gaussian of deviation 0.38. */
static inline float bump(float squared)
{
    float t = squared < 1 ? 1 - squared : 0;
    return t * t * t;
}

/* A film's or a camera's curve from 0..1 to 0..1; bias 0.5 is straight, less is darker (Schlick 1994). */
static inline float tone(float x, float bias) { return x / ((1 / bias - 2) * (1 - x) + 1); }

#endif
