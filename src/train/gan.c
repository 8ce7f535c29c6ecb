/* gan -- the steps, and when what of them is kept. See include/ballast/gan.h. */
#include "train/gan_parts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/memory.h"
#include "ballast/pointwise.h"
#include "ballast/random.h"
#include "ballast/reduce.h"
#include "ballast/stored.h"
#include "ballast/trace.h"

enum {
    /* Figures of a step: pairs of loss and score by bal_loss_def.run, and the gradients' norms. */
    REAL = 0,
    FAKE = 1,
    GENERATED = 2,
    NORM_D = 6,
    NORM_G = 7,
    /* Passes are numbered for their random draws: step * d_steps * PASSES + one of these. The generator's backward pass
     * has the number of its forward. */
    DRAW_BOTH = 0,
    DRAW_FAKE = 1,
    DRAW_THROUGH = 2,
    PASSES = 3
};

/* Device and host wait for each other at least this often, so that progress is true and a stop is quick. */
static const double sync_seconds = 0.2;

#define COLUMNS "step,lr,d_loss_real,d_loss_fake,g_loss,d_x,d_g_z,d_g_z_after,d_norm,g_norm"
static const char log_header[] = COLUMNS "\n",
                  log_header_mixed[] = COLUMNS ",d_loss_scale,d_skipped,g_loss_scale,g_skipped\n";
static const char speed_header[] = "step,seconds,images_per_second,waited\n";

/* ---- making ----------------------------------------------------------------------------------------------------- */

static bool mixed_precision(const bal_gan *gan) { return gan->job.setup->run.precision == BAL_MIXED; }

static bool ends_in_tanh(const bal_net *net)
{
    return strcmp(bal_net_layer(net, bal_net_count(net) - 1)->def->name, "tanh") == 0;
}

static bal_status make_loss(bal_gan *gan)
{
    const bal_where at = {"[train.gan]", 0}; /* the line was checked with its place by setup */
    BAL_TRY(bal_loss_read(&gan->loss, &gan->pool, gan->o.loss, true, at));
    return bal_loss_build(&gan->loss, gan->job.dev, bal_net_out(gan->discriminator), at);
}

static bal_status make_nets(bal_gan *gan)
{
    const bal_gan_job *j = &gan->job;
    uint64_t           seed = (uint64_t)j->setup->run.seed;
    uint32_t           salt = 2 * (uint32_t)(j->label + 1);
    BAL_TRY(bal_setup_net(&gan->generator, j->setup, "generator", gan->o.batch));
    BAL_TRY(bal_setup_net(&gan->discriminator, j->setup, "discriminator",
                          bal_setup_largest("discriminator", gan->o.batch)));
    bal_net_mix(gan->generator, mixed_precision(gan));
    bal_net_mix(gan->discriminator, mixed_precision(gan));
    return bal_net_build_pair(gan->generator, gan->discriminator, j->dev, seed, salt);
}

static bal_status make_learners(bal_gan *gan)
{
    const bal_gan_options *o = &gan->o;
    bal_learner_settings   g = {o->optimizer, o->schedule, o->ema, o->clip, 0, gan->total, mixed_precision(gan)};
    bal_learner_settings   d = {o->discriminator_optimizer ? o->discriminator_optimizer : o->optimizer,
                              o->schedule,
                              0,
                              o->clip,
                              o->weight_clip,
                              gan->total * o->d_steps,
                              mixed_precision(gan)};
    BAL_TRY(bal_learner_init(&gan->learn_g, gan->job.dev, gan->generator, &g));
    return bal_learner_init(&gan->learn_d, gan->job.dev, gan->discriminator, &d);
}

static bal_status make_feeder(bal_gan *gan)
{
    const int *index;
    int        count = bal_dataset_part(gan->job.data, BAL_TRAIN, gan->job.label, &index);
    if (count == 0) return bal_fail(BAL_ECONFIG, "%s: there is no training image", gan->job.what);
    bal_feeder_settings s = {
        .data = gan->job.data, .index = index, .count = count, .batch = gan->o.batch, .shuffle = true};
    s.seed = (uint64_t)gan->job.setup->run.seed;
    s.salt = (uint32_t)(gan->job.label + 1);
    s.scaling = gan->scaling;
    s.start = (uint64_t)gan->step * (uint64_t)gan->o.d_steps * (uint64_t)gan->o.batch;
    return bal_feeder_open(&gan->feeder, gan->job.dev, &s);
}

