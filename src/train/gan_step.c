/* gan_step -- a step: D on a real batch and a generated one, then G through D. See include/ballast/gan.h. */
#include "ballast/pointwise.h"
#include "ballast/random.h"
#include "ballast/trace.h"
#include "train/condition.h"
#include "train/gan_parts.h"

/* Passes are numbered for their random draws: step * d_steps * PASSES + one of these. The generator's backward pass has
 * the number of its forward; a gradient penalty lies far behind all others. */
enum { DRAW_BOTH = 0, DRAW_FAKE = 1, DRAW_THROUGH = 2, PASSES = 3 };
static const uint32_t penalty_draw = 0x80000000u;

/* Device and host wait for each other at least this often, so that progress is true and a stop is quick. */
static const double sync_seconds = 0.2;

/* x as the discriminator sees it. */
static bal_status augment(bal_gan *gan, const bal_tensor *x, uint32_t draw, bal_tensor *seen)
{
    uint64_t   seed = (uint64_t)gan->job.setup->run.seed;
    bal_stream stream = bal_stream_for(seed, BAL_FOR_DIFF, (uint32_t)(gan->job.label + 1), draw);
    *seen = *x;
    if (!gan->diff.kind) return BAL_OK;
    seen->mem = gan->seen.mem;
    bal_device_scope(gan->job.dev, "augmentation");
    return bal_diff_augmenter_run(&gan->augmenter, seen, x, &gan->critic.state, &stream);
}

/* What the loss looks at and where it puts the gradient: y, or the scores of images as what they are meant to be. */
static bal_status look(bal_gan *gan, const bal_tensor *y, bal_tensor *score, bal_tensor *slope)
{
    *score = *y;
    *slope = bal_net_output_gradient(gan->discriminator);
    if (!gan->classes) return BAL_OK;
    *score = gan->score;
    *slope = gan->slope;
    score->shape.n = slope->shape.n = y->shape.n;
    return bal_condition_score(score, y, &gan->label);
}

/* Loss and its gradient, in *slope, for outputs y. */
static bal_status judge(bal_gan *gan, const bal_tensor *y, bal_target target, int slot, bal_tensor *score,
                        bal_tensor *slope)
{
    bal_device_scope(gan->job.dev, "loss");
    BAL_TRY(look(gan, y, score, slope));
    return gan->loss.def->run(&gan->loss, target, score, NULL, slope, &gan->figures, slot);
}

/* The outputs' gradient from that of what the loss looked at, scaled. */
static bal_status give_back(const bal_gan *gan, const bal_learner *l, const bal_tensor *slope)
{
    bal_tensor dy = bal_net_output_gradient(gan->discriminator);
    if (gan->classes) BAL_TRY(bal_condition_gradient(&dy, slope, &gan->label));
    return bal_learner_scale_loss(l, &dy);
}

/* Generated images are of the same classes as the real ones. */
static bal_status draw_latents(bal_gan *gan, const bal_stream *stream, const bal_tensor *label)
{
    BAL_TRY(bal_fill_normal(&gan->z, stream));
    if (!gan->classes) return BAL_OK;
    BAL_TRY(bal_join(&gan->label, label, label));
    return bal_condition_latent(&gan->z, &gan->label, gan->classes);
}

/* R1 on the real ones, which come first, as the discriminator sees them. */
static bal_status penalise(bal_gan *gan, const bal_pass *pass, const bal_tensor *both)
{
    bal_pass   alone = *pass;
    bal_tensor real = *both;
    alone.batches = 1;
    alone.draw = pass->draw + penalty_draw;
    real.shape.n = both->shape.n / 2;
    bal_device_scope(gan->job.dev, "gradient penalty");
    return bal_gradient_penalty_add(&gan->penalty, gan->discriminator, &alone, &real,
                                    gan->classes ? &gan->label : NULL);
}

/* Real and generated images in one pass: weights are made ready once, and kernels are twice as long. As two passes, one
 * after the other: batch norm and minibatch_std look at each half, other layers at each image. */
