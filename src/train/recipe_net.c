/* recipe_net -- the nets: a VGG-like classifier, and a DCGAN (Radford, Metz, Chintala 2016), as deep as the images are
 * large. */
#include "train/recipe_parts.h"

enum {
    WIDENING = 8,    /* filters of the last stages, times those of the first, at most */
    DENSE_MAP = 32,  /* a side of more pixels has one convolution a stage: there they cost most and see least */
    SMALLEST_MAP = 8 /* a side of so many pixels is halved once more */
};

static int smaller(int a, int b) { return a < b ? a : b; }

static bal_status layer(bal_recipe *r, const char *net, const char *line)
{
    return bal_recipe_set(r, net, "layer", "%s", line);
}

static bal_status block(bal_recipe *r, int filters)
{
    BAL_TRY(bal_recipe_set(r, "classifier", "layer", "conv filters=%d kernel=3 pad=1 bias=off", filters));
    BAL_TRY(layer(r, "classifier", "batch_norm"));
    return layer(r, "classifier", "relu");
}

static bal_status explain(bal_recipe *r, const bal_fingerprint *f, int halvings)
{
    return bal_recipe_because(
        r,
        "A small VGG-like net with batch normalization, which is hard to beat at such sizes: %d pixels are halved %d "
        "times, to %d; %s%d filters first%s. One output for each of %d classes.",
        r->size, halvings, r->size >> halvings,
        r->convolutions > 1
            ? "two convolutions a stage up to 32 pixels, as there are images enough to learn them from; "
            : "",
        r->width, r->convolutions == 1 && r->width == 16 ? ", so few that it does not learn the images by heart" : "",
        f->class_count);
}

bal_status bal_recipe_classifier(bal_recipe *r, const bal_fingerprint *f)
{
    int filters = r->width, side = r->size, halvings = 0;

    for (int s = side; s >= SMALLEST_MAP; s /= 2) halvings++;
    BAL_TRY(explain(r, f, halvings));
    for (; side >= SMALLEST_MAP; side /= 2) {
        for (int i = 0; i < (side > DENSE_MAP ? 1 : r->convolutions); i++) BAL_TRY(block(r, filters));
        BAL_TRY(layer(r, "classifier", "max_pool kernel=2 stride=2"));
        filters = smaller(2 * filters, WIDENING * r->width);
    }
    BAL_TRY(block(r, filters));
    BAL_TRY(layer(r, "classifier", "global_avg_pool"));
    BAL_TRY(layer(r, "classifier", "flatten"));
    BAL_TRY(layer(r, "classifier", "dropout rate=0.3"));
    return bal_recipe_set(r, "classifier", "layer", "dense units=%d", f->class_count);
}

static bal_status generator(bal_recipe *r, int start, int halvings, int filters)
{
    BAL_TRY(
        bal_recipe_because(r,
                           "A small DCGAN, for the arms of an experiment that add generated images: from %d numbers "
                           "to %d x %d pixels, doubled %d times to %d.",
                           100, start, start, halvings, r->size));
    BAL_TRY(bal_recipe_set(r, "generator", "init", "dcgan"));
    BAL_TRY(bal_recipe_set(r, "generator", "latent", "100"));
    BAL_TRY(
        bal_recipe_set(r, "generator", "layer", "deconv filters=%d kernel=%d stride=1 pad=0 bias=off", filters, start));
    for (int i = 1; i <= halvings; i++) {
        BAL_TRY(layer(r, "generator", "batch_norm"));
        BAL_TRY(layer(r, "generator", "relu"));
        BAL_TRY(bal_recipe_set(r, "generator", "layer", "deconv filters=%d kernel=4 stride=2 pad=1 bias=off",
                               i < halvings ? filters >> i : r->channels));
    }
    return layer(r, "generator", "tanh");
}

static bal_status discriminator(bal_recipe *r, int start, int halvings, int filters)
{
    BAL_TRY(bal_recipe_set(r, "discriminator", "init", "dcgan"));
    for (int i = 0; i < halvings; i++) {
        BAL_TRY(bal_recipe_set(r, "discriminator", "layer", "conv filters=%d kernel=4 stride=2 pad=1 bias=off",
                               filters >> (halvings - 1 - i)));
        if (i > 0) BAL_TRY(layer(r, "discriminator", "batch_norm"));
        BAL_TRY(layer(r, "discriminator", "leaky_relu slope=0.2"));
    }
    return bal_recipe_set(r, "discriminator", "layer", "conv filters=1 kernel=%d stride=1 pad=0 bias=off", start);
}

/* Generated images fill classes up to the largest: where one is clearly smaller, and only for who asks for it. */
bal_status bal_recipe_gan(bal_recipe *r, const bal_fingerprint *f)
{
    (void)f;
    int start = r->size, halvings = 0;

    r->generates = r->uneven && r->wish.gan;
    if (!r->generates) return BAL_OK;
    for (; start >= SMALLEST_MAP; start /= 2) halvings++;
    int filters = 64 << (halvings > 2 ? halvings - 2 : 0); /* of the smallest map */
    BAL_TRY(generator(r, start, halvings, filters));
    return discriminator(r, start, halvings, filters);
}
