/* recipe_scale -- how large the images and the net are, and how long it is trained: as much as the data carry and the
 * time allows. The time of a step is measured, of few nets; of the others it follows from their arithmetic. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/log.h"
#include "ballast/net.h"
#include "train/recipe_parts.h"

enum {
    UPDATES = 2500,    /* of a classifier, at least: few images need many passes */
    LEAST_EPOCHS = 40, /* many images need passes too */
    MOST_EPOCHS = 300,
    MANY_IMAGES = 4000, /* batches of 64 from here on */
    NARROWEST = 16,     /* filters of the first stage */
    MOST_MEMBERS = 3,   /* classifiers whose mean answers, where there is time: the first ones gain most */
    USUAL_SIZE = 64,
    PROBE = 32 /* pixels a side of the net that is timed first, where the largest may be far too slow */
};

static const double in_training = 0.85;   /* share of the time for steps and validation; the rest reads and reports */
static const double enough = 0.7;         /* of these epochs, for a larger net or larger images */
static const double beside = 1.1;         /* of a step: augmentation, batches */
static const double hopeless = 2;         /* times the time: not even measured */
static const double assumed_gflops = 100; /* two cores of a server */
static const double training_passes = 3;  /* forward, and backward to weights and to inputs */
static const double validation_cost = 1.0 / 3;

/* What so many training images carry, at most: pixels a side, convolutions in a stage, filters of the first stage. From
 * 28 to 64 pixels is the largest step in accuracy, 128 a smaller one for four times the work (MedMNIST+, Doerrich et
 * al. 2025: there a VGG of two and three convolutions a stage is the best at 28 and 64). So more than 64 are for who
 * has the time for several such nets: at 64 these gain as much. */
static const struct tier {
    int images, size, convolutions, width;
} tiers[] = {{2000, 128, 2, 32}, {1000, 96, 1, 32}, {0, 64, 1, 16}};

static const int sizes[] = {128, 96, 64, 48, 32, 28, 24, 16, 12, 8};
enum { SIZES = sizeof sizes / sizeof *sizes };

static const struct tier *tier_of(const bal_recipe *r)
{
    const struct tier *t = tiers;
    while (r->train_images < t->images) t++;
    return t;
}

/* ---- what a net costs -------------------------------------------------------------------------------------------- */

/* The candidate's [classifier] as the file would have it. */
static bal_status write_net(bal_config **out, const bal_recipe *r, const bal_fingerprint *f)
{
    bal_recipe t = {.size = r->size, .channels = r->channels, .width = r->width, .convolutions = r->convolutions};
    char      *text = NULL;
    size_t     size;
    FILE      *to = open_memstream(&text, &size);
    bal_status st = to ? bal_recipe_classifier(&t, f) : bal_fail(BAL_ENOMEM, "no memory for a net");
    if (to) fputs("[classifier]\n", to);
    for (int i = 0; i < t.count; i++) fprintf(to, "%s = %s\n", t.choice[i].key, t.choice[i].value);
    if (to && fclose(to) != 0) st = bal_fail(BAL_ENOMEM, "no memory for a net");
    if (st == BAL_OK) st = bal_config_parse(out, "plan", text);
    free(text);
    bal_recipe_free(&t);
    return st;
}

static bal_status count_flops(double *out, const bal_section *section, bal_shape in)
{
    bal_net *net;
    *out = 0;
    BAL_TRY(bal_net_read(&net, section, in));
    for (int i = 0; i < bal_net_count(net); i++) *out += bal_net_layer(net, i)->flops;
    *out *= training_passes * in.n;
    bal_net_free(net);
    return BAL_OK;
}

/* r->step_seconds by `rate`, operations a second; measured where `measure` says so, and then the rate follows. */
static bal_status cost(bal_recipe *r, const bal_fingerprint *f, double *rate, bool measure)
{
    bal_config *config;
    double      flops, seconds;
    bal_shape   in = {r->batch, r->size, r->size, r->channels};
    BAL_TRY(write_net(&config, r, f));
    const bal_section *net = bal_config_find(config, "classifier");
    bal_status         st = count_flops(&flops, net, in);
    if (st == BAL_OK && measure && (st = bal_recipe_time_step(&seconds, r->wish.dev, net, in)) == BAL_OK)
        *rate = flops / seconds;
    bal_config_free(config);
    r->step_seconds = beside * flops / *rate;
    return st;
}

/* Steps, and a validation after each epoch. */
static double seconds_of(const bal_recipe *r, int epochs)
{
    double each = (double)r->updates / r->epochs + validation_cost * r->validation_images / r->batch;
    return epochs * each * r->step_seconds;
}

