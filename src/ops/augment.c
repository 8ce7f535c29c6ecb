/* augment -- see include/ballast/augment.h. */
#include "ballast/augment.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "ballast/config.h"

enum { DRAWN = 160 }; /* floats of an image's row, as in cl/augment.cl */

const bal_option bal_augment_option_table[] = {
    BAL_OPT_BOOL(bal_augment, hflip, 0, "left and right, every second image"),
    BAL_OPT_BOOL(bal_augment, vflip, 0, "top and bottom, every second image"),
    BAL_OPT_BOOL(bal_augment, turn, 0, "by 0, 90, 180 or 270 degrees"),
    BAL_OPT(bal_augment, rotate, BAL_FLOAT, 0, 0, 180, "degrees to either side"),
    BAL_OPT(bal_augment, shift, BAL_FLOAT, 0, 0, 1, "of the side, in either direction"),
    BAL_OPT(bal_augment, scale, BAL_FLOAT, 0, 0, 1, "larger or smaller, by a factor of up to 1 + this"),
    BAL_OPT(bal_augment, shear, BAL_FLOAT, 0, 0, 45, "degrees to either side, in x and in y"),
    BAL_OPT(bal_augment, elastic, BAL_FLOAT, 0, 0, 0.09, "of the side: a smooth displacement, never folded"),
    BAL_OPT(bal_augment, brightness, BAL_FLOAT, 0, 0, 1, "added or taken away, white being 1"),
    BAL_OPT(bal_augment, contrast, BAL_FLOAT, 0, 0, 1, "distances from the image's mean: times 1 - this to 1 + this"),
    BAL_OPT(bal_augment, saturation, BAL_FLOAT, 0, 0, 1, "distances of a pixel's channels from its grey, likewise"),
    BAL_OPT(bal_augment, tint, BAL_FLOAT, 0, 0, 1, "added or taken away, another number for each channel"),
    BAL_OPT(bal_augment, gamma, BAL_FLOAT, 0, 0, 4, "values to the power of up to 1 + this, or its inverse"),
    BAL_OPT(bal_augment, noise, BAL_FLOAT, 0, 0, 1, "standard deviation of normal noise, white being 1"),
    BAL_OPT(bal_augment, blur, BAL_FLOAT, 0, 0, 3, "pixels: standard deviation of a Gaussian"),
    BAL_OPT(bal_augment, cutout, BAL_FLOAT, 0, 0, 1, "of the side: a square set to 0"),
    BAL_OPT_CHOICE(bal_augment, border, BAL_BORDER_NEAREST, "nearest|reflect", "what lies beyond an image"),
    BAL_OPT(bal_augment, strength, BAL_FLOAT, 1, 0, 10, "times all magnitudes; flips and turns have none"),
    BAL_OPT(bal_augment, number, BAL_INT, 0, 0, BAL_AUGMENT_CHANGES, "of the changes, drawn for each image; 0: all"),
    BAL_OPT_END,
};

const bal_augment_policy bal_augment_policies[] = {
    {"none", "images stay as they are", {.strength = 1}},
    {"classic",
     "small changes that suit most images",
     {.hflip = true, .rotate = 10, .shift = 0.08F, .brightness = 0.1F, .strength = 1}},
    {"xray",
     "radiographs: how a patient stood, how a film was exposed; no flips, left is not right",
     {.rotate = 7,
      .shift = 0.05F,
      .scale = 0.1F,
      .brightness = 0.08F,
      .contrast = 0.2F,
      .gamma = 0.2F,
      .noise = 0.01F,
      .strength = 1}},
    {"skin",
     "skin lesions: any side up, nearer or farther, another lamp or camera",
     {.hflip = true,
      .vflip = true,
      .turn = true,
      .rotate = 45,
      .shift = 0.05F,
      .scale = 0.15F,
      .brightness = 0.08F,
      .contrast = 0.15F,
      .saturation = 0.15F,
      .tint = 0.03F,
      .border = BAL_BORDER_REFLECT,
      .strength = 1}},
    {NULL, NULL, {0}},
};

/* ---- settings --------------------------------------------------------------------------------------------------- */

/* What change k may be at most. */
static float limit(const bal_augment *a, int k)
{
    const bal_option *o = &bal_augment_option_table[k];
    double            value = bal_option_number(bal_augment_option_table, a, o->name);
    if (o->type != BAL_BOOL) value *= (double)a->strength;
    return (float)(value < o->max ? value : o->max);
}

bool bal_augment_active(const bal_augment *a)
{
    for (int k = 0; k < BAL_AUGMENT_CHANGES; k++)
        if (limit(a, k) > 0) return true;
    return false;
}

/* The policy, then one option after the other on top of it. */
static bal_status overlay(bal_augment *out, const char *rest, bal_where at)
{
    char text[512];
    if (strlen(rest) >= sizeof text) return bal_fail_at(at, "augment takes at most %zu characters", sizeof text - 1);
    snprintf(text, sizeof text, "%s", rest);
    for (char *p = text + strspn(text, " \t"), *next; *p; p = next) {
        next = p + strcspn(p, " \t");
        if (*next) *next++ = '\0';
        next += strspn(next, " \t");
        char *value = strchr(p, '=');
        if (!value) return bal_fail_at(at, "augment: \"%s\" is not of the form option=value", p);
        *value++ = '\0';
        BAL_TRY(bal_option_set(bal_augment_option_table, out, "augment", p, value, at));
    }
    return BAL_OK;
}

