/* ldam -- cross-entropy with margins that follow from how rare a class is. See cl/ldam.cl. */
#include "_loss.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

typedef struct {
    float            margin, scale;
    bal_tensor       margins; /* of each class */
    bal_loss_kernels kernels;
} ldam;

static const bal_option options[] = {
    BAL_OPT(ldam, margin, BAL_FLOAT, 0.5, 0, 2, "of the rarest class; the others' are smaller by (n_min / n)^(1/4)"),
    BAL_OPT(ldam, scale, BAL_FLOAT, 30, 0.01, 1000, "what margins are multiplied by: the scale of layer cosine"),
    BAL_OPT_END
};

static bal_status shape(bal_loss *l, bal_where at) { return bal_loss_vector(l, 0, at); }

/* The paper's C / n^(1/4), with C such that the widest is `margin`, in the units of the outputs. The paper scales
 * cosines and margins in the loss; here the layer scales the cosines, so that its outputs are logits to predict by. */
static bal_status make_margins(ldam *p, const bal_loss *l, bal_device *dev)
{
    int    c = l->y.c;
    double least = INFINITY;
    float *margin = malloc((size_t)c * sizeof *margin);
    if (!margin) return bal_fail(BAL_ENOMEM, "no memory for %d margins", c);
    for (int k = 0; k < c; k++) least = fmin(least, bal_loss_images(l, k));
    for (int k = 0; k < c; k++) margin[k] = p->scale * p->margin * (float)pow(least / bal_loss_images(l, k), 0.25);
    bal_status st = bal_tensor_init(&p->margins, dev, (bal_shape){1, 1, 1, c});
    if (!st) st = bal_tensor_write(&p->margins, margin);
    free(margin);
    return st;
}

static bal_status build(bal_loss *l, bal_device *dev)
{
    ldam *p = l->self;
    BAL_TRY(make_margins(p, l, dev));
    return bal_loss_kernels_get(&p->kernels, l, dev, "ldam", "ldam", (size_t)l->y.n);
}

static bal_status run(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    ldam   *p = l->self;
    bal_arg own[] = {bal_buf(&p->margins)};
    assert(target == BAL_LABELS);
    (void)target;
    return bal_labelled_run(&p->kernels, l, y, label, dy, figures, slot, own, 1);
}

static void release(bal_loss *l)
{
    ldam *p = l->self;
    bal_tensor_free(&p->margins);
}

const bal_loss_def bal_loss_ldam = {
    .name = "ldam",
    .help = "cross-entropy with wider margins for rarer classes; the net is to end in layer cosine, of the same scale",
    .size = sizeof(ldam),
    .options = options,
    .shape = shape,
    .build = build,
    .run = run,
    .free = release,
};