int bal_gan_budget(const bal_setup *s, const bal_dataset *data, int label)
{
    const int *index;
    int        count = bal_dataset_part(data, BAL_TRAIN, label, &index), batch = s->gan.batch;
    return s->gan.steps ? s->gan.steps : (count + batch - 1) / batch * s->gan.epochs;
}

/* ---- figures ---------------------------------------------------------------------------------------------------- */

/* Names the layer whose output or weights are not finite, or where all are, the figure that is not. */
static bal_status fail_nan(bal_gan *gan, int step, int figure)
{
    static const char *const figures[BAL_GAN_FIGURES] = {"the loss on real images",
                                                         "the score of real images",
                                                         "the loss on generated images",
                                                         "the score of generated images",
                                                         "the generator's loss",
                                                         "the score of generated images",
                                                         "the gradient",
                                                         "the gradient"};
    const char              *where = bal_net_find_nan(gan->discriminator), *net = "discriminator";
    if (!where) {
        where = bal_net_find_nan(gan->generator);
        net = where || figure == NORM_G ? "generator" : net;
    }
    return bal_fail(BAL_ENAN, "%s: step %d: %s, %s is not finite; the last good state is in %s/last.safetensors",
                    gan->job.what, step, net, where ? where : figures[figure], gan->job.folder);
}

/* Wait for the device and look at the figures of all steps up to now. */
static bal_status read_figures(bal_gan *gan)
{
    int rows = (gan->step - 1) % gan->o.log + 1;
    if (gan->read == gan->step) return BAL_OK;
    BAL_TRY(bal_tensor_read(&gan->figures, gan->host));
    gan->read = gan->step;
    for (int i = 0; i < rows * BAL_GAN_FIGURES; i++)
        if (!isfinite(gan->host[i]))
            return fail_nan(gan, gan->step - rows + 1 + i / BAL_GAN_FIGURES, i % BAL_GAN_FIGURES);
    for (int k = 0; k < BAL_GAN_FIGURES; k++) {
        gan->last[k] = 0;
        for (int r = 0; r < rows; r++) gan->last[k] += (double)gan->host[r * BAL_GAN_FIGURES + k] / rows;
    }
    return BAL_OK;
}

static bal_status write_line(bal_gan *gan)
{
    const double *f = gan->last;
    double        now = bal_run_clock(), seconds = now - gan->logged;
    double        line[] = {(double)gan->learn_g.lr,
                            f[2 * REAL],
                            f[2 * FAKE],
                            0,
                            f[2 * REAL + 1],
                            f[2 * FAKE + 1],
                            0,
                            f[NORM_D],
                            f[NORM_G],
                            0,
                            0,
                            0,
                            0};
    int           columns = (int)(sizeof line / sizeof *line) - 4;
    double        speed[] = {seconds, gan->o.log * gan->o.batch / seconds, bal_feeder_waited(gan->feeder)};
    line[3] = f[2 * GENERATED];
    line[6] = f[2 * GENERATED + 1];
    gan->logged = now;
    if (mixed_precision(gan)) {
        BAL_TRY(bal_learner_scale(&gan->learn_d, &line[columns], &line[columns + 1]));
        BAL_TRY(bal_learner_scale(&gan->learn_g, &line[columns + 2], &line[columns + 3]));
        columns += 4;
    }
    BAL_TRY(bal_run_log_row(&gan->log, gan->step, line, columns));
    return bal_run_log_row(&gan->speed, gan->step, speed, 3);
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

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
    BAL_TRY(discriminate(gan, &pass, &gan->both, BAL_BOTH, row * (BAL_GAN_FIGURES / 2) + REAL, NULL));
    bal_device_scope(gan->job.dev, "discriminator's optimizer");
    return bal_learner_step(&gan->learn_d, &gan->figures, row * BAL_GAN_FIGURES + NORM_D);
}

