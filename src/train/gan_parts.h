/* gan_parts -- what gan.c, gan_checkpoint.c and gan_samples.c share. */
#ifndef BALLAST_GAN_PARTS_H
#define BALLAST_GAN_PARTS_H

#include "ballast/critic.h"
#include "ballast/diff_augment.h"
#include "ballast/extractor.h"
#include "ballast/feeder.h"
#include "ballast/gan.h"
#include "ballast/learner.h"
#include "train/gan_health.h"
#include "train/gradient_penalty.h"
#include "train/spectral.h"

/* Figures of a step: pairs of loss and score by bal_loss_def.run, the gradients' norms, the critic's; their number is
 * even. */
enum {
    BAL_GAN_REAL = 0,
    BAL_GAN_FAKE = 1,
    BAL_GAN_GENERATED = 2,
    BAL_GAN_NORM_D = 6,
    BAL_GAN_NORM_G = 7,
    BAL_GAN_CRITIC = 8,
    BAL_GAN_FIGURES = BAL_GAN_CRITIC + BAL_CRITIC_FIGURES
};

/* How good checkpoints are, by the KID of generated images against the validation part. */
typedef struct bal_gan_judge {
    bool          open; /* whether there is anything to judge by */
    bal_extractor extractor;
    bal_features  real;
    double        kid, best; /* of the step that was judged last, the lowest so far; NaN: none */
    int           best_step;
    bool          improved; /* whether the last one is the best */
} bal_gan_judge;

struct bal_gan {
    bal_gan_job      job;
    bal_gan_options  o;
    bal_net         *generator, *discriminator;
    bal_learner      learn_g, learn_d;
    bal_loss         loss;
    bal_critic       critic;
    bal_spectral     spectral;   /* with spectral_norm */
    bal_gradient_penalty penalty; /* with r1 */
    bal_diff         diff;
    bal_diff_augmenter augmenter; /* with diff.kind */
    bal_option_pool *pool;
    bal_feeder      *feeder;
    bal_scaling      scaling;
    bal_tensor       z, both;    /* latents; real images, then generated ones */
    bal_tensor       seen;       /* with diff.kind: these as the discriminator sees them */
    int              classes;    /* that it is told; 0: none */
    bal_tensor       label, score, slope; /* with classes: of `both`; its scores and their gradient */
    bal_tensor       figures;    /* [log] rows of BAL_GAN_FIGURES */
    float           *host, *room; /* the same on the host; with classes: a batch's labels */
    bal_run_log      log, speed;
    bal_gan_judge    judge;
    int              step, total, read; /* read: steps whose figures were looked at */
    double           synced, logged;                    /* clock of the last wait and of the last line of speed.csv */
    bal_gan_health   health;
    double           distance;                                   /* of the last sample grid's images */
    double           last[BAL_GAN_FIGURES];                      /* means since the last line of log.csv */
};

static inline bool bal_gan_mixed(const bal_gan *gan) { return gan->job.setup->run.precision == BAL_MIXED; }

/* On all classes, for each of them to go on from. */
static inline bool bal_gan_pretraining(const bal_gan *gan) { return gan->job.label < 0 && gan->o.pretrain > 0; }

/* Wait for the device and look at the figures of all steps up to now: BAL_ENAN where one is not finite. */
bal_status bal_gan_read_figures(bal_gan *gan);
/* The fault of a figure of a step: names the layer whose output or weights are not finite, or where all are, the
 * figure. */
bal_status bal_gan_fail_nan(bal_gan *gan, int step, int figure);
/* log.csv and speed.csv: opened for bal_path_use, and their next lines; kid NaN: not measured at this step. */
bal_status bal_gan_open_log(const char *path, void *user);
bal_status bal_gan_open_speed(const char *path, void *user);
bal_status bal_gan_write_line(bal_gan *gan, double kid);
/* A line that has nothing but the KID, of a step between two others. */
bal_status bal_gan_write_kid(bal_gan *gan, double kid);
/* The steps of a line, for the watch over the GAN's health. */
void bal_gan_count(bal_gan *gan);
/* What people see while they wait. */
void bal_gan_show(const bal_gan *gan);

/* For bal_path_use; `user` is the bal_gan. last.safetensors: all that is needed to go on. Loading one that is not there
 * changes nothing. */
bal_status bal_gan_save_last(const char *path, void *user);
bal_status bal_gan_load_last(const char *path, void *user);
/* generator.safetensors: the average's weights where there is one. */
bal_status bal_gan_save_generator(const char *path, void *user);
/* discriminator.safetensors, as discriminator_init reads it. */
bal_status bal_gan_save_discriminator(const char *path, void *user);

/* Opened once the step to go on from is known. */
bal_status bal_gan_judge_open(bal_gan *gan);
bal_status bal_gan_judge_run(bal_gan *gan);
void       bal_gan_judge_close(bal_gan *gan);

/* Images by the generator whose weights are kept, always the same latents. */
bal_status bal_gan_sample_pixels(bal_gan *gan, float *pixel, int count);
/* BAL_ENAN where a weight of either net is not finite. */
bal_status bal_gan_weights_finite(bal_gan *gan);
/* Images from the step that the GAN is at. */
bal_status bal_gan_open_feeder(bal_gan *gan);

/* A look at the last sample grid: a collapse is said and, with rescue = on, undone as far as possible; a good state
 * becomes good.safetensors. */
bal_status bal_gan_look(bal_gan *gan, bool *rescued);
/* The same for an alarm: set back to good.safetensors, if that can be. Alarms and rescues are in collapse.csv. */
bal_status bal_gan_rescue(bal_gan *gan, bal_gan_alarm alarm, bool *rescued);
bool       bal_gan_can_rescue(const bal_gan *gan);
/* The learning rates: those of a class that goes on from pretraining, halved by each of health.rescues. */
void bal_gan_set_rate(bal_gan *gan);

/* samples/step_NNNNNN.png: always the same latents; a row for each class that it is told. Sets gan->distance, and
 * health.real once. */
bal_status bal_gan_save_samples(bal_gan *gan);
/* Training images, evenly chosen: what the samples are looked at beside. */
bal_status bal_gan_save_real(const char *path, void *user);
/* A row of some sample grids, evenly chosen, the last one included. */
bal_status bal_gan_save_progression(const char *path, void *user);

#endif
