/* loss -- the contract of a loss: value, a score, and the gradient with respect to the net's output (logits). */
#ifndef BALLAST_LOSS_H
#define BALLAST_LOSS_H

#include "ballast/device.h"
#include "ballast/option.h"

/* What the outputs y are compared with. */
typedef enum {
    BAL_LABELS,   /* classification: `label` has a row for each sample: its class, or, for a mixture of two images, the
                     class of one, that of the other, and the share of the first in 0..1 */
    BAL_REAL,     /* discriminator's step on real images */
    BAL_FAKE,     /* discriminator's step on generated images */
    BAL_GENERATE, /* generator's step: y is D's output on generated images */
    BAL_BOTH      /* discriminator's step: the first half of y as BAL_REAL into `slot`, the other as BAL_FAKE into the
                     next slot */
} bal_target;

typedef struct bal_loss_def bal_loss_def;

typedef struct bal_loss {
    const bal_loss_def *def;
    void               *self;
    bal_shape           y;         /* n: the largest batch */
    const int          *images;    /* classification: training images of each class, for build; NULL: as many of each */
    bal_tensor          weight;    /* classification: [classes], how much a sample counts, by its class; 1 at first */
    size_t              scratch;   /* floats, set by build */
    bal_tensor          workspace;
} bal_loss;

struct bal_loss_def {
    const char       *name, *help;
    size_t            size;
    const bal_option *options;
    bool              adversarial; /* for BAL_REAL, BAL_FAKE, BAL_GENERATE; else for BAL_LABELS */
    bool              logistic;    /* each output tells its class from all others (sigmoid), also of many */
    /* Check y's shape against the options. Touches no device. `at` for messages. */
    bal_status (*shape)(bal_loss *l, bal_where at);
    bal_status (*build)(bal_loss *l, bal_device *dev);
    /* figures[2*slot] = the mean loss over the batch; figures[2*slot+1] = the score: the share of samples whose largest
     * logit is their label, or for adversarial losses the mean of sigmoid(y). dy (unless its mem is NULL): the
     * gradient of the mean loss. Batch: y->shape.n. A sample's loss is weight[class] times the loss with its class as
     * label; of a mixture it is the mean of both such losses by their shares, and so is its score. Queues work,
     * allocates nothing. */
    bal_status (*run)(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot);
    void (*free)(bal_loss *l);
};

/* How many classes a classification loss tells apart: two by a single output. */
static inline int bal_loss_classes(const bal_loss *l) { return l->y.c > 1 ? l->y.c : 2; }

extern const bal_loss_def *const bal_loss_defs[];

#endif