static bal_status step_generator(bal_gan *gan, uint32_t draw, int row, const bal_tensor *fake)
{
    bal_pass through = {
        .training = true, .frozen = true, .seed = (uint64_t)gan->job.setup->run.seed, .draw = draw + DRAW_THROUGH};
    bal_pass   pass = {.training = true, .seed = through.seed, .draw = draw + DRAW_FAKE};
    bal_tensor dx = bal_net_output_gradient(gan->generator);
    BAL_TRY(discriminate(gan, &through, fake, BAL_GENERATE, row * (BAL_GAN_FIGURES / 2) + GENERATED, &dx));
    BAL_TRY(bal_net_zero_gradients(gan->generator));
    BAL_TRY(bal_net_backward(gan->generator, &pass, &gan->z, NULL));
    bal_device_scope(gan->job.dev, "generator's optimizer");
    return bal_learner_step(&gan->learn_g, &gan->figures, row * BAL_GAN_FIGURES + NORM_G);
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

int bal_gan_steps(const bal_gan *gan, int *total)
{
    if (total) *total = gan->total;
    return gan->step;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static bal_status open_gan(bal_gan *gan)
{
    bal_device              *dev = gan->job.dev;
    static const char *const nets[] = {"generator", "discriminator"};
    gan->total = bal_gan_budget(gan->job.setup, gan->job.data, gan->job.label);
    BAL_TRY(bal_memory_check(gan->job.setup, dev, "train.gan", nets, 2, gan->o.batch));
    BAL_TRY(make_nets(gan));
    gan->scaling = bal_dataset_scaling(gan->job.data, ends_in_tanh(gan->generator));
    BAL_TRY(make_loss(gan));
    BAL_TRY(bal_stored_first_weights(gan->generator, gan->o.init));
    BAL_TRY(bal_stored_first_weights(gan->discriminator, gan->o.discriminator_init));
    BAL_TRY(make_learners(gan));
    BAL_TRY(bal_tensor_init(&gan->z, dev, bal_net_in(gan->generator)));
    BAL_TRY(bal_tensor_init(&gan->both, dev, bal_net_in(gan->discriminator)));
    BAL_TRY(bal_tensor_init(&gan->figures, dev, (bal_shape){gan->o.log, 1, 1, BAL_GAN_FIGURES}));
    gan->host = calloc((size_t)gan->o.log * BAL_GAN_FIGURES, sizeof *gan->host);
    if (!gan->host) return bal_fail(BAL_ENOMEM, "no memory for figures");
    if (gan->job.folder) BAL_TRY(bal_path_use(gan->job.folder, "last.safetensors", bal_gan_load_last, gan));
    gan->logged = gan->synced = bal_run_clock();
    return make_feeder(gan);
}

bal_status bal_gan_open(bal_gan **out, const bal_gan_job *job)
{
    bal_gan *gan = calloc(1, sizeof *gan);
    *out = NULL;
    if (!gan) return bal_fail(BAL_ENOMEM, "no memory for a GAN");
    gan->job = *job;
    gan->o = job->setup->gan;
    bal_status st = open_gan(gan);
    if (st == BAL_OK) *out = gan;
    else bal_gan_close(gan);
    return st;
}

void bal_gan_close(bal_gan *gan)
{
    if (!gan) return;
    bal_feeder_close(gan->feeder);
    bal_learner_free(&gan->learn_g);
    bal_learner_free(&gan->learn_d);
    bal_loss_free(&gan->loss);
    bal_option_pool_free(gan->pool);
    bal_net_free(gan->generator);
    bal_net_free(gan->discriminator);
    bal_tensor_free(&gan->z);
    bal_tensor_free(&gan->both);
    bal_tensor_free(&gan->figures);
    bal_run_log_close(&gan->log);
    bal_run_log_close(&gan->speed);
    free(gan->host);
    free(gan);
}

static bal_status open_log(const char *path, void *user)
{
    bal_gan *gan = user;
    return bal_run_log_open(&gan->log, path, mixed_precision(gan) ? log_header_mixed : log_header, gan->step);
}

static bal_status open_speed(const char *path, void *user)
{
    bal_gan *gan = user;
    return bal_run_log_open(&gan->speed, path, speed_header, gan->step);
}

static bal_status make_folder(const char *path, void *user)
{
    (void)user;
    return bal_folder_create(path);
}

static bool due(int step, int interval, bool end) { return end || (interval && step % interval == 0); }

static void show(const bal_gan *gan)
{
    const double    *f = gan->last;
    const bal_figure shown[] = {{"D loss", f[2 * REAL] + f[2 * FAKE]},
                                {"G loss", f[2 * GENERATED]},
                                {"D(x)", f[2 * REAL + 1]},
                                {"D(G(z))", f[2 * FAKE + 1]}};
    gan->job.watch->update(gan->step, shown, gan->read ? 4 : 0);
}

/* A net whose weights have gone bad in the very last step must not replace a good checkpoint. */
static bal_status weights_finite(bal_gan *gan, const bal_learner *l, bal_net *net, int figure)
{
    float norm = 0;
    if (!bal_has(bal_net_weights(net))) return BAL_OK;
    BAL_TRY(bal_norm(&l->factor, 0, bal_net_weights(net), &l->scratch));
    BAL_TRY(bal_tensor_read(&l->factor, &norm));
    return isfinite(norm) ? BAL_OK : fail_nan(gan, gan->step, figure);
}

static bal_status save(bal_gan *gan)
{
    BAL_TRY(read_figures(gan));
    BAL_TRY(weights_finite(gan, &gan->learn_g, gan->generator, NORM_G));
    BAL_TRY(weights_finite(gan, &gan->learn_d, gan->discriminator, NORM_D));
    BAL_TRY(bal_path_use(gan->job.folder, "last.safetensors", bal_gan_save_last, gan));
    return bal_path_use(gan->job.folder, "generator.safetensors", bal_gan_save_generator, gan);
}

static bal_status after_step(bal_gan *gan, bool stop)
{
    bool end = gan->step == gan->total;
    if (due(gan->step, gan->o.log, false)) {
        BAL_TRY(read_figures(gan));
        BAL_TRY(write_line(gan));
    }
    if (due(gan->step, gan->o.sample, end)) BAL_TRY(bal_gan_save_samples(gan));
    if (end) BAL_TRY(bal_path_use(gan->job.folder, "progression.png", bal_gan_save_progression, gan));
    if (due(gan->step, gan->o.checkpoint, end || stop)) BAL_TRY(save(gan));
    show(gan);
    return BAL_OK;
}

static bal_status run(bal_gan *gan, bool *stopped)
{
    BAL_TRY(bal_path_use(gan->job.folder, "samples", make_folder, NULL));
    BAL_TRY(bal_path_use(gan->job.folder, "log.csv", open_log, gan));
    BAL_TRY(bal_path_use(gan->job.folder, "speed.csv", open_speed, gan));
    if (gan->step == 0) BAL_TRY(bal_path_use(gan->job.folder, "real.png", bal_gan_save_real, gan));
    if (gan->step == 0) BAL_TRY(bal_gan_save_samples(gan));
    while (gan->step < gan->total && !*stopped) {
        BAL_TRY(bal_gan_step(gan));
        *stopped = gan->step < gan->total && gan->job.watch->stop();
        BAL_TRY(after_step(gan, *stopped));
    }
    return BAL_OK;
}

bal_status bal_gan_train(const bal_gan_job *job, bool *stopped)
{
    bal_gan *gan;
    *stopped = false;
    BAL_TRY(bal_gan_open(&gan, job));
    job->watch->begin(job->what, "step", gan->total, gan->step);
    bal_status st = gan->step >= gan->total ? BAL_OK : run(gan, stopped);
    job->watch->end();
    bal_gan_close(gan);
    return st;
}
