/* hinge -- D is pushed until its outputs pass 1 and -1, no further. See cl/hinge.cl. */
#include "_loss.h"

typedef struct {
    bal_loss_kernels kernels;
} hinge;

static const bal_option options[] = {
    BAL_OPT_END
};

static bal_status build(bal_loss *l, bal_device *dev)
{
    hinge *p = l->self;
    return bal_adversarial_build(&p->kernels, l, dev);
}

static bal_status run(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    hinge *p = l->self;
    (void)label;
    return bal_adversarial_run(&p->kernels, l, target, (float[]){0, 0}, y, dy, figures, slot);
}

const bal_loss_def bal_loss_hinge = {
    .name = "hinge",
    .help = "max(0, 1 - y) and max(0, 1 + y) for D, -y for G",
    .size = sizeof(hinge),
    .options = options,
    .adversarial = true,
    .shape = bal_adversarial_shape,
    .build = build,
    .run = run,
};
