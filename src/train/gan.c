/* gan -- how a GAN is made, and when what of it is kept. See include/ballast/gan.h. */
#include "train/gan_parts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/memory.h"
#include "ballast/pointwise.h"
#include "ballast/reduce.h"
#include "ballast/stored.h"
#include "train/setup_parts.h"

/* ---- making ----------------------------------------------------------------------------------------------------- */

static bool ends_in_tanh(const bal_net *net)
{
    return strcmp(bal_net_layer(net, bal_net_count(net) - 1)->def->name, "tanh") == 0;
}

static bal_status make_loss(bal_gan *gan)
{
    const bal_where at = {"[train.gan]", 0}; /* the line was checked with its place by setup */
    BAL_TRY(bal_loss_read(&gan->loss, &gan->pool, gan->o.loss, true, at));
    bal_shape y = bal_net_out(gan->discriminator);
    if (gan->classes) y.c = 1;
    return bal_loss_build(&gan->loss, gan->job.dev, y, at);
}

static bal_status make_nets(bal_gan *gan)
{
    const bal_gan_job *j = &gan->job;
    uint64_t           seed = (uint64_t)j->setup->run.seed;
    uint32_t           salt = 2 * (uint32_t)(j->label + 1);
    BAL_TRY(bal_setup_net(&gan->generator, j->setup, "generator", gan->o.batch));
    BAL_TRY(bal_setup_net(&gan->discriminator, j->setup, "discriminator",
                          bal_setup_largest("discriminator", gan->o.batch)));
    if (!bal_gan_pretraining(gan)) BAL_TRY(bal_net_freeze(gan->discriminator, gan->o.freeze));
    bal_net_mix(gan->generator, bal_gan_mixed(gan));
    bal_net_mix(gan->discriminator, bal_gan_mixed(gan));
    return bal_net_build_pair(gan->generator, gan->discriminator, j->dev, seed, salt);
}

static bal_status make_learners(bal_gan *gan)
{
    const bal_gan_options *o = &gan->o;
    bal_learner_settings   g = {o->optimizer, o->schedule, o->ema, o->clip, 0, gan->total, bal_gan_mixed(gan)};
    bal_learner_settings   d = {o->discriminator_optimizer ? o->discriminator_optimizer : o->optimizer,
                              o->schedule,
                              0,
                              o->clip,
                              o->weight_clip,
                              gan->total * o->d_steps,
                              bal_gan_mixed(gan)};
    BAL_TRY(bal_learner_init(&gan->learn_g, gan->job.dev, gan->generator, &g));
    return bal_learner_init(&gan->learn_d, gan->job.dev, gan->discriminator, &d);
}

/* What a GAN that is told classes needs. */
static bal_status make_classes(bal_gan *gan)
{
    int       n = bal_net_out(gan->discriminator).n;
    bal_shape one = {n, 1, 1, 1};
    if (!bal_setup_conditional(gan->job.setup)) return BAL_OK;
    gan->classes = bal_dataset_class_count(gan->job.data);
    BAL_TRY(bal_gan_check(gan->job.setup, gan->job.data));
    gan->room = calloc((size_t)gan->o.batch, sizeof *gan->room);
    if (!gan->room) return bal_fail(BAL_ENOMEM, "no memory for labels");
    BAL_TRY(bal_tensor_init(&gan->label, gan->job.dev, one));
    BAL_TRY(bal_tensor_init(&gan->score, gan->job.dev, one));
    return bal_tensor_init(&gan->slope, gan->job.dev, one);
}