static bal_status unknown(const char *name, bal_where at)
{
    const char *names[8] = {NULL};
    for (int i = 0; bal_augment_policies[i].name; i++) names[i] = bal_augment_policies[i].name;
    const char *near = bal_nearest(name, names);
    if (near) return bal_fail_at(at, "there is no augmentation \"%s\"; did you mean \"%s\"?", name, near);
    return bal_fail_at(at, "there is no augmentation \"%s\"; there are none, classic, xray and skin", name);
}

bal_status bal_augment_parse(bal_augment *out, const char *line, bal_where at)
{
    char        name[64];
    const char *rest;
    *out = bal_augment_policies[0].values;
    if (!line) return BAL_OK;
    bal_line_split(line, name, sizeof name, &rest);
    for (const bal_augment_policy *p = bal_augment_policies; p->name; p++) {
        if (strcmp(name, p->name) != 0) continue;
        *out = p->values;
        return overlay(out, rest, at);
    }
    return unknown(name, at);
}

/* ---- on a device ------------------------------------------------------------------------------------------------ */

bal_status bal_augmenter_init(bal_augmenter *a, bal_device *dev, const bal_augment *what, bal_shape batch,
                              const float mean[3], const float deviation[3])
{
    float      limits[BAL_AUGMENT_CHANGES];
    bal_status st;
    assert(batch.h == batch.w && (batch.c == 1 || batch.c == 3));
    *a = (bal_augmenter){.what = *what};
    memcpy(a->mean, mean, sizeof a->mean);
    memcpy(a->deviation, deviation, sizeof a->deviation);
    for (int k = 0; k < BAL_AUGMENT_CHANGES; k++) limits[k] = limit(what, k);
    BAL_TRY_OR(fail, st, bal_tensor_init(&a->limits, dev, (bal_shape){1, 1, 1, BAL_AUGMENT_CHANGES}));
    BAL_TRY_OR(fail, st, bal_tensor_write(&a->limits, limits));
    BAL_TRY_OR(fail, st, bal_tensor_init(&a->drawn, dev, (bal_shape){batch.n, 1, 1, DRAWN}));
    return BAL_OK;
fail:
    bal_augmenter_free(a);
    return st;
}

void bal_augmenter_free(bal_augmenter *a)
{
    bal_tensor_free(&a->limits);
    bal_tensor_free(&a->drawn);
}

/* A kernel for images of so many channels. */
static bal_status find_kernel(bal_kernel **k, const bal_tensor *x, const char *name)
{
    return bal_kernel_get(k, x->dev, "augment", name, x->shape.c == 1 ? "-DCHANNELS=1" : "-DCHANNELS=3");
}

static bal_status draw(const bal_augmenter *a, const bal_tensor *x, const bal_stream *s)
{
    bal_kernel *k;
    BAL_TRY(find_kernel(&k, x, "augment_draw"));
    return bal_run(k, bal_1d((size_t)x->shape.n), bal_i32(x->shape.n), bal_i32(x->shape.h), bal_buf(&a->drawn),
                   bal_buf(x), bal_buf(&a->limits), bal_i32(a->what.number), bal_f32(a->mean[0]), bal_f32(a->mean[1]),
                   bal_f32(a->mean[2]), bal_f32(a->deviation[0]), bal_f32(a->deviation[1]), bal_f32(a->deviation[2]),
                   bal_u32(s->key[0]), bal_u32(s->key[1]), bal_u32(s->block[0]), bal_u32(s->block[1]));
}

/* A work-item makes a row of an image on the CPU class, a vector of its pixels on the GPU class. */
static bal_status change(const bal_augmenter *a, const bal_tensor *y, const bal_tensor *x)
{
    bal_kernel *k;
    size_t      items = (size_t)x->shape.n * (size_t)x->shape.h;
    BAL_TRY(find_kernel(&k, x, "augment_change"));
    if (bal_device_class(x->dev) == BAL_GPU) items *= ((size_t)x->shape.w + 3) / 4;
    return bal_run(k, bal_1d(items), bal_i32(x->shape.n), bal_i32(x->shape.h), bal_i32(a->what.border), bal_buf(y),
                   bal_buf(x), bal_buf(&a->drawn), bal_f32(a->mean[0]), bal_f32(a->mean[1]), bal_f32(a->mean[2]),
                   bal_f32(a->deviation[0]), bal_f32(a->deviation[1]), bal_f32(a->deviation[2]));
}

static bal_status add_noise(const bal_augmenter *a, const bal_tensor *y, const bal_stream *s)
{
    bal_kernel *k;
    BAL_TRY(find_kernel(&k, y, "augment_noise"));
    return bal_run(k, bal_flat(y->dev, (bal_shape_size(y->shape) + 3) / 4), bal_i32(bal_size(y)),
                   bal_i32(bal_size(y) / y->shape.n), bal_buf(y), bal_buf(&a->drawn), bal_f32(a->deviation[0]),
                   bal_f32(a->deviation[1]), bal_f32(a->deviation[2]), bal_u32(s->key[0]), bal_u32(s->key[1]),
                   bal_u32(s->block[0]), bal_u32(s->block[1]));
}

bal_status bal_augmenter_run(const bal_augmenter *a, const bal_tensor *y, const bal_tensor *x, const bal_stream *s)
{
    assert(bal_shape_equal(x->shape, y->shape) && x->mem != y->mem && x->shape.n <= a->drawn.shape.n);
    BAL_TRY(draw(a, x, s));
    BAL_TRY(change(a, y, x));
    return a->what.noise > 0 ? add_noise(a, y, s) : BAL_OK;
}
