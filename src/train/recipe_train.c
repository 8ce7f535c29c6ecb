/* recipe_train -- how the classifier is trained. Sources of what is chosen: docs/imbalance.md, docs/augmentation.md. */
#include <math.h>
#include <stdio.h>
#include "train/recipe_parts.h"

enum {
    UNEVEN_PERCENT = 150, /* of the rarest class, the most frequent one: from there on something is done about it */
    WARMUP = 100,
    FEW_IMAGES = 1000, /* for training: stronger augmentation below, */
    PLENTY = 5000,     /* weaker from here on */
    RARE_IMAGES = 200  /* of the rarest class: softer labels below */
};

static const double repeats_too_often =
    20; /* an image of the rarest class in a pass: the balance comes by and by then */
static const double smoothing = 0.05;
static const double strength_few = 1.25, strength_plenty = 0.75;
static const double averaged = 0.05, most_decay = 0.999; /* share of the steps over which weights are averaged */

static int clamp(int v, int least, int most) { return v < least ? least : v > most ? most : v; }

/* Two figures, about. */
static const char *print_seconds(char *out, size_t size, double s)
{
    double      v = s < 1 ? 1000 * s : s < 100 ? s : s / 60;
    const char *unit = s < 1 ? "ms" : s < 100 ? "s" : "minutes";
    snprintf(out, size, "%.*f %s", v < 10 ? 1 : 0, v, unit);
    return out;
}

/* ---- how long ---------------------------------------------------------------------------------------------------- */

static bal_status explain_length(bal_recipe *r)
{
    char        step[32], all[32];
    int         each = r->updates / r->epochs;
    const char *where = r->wish.dev ? bal_device_describe(r->wish.dev)->name : "two cores, not measured";
    print_seconds(step, sizeof step, r->step_seconds);
    print_seconds(all, sizeof all, r->updates * r->step_seconds);
    return bal_recipe_because(r,
                              "About %d training images make %d update%s in an epoch; %d epochs give about %d, each "
                              "%s: %s in all (%s). %s",
                              r->train_images, each, each == 1 ? "" : "s", r->epochs, r->updates, step, all, where,
                              r->shortened ? "More would be better, but take longer than --minutes allows."
                                           : "The epoch that does best on validation images is kept, so too many do "
                                             "little harm.");
}

static bal_status length(bal_recipe *r, const bal_fingerprint *f)
{
    (void)f;
    BAL_TRY(explain_length(r));
    BAL_TRY(bal_recipe_set(r, "train.classifier", "epochs", "%d", r->epochs));
    return bal_recipe_set(r, "train.classifier", "batch", "%d", r->batch);
}

/* ---- classes of unequal size ------------------------------------------------------------------------------------- */

static bal_status even(bal_recipe *r)
{
    BAL_TRY(bal_recipe_because(r, "The classes are about equally frequent: every image counts alike."));
    BAL_TRY(bal_recipe_set(r, "train.classifier", "sampler", "instance"));
    BAL_TRY(bal_recipe_because(r, "Begin with the answer that the counts alone would give; the images do the rest."));
    return bal_recipe_set(r, "train.classifier", "prior_bias", "on");
}

/* How often a pass of equal shares shows an image of the rarest class. */
static double repeats_of(const bal_fingerprint *f)
{
    return (f->images - f->unlabelled) / (f->class_count * fmax(f->classes[f->rarest].images, 1));
}

static bal_status by_and_by(bal_recipe *r, const bal_fingerprint *f)
{
    BAL_TRY(bal_recipe_because(r,
                               "%s has %.0f times as many images as %s. Equal shares from the first pass on would show "
                               "each of these few %.0f times a pass, and they would be learnt by heart: first what all "
                               "images have in common, then the balance.",
                               f->classes[f->commonest].name,
                               f->classes[f->commonest].images / fmax(f->classes[f->rarest].images, 1),
                               f->classes[f->rarest].name, repeats_of(f)));
    BAL_TRY(bal_recipe_set(r, "train.classifier", "sampler", "progressive"));
    BAL_TRY(bal_recipe_because(r, "Begin with the answer that the counts alone would give, which the first passes "
                                  "need not learn then."));
    return bal_recipe_set(r, "train.classifier", "prior_bias", "on");
}

/* Weights, logit adjustment or a sampler, not two of them: on phantoms of skin lesions the sampler found most. */
static bal_status balance(bal_recipe *r, const bal_fingerprint *f)
{
    r->uneven = 100L * f->classes[f->commonest].images > (long)UNEVEN_PERCENT * f->classes[f->rarest].images;
    if (!r->uneven) return even(r);
    if (repeats_of(f) > repeats_too_often) return by_and_by(r, f);
    BAL_TRY(bal_recipe_because(r,
                               "%s has %.1f times as many images as %s: a net gains by never answering %s. Shown all "
                               "classes equally often, it cannot.",
                               f->classes[f->commonest].name,
                               f->classes[f->commonest].images / fmax(f->classes[f->rarest].images, 1),
                               f->classes[f->rarest].name, f->classes[f->rarest].name));
    return bal_recipe_set(r, "train.classifier", "sampler", "balanced");
}