static double allowed(const bal_recipe *r) { return in_training * 60 * r->wish.minutes; }

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

static int clamp(int v, int least, int most) { return v < least ? least : v > most ? most : v; }

static void wanted_length(bal_recipe *r)
{
    r->batch = r->train_images < MANY_IMAGES ? 32 : 64;
    int each = r->train_images > r->batch ? (r->train_images + r->batch - 1) / r->batch : 1;
    r->epochs = clamp((UPDATES + each - 1) / each, LEAST_EPOCHS, MOST_EPOCHS);
    r->updates = r->epochs * each;
}

/* Candidate i, best first: sizes, and from USUAL_SIZE on down each at half the width too; false behind the last one. On
 * skin lesions the full width at 64 pixels did better on validation images than half of it at 128. */
static bool candidate(bal_recipe *r, const bal_fingerprint *f, int i)
{
    const struct tier *t = tier_of(r);
    int                widths = t->width > NARROWEST ? 2 : 1, first = 0, large = 0;
    while (first + 1 < SIZES && (sizes[first] > t->size || sizes[first] > f->side_middle)) first++;
    while (sizes[first + large] > USUAL_SIZE) large++;
    int at = first + (i < large ? i : large + (i - large) / widths);
    if (at >= SIZES) return false;
    r->size = sizes[at];
    r->width = t->width >> (i < large ? 0 : (i - large) % widths);
    r->convolutions = t->convolutions;
    return true;
}

/* A first idea of the device's rate, from a net that is quick enough on any, if the best one may be far too slow. */
static bal_status probe(double *rate, bal_recipe *r, const bal_fingerprint *f)
{
    *rate = 1e9 * (r->wish.gflops > 0 ? r->wish.gflops : assumed_gflops);
    candidate(r, f, 0);
    BAL_TRY(cost(r, f, rate, false));
    if (!r->wish.dev || seconds_of(r, r->epochs) < allowed(r)) return BAL_OK;
    for (int i = 0; r->size > PROBE && candidate(r, f, i); i++)
        ;
    return cost(r, f, rate, true);
}

/* As many epochs as there is time for, and are wanted. */
static void shorten(bal_recipe *r, double time)
{
    int wanted = r->epochs;
    r->epochs = clamp((int)fmin(time / seconds_of(r, 1), wanted), 1, wanted);
    r->updates = r->updates / wanted * r->epochs;
    r->shortened = r->epochs < wanted;
}

/* The first candidate that can be trained for long enough; else the last one, for as long as there is time. */
static bal_status choose(bal_recipe *r, const bal_fingerprint *f)
{
    double rate, time = allowed(r);
    bool   fits = false;
    BAL_TRY(probe(&rate, r, f));
    for (int i = 0; !fits && candidate(r, f, i); i++) {
        BAL_TRY(cost(r, f, &rate, false));
        bool measured = r->wish.dev && seconds_of(r, r->epochs) <= hopeless * time;
        if (measured) BAL_TRY(cost(r, f, &rate, true));
        fits = enough * seconds_of(r, r->epochs) * (r->size > USUAL_SIZE ? MOST_MEMBERS : 1) <= time;
    }
    if (!fits && r->wish.dev) BAL_TRY(cost(r, f, &rate, true));
    shorten(r, time);
    r->members = clamp((int)(time / seconds_of(r, r->epochs)), 1, MOST_MEMBERS);
    return BAL_OK;
}

static bal_status explain_size(bal_recipe *r, const bal_fingerprint *f, int best)
{
    if (r->size < best)
        return bal_recipe_because(
            r,
            "Pixels a side for the net: half of the images have %d or more (shorter side), and so "
            "many as can be trained in %g minutes here; %d would be too slow.",
            f->side_middle, r->wish.minutes, best);
    if (r->size <= f->side_middle && tier_of(r)->size == r->size)
        return bal_recipe_because(r,
                                  "Pixels a side for the net: half of the images have %d or more (shorter side). Twice "
                                  "as many cost four times the work: worth trying if what matters is small.",
                                  f->side_middle);
    return bal_recipe_because(r, "Pixels a side for the net: half of the images have %d or fewer (shorter side).",
                              f->side_middle);
}

bal_status bal_recipe_scale(bal_recipe *r, const bal_fingerprint *f)
{
    wanted_length(r);
    candidate(r, f, 0);
    int best = r->size;
    BAL_TRY(choose(r, f));
    BAL_TRY(explain_size(r, f, best));
    return bal_recipe_set(r, "data", "size", "%d", r->size);
}
