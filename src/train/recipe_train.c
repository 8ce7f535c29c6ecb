/* recipe_train -- how long and how the nets are trained, and what an experiment compares. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "train/recipe_parts.h"

enum {
    UPDATES = 1500, /* of a classifier, at least: few images need many passes */
    LEAST_EPOCHS = 20,
    MOST_EPOCHS = 300,
    MANY_IMAGES = 4000, /* batches of 64 from here on */
    WARMUP = 100,
    GAN_STEPS = 2000,
    GAN_BATCH = 32,
    MOST_WEIGHTS = 20 /* classes: a line of an INI file ends at 198 characters */
};

static int clamp(int v, int least, int most) { return v < least ? least : v > most ? most : v; }

static int updates_of(int images, int batch) { return images > batch ? (images + batch - 1) / batch : 1; }

/* What a class's images weigh in the loss: the square root of how much rarer it is than on average. */
static bal_status weights(bal_recipe *r, const bal_fingerprint *f)
{
    char   line[MOST_WEIGHTS * 16] = "";
    size_t at = 0;
    int    labelled = f->images - f->unlabelled;

    r->uneven = 4 * f->classes[f->commonest].images > 5 * f->classes[f->rarest].images;
    if (!r->uneven) {
        BAL_TRY(bal_recipe_because(r, "The classes are about equally frequent: they weigh the same."));
        return bal_recipe_set(r, "train.classifier", "loss", "cross_entropy");
    }
    if (f->class_count > MOST_WEIGHTS) {
        BAL_TRY(bal_recipe_because(r, "The classes differ, but weights for %d do not fit on a line.", f->class_count));
        return bal_recipe_set(r, "train.classifier", "loss", "cross_entropy");
    }
    for (int c = 0; c < f->class_count; c++) {
        double mean = (double)labelled / f->class_count, n = fmax(f->classes[c].images, 1);
        at += (size_t)snprintf(line + at, sizeof line - at, "%s%.3g", c ? "," : "", sqrt(mean / n));
    }
    BAL_TRY(bal_recipe_because(r,
                               "%s has %.1f times as many images as %s: without weights a net gains by never answering "
                               "%s. The root of the ratio, so that a few images do not rule.",
                               f->classes[f->commonest].name,
                               (double)f->classes[f->commonest].images / fmax(f->classes[f->rarest].images, 1),
                               f->classes[f->rarest].name, f->classes[f->rarest].name));
    return bal_recipe_set(r, "train.classifier", "loss", "cross_entropy weights=%s", line);
}

static bal_status length(bal_recipe *r)
{
    r->batch = r->train_images < MANY_IMAGES ? 32 : 64;
    int each = updates_of(r->train_images, r->batch);
    int epochs = clamp((UPDATES + each - 1) / each, LEAST_EPOCHS, MOST_EPOCHS);
    r->updates = epochs * each;
    BAL_TRY(bal_recipe_because(r,
                               "About %d training images make %d update%s in an epoch; %d epochs give about %d. The "
                               "epoch that does best on validation images is kept, so too many do little harm.",
                               r->train_images, each, each == 1 ? "" : "s", epochs, r->updates));
    BAL_TRY(bal_recipe_set(r, "train.classifier", "epochs", "%d", epochs));
    return bal_recipe_set(r, "train.classifier", "batch", "%d", r->batch);
}

bal_status bal_recipe_train_classifier(bal_recipe *r, const bal_fingerprint *f)
{
    BAL_TRY(length(r));
    BAL_TRY(weights(r, f));
    BAL_TRY(bal_recipe_because(r, "Adam's usual rate for a net with batch normalization."));
    BAL_TRY(bal_recipe_set(r, "train.classifier", "optimizer", "adam lr=1e-3"));
    BAL_TRY(bal_recipe_because(r, "The rate rises, then falls to nothing: the last epochs settle."));
    BAL_TRY(bal_recipe_set(r, "train.classifier", "schedule", "cosine warmup=%d", clamp(r->updates / 10, 1, WARMUP)));
    BAL_TRY(bal_recipe_because(r, "Small changes of the training images stand in for more of them: flipped, turned, "
                                  "shifted, brighter or darker. Add hflip=off where left and right matter."));
    BAL_TRY(bal_recipe_set(r, "train.classifier", "augment", "classic"));
    BAL_TRY(bal_recipe_because(r,
                               "Where missing one of %s is worse than a false alarm, say how many must be found: a "
                               "threshold for it is chosen on validation images.",
                               f->classes[f->rarest].name));
    return bal_recipe_set(r, "train.classifier", "; want", "recall 0.95");
}

bal_status bal_recipe_train_gan(bal_recipe *r, const bal_fingerprint *f)
{
    (void)f;
    if (!r->generates) return BAL_OK;
    BAL_TRY(bal_recipe_because(r,
                               "`ballast train` trains the classifier alone; `ballast experiment` a GAN for each class "
                               "that is filled up, once a fold. classes = each has `ballast train` do it too."));
    BAL_TRY(bal_recipe_set(r, "train.gan", "classes", "none"));
    BAL_TRY(bal_recipe_because(r, "Enough for %d pixels to take shape; look at progression.png, and raise it if not.",
                               r->size));
    BAL_TRY(bal_recipe_set(r, "train.gan", "steps", "%d", GAN_STEPS));
    BAL_TRY(bal_recipe_set(r, "train.gan", "batch", "%d", GAN_BATCH));
    BAL_TRY(bal_recipe_because(r, "What DCGANs are trained with; the generator's weights are averaged."));
    BAL_TRY(bal_recipe_set(r, "train.gan", "loss", "non_saturating"));
    BAL_TRY(bal_recipe_set(r, "train.gan", "optimizer", "adam lr=2e-4 beta1=0.5"));
    BAL_TRY(bal_recipe_set(r, "train.gan", "ema", "0.995"));
    BAL_TRY(bal_recipe_set(r, "train.gan", "sample", "%d", GAN_STEPS / 10));
    return bal_recipe_set(r, "train.gan", "checkpoint", "%d", GAN_STEPS / 4);
}

bal_status bal_recipe_experiment(bal_recipe *r, const bal_fingerprint *f)
{
    (void)f;
    BAL_TRY(bal_recipe_because(r,
                               "original: plain training. classic: changed images. planned: as this file says, what "
                               "`ballast train` does.%s",
                               r->generates ? " balanced_classic: classic, with generated images added up to the "
                                              "largest class; against classic it says whether they help."
                                            : ""));
    BAL_TRY(
        bal_recipe_set(r, "experiment", "arms", "original classic planned%s", r->generates ? " balanced_classic" : ""));
    if (r->folds)
        BAL_TRY(bal_recipe_because(
            r, "%d folds train each arm %d times already; 1 2 3 tells more, for three times as long.", r->folds,
            r->folds));
    else BAL_TRY(bal_recipe_because(r, "Each arm three times, to see how much is luck."));
    BAL_TRY(bal_recipe_set(r, "experiment", "seeds", r->folds ? "1" : "1 2 3"));
    return bal_recipe_set(r, "arm.planned", "images", "original");
}
