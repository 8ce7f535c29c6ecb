/* non_saturating -- the usual loss of a GAN: cross-entropy for D, -log D(G(z)) for G. See cl/non_saturating.cl. */
#include "_loss.h"

typedef struct {
    float            smooth_real, smooth_fake;
    bal_loss_kernels kernels;
} non_saturating;

static const bal_option options[] = {
    BAL_OPT(non_saturating, smooth_real, BAL_FLOAT, 0, 0, 0.5, "D's target for real images is 1 minus this"),
    BAL_OPT(non_saturating, smooth_fake, BAL_FLOAT, 0, 0, 0.5, "D's target for generated images"),
    BAL_OPT_END
};

static bal_status build(bal_loss *l, bal_device *dev)
{
    non_saturating *p = l->self;
    return bal_adversarial_build(&p->kernels, l, dev);
}

static bal_status run(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    non_saturating *p = l->self;
    (void)label;
    return bal_adversarial_run(&p->kernels, l, target, (float[]){p->smooth_real, p->smooth_fake}, y, dy, figures, slot);
}

const bal_loss_def bal_loss_non_saturating = {
    .name = "non_saturating",
    .help = "cross-entropy for D, -log D(G(z)) for G",
    .size = sizeof(non_saturating),
    .options = options,
    .adversarial = true,
    .shape = bal_adversarial_shape,
    .build = build,
    .run = run,
};
