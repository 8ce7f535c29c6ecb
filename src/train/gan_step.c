/* gan_step -- a step: D on a real batch and a generated one, then G through D. See include/ballast/gan.h. */
#include "ballast/pointwise.h"
#include "ballast/random.h"
#include "ballast/trace.h"
#include "train/gan_parts.h"

/* Passes are numbered for their random draws: step * d_steps * PASSES + one of these. The generator's backward pass has
 * the number of its forward. */
enum { DRAW_BOTH = 0, DRAW_FAKE = 1, DRAW_THROUGH = 2, PASSES = 3 };

/* Device and host wait for each other at least this often, so that progress is true and a stop is quick. */
static const double sync_seconds = 0.2;

static bal_status discriminate(bal_gan *gan, const bal_pass *pass, const bal_tensor *x, bal_target target, int slot,
                               const bal_tensor *dx)
{
    bal_tensor y;
    BAL_TRY(bal_net_forward(gan->discriminator, pass, x, &y));
    bal_tensor dy = bal_net_output_gradient(gan->discriminator);
    bal_device_scope(gan->job.dev, "loss");
    BAL_TRY(gan->loss.def->run(&gan->loss, target, &y, NULL, &dy, &gan->figures, slot));
    BAL_TRY(bal_learner_scale_loss(target == BAL_GENERATE ? &gan->learn_g : &gan->learn_d, &dy));
    return bal_net_backward(gan->discriminator, pass, x, dx);
}

/* Real and generated images in one pass: weights are made ready once, and kernels are twice as long. As two passes, one
 * after the other: batch norm takes statistics of each half, and no other layer looks at more than one image. */
static bal_status step_discriminator(bal_gan *gan, uint32_t draw, int row, bal_tensor *fake)
{
    bal_pass   pass = {.training = true, .seed = (uint64_t)gan->job.setup->run.seed, .draw = draw + DRAW_FAKE};
    bal_stream stream = bal_stream_for(pass.seed, BAL_FOR_LATENT, (uint32_t)(gan->job.label + 1), draw);
    bal_tensor real, label;
    BAL_TRY(bal_feeder_next(gan->feeder, &real, &label));
    BAL_TRY(bal_fill_normal(&gan->z, &stream));
    BAL_TRY(bal_net_forward(gan->generator, &pass, &gan->z, fake));
    BAL_TRY(bal_join(&gan->both, &real, fake));
    BAL_TRY(bal_net_zero_gradients(gan->discriminator));
    pass.draw = draw + DRAW_BOTH;
    pass.batches = 2;
    BAL_TRY(discriminate(gan, &pass, &gan->both, BAL_BOTH, row * (BAL_GAN_FIGURES / 2) + BAL_GAN_REAL, NULL));
    bal_device_scope(gan->job.dev, "discriminator's optimizer");
    return bal_learner_step(&gan->learn_d, &gan->figures, row * BAL_GAN_FIGURES + BAL_GAN_NORM_D);
}

static bal_status step_generator(bal_gan *gan, uint32_t draw, int row, const bal_tensor *fake)
{
    bal_pass through = {
        .training = true, .frozen = true, .seed = (uint64_t)gan->job.setup->run.seed, .draw = draw + DRAW_THROUGH};
    bal_pass   pass = {.training = true, .seed = through.seed, .draw = draw + DRAW_FAKE};
    bal_tensor dx = bal_net_output_gradient(gan->generator);
    BAL_TRY(discriminate(gan, &through, fake, BAL_GENERATE, row * (BAL_GAN_FIGURES / 2) + BAL_GAN_GENERATED, &dx));
    BAL_TRY(bal_net_zero_gradients(gan->generator));
    BAL_TRY(bal_net_backward(gan->generator, &pass, &gan->z, NULL));
    bal_device_scope(gan->job.dev, "generator's optimizer");
    return bal_learner_step(&gan->learn_g, &gan->figures, row * BAL_GAN_FIGURES + BAL_GAN_NORM_G);
}

bal_status bal_gan_step(bal_gan *gan)
{
    int        row = gan->step % gan->o.log;
    uint32_t   draw = (uint32_t)gan->step * (uint32_t)gan->o.d_steps * PASSES;
    uint64_t   begin = bal_trace_clock();
    bal_tensor fake;
    BAL_TRY(step_discriminator(gan, draw, row, &fake));
    for (int i = 1; i < gan->o.d_steps; i++) BAL_TRY(step_discriminator(gan, draw += PASSES, row, &fake));
    BAL_TRY(step_generator(gan, draw, row, &fake));
    bal_trace_span("queue a step", begin);
    gan->step++;
    double now = bal_run_clock();
    if (now - gan->synced < sync_seconds) return BAL_OK;
    gan->synced = now;
    return bal_device_finish(gan->job.dev);
}