/* What LeCam and augmentation need. */
static bal_status make_critic(bal_gan *gan)
{
    const bal_gan_options *o = &gan->o;
    const bal_where        at = {"[train.gan]", 0};
    bal_shape              images = bal_net_in(gan->discriminator);
    enum { EVERY = 4 }; /* as in StyleGAN2-ADA */
    BAL_TRY(bal_diff_parse(&gan->diff, o->augment, at));
    bal_critic_settings s = {.lecam = o->lecam, .decay = o->lecam_decay, .start = o->lecam_start, .every = EVERY};
    s.boundary = strcmp(gan->loss.def->name, "least_squares") == 0 ? 0.5F : 0;
    s.adaptive = gan->diff.kind == BAL_DIFF_ADAPTIVE;
    s.target = gan->diff.target;
    s.pace = s.adaptive ? (float)EVERY * (float)o->batch / (float)gan->diff.images : 0;
    BAL_TRY(bal_critic_init(&gan->critic, gan->job.dev, &s));
    if (!gan->diff.kind) return BAL_OK;
    BAL_TRY(bal_tensor_init(&gan->seen, gan->job.dev, images));
    return bal_diff_augmenter_init(&gan->augmenter, gan->job.dev, &gan->diff, images, gan->scaling.deviation[0]);
}

static bal_status make_constraints(bal_gan *gan)
{
    const bal_gan_options *o = &gan->o;
    bal_shape              images = bal_net_in(gan->discriminator);
    images.n = o->batch;
    if (o->spectral_norm)
        BAL_TRY(
            bal_spectral_init(&gan->spectral, gan->job.dev, gan->discriminator, (uint64_t)gan->job.setup->run.seed));
    if (o->r1 <= 0) return BAL_OK;
    return bal_gradient_penalty_init(&gan->penalty, gan->job.dev, images, o->r1, o->r1_every);
}

bal_status bal_gan_open_feeder(bal_gan *gan)
{
    const int *index;
    int        count = bal_dataset_part(gan->job.data, BAL_TRAIN, gan->job.label, &index);
    if (count == 0) return bal_fail(BAL_ECONFIG, "%s: there is no training image", gan->job.what);
    bal_feeder_settings s = {
        .data = gan->job.data, .index = index, .count = count, .batch = gan->o.batch, .shuffle = true};
    s.seed = (uint64_t)gan->job.setup->run.seed;
    s.salt = (uint32_t)(gan->job.label + 1);
    s.scaling = gan->scaling;
    s.sampler = gan->classes ? BAL_SAMPLE_BALANCED : BAL_SAMPLE_INSTANCE;
    s.start = (uint64_t)gan->step * (uint64_t)gan->o.d_steps * (uint64_t)gan->o.batch;
    bal_feeder_close(gan->feeder);
    gan->feeder = NULL;
    return bal_feeder_open(&gan->feeder, gan->job.dev, &s);
}

int bal_gan_budget(const bal_setup *s, const bal_dataset *data, int label)
{
    const int *index;
    int        count = bal_dataset_part(data, BAL_TRAIN, label, &index), batch = s->gan.batch;
    if (label < 0 && s->gan.pretrain) return s->gan.pretrain;
    return s->gan.steps ? s->gan.steps : (count + batch - 1) / batch * s->gan.epochs;
}

int bal_gan_steps(const bal_gan *gan, int *total)
{
    if (total) *total = gan->total;
    return gan->step;
}

const char *bal_gan_name(char *out, size_t size, const bal_setup *s, const bal_dataset *data, int label)
{
    const char *together = bal_setup_conditional(s) ? "conditional" : "all";
    return bal_run_class_folder(out, size, label < 0 ? together : bal_dataset_class(data, label));
}

bal_status bal_gan_check(const bal_setup *s, const bal_dataset *data)
{
    bal_net *net;
    int      classes = bal_dataset_class_count(data);
    if (!s->has_gan || !bal_setup_conditional(s)) return BAL_OK;
    BAL_TRY(bal_setup_net(&net, s, "discriminator", 1));
    int outputs = bal_net_out(net).c;
    bal_net_free(net);
    if (outputs == classes + 1) return BAL_OK;
    return bal_fail_at(bal_setup_last_layer(s->config, "discriminator"),
                       "[discriminator] has %d outputs; [train.gan] classes = conditional with %d classes needs %d: "
                       "one for all together, one for each",
                       outputs, classes, classes + 1);
}

/* ---- first weights ---------------------------------------------------------------------------------------------- */

static bal_status begin_net(bal_net *net, const bal_gan *gan, const char *file)
{
    char      *path = bal_format("%s/../all/%s", gan->job.folder, file);
    bal_status st = path ? bal_stored_first_weights(net, path) : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(path);
    return st;
}

