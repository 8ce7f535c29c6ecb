/* gan_log -- a GAN's figures: read from the device, looked at, written. See train/gan_parts.h. */
#include <math.h>
#include <string.h>
#include "train/gan_parts.h"

enum { COLUMNS_MAX = 20 };
#define COLUMNS \
    "step,lr,d_loss_real,d_loss_fake,g_loss,d_x,d_g_z,d_g_z_after,d_norm,g_norm" \
    ",d_real_right,d_fake_right,augment_p,real_sign,r1,diversity,kid"
static const char log_header[] = COLUMNS "\n",
                  log_header_mixed[] = COLUMNS ",d_loss_scale,d_skipped,g_loss_scale,g_skipped\n";
static const char speed_header[] = "step,seconds,images_per_second,waited\n";

bal_status bal_gan_fail_nan(bal_gan *gan, int step, int figure)
{
    static const char *const figures[BAL_GAN_FIGURES] = {"the loss on real images",
                                                         "the score of real images",
                                                         "the loss on generated images",
                                                         "the score of generated images",
                                                         "the generator's loss",
                                                         "the score of generated images",
                                                         "the gradient",
                                                         "the gradient",
                                                         "the score of real images",
                                                         "the score of generated images",
                                                         "the probability of augmentation",
                                                         "the score of real images"};
    const char              *where = bal_net_find_nan(gan->discriminator), *net = "discriminator";
    if (!where) {
        where = bal_net_find_nan(gan->generator);
        net = where || figure == BAL_GAN_NORM_G ? "generator" : net;
    }
    return bal_fail(BAL_ENAN, "%s: step %d: %s, %s is not finite; the last good state is in %s/last.safetensors",
                    gan->job.what, step, net, where ? where : figures[figure], gan->job.folder);
}

bal_status bal_gan_read_figures(bal_gan *gan)
{
    int rows = (gan->step - 1) % gan->o.log + 1;
    if (gan->read == gan->step) return BAL_OK;
    BAL_TRY(bal_tensor_read(&gan->figures, gan->host));
    gan->read = gan->step;
    for (int i = 0; i < rows * BAL_GAN_FIGURES; i++)
        if (!isfinite(gan->host[i]))
            return bal_gan_fail_nan(gan, gan->step - rows + 1 + i / BAL_GAN_FIGURES, i % BAL_GAN_FIGURES);
    for (int k = 0; k < BAL_GAN_FIGURES; k++) {
        gan->last[k] = 0;
        for (int r = 0; r < rows; r++) gan->last[k] += (double)gan->host[r * BAL_GAN_FIGURES + k] / rows;
    }
    return BAL_OK;
}

bal_status bal_gan_write_line(bal_gan *gan, double kid)
{
    const double *f = gan->last;
    float         r1 = NAN;
    if (bal_has(&gan->penalty.value)) BAL_TRY(bal_tensor_read(&gan->penalty.value, &r1));
    bool   adaptive = gan->diff.kind == BAL_DIFF_ADAPTIVE;
    double now = bal_run_clock(), seconds = now - gan->logged;
    double line[COLUMNS_MAX] = {(double)gan->learn_g.lr,
                                f[2 * BAL_GAN_REAL],
                                f[2 * BAL_GAN_FAKE],
                                f[2 * BAL_GAN_GENERATED],
                                f[2 * BAL_GAN_REAL + 1],
                                f[2 * BAL_GAN_FAKE + 1],
                                f[2 * BAL_GAN_GENERATED + 1],
                                f[BAL_GAN_NORM_D],
                                f[BAL_GAN_NORM_G],
                                f[BAL_GAN_CRITIC],
                                f[BAL_GAN_CRITIC + 1],
                                gan->diff.kind ? f[BAL_GAN_CRITIC + 2] : NAN,
                                adaptive ? f[BAL_GAN_CRITIC + 3] : NAN,
                                (double)r1,
                                gan->health.diversity,
                                kid};
    int    columns = 16;
    double speed[] = {seconds, gan->o.log * gan->o.batch / seconds, bal_feeder_waited(gan->feeder)};
    gan->logged = now;
    if (bal_gan_mixed(gan)) {
        BAL_TRY(bal_learner_scale(&gan->learn_d, &line[columns], &line[columns + 1]));
        BAL_TRY(bal_learner_scale(&gan->learn_g, &line[columns + 2], &line[columns + 3]));
        columns += 4;
    }
    BAL_TRY(bal_run_log_row(&gan->log, gan->step, line, columns));
    return bal_run_log_row(&gan->speed, gan->step, speed, 3);
}

bal_status bal_gan_write_kid(bal_gan *gan, double kid)
{
    enum { KID = 15 };
    double line[COLUMNS_MAX];
    for (int i = 0; i < COLUMNS_MAX; i++) line[i] = i == KID ? kid : (double)NAN;
    return bal_run_log_row(&gan->log, gan->step, line, KID + 1 + (bal_gan_mixed(gan) ? 4 : 0));
}

bal_status bal_gan_open_log(const char *path, void *user)
{
    bal_gan *gan = user;
    return bal_run_log_open(&gan->log, path, bal_gan_mixed(gan) ? log_header_mixed : log_header, gan->step);
}

bal_status bal_gan_open_speed(const char *path, void *user)
{
    bal_gan *gan = user;
    return bal_run_log_open(&gan->speed, path, speed_header, gan->step);
}

void bal_gan_count(bal_gan *gan)
{
    const double *f = gan->last;
    if (strcmp(gan->loss.def->name, "wasserstein") == 0) return; /* it has no least value */
    bal_gan_health_count(&gan->health, f[2 * BAL_GAN_REAL] + f[2 * BAL_GAN_FAKE], f[BAL_GAN_CRITIC],
                         f[BAL_GAN_CRITIC + 1], gan->o.log);
}

void bal_gan_show(const bal_gan *gan)
{
    const double    *f = gan->last;
    const bal_figure shown[] = {{"D loss", f[2 * BAL_GAN_REAL] + f[2 * BAL_GAN_FAKE]},
                                {"G loss", f[2 * BAL_GAN_GENERATED]},
                                {"D(x)", f[2 * BAL_GAN_REAL + 1]},
                                {"D(G(z))", f[2 * BAL_GAN_FAKE + 1]},
                                {"KID", gan->judge.kid}};
    gan->job.watch->update(gan->step, shown, !gan->read ? 0 : isfinite(gan->judge.kid) ? 5 : 4);
}