static bal_status loss(bal_recipe *r, const bal_fingerprint *f)
{
    if (f->classes[f->rarest].images >= RARE_IMAGES) {
        BAL_TRY(bal_recipe_because(r, "Plain: what is done about the classes' sizes stands above."));
        return bal_recipe_set(r, "train.classifier", "loss", "cross_entropy");
    }
    BAL_TRY(bal_recipe_because(r,
                               "%d images of %s are soon known by heart; being all but sure of them then is not "
                               "rewarded.",
                               f->classes[f->rarest].images, f->classes[f->rarest].name));
    return bal_recipe_set(r, "train.classifier", "loss", "cross_entropy label_smoothing=%g", smoothing);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static bal_status optimizer(bal_recipe *r, const bal_fingerprint *f)
{
    (void)f;
    BAL_TRY(bal_recipe_because(r, "Adam's usual rate for a net with batch normalization."));
    BAL_TRY(bal_recipe_set(r, "train.classifier", "optimizer", "adam lr=1e-3"));
    BAL_TRY(bal_recipe_because(r, "The rate rises, so that the first steps do not settle on one answer for all, then "
                                  "falls to nothing: the last epochs settle."));
    return bal_recipe_set(r, "train.classifier", "schedule", "cosine warmup=%d", clamp(r->updates / 10, 1, WARMUP));
}

static bal_status average(bal_recipe *r, const bal_fingerprint *f)
{
    double decay = fmin(1 - 1 / fmax(averaged * r->updates, 2), most_decay);
    (void)f;
    BAL_TRY(bal_recipe_because(r,
                               "Weights averaged over about the last %.0f steps are judged and kept: with few images "
                               "single steps go to and fro.",
                               1 / (1 - decay)));
    return bal_recipe_set(r, "train.classifier", "ema", "%.4g", decay);
}

static bal_status rescue(bal_recipe *r, const bal_fingerprint *f)
{
    (void)f;
    BAL_TRY(bal_recipe_because(r, "Should a class no longer be answered all the same, training goes back to where it "
                                  "was, and on with what mends it; else it changes nothing."));
    return bal_recipe_set(r, "train.classifier", "rescue", "on");
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

/* Grey images are taken for radiographs, coloured ones for photographs: docs/augmentation.md. */
static bal_status augment(bal_recipe *r, const bal_fingerprint *f)
{
    double strength = r->train_images < FEW_IMAGES ? strength_few : r->train_images >= PLENTY ? strength_plenty : 1;
    (void)f;
    BAL_TRY(bal_recipe_because(r, "%s %s",
                               r->channels == 3
                                   ? "Colour: taken for photographs that have no upside, as of skin. Turned, mirrored, "
                                     "shifted, in slightly other light; where sides matter say hflip=off vflip=off "
                                     "turn=off."
                                   : "Grey: taken for radiographs. Turned a little, shifted, exposed otherwise, never "
                                     "mirrored, as left is not right; where it is, add hflip=on.",
                               strength > 1   ? "Stronger than usual, as there are few images."
                               : strength < 1 ? "Weaker than usual, as there are many images."
                                              : "`classifier/augmented.png` of the run shows it."));
    return bal_recipe_set(r, "train.classifier", "augment", "%s strength=%g", r->channels == 3 ? "skin" : "xray",
                          strength);
}

static bal_status views(bal_recipe *r, const bal_fingerprint *f)
{
    (void)f;
    if (r->channels != 3) return BAL_OK;
    BAL_TRY(bal_recipe_because(r,
                               "Turned and mirrored images have the same label: the mean of eight looks is answered. "
                               "It costs nothing in training."));
    return bal_recipe_set(r, "train.classifier", "tta", "turns");
}

/* Nets that differ in their seed alone, and in the fold that chooses their best epoch, err on different images. */
static bal_status members(bal_recipe *r, const bal_fingerprint *f)
{
    char all[32];
    (void)f;
    if (r->members == 1) return BAL_OK;
    BAL_TRY(bal_recipe_because(r,
                               "There is time for %d such nets, %s in all: each begins by chance elsewhere%s, and the "
                               "mean of their probabilities errs less than one of them.",
                               r->members, print_seconds(all, sizeof all, r->members * r->updates * r->step_seconds),
                               r->folds ? " and has another fold for validation" : ""));
    return bal_recipe_set(r, "train.classifier", "ensemble", "%d", r->members);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static bal_status decide(bal_recipe *r, const bal_fingerprint *f)
{
    (void)f;
    if (!r->uneven) return BAL_OK;
    BAL_TRY(bal_recipe_because(r, "Validation images say how far answers still lean to one side, with every class "
                                  "weighing the same; that much is taken back."));
    return bal_recipe_set(r, "train.classifier", "decide", "balanced");
}

static bal_status answers(bal_recipe *r, const bal_fingerprint *f)
{
    BAL_TRY(bal_recipe_because(r, "Nets are too sure of themselves; one number, from validation images, mends that and "
                                  "changes no answer."));
    BAL_TRY(bal_recipe_set(r, "train.classifier", "temperature", "on"));
    BAL_TRY(decide(r, f));
    BAL_TRY(bal_recipe_because(r,
                               "Where missing one of %s is worse than a false alarm, say how many must be found: a "
                               "threshold for it is chosen on validation images%s.",
                               f->classes[f->rarest].name, r->uneven ? ", in place of `decide`" : ""));
    return bal_recipe_set(r, "train.classifier", "; want", "recall 0.95");
}

bal_status bal_recipe_train_classifier(bal_recipe *r, const bal_fingerprint *f)
{
    static bal_recipe_rule *const rules[] = {length, balance, loss,  optimizer, average,
                                             rescue, augment, views, members,   answers};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) BAL_TRY(rules[i](r, f));
    return BAL_OK;
}
