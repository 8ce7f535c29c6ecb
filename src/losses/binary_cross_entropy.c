/* binary_cross_entropy -- two classes by one logit: positive means the second class; or one logit for each class, each
 * told apart from all others. See cl/binary_cross_entropy.cl. */
#include "_loss.h"

#include <assert.h>

typedef struct {
    float            pos_weight, adjust;
    bal_tensor       offset;
    bal_loss_kernels kernels;
} binary_cross_entropy;

static const bal_option options[] = {
    BAL_OPT(binary_cross_entropy, pos_weight, BAL_FLOAT, 1, 0, 1e6,
            "weight of the second class (one output) or of the own class; not of the mean"),
    BAL_OPT(binary_cross_entropy, adjust, BAL_FLOAT, 0, 0, 10,
            "logit adjustment: so many times the log of a class's odds among the training images is added to its "
            "logit, in training alone"),
    BAL_OPT_END};

static bal_status shape(bal_loss *l, bal_where at) { return bal_loss_vector(l, l->y.c == 1, at); }

static bal_status build(bal_loss *l, bal_device *dev)
{
    binary_cross_entropy *p = l->self;
    BAL_TRY(bal_loss_adjustment(&p->offset, l, dev, p->adjust, true));
    return bal_loss_kernels_get(&p->kernels, l, dev, "binary_cross_entropy", "binary_cross_entropy", (size_t)l->y.n);
}

static bal_status run(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    binary_cross_entropy *p = l->self;
    bal_arg               own[] = {bal_buf(&p->offset), bal_f32(p->pos_weight)};
    assert(target == BAL_LABELS);
    (void)target;
    return bal_labelled_run(&p->kernels, l, y, label, dy, figures, slot, own, 2);
}

static void release(bal_loss *l)
{
    binary_cross_entropy *p = l->self;
    bal_tensor_free(&p->offset);
}

const bal_loss_def bal_loss_binary_cross_entropy = {
    .name = "binary_cross_entropy",
    .help = "sigmoid cross-entropy; two classes by one output, or each class against the others",
    .size = sizeof(binary_cross_entropy),
    .options = options,
    .logistic = true,
    .shape = shape,
    .build = build,
    .run = run,
    .free = release,
};
