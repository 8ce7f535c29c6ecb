/* recipe_experiment -- GANs, for who asks for them, and what an experiment compares. */
#include "train/recipe_parts.h"

enum { GAN_STEPS = 2000, GAN_BATCH = 32 };

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
    BAL_TRY(bal_recipe_because(r,
                               "Few images: the discriminator sees them, and generated ones, changed at random, or it "
                               "would know them by heart."));
    BAL_TRY(bal_recipe_set(r, "train.gan", "augment", "diff"));
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
                               "`ballast train` does. %s",
                               r->generates ? "balanced_classic: classic, with generated images added up to the "
                                              "largest class; against classic it says whether they help."
                               : r->uneven  ? "No generated images: added as they come they have done more harm than "
                                              "good to rare classes. ballast plan --gan adds an arm that tries them."
                                            : "No generated images: no class needs filling up."));
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
