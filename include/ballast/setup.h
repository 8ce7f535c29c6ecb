/* setup -- everything that a configuration says, checked as far as that goes without a device and without reading data:
 * [run], [data], the nets, [train.gan], [train.classifier]. */
#ifndef BALLAST_SETUP_H
#define BALLAST_SETUP_H

#include "ballast/config.h"
#include "ballast/dataset.h"
#include "ballast/net.h"
#include "ballast/tune.h"

typedef struct bal_run_options {
    const char *name, *out, *device, *kernels;
    int         seed, accuracy, precision, tune; /* bal_accuracy, bal_precision, bal_tune */
} bal_run_options;

typedef enum { BAL_FAST, BAL_STRICT } bal_accuracy;
typedef enum { BAL_FULL, BAL_MIXED } bal_precision;

typedef struct bal_gan_options {
    int         steps, epochs, batch, d_steps, sample, checkpoint, log;
    int         lecam_start, r1_every, pretrain, freeze;
    bool        spectral_norm, rescue;
    float       ema, clip, weight_clip, lecam, lecam_decay, r1, fine_tune_rate;
    const char *classes, *augment, *loss, *optimizer, *discriminator_optimizer, *schedule, *init, *discriminator_init;
    const char *features;
} bal_gan_options;

/* What becomes of a trained classifier: its last layer, how often it looks at an image, which class is answered. */
typedef enum { BAL_HEAD_KEEP, BAL_HEAD_RETRAIN, BAL_HEAD_NORMALIZE } bal_head;
typedef enum { BAL_VIEWS_ONE, BAL_VIEWS_FLIP, BAL_VIEWS_TURNS } bal_views;
typedef enum { BAL_DECIDE_LIKELIEST, BAL_DECIDE_PRIOR, BAL_DECIDE_BALANCED } bal_decide;

#define BAL_ENSEMBLE_MAX 64

typedef struct bal_classifier_options {
    int         steps, epochs, batch, patience, sampler; /* bal_sampling */
    bool        shuffle, prior_bias, rescue;
    int         head, tta, decide; /* bal_head, bal_views, bal_decide */
    int         ensemble;
    bool        temperature;
    float       ema, clip, label_noise, defer;
    const char *loss, *weights, *optimizer, *schedule, *augment, *mix, *want, *init;
} bal_classifier_options;

typedef struct bal_experiment_options {
    const char *arms, *seeds; /* lists, separated by blanks; seeds NULL: run.seed alone */
} bal_experiment_options;

/* Whether generated images help: see ballast/gate.h. */
#define BAL_RATIO_MAX 100 /* generated images for each real one */
#define BAL_RATIOS_MAX 8
typedef struct bal_gate_options {
    const char *ratios;
    int         seeds;
    float       budget, spare;
} bal_gate_options;

extern const bal_option bal_run_option_table[], bal_gan_option_table[], bal_classifier_option_table[],
    bal_gate_option_table[], bal_experiment_option_table[];

typedef struct bal_setup {
    bal_config            *config;
    bal_run_options        run;
    bal_dataset_options    data;
    bool                   has_gan, has_classifier, has_experiment; /* whether the sections for it are there */
    bal_gan_options        gan;
    bal_classifier_options classifier;
    bal_experiment_options experiment;
    bal_gate_options       gate;
    double                 gate_ratio[BAL_RATIOS_MAX]; /* its ratios, ascending */
    int                    gate_ratio_count;
    bal_composition        composition; /* of the arm that it was opened for; without one: real images alone */
    char                  *owned[4];    /* the three `init` paths, resolved against their file; a run's name made up */
} bal_setup;

/* Read PATH, apply "section.key=value" settings, check. Every fault is "file:line: ..." or "--set ...". */
bal_status bal_setup_open(bal_setup **out, const char *path, const char *const *sets, int set_count);
void       bal_setup_close(bal_setup *s);

/* The same for an arm of an experiment: a name that is built in (bal_setup_arms), or one that has a section [arm.NAME]
 * of `section.key = value` settings, which may say `images = ARM` to take the images of an arm that is built in, and
 * `generated = RATIO` for so many generated training images for each real one of the classes that are not the largest.
 */
bal_status               bal_setup_open_arm(bal_setup **out, const char *path, const char *const *sets, int set_count,
                                            const char *arm);
extern const char *const bal_setup_arms[]; /* NULL-terminated */
/* The built-in arm that first takes such images; of so many generated ones for each real one: what the others are. */
const char *bal_setup_images(const bal_composition *images);

/* What one setup has that another has not, in words: "with `sampler = balanced`, without `mix = mixup`,
 * `ema = 0.99` instead of `0.9`"; "" where they are the same. Of the images, the nets and their training; not of what
 * names a run, where data is or how rare [data] imbalance makes a class. The caller frees *words; *count: settings. */
bal_status bal_setup_differs(char **words, int *count, const bal_setup *s, const bal_setup *other);
/* Word i of a list separated by blanks or commas, or false behind the last. */
bool bal_setup_word(char *out, size_t size, const char *list, int i);

/* A fresh net of [generator], [discriminator] or [classifier] for a largest batch of n. The generator's input is
 * n x 1 x 1 x latent, the others' n x size x size x channels. The caller's, bal_net_free. */
bal_status bal_setup_net(bal_net **out, const bal_setup *s, const char *section, int n);
/* [train.gan] classes = conditional: one GAN for all classes, told which. Its generator reads a number for each class
 * behind the latent ones; its discriminator has an output for all classes, then one for each. */
bool bal_setup_conditional(const bal_setup *s);
/* What n is while training with this batch: a discriminator sees real and generated images in one pass. */
int bal_setup_largest(const char *section, int batch);

/* Open the device that the setup asks for, or, where it is not NULL, `which`. The caller closes it. */
bal_status bal_setup_device(bal_device **out, const bal_setup *s, const char *which);

/* Make the device's plan for all nets of the setup, before anything is trained: from the store and by measuring, as
 * `how` says; NULL: as [run] tune says. A failure of the store alone is a warning. */
bal_status bal_setup_tune(const bal_setup *s, bal_device *dev, const bal_tuning *how);

/* The whole configuration with every default and override written out, as an INI file that reads back to the same
 * setup; [data] path as `data_path` (absolute; may be NULL), so that a run folder can be used from anywhere. */
bal_status bal_setup_write(const bal_setup *s, const char *path, const char *data_path);

#endif
