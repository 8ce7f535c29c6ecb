/* variant -- the variants of one pass, and the choice among them: by the device's plan, by measuring while a tuning is
 * open (ballast/tune.h), else the first. */
#ifndef BALLAST_OPS_VARIANT_H
#define BALLAST_OPS_VARIANT_H

#include "ballast/tune.h"

/* The numbers are the operation's own: which kernel, size of Winograd's tiles, register tile, block. */
typedef struct bal_variant {
    char name[40]; /* unlike the others' */
    int  how, m, rows, vectors, block;
    bool same; /* gives the bits of the first */
} bal_variant;

/* The rule's choice first, then those that give its bits, the most promising first, then the others. */
enum { BAL_VARIANTS = 32, BAL_VARIANTS_FAST = 3 };
typedef struct bal_variants {
    bal_variant list[BAL_VARIANTS];
    int         count;
} bal_variants;

/* One more, where there is room and its name is new. */
void bal_variants_add(bal_variants *v, bal_variant one);

/* How to try them. */
typedef struct bal_trial {
    double flops; /* of a run: small ones are not worth measuring */
    void  *user;
    bal_status (*open)(void *user, int i, const bal_tensor **out); /* build variant i; *out: where its result goes */
    bal_status (*run)(void *user, int i);                          /* queue it; overwrites its result */
} bal_trial;

/* *out: the variant to use, a copy. Notes it in the plan. */
bal_status bal_variant_choose(bal_variant *out, bal_device *dev, const char *key, const bal_variants *v,
                              const bal_trial *trial);

#endif
