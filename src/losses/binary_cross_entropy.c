/* binary_cross_entropy -- two classes by one logit: positive means the second class; or one logit for each class, each
 * told apart from all others. See cl/binary_cross_entropy.cl. */
#include "_loss.h"

#include <assert.h>

typedef struct {
    float            pos_weight;
    bal_loss_kernels kernels;
} binary_cross_entropy;

static const bal_option options[] = {
    BAL_OPT(binary_cross_entropy, pos_weight, BAL_FLOAT, 1, 0, 1e6,
            "weight of the second class (one output) or of the own class; not of the mean"),
    BAL_OPT_END
};

static bal_status shape(bal_loss *l, bal_where at) { return bal_loss_vector(l, l->y.c == 1, at); }

static bal_status build(bal_loss *l, bal_device *dev)
{
    binary_cross_entropy *p = l->self;
    return bal_loss_kernels_get(&p->kernels, l, dev, "binary_cross_entropy", "binary_cross_entropy", (size_t)l->y.n);
}

static bal_status run(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    binary_cross_entropy *p = l->self;
    int                   n = y->shape.n;
    assert(target == BAL_LABELS && n <= l->y.n && bal_size(label) >= n);
    (void)target;
    BAL_TRY(bal_run(p->kernels.terms, bal_1d((size_t)n), bal_buf(y), bal_buf(label), bal_f32(p->pos_weight), bal_i32(n),
                    bal_i32(l->y.c), bal_buf(&l->workspace), bal_buf(bal_has(dy) ? dy : &l->workspace),
                    bal_i32(bal_has(dy))));
    return bal_loss_sum(&p->kernels, l, n, 1, figures, slot);
}

const bal_loss_def bal_loss_binary_cross_entropy = {
    "binary_cross_entropy", "sigmoid cross-entropy; two classes by one output, or each class against the others",
    sizeof(binary_cross_entropy), options, false, shape, build, run, NULL
};
