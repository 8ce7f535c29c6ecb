/* focal -- cross-entropy that looks away from what is already sure. See cl/focal.cl. */
#include "_loss.h"

#include <assert.h>

typedef struct {
    float            gamma;
    bal_loss_kernels kernels;
} focal;

static const bal_option options[] = {
    BAL_OPT(focal, gamma, BAL_FLOAT, 2, 0, 10, "how much; 0: cross-entropy"),
    BAL_OPT_END
};

static bal_status shape(bal_loss *l, bal_where at) { return bal_loss_vector(l, l->y.c == 1, at); }

static bal_status build(bal_loss *l, bal_device *dev)
{
    focal *p = l->self;
    return bal_loss_kernels_get(&p->kernels, l, dev, "focal", "focal", (size_t)l->y.n);
}

static bal_status run(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    focal  *p = l->self;
    bal_arg own[] = {bal_f32(p->gamma)};
    assert(target == BAL_LABELS);
    (void)target;
    return bal_labelled_run(&p->kernels, l, y, label, dy, figures, slot, own, 1);
}

const bal_loss_def bal_loss_focal = {
    .name = "focal",
    .help = "(1 - p)^gamma times cross-entropy: what is sure counts little; one output for each class, or one for two",
    .size = sizeof(focal),
    .options = options,
    .shape = shape,
    .build = build,
    .run = run,
};
