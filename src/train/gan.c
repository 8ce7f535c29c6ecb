/* gan -- the steps, and what is kept of them. See include/ballast/gan.h. */
#include "ballast/gan.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/feeder.h"
#include "ballast/files.h"
#include "ballast/learner.h"
#include "ballast/memory.h"
#include "ballast/random.h"
#include "ballast/reduce.h"
#include "ballast/stored.h"

enum {
    SAMPLES = 64, SAMPLE_COLUMNS = 8, PROGRESSION_ROWS = 8,
    /* Figures of a step: pairs of loss and score by bal_loss_def.run, and the gradients' norms. */
    REAL = 0, FAKE = 1, GENERATED = 2, NORM_D = 6, NORM_G = 7, FIGURES = 8,
    /* Passes are numbered for their random draws: step * d_steps * PASSES + one of these. The generator's backward pass
     * has the number of its forward. */
    DRAW_REAL = 0, DRAW_FAKE = 1, DRAW_THROUGH = 2, PASSES = 3
};

/* Device and host wait for each other at least this often, so that progress is true and a stop is quick. */
static const double sync_seconds = 0.2;

struct bal_gan {
    bal_gan_job      job;
    bal_gan_options  o;
    bal_net         *generator, *discriminator;
    bal_learner      learn_g, learn_d;
    bal_loss         loss;
    bal_option_pool *pool;
    bal_feeder      *feeder;
    bal_scaling      scaling;
    bal_tensor       z, figures; /* [log] rows of FIGURES */
    float           *host;       /* the same on the host */
    bal_run_log      log, speed;
    int              step, total, read; /* read: steps whose figures were looked at */
    double           synced, logged;                    /* clock of the last wait and of the last line of speed.csv */
    double           last[FIGURES];                      /* means since the last line of log.csv */
};

static const char log_header[] = "step,lr,d_loss_real,d_loss_fake,g_loss,d_x,d_g_z,d_g_z_after,d_norm,g_norm\n";
static const char speed_header[] = "step,seconds,images_per_second,waited\n";

/* ---- making ----------------------------------------------------------------------------------------------------- */

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
    BAL_TRY(bal_setup_net(&gan->discriminator, j->setup, "discriminator", gan->o.batch));
    BAL_TRY(bal_net_build(gan->generator, j->dev, true, seed, salt));
    return bal_net_build(gan->discriminator, j->dev, true, seed, salt + 1);
}

static bal_status make_learners(bal_gan *gan)
{
    const bal_gan_options *o = &gan->o;
    bal_learner_settings   g = {o->optimizer, o->schedule, o->ema, o->clip, 0, gan->total};
    bal_learner_settings   d = {o->discriminator_optimizer ? o->discriminator_optimizer : o->optimizer,
                              o->schedule, 0, o->clip, o->weight_clip, gan->total * o->d_steps};
    BAL_TRY(bal_learner_init(&gan->learn_g, gan->job.dev, gan->generator, &g));
    return bal_learner_init(&gan->learn_d, gan->job.dev, gan->discriminator, &d);
}