static bal_status teach(bal_gan *gan, const bal_pass *pass, int step, int row)
{
    bal_tensor x, y, score, slope;
    BAL_TRY(augment(gan, &gan->both, pass->draw, &x));
    BAL_TRY(bal_net_zero_gradients(gan->discriminator));
    BAL_TRY(bal_spectral_apply(&gan->spectral));
    BAL_TRY(bal_net_forward(gan->discriminator, pass, &x, &y));
    BAL_TRY(judge(gan, &y, BAL_BOTH, row * (BAL_GAN_FIGURES / 2) + BAL_GAN_REAL, &score, &slope));
    BAL_TRY(bal_critic_run(&gan->critic, &score, &slope, step, &gan->figures, row * BAL_GAN_FIGURES + BAL_GAN_CRITIC));
    BAL_TRY(give_back(gan, &gan->learn_d, &slope));
    BAL_TRY(bal_net_backward(gan->discriminator, pass, &x, NULL));
    if (bal_gradient_penalty_due(&gan->penalty, step)) BAL_TRY(penalise(gan, pass, &x));
    return bal_spectral_restore(&gan->spectral, true);
}

static bal_status step_discriminator(bal_gan *gan, uint32_t draw, int row, bal_tensor *fake)
{
    bal_pass   pass = {.training = true, .seed = (uint64_t)gan->job.setup->run.seed, .draw = draw + DRAW_FAKE};
    bal_stream stream = bal_stream_for(pass.seed, BAL_FOR_LATENT, (uint32_t)(gan->job.label + 1), draw);
    bal_tensor real, label;
    BAL_TRY(bal_feeder_next(gan->feeder, &real, &label));
    BAL_TRY(draw_latents(gan, &stream, &label));
    BAL_TRY(bal_net_forward(gan->generator, &pass, &gan->z, fake));
    BAL_TRY(bal_join(&gan->both, &real, fake));
    pass.draw = draw + DRAW_BOTH;
    pass.batches = 2;
    BAL_TRY(teach(gan, &pass, gan->learn_d.t, row));
    bal_device_scope(gan->job.dev, "discriminator's optimizer");
    return bal_learner_step(&gan->learn_d, &gan->figures, row * BAL_GAN_FIGURES + BAL_GAN_NORM_D);
}

/* dx: the gradient of the generator's loss on generated images x. */
static bal_status ask(bal_gan *gan, const bal_pass *pass, const bal_tensor *x, int row, const bal_tensor *dx)
{
    bal_tensor seen, y, score, slope, through = *dx;
    BAL_TRY(augment(gan, x, pass->draw, &seen));
    BAL_TRY(bal_spectral_apply(&gan->spectral));
    BAL_TRY(bal_net_forward(gan->discriminator, pass, &seen, &y));
    BAL_TRY(judge(gan, &y, BAL_GENERATE, row * (BAL_GAN_FIGURES / 2) + BAL_GAN_GENERATED, &score, &slope));
    BAL_TRY(give_back(gan, &gan->learn_g, &slope));
    if (gan->diff.kind) through.mem = gan->both.mem; /* free by now */
    BAL_TRY(bal_net_backward(gan->discriminator, pass, &seen, &through));
    BAL_TRY(bal_spectral_restore(&gan->spectral, false));
    return gan->diff.kind ? bal_diff_augmenter_back(&gan->augmenter, dx, &through) : BAL_OK;
}

static bal_status step_generator(bal_gan *gan, uint32_t draw, int row, const bal_tensor *fake)
{
    bal_pass through = {
        .training = true, .frozen = true, .seed = (uint64_t)gan->job.setup->run.seed, .draw = draw + DRAW_THROUGH};
    bal_pass   pass = {.training = true, .seed = through.seed, .draw = draw + DRAW_FAKE};
    bal_tensor dx = bal_net_output_gradient(gan->generator);
    BAL_TRY(ask(gan, &through, fake, row, &dx));
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
