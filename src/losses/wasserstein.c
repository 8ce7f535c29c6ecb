/* wasserstein -- an estimate of the distance between real and generated images; needs D's weights clipped.
 * See cl/wasserstein.cl. */
#include "_loss.h"

typedef struct {
    bal_loss_kernels kernels;
} wasserstein;

static const bal_option options[] = {
    BAL_OPT_END
};

static bal_status build(bal_loss *l, bal_device *dev)
{
    wasserstein *p = l->self;
    return bal_adversarial_build(&p->kernels, l, dev);
}

static bal_status run(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    wasserstein *p = l->self;
    (void)label;
    return bal_adversarial_run(&p->kernels, l, target, (float[]){0, 0}, y, dy, figures, slot);
}

const bal_loss_def bal_loss_wasserstein = {
    .name = "wasserstein",
    .help = "-y for real images and for G, y for generated ones; D's weights must be clipped",
    .size = sizeof(wasserstein),
    .options = options,
    .adversarial = true,
    .shape = bal_adversarial_shape,
    .build = build,
    .run = run,
};