/* Of a class: those that all together have learned, if they were trained before. */
static bal_status first_weights(bal_gan *gan)
{
    if (gan->o.pretrain && gan->job.label >= 0 && gan->job.folder) {
        BAL_TRY(begin_net(gan->generator, gan, "generator.safetensors"));
        return begin_net(gan->discriminator, gan, "discriminator.safetensors");
    }
    BAL_TRY(bal_stored_first_weights(gan->generator, gan->o.init));
    return bal_stored_first_weights(gan->discriminator, gan->o.discriminator_init);
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
    BAL_TRY(make_classes(gan));
    BAL_TRY(make_loss(gan));
    BAL_TRY(make_critic(gan));
    BAL_TRY(first_weights(gan));
    BAL_TRY(make_constraints(gan));
    BAL_TRY(make_learners(gan));
    bal_gan_set_rate(gan);
    BAL_TRY(bal_tensor_init(&gan->z, dev, bal_net_in(gan->generator)));
    BAL_TRY(bal_tensor_init(&gan->both, dev, bal_net_in(gan->discriminator)));
    BAL_TRY(bal_tensor_init(&gan->figures, dev, (bal_shape){gan->o.log, 1, 1, BAL_GAN_FIGURES}));
    gan->host = calloc((size_t)gan->o.log * BAL_GAN_FIGURES, sizeof *gan->host);
    if (!gan->host) return bal_fail(BAL_ENOMEM, "no memory for figures");
    if (gan->job.folder) BAL_TRY(bal_path_use(gan->job.folder, "last.safetensors", bal_gan_load_last, gan));
    BAL_TRY(bal_gan_judge_open(gan));
    gan->logged = gan->synced = bal_run_clock();
    return bal_gan_open_feeder(gan);
}

bal_status bal_gan_open(bal_gan **out, const bal_gan_job *job)
{
    bal_gan *gan = calloc(1, sizeof *gan);
    *out = NULL;
    if (!gan) return bal_fail(BAL_ENOMEM, "no memory for a GAN");
    gan->job = *job;
    gan->o = job->setup->gan;
    gan->health.diversity = NAN;
    bal_status st = open_gan(gan);
    if (st == BAL_OK) *out = gan;
    else bal_gan_close(gan);
    return st;
}

void bal_gan_close(bal_gan *gan)
{
    if (!gan) return;
    bal_feeder_close(gan->feeder);
    bal_gan_judge_close(gan);
    bal_learner_free(&gan->learn_g);
    bal_learner_free(&gan->learn_d);
    bal_loss_free(&gan->loss);
    bal_critic_free(&gan->critic);
    bal_spectral_free(&gan->spectral);
    bal_gradient_penalty_free(&gan->penalty);
    bal_diff_augmenter_free(&gan->augmenter);
    bal_tensor_free(&gan->seen);
    bal_option_pool_free(gan->pool);
    bal_net_free(gan->generator);
    bal_net_free(gan->discriminator);
    bal_tensor_free(&gan->z);
    bal_tensor_free(&gan->both);
    bal_tensor_free(&gan->label);
    bal_tensor_free(&gan->score);
    bal_tensor_free(&gan->slope);
    bal_tensor_free(&gan->figures);
    bal_run_log_close(&gan->log);
    bal_run_log_close(&gan->speed);
    free(gan->host);
    free(gan->room);
    free(gan);
}

static bal_status make_folder(const char *path, void *user)
{
    (void)user;
    return bal_folder_create(path);
}

static bool due(int step, int interval, bool end) { return end || (interval && step % interval == 0); }

/* A net whose weights have gone bad in the very last step must not replace a good checkpoint. */
static bal_status net_finite(bal_gan *gan, const bal_learner *l, bal_net *net, int figure)
{
    float norm = 0;
    if (!bal_has(bal_net_weights(net))) return BAL_OK;
    BAL_TRY(bal_norm(&l->factor, 0, bal_net_weights(net), &l->scratch));
    BAL_TRY(bal_tensor_read(&l->factor, &norm));
    return isfinite(norm) ? BAL_OK : bal_gan_fail_nan(gan, gan->step, figure);
}

