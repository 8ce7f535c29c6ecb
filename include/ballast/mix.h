/* mix -- training images made of two, each with the labels of both: `mix = mixup alpha=0.2`. Random numbers are keyed
 * by (seed, BAL_FOR_MIX, step), one draw for a batch as in the authors' programs. */
#ifndef BALLAST_MIX_H
#define BALLAST_MIX_H

#include "ballast/device.h"
#include "ballast/word.h"

/* MIXUP (Zhang et al. 2018): share x + (1 - share) other, share from Beta(alpha, alpha).
 * CUTMIX (Yun et al. 2019): a rectangle of the other image, of 1 - s of the area, s from Beta(alpha, alpha), around any
 * pixel and cut off at the border; share is what is left of the first image.
 * BALANCED (Galdran et al. 2021): as MIXUP, the other image from a stream with all classes equally often, and 1 - share
 * from Beta(alpha, 1). */
typedef enum { BAL_MIX_NONE, BAL_MIX_MIXUP, BAL_MIX_CUTMIX, BAL_MIX_BALANCED } bal_mix_kind;

typedef struct bal_mix {
    int   kind; /* bal_mix_kind */
    float alpha;
} bal_mix;

extern const bal_word bal_mix_words[]; /* none, mixup, cutmix, balanced_mixup */

/* From a line "mixup alpha=0.2"; NULL or "": none. */
bal_status bal_mix_parse(bal_mix *out, const char *line, bal_where at);

/* What a step draws: the share of the first image, and the rectangle [top, bottom) x [left, right) in which the first
 * has the weight `inner`; 1 elsewhere. */
typedef struct bal_mix_draw {
    float share, inner;
    int   top, bottom, left, right;
} bal_mix_draw;
bal_mix_draw bal_mix_drawn(const bal_mix *m, uint64_t seed, uint32_t step, int h, int w);

typedef struct bal_batch {
    bal_tensor x, label; /* [n][h][w][c]; [n], or [n][3] as loss.h has it */
} bal_batch;

/* to: image i of `a` mixed with image (i + shift) % n of `b`, whose labels are one number each; to->label has three.
 * Queues one launch, allocates nothing. */
bal_status bal_mix_run(const bal_batch *to, const bal_batch *a, const bal_batch *b, int shift,
                       const bal_mix_draw *draw);

#endif
