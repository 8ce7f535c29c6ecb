/* setup_options -- what [run], [train.gan] and [train.classifier] may say: see include/ballast/setup.h. */
#include <limits.h>
#include "ballast/sampler.h"
#include "ballast/setup.h"

const bal_option bal_run_option_table[] = {
    BAL_OPT_TEXT(bal_run_options, name, NULL, "results go to OUT/NAME; default: the name of this file, without .ini"),
    BAL_OPT_TEXT(bal_run_options, out, "runs", "folder of the results"),
    BAL_OPT(bal_run_options, seed, BAL_INT, 1, 0, INT_MAX, "what all random numbers follow from"),
    BAL_OPT_TEXT(bal_run_options, device, NULL,
                 "number, part of a name, cpu or gpu; default: the first GPU, else a CPU"),
    BAL_OPT_TEXT(bal_run_options, kernels, NULL, "auto, cpu or gpu: which class of kernels"),
    BAL_OPT_CHOICE(bal_run_options, accuracy, BAL_FAST, "fast|strict",
                   "strict: no convolution with a rounding error well above the plain sum's"),
    BAL_OPT_CHOICE(bal_run_options, tune, BAL_TUNE_FAST, "off|fast|full",
                   "measuring of kernels before the first step: none, a second at most, or all as ballast tune does"),
    BAL_OPT_END,
};

const bal_option bal_gan_option_table[] = {
    BAL_OPT(bal_gan_options, steps, BAL_INT, 0, 0, INT_MAX / 16, "generator steps (or epochs; default 20000 steps)"),
    BAL_OPT(bal_gan_options, epochs, BAL_INT, 0, 0, 1e6, "passes over the training images, instead of steps"),
    BAL_OPT(bal_gan_options, batch, BAL_INT, 64, 1, 65536, "images in a step"),
    BAL_OPT(bal_gan_options, d_steps, BAL_INT, 1, 1, 100, "discriminator steps in a generator step"),
    BAL_OPT(bal_gan_options, ema, BAL_FLOAT, 0.999, 0, 0.999999, "decay of the averaged generator; 0: none"),
    BAL_OPT_TEXT(bal_gan_options, classes, "each",
                 "what `ballast train` trains it on: each class in turn, all together, one by name, or none"),
    BAL_OPT_TEXT(bal_gan_options, loss, "non_saturating", "an adversarial loss and its options"),
    BAL_OPT_TEXT(bal_gan_options, optimizer, "adam lr=2e-4 beta1=0.5", "an optimizer and its options"),
    BAL_OPT_TEXT(bal_gan_options, discriminator_optimizer, NULL, "the discriminator's, where it differs"),
    BAL_OPT_TEXT(bal_gan_options, schedule, "constant", "of the learning rates"),
    BAL_OPT(bal_gan_options, clip, BAL_FLOAT, 0, 0, 1e9, "largest gradient norm; 0: no limit"),
    BAL_OPT(bal_gan_options, weight_clip, BAL_FLOAT, 0, 0, 1e3,
            "limit of the discriminator's weights (wasserstein: 0.01); 0: none"),
    BAL_OPT(bal_gan_options, sample, BAL_INT, 500, 0, INT_MAX, "steps between sample grids; 0: at the end only"),
    BAL_OPT(bal_gan_options, checkpoint, BAL_INT, 500, 0, INT_MAX, "steps between checkpoints; 0: at the end only"),
    BAL_OPT(bal_gan_options, log, BAL_INT, 50, 1, 10000, "steps in a line of log.csv"),
    BAL_OPT_TEXT(bal_gan_options, init, NULL, "first weights of the generator: a .safetensors file"),
    BAL_OPT_TEXT(bal_gan_options, discriminator_init, NULL, "first weights of the discriminator: a .safetensors file"),
    BAL_OPT_END,
};

const bal_option bal_classifier_option_table[] = {
    BAL_OPT(bal_classifier_options, epochs, BAL_INT, 0, 0, 1e6,
            "passes over the training images (or steps; default 30 epochs)"),
    BAL_OPT(bal_classifier_options, steps, BAL_INT, 0, 0, INT_MAX / 16, "steps, instead of epochs"),
    BAL_OPT(bal_classifier_options, batch, BAL_INT, 64, 1, 65536, "images in a step"),
    BAL_OPT(bal_classifier_options, ema, BAL_FLOAT, 0, 0, 0.999999,
            "decay of averaged weights, used to evaluate; 0: none"),
    BAL_OPT_TEXT(bal_classifier_options, loss, "cross_entropy", "a loss and its options"),
    BAL_OPT_TEXT(bal_classifier_options, weights, "none",
                 "how much an image counts in the loss, by its class: a weighting and its options"),
    BAL_OPT_BOOL(bal_classifier_options, prior_bias, 0,
                 "begin with the bias of the last layer that says each class's share of the training images"),
    BAL_OPT(bal_classifier_options, defer, BAL_FLOAT, 0, 0, 0.99,
            "share of the training before weights or sampler begin; until then every image counts alike"),
    BAL_OPT_CHOICE(bal_classifier_options, sampler, BAL_SAMPLE_INSTANCE, BAL_SAMPLINGS,
                   "every image once; all classes equally often; by the roots of their sizes; from the first to the "
                   "second"),
    BAL_OPT_TEXT(bal_classifier_options, optimizer, "adam lr=1e-3", "an optimizer and its options"),
    BAL_OPT_TEXT(bal_classifier_options, schedule, "constant", "of the learning rate"),
    BAL_OPT_TEXT(bal_classifier_options, augment, "none",
                 "changes of training images: none, classic, xray or skin, and their options"),
    BAL_OPT_BOOL(bal_classifier_options, shuffle, 1,
                 "training images in a new order in each epoch; off: as they lie, class after class in a folder"),
    BAL_OPT(bal_classifier_options, label_noise, BAL_FLOAT, 0, 0, 1,
            "share of training images that are given the next class's label, to see what wrong labels do"),
    BAL_OPT(bal_classifier_options, clip, BAL_FLOAT, 0, 0, 1e9, "largest gradient norm; 0: no limit"),
    BAL_OPT(bal_classifier_options, patience, BAL_INT, 0, 0, 1e6,
            "epochs without a better validation balanced accuracy before stopping; 0: never"),
    BAL_OPT_TEXT(bal_classifier_options, want, "none",
                 "recall or precision of the positive class, as recall 0.95: a threshold for it, from validation"),
    BAL_OPT_CHOICE(bal_classifier_options, head, BAL_HEAD_KEEP, "keep|retrain|normalize",
                   "last layer, after training: as it is, fitted anew with all classes weighing the same, or its "
                   "weights brought towards one length"),
    BAL_OPT_CHOICE(bal_classifier_options, tta, BAL_VIEWS_ONE, "none|flip|turns",
                   "looks at an image and its mirror image, or its eight turned and mirrored ones, and averages"),
    BAL_OPT_BOOL(bal_classifier_options, temperature, 0, "probabilities made honest on validation images"),
    BAL_OPT_CHOICE(bal_classifier_options, decide, BAL_DECIDE_LIKELIEST, "likeliest|prior|balanced",
                   "class that is answered: corrected for how rare it is in training, or so that validation images of "
                   "all classes weigh the same"),
    BAL_OPT_TEXT(bal_classifier_options, init, NULL, "first weights: a .safetensors file"),
    BAL_OPT_END,
};