static bal_status first_weights(bal_net *net, const char *path)
{
    bal_checkpoint *c;
    if (!path) return BAL_OK;
    BAL_TRY(bal_checkpoint_read(&c, path));
    bal_status st = bal_checkpoint_get_net(c, "", net, NULL, NULL);
    bal_checkpoint_free(c);
    return st;
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

static char *inside(const bal_gan *gan, const char *name) { return bal_path_join(gan->job.folder, name); }

/* Runs `use` on PATH/NAME and frees the path. */
static bal_status with_path(const bal_gan *gan, const char *name, bal_status (*use)(const char *path, void *user),
                            void *user)
{
    char *path = inside(gan, name);
    if (!path) return bal_fail(BAL_ENOMEM, "no memory for a path");
    bal_status st = use(path, user);
    free(path);
    return st;
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------ */

static bal_status save_last(const char *path, void *user)
{
    const bal_gan  *gan = user;
    bal_checkpoint *c;
    bal_status      st;
    BAL_TRY(bal_checkpoint_new(&c));
    BAL_TRY_OR(end, st, bal_learner_put(&gan->learn_g, c, "generator."));
    BAL_TRY_OR(end, st, bal_learner_put(&gan->learn_d, c, "discriminator."));
    BAL_TRY_OR(end, st, bal_stored_put_figures(c, gan->host, gan->step % gan->o.log * FIGURES));
    BAL_TRY_OR(end, st, bal_checkpoint_write(c, path));
end:
    bal_checkpoint_free(c);
    return st;
}

static bal_status load_last(const char *path, void *user)
{
    bal_gan        *gan = user;
    bal_checkpoint *c;
    bal_status      st;
    if (!bal_file_exists(path)) return BAL_OK;
    BAL_TRY(bal_checkpoint_read(&c, path));
    BAL_TRY_OR(end, st, bal_learner_get(&gan->learn_g, c, "generator."));
    BAL_TRY_OR(end, st, bal_learner_get(&gan->learn_d, c, "discriminator."));
    gan->step = gan->read = gan->learn_g.t;
    BAL_TRY_OR(end, st, bal_stored_get_figures(gan->host, gan->step % gan->o.log * FIGURES, c));
    BAL_TRY_OR(end, st, bal_tensor_write(&gan->figures, gan->host));
end:
    bal_checkpoint_free(c);
    return st;
}

static bal_status save_generator(const char *path, void *user)
{
    const bal_gan     *gan = user;
    const bal_learner *l = &gan->learn_g;
    bal_checkpoint    *c;
    bal_status         st;
    char               step[16];
    snprintf(step, sizeof step, "%d", gan->step);
    BAL_TRY(bal_checkpoint_new(&c));
    BAL_TRY_OR(end, st, bal_checkpoint_put_net(c, "", gan->generator, bal_has(&l->average) ? &l->average : NULL,
                                               bal_has(&l->average_states) ? &l->average_states : NULL));
    BAL_TRY_OR(end, st, bal_stored_put_scaling(c, &gan->scaling));
    BAL_TRY_OR(end, st, bal_checkpoint_note(c, "step", step));
    BAL_TRY_OR(end, st, bal_checkpoint_write(c, path));
end:
    bal_checkpoint_free(c);
    return st;
}

/* ---- figures ---------------------------------------------------------------------------------------------------- */

/* Names the layer whose output or weights are not finite, or where all are, the figure that is not. */
static bal_status fail_nan(bal_gan *gan, int step, int figure)
{
    static const char *const figures[FIGURES] = {
        "the loss on real images", "the score of real images", "the loss on generated images",
        "the score of generated images", "the generator's loss", "the score of generated images",
        "the gradient", "the gradient"};
    const char *where = bal_net_find_nan(gan->discriminator), *net = "discriminator";
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
    for (int i = 0; i < rows * FIGURES; i++)
        if (!isfinite(gan->host[i])) return fail_nan(gan, gan->step - rows + 1 + i / FIGURES, i % FIGURES);
    for (int k = 0; k < FIGURES; k++) {
        gan->last[k] = 0;
        for (int r = 0; r < rows; r++) gan->last[k] += (double)gan->host[r * FIGURES + k] / rows;
    }
    return BAL_OK;
}

static bal_status write_line(bal_gan *gan)
{
    const double *f = gan->last;
    double        now = bal_run_clock(), seconds = now - gan->logged;
    double        line[] = {(double)gan->learn_g.lr, f[2 * REAL], f[2 * FAKE], 0, f[2 * REAL + 1],
                            f[2 * FAKE + 1], 0, f[NORM_D], f[NORM_G]};
    double        speed[] = {seconds, gan->o.log * gan->o.batch / seconds, bal_feeder_waited(gan->feeder)};
    line[3] = f[2 * GENERATED];
    line[6] = f[2 * GENERATED + 1];
    gan->logged = now;
    BAL_TRY(bal_run_log_row(&gan->log, gan->step, line, (int)(sizeof line / sizeof *line)));
    return bal_run_log_row(&gan->speed, gan->step, speed, 3);
}

/* ---- samples ---------------------------------------------------------------------------------------------------- */

/* Pixels of `count` images, images in batches of at most the net's, latents keyed by (purpose, salt, batch). */
static bal_status generate_batch(float *pixel, bal_net *net, const bal_tensor *z, int n, const bal_stream *stream)
{
    const bal_pass look = {.training = false};
    bal_tensor     y, part = *z;
    part.shape.n = n;
    BAL_TRY(bal_fill_normal(&part, stream));
    BAL_TRY(bal_net_forward(net, &look, &part, &y));
    return bal_tensor_read(&y, pixel);
}

static bal_status sample_pixels(bal_gan *gan, float *pixel)
{
    size_t     image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    bal_status st = bal_learner_swap(&gan->learn_g);
    for (int i = 0, n; st == BAL_OK && i < SAMPLES; i += n) {
        bal_stream stream = bal_stream_for((uint64_t)gan->job.setup->run.seed, BAL_FOR_SAMPLE,
                                           (uint32_t)(gan->job.label + 1), (uint32_t)i);
        n = SAMPLES - i < gan->o.batch ? SAMPLES - i : gan->o.batch;
        st = generate_batch(pixel + (size_t)i * image, gan->generator, &gan->z, n, &stream);
    }
    return st == BAL_OK ? bal_learner_swap(&gan->learn_g) : st;
}

static bal_status save_samples(bal_gan *gan)
{
    size_t     image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    float     *pixel = malloc(SAMPLES * image * sizeof *pixel);
    char      *path = bal_format("%s/samples/step_%06d.png", gan->job.folder, gan->step);
    bal_status st = pixel && path ? sample_pixels(gan, pixel) : bal_fail(BAL_ENOMEM, "no memory for samples");
    if (st == BAL_OK) st = bal_run_grid(path, pixel, SAMPLES, SAMPLE_COLUMNS, &gan->job.setup->data, &gan->scaling);
    free(pixel);
    free(path);
    return st;
}

/* Training images, evenly chosen: what the samples are looked at beside. */
static bal_status save_real(const char *path, void *user)
{
    const bal_gan *gan = user;
    const int     *index;
    int            count = bal_dataset_part(gan->job.data, BAL_TRAIN, gan->job.label, &index);
    int            n = count < SAMPLES ? count : SAMPLES;
    size_t         image = bal_shape_size(bal_net_out(gan->generator)) / (size_t)gan->o.batch;
    float         *pixel = malloc((size_t)n * image * sizeof *pixel);
    bal_status     st = pixel ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a picture");
    for (int i = 0; st == BAL_OK && i < n; i++)
        st = bal_dataset_fill(gan->job.data, index[(long)i * count / n], pixel + (size_t)i * image, &gan->scaling);
    if (st == BAL_OK) st = bal_run_grid(path, pixel, n, SAMPLE_COLUMNS, &gan->job.setup->data, &gan->scaling);
    free(pixel);
    return st;
}

/* First row of each of up to PROGRESSION_ROWS sample grids, evenly chosen, the last one included. */
static bal_status save_progression(const char *path, void *user)
{
    const bal_gan *gan = user;
    bal_names      names = {0};
    bal_image      grid = {0};
    float         *out = NULL;
    bal_status     st;
    char          *folder = inside(gan, "samples");
    int            size = gan->job.setup->data.size, rows = 0;
    size_t         row = 0;
    BAL_TRY_OR(end, st, bal_folder_list(&names, folder));
    rows = names.count < PROGRESSION_ROWS ? names.count : PROGRESSION_ROWS;
    for (int r = 0; r < rows; r++) {
        int   which = rows > 1 ? r * (names.count - 1) / (rows - 1) : 0;
        char *file = bal_path_join(folder, names.name[which]);
        st = file ? bal_image_read(&grid, file) : bal_fail(BAL_ENOMEM, "no memory for a path");
        free(file);
        if (st != BAL_OK) goto end;
        row = (size_t)grid.width * (size_t)size * (size_t)grid.channels;
        if (!out) out = calloc((size_t)rows * row, sizeof *out);
        if (!out) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for a picture"));
        memcpy(out + (size_t)r * row, grid.pixel, row * sizeof *out);
        if (r + 1 < rows) bal_image_free(&grid);
    }
    if (rows) st = bal_image_write_png(path, out, grid.width, rows * size, grid.channels);
end:
    bal_image_free(&grid);
    bal_names_free(&names);
    free(out);
    free(folder);
    return st;
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
    return bal_net_backward(gan->discriminator, pass, x, dx);
}

static bal_status step_discriminator(bal_gan *gan, uint32_t draw, int row, bal_tensor *fake)
{
    bal_pass   pass = {.training = true, .seed = (uint64_t)gan->job.setup->run.seed, .draw = draw + DRAW_REAL};
    bal_stream stream = bal_stream_for(pass.seed, BAL_FOR_LATENT, (uint32_t)(gan->job.label + 1), draw);
    bal_tensor real, label;
    BAL_TRY(bal_feeder_next(gan->feeder, &real, &label));
    BAL_TRY(bal_net_zero_gradients(gan->discriminator));
    BAL_TRY(discriminate(gan, &pass, &real, BAL_REAL, row * (FIGURES / 2) + REAL, NULL));
    BAL_TRY(bal_fill_normal(&gan->z, &stream));
    pass.draw = draw + DRAW_FAKE;
    BAL_TRY(bal_net_forward(gan->generator, &pass, &gan->z, fake));
    BAL_TRY(discriminate(gan, &pass, fake, BAL_FAKE, row * (FIGURES / 2) + FAKE, NULL));
    bal_device_scope(gan->job.dev, "discriminator's optimizer");
    return bal_learner_step(&gan->learn_d, &gan->figures, row * FIGURES + NORM_D);
}

static bal_status step_generator(bal_gan *gan, uint32_t draw, int row, const bal_tensor *fake)
{
    bal_pass through = {
        .training = true, .frozen = true, .seed = (uint64_t)gan->job.setup->run.seed, .draw = draw + DRAW_THROUGH};
    bal_pass   pass = {.training = true, .seed = through.seed, .draw = draw + DRAW_FAKE};
    bal_tensor dx = bal_net_output_gradient(gan->generator);
    BAL_TRY(bal_net_zero_gradients(gan->generator));
    BAL_TRY(discriminate(gan, &through, fake, BAL_GENERATE, row * (FIGURES / 2) + GENERATED, &dx));
    BAL_TRY(bal_net_backward(gan->generator, &pass, &gan->z, NULL));
    bal_device_scope(gan->job.dev, "generator's optimizer");
    return bal_learner_step(&gan->learn_g, &gan->figures, row * FIGURES + NORM_G);
}

bal_status bal_gan_step(bal_gan *gan)
{
    int        row = gan->step % gan->o.log;
    uint32_t   draw = (uint32_t)gan->step * (uint32_t)gan->o.d_steps * PASSES;
    bal_tensor fake;
    BAL_TRY(step_discriminator(gan, draw, row, &fake));
    for (int i = 1; i < gan->o.d_steps; i++) BAL_TRY(step_discriminator(gan, draw += PASSES, row, &fake));
    BAL_TRY(step_generator(gan, draw, row, &fake));
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
    bal_device *dev = gan->job.dev;
    static const char *const nets[] = {"generator", "discriminator"};
    gan->total = bal_gan_budget(gan->job.setup, gan->job.data, gan->job.label);
    BAL_TRY(bal_memory_check(gan->job.setup, dev, "train.gan", nets, 2, gan->o.batch));
    BAL_TRY(make_nets(gan));
    gan->scaling = bal_dataset_scaling(gan->job.data, ends_in_tanh(gan->generator));
    BAL_TRY(make_loss(gan));
    BAL_TRY(first_weights(gan->generator, gan->o.init));
    BAL_TRY(first_weights(gan->discriminator, gan->o.discriminator_init));
    BAL_TRY(make_learners(gan));
    BAL_TRY(bal_tensor_init(&gan->z, dev, bal_net_in(gan->generator)));
    BAL_TRY(bal_tensor_init(&gan->figures, dev, (bal_shape){gan->o.log, 1, 1, FIGURES}));
    gan->host = calloc((size_t)gan->o.log * FIGURES, sizeof *gan->host);
    if (!gan->host) return bal_fail(BAL_ENOMEM, "no memory for figures");
    if (gan->job.folder) BAL_TRY(with_path(gan, "last.safetensors", load_last, gan));
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
    bal_tensor_free(&gan->figures);
    bal_run_log_close(&gan->log);
    bal_run_log_close(&gan->speed);
    free(gan->host);
    free(gan);
}

static bal_status open_log(const char *path, void *user)
{
    bal_gan *gan = user;
    return bal_run_log_open(&gan->log, path, log_header, gan->step);
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
    BAL_TRY(with_path(gan, "last.safetensors", save_last, gan));
    return with_path(gan, "generator.safetensors", save_generator, gan);
}

static bal_status after_step(bal_gan *gan, bool stop)
{
    bool end = gan->step == gan->total;
    if (due(gan->step, gan->o.log, false)) {
        BAL_TRY(read_figures(gan));
        BAL_TRY(write_line(gan));
    }
    if (due(gan->step, gan->o.sample, end)) BAL_TRY(save_samples(gan));
    if (due(gan->step, gan->o.checkpoint, end || stop)) BAL_TRY(save(gan));
    show(gan);
    return BAL_OK;
}

static bal_status run(bal_gan *gan, bool *stopped)
{
    BAL_TRY(with_path(gan, "samples", make_folder, NULL));
    BAL_TRY(with_path(gan, "log.csv", open_log, gan));
    BAL_TRY(with_path(gan, "speed.csv", open_speed, gan));
    if (gan->step == 0) BAL_TRY(with_path(gan, "real.png", save_real, gan));
    if (gan->step == 0) BAL_TRY(save_samples(gan));
    while (gan->step < gan->total && !*stopped) {
        BAL_TRY(bal_gan_step(gan));
        *stopped = gan->step < gan->total && gan->job.watch->stop();
        BAL_TRY(after_step(gan, *stopped));
    }
    return *stopped ? BAL_OK : with_path(gan, "progression.png", save_progression, gan);
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

/* ---- generating ------------------------------------------------------------------------------------------------- */

static bal_status load_generator(bal_net *net, bal_scaling *scaling, const char *path)
{
    bal_checkpoint *c;
    BAL_TRY(bal_checkpoint_read(&c, path));
    bal_status st = bal_stored_get_scaling(scaling, c, path);
    if (st == BAL_OK) st = bal_checkpoint_get_net(c, "", net, NULL, NULL);
    bal_checkpoint_free(c);
    return st;
}

bal_status bal_gan_generate(const bal_setup *s, bal_device *dev, const char *weights, uint64_t seed, int count,
                            bal_gan_sink sink, void *user)
{
    enum { BATCH = 64 };
    bal_net    *net = NULL;
    bal_tensor  z = {0};
    float      *pixel = NULL;
    bal_scaling scaling;
    bal_status  st;
    BAL_TRY_OR(end, st, bal_setup_net(&net, s, "generator", BATCH));
    BAL_TRY_OR(end, st, bal_net_build(net, dev, false, 0, 0));
    BAL_TRY_OR(end, st, load_generator(net, &scaling, weights));
    BAL_TRY_OR(end, st, bal_tensor_init(&z, dev, bal_net_in(net)));
    pixel = malloc(bal_shape_size(bal_net_out(net)) * sizeof *pixel);
    if (!pixel) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for images"));
    for (int i = 0; i < count; i += BATCH) {
        bal_stream stream = bal_stream_for(seed, BAL_FOR_GENERATE, 0, (uint32_t)(i / BATCH));
        int        n = count - i < BATCH ? count - i : BATCH;
        BAL_TRY_OR(end, st, generate_batch(pixel, net, &z, n, &stream));
        BAL_TRY_OR(end, st, sink(user, i, n, pixel, &scaling));
    }
end:
    free(pixel);
    bal_tensor_free(&z);
    bal_net_free(net);
    return st;
}