bal_status bal_gan_weights_finite(bal_gan *gan)
{
    BAL_TRY(net_finite(gan, &gan->learn_g, gan->generator, BAL_GAN_NORM_G));
    return net_finite(gan, &gan->learn_d, gan->discriminator, BAL_GAN_NORM_D);
}

static bal_status check(bal_gan *gan)
{
    BAL_TRY(bal_gan_read_figures(gan));
    return bal_gan_weights_finite(gan);
}

/* What is judged does not depend on when somebody stopped, or wanted more steps; but one is. */
static bool judges(const bal_gan *gan)
{
    bool end = gan->step == gan->total && !isfinite(gan->judge.best);
    return gan->judge.open && due(gan->step, gan->o.checkpoint, end);
}

static bal_status write_lines(bal_gan *gan, bool judged)
{
    double kid = judged ? gan->judge.kid : (double)NAN;
    if (!due(gan->step, gan->o.log, false)) return judged ? bal_gan_write_kid(gan, kid) : BAL_OK;
    BAL_TRY(bal_gan_read_figures(gan));
    return bal_gan_write_line(gan, kid);
}

/* The generator first: after a kill between the two it is judged again, with the same result. */
static bal_status save(bal_gan *gan, bool judged)
{
    bool better = judged ? gan->judge.improved : !isfinite(gan->judge.best);
    if (better) BAL_TRY(bal_path_use(gan->job.folder, "generator.safetensors", bal_gan_save_generator, gan));
    if (better && bal_gan_pretraining(gan))
        BAL_TRY(bal_path_use(gan->job.folder, "discriminator.safetensors", bal_gan_save_discriminator, gan));
    return bal_path_use(gan->job.folder, "last.safetensors", bal_gan_save_last, gan);
}

static bal_status after_step(bal_gan *gan, bool stop)
{
    bool end = gan->step == gan->total, saved = due(gan->step, gan->o.checkpoint, end || stop), rescued = false;
    bool line = due(gan->step, gan->o.log, false), grid = due(gan->step, gan->o.sample, end), judged = judges(gan);
    gan->judge.improved = false;
    if (line || grid) BAL_TRY(bal_gan_read_figures(gan));
    if (saved) BAL_TRY(check(gan));
    if (line) bal_gan_count(gan);
    if (grid) BAL_TRY(bal_gan_save_samples(gan));
    if (grid) BAL_TRY(bal_gan_look(gan, &rescued));
    if (rescued) return BAL_OK;
    if (judged) BAL_TRY(bal_gan_judge_run(gan));
    BAL_TRY(write_lines(gan, judged));
    if (end) BAL_TRY(bal_path_use(gan->job.folder, "progression.png", bal_gan_save_progression, gan));
    if (saved) BAL_TRY(save(gan, judged));
    bal_gan_show(gan);
    if (end && isfinite(gan->judge.best))
        bal_info("%s: the generator of step %d is kept, KID %.3g", gan->job.what, gan->judge.best_step,
                 gan->judge.best);
    return BAL_OK;
}

static bal_status run(bal_gan *gan, bool *stopped)
{
    BAL_TRY(bal_path_use(gan->job.folder, "samples", make_folder, NULL));
    BAL_TRY(bal_path_use(gan->job.folder, "log.csv", bal_gan_open_log, gan));
    BAL_TRY(bal_path_use(gan->job.folder, "speed.csv", bal_gan_open_speed, gan));
    if (gan->step == 0) BAL_TRY(bal_path_use(gan->job.folder, "real.png", bal_gan_save_real, gan));
    if (gan->step == 0) BAL_TRY(bal_gan_save_samples(gan));
    while (gan->step < gan->total && !*stopped) {
        bool       rescued;
        bal_status st = bal_gan_step(gan);
        *stopped = gan->step < gan->total && gan->job.watch->stop();
        if (st == BAL_OK) st = after_step(gan, *stopped);
        if (st == BAL_ENAN && bal_gan_can_rescue(gan)) st = bal_gan_rescue(gan, BAL_GAN_NOT_FINITE, &rescued);
        BAL_TRY(st);
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
