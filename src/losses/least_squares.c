/* least_squares -- D's outputs are drawn to 1 and 0, G's to 1, by their squared distance. See cl/least_squares.cl. */
#include "_loss.h"

typedef struct {
    bal_loss_kernels kernels;
} least_squares;

static const bal_option options[] = {
    BAL_OPT_END
};

static bal_status build(bal_loss *l, bal_device *dev)
{
    least_squares *p = l->self;
    return bal_adversarial_build(&p->kernels, l, dev);
}

static bal_status run(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    least_squares *p = l->self;
    (void)label;
    return bal_adversarial_run(&p->kernels, l, target, (float[]){0, 0}, y, dy, figures, slot);
}

const bal_loss_def bal_loss_least_squares = {
    .name = "least_squares",
    .help = "(y - t)^2 / 2: t = 1 for real images and for G, 0 for generated ones",
    .size = sizeof(least_squares),
    .options = options,
    .adversarial = true,
    .shape = bal_adversarial_shape,
    .build = build,
    .run = run,
};
