/* gan -- training a generator against a discriminator (Goodfellow et al. 2014; Radford et al. 2016), and generating.
 *
 * A step: D on a real batch and on a generated one (two passes, so that batch norm sees each apart), one optimizer
 * step; then G through D. Order and statistics are those of pytorch/examples' DCGAN. */
#ifndef BALLAST_GAN_H
#define BALLAST_GAN_H

#include "ballast/device.h"
#include "ballast/run.h"

typedef struct bal_gan_job {
    const bal_setup   *setup;
    const bal_dataset *data;
    bal_device        *dev;
    const char        *folder; /* gan/<class or all> of a run; goes on from last.safetensors if it is there */
    const char        *what;   /* for progress: "gan/NORMAL" */
    int                label;  /* the class, or -1: all together */
    const bal_watch   *watch;
    const char        *features; /* folder of a classifier that was trained on the training part, or NULL */
} bal_gan_job;

/* Name of its folder below gan/: the class's, or "all" (-1), or "conditional" if that is what [train.gan] classes says:
 * one GAN (label -1) that is told the class of each image, which are drawn from all classes equally often. */
const char *bal_gan_name(char *out, size_t size, const bal_setup *s, const bal_dataset *data, int label);
/* Whether a conditional one fits the number of classes. */
bal_status bal_gan_check(const bal_setup *s, const bal_dataset *data);

/* Steps of the budget for a class, or for all together (-1); with [train.gan] pretrain that is what all together get,
 * and each class then begins with the weights in ../all beside its folder (Mo, Cho, Shin 2020: Freeze the
 * discriminator). */
int bal_gan_budget(const bal_setup *s, const bal_dataset *data, int label);

enum { BAL_GAN_JUDGED = 256 }; /* generated images that a checkpoint is judged by */

/* Train to the end of the budget, or until watch->stop (then *stopped). Writes last.safetensors, generator.safetensors,
 * log.csv, speed.csv, samples/, real.png, progression.png. A NaN ends with BAL_ENAN, naming net, layer and step.
 *
 * With `features`, generator.safetensors is the checkpoint whose images were nearest to the class's validation images
 * by the KID (ballast/quality.h) in the features of that classifier (Binkowski et al. 2018), which is in log.csv; else,
 * or with fewer than 3 validation images, the last one. A collapse is said, and with rescue = on undone as far as that
 * goes: docs/gan.md. */
bal_status bal_gan_train(const bal_gan_job *job, bool *stopped);

/* How good the images of the job's generator.safetensors are, in `features` and in those of the same net untrained:
 * quality.json (ballast/generators.h), and nearest.png, rows of those nearest to a training image, by the pixels of
 * small images, each row above the training images. The same for a seed. A share of copies is warned of. Of a
 * conditional one the same for each class, in classes/<class>/. */
bal_status bal_gan_measure(const bal_gan_job *job);

/* The same, in pieces: to measure a step, or to drive it from elsewhere. */
typedef struct bal_gan bal_gan;
bal_status bal_gan_open(bal_gan **out, const bal_gan_job *job);
bal_status bal_gan_step(bal_gan *gan);
int        bal_gan_steps(const bal_gan *gan, int *total); /* taken so far */
void       bal_gan_close(bal_gan *gan);

/* Images from a trained generator: for each batch, called with pixels as the net makes them and the scaling that turns
 * them back. The same for a seed. */
typedef bal_status (*bal_gan_sink)(void *user, int first, int count, const float *pixel, const bal_scaling *scaling);
typedef struct bal_gan_request {
    const bal_setup *setup;
    bal_device      *dev;
    const char      *weights; /* path of generator.safetensors */
    uint64_t         seed;
    int              label, count; /* of a conditional generator: the class; else unused; images */
    const bool      *enough;       /* ends early once it is true; NULL: never */
} bal_gan_request;
bal_status bal_gan_generate(const bal_gan_request *r, bal_gan_sink sink, void *user);

/* The same without copies: the first `count` images that are no nearer to a training image than real ones are to each
 * other (bal_quality_copies), by small pixels or by the features of a classifier; of some more than twice as many. The
 * sink counts those that are kept; `passed`: how many there were, and left_out: copies among those that were made. */
typedef struct bal_gan_real {
    const bal_dataset *data;
    int                label;    /* whose training images may have been copied; -1: all */
    const char        *features; /* folder of a classifier that was trained on them; NULL: pixels alone */
} bal_gan_real;
bal_status bal_gan_generate_own(int *passed, int *left_out, const bal_gan_request *r, const bal_gan_real *real,
                                bal_gan_sink sink, void *user);
/* The label that a conditional generator's file has for a class; BAL_EIO, naming those that it has, also for NULL. */
bal_status bal_gan_find_class(int *label, const char *weights, const char *class);

#endif
