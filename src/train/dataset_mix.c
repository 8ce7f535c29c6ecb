/* dataset_mix -- generated images beside the real ones, and parts made of both. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "ballast/files.h"
#include "train/dataset_parts.h"

static bal_status grow(bal_dataset *ds, int count)
{
    int capacity = ds->generated_count + count;
    if (capacity <= ds->generated_capacity) return BAL_OK;
    size_t      pixels = bal_dataset_pixels(&ds->options);
    bal_sample *sample = realloc(ds->generated, (size_t)capacity * sizeof *sample);
    if (sample) ds->generated = sample;
    uint16_t *pixel = realloc(ds->generated_pixel, (size_t)capacity * pixels * sizeof *pixel);
    if (pixel) ds->generated_pixel = pixel;
    if (!sample || !pixel) return bal_fail(BAL_ENOMEM, "no memory for %d generated images", capacity);
    ds->generated_capacity = capacity;
    return BAL_OK;
}

static void pack(uint16_t *out, const float *pixel, const bal_dataset_options *o, const bal_scaling *s)
{
    for (size_t i = 0; i < bal_dataset_pixels(o); i++) {
        size_t c = i % (size_t)o->channels;
        float  v = pixel[i] * s->deviation[c] + s->mean[c];
        out[i] = (uint16_t)((v < 0 ? 0 : v > 1 ? 1 : v) * 65535 + 0.5f);
    }
}

bal_status bal_dataset_add_generated(bal_dataset *ds, int label, const float *pixel, int count, const bal_scaling *s)
{
    size_t pixels = bal_dataset_pixels(&ds->options);
    BAL_TRY(grow(ds, count));
    for (int i = 0; i < count; i++) {
        int   to = ds->generated_count, side = ds->options.size;
        char *path = bal_format("generated/%s/%06d", ds->data.classes[label], to);
        if (!path) return bal_fail(BAL_ENOMEM, "no memory for a name");
        pack(ds->generated_pixel + (size_t)to * pixels, pixel + (size_t)i * pixels, &ds->options, s);
        ds->generated[to] = (bal_sample){.path = path, .label = label, .part = BAL_NO_PART, .fold = -1, .cluster = -1};
        ds->generated[to].width = ds->generated[to].height = side;
        ds->generated[to].channels = ds->options.channels;
        ds->generated_count++;
    }
    return BAL_OK;
}

void bal_dataset_drop_generated(bal_dataset *ds)
{
    for (int i = 0; i < ds->generated_count; i++) free((char *)(uintptr_t)ds->generated[i].path);
    free(ds->generated);
    free(ds->generated_pixel);
    ds->generated = NULL;
    ds->generated_pixel = NULL;
    ds->generated_count = ds->generated_capacity = 0;
}

int bal_dataset_generated_count(const bal_dataset *ds) { return ds->generated_count; }

/* Real images of a class in a part of the split, whatever is composed now. */
static int count_split(const bal_dataset *ds, bal_part part, int label)
{
    int n = 0;
    for (int i = 0; i < ds->count; i++) n += ds->sample[i].part == part && ds->sample[i].label == label;
    return n;
}

static int needs_part(const bal_dataset *ds, const bal_composition *c, bal_part part, int label)
{
    int own = count_split(ds, part, label), largest = 0;
    if (c->generated[part] == BAL_GENERATED_NONE) return 0;
    if (c->generated[part] == BAL_GENERATED_AS_REAL) return own;
    for (int k = 0; k < ds->data.class_count; k++) {
        int n = count_split(ds, part, k);
        if (n > largest) largest = n;
    }
    double ratio = c->ratios ? c->ratios[label] : c->ratio;
    if (c->generated[part] == BAL_GENERATED_RATIO) return own < largest ? (int)lround(ratio * own) : 0;
    return largest - (c->real[part] ? own : 0);
}

int bal_dataset_needs(const bal_dataset *ds, const bal_composition *c, int label)
{
    int n = 0;
    for (int part = 0; part < BAL_PARTS; part++) n += needs_part(ds, c, (bal_part)part, label);
    return n;
}

/* Put `count` unused generated images of a class into a part. */
static bal_status assign(bal_part *part, const bal_dataset *ds, const bool *barred, bal_part to, int label, int count)
{
    for (int i = 0; i < ds->generated_count && count > 0; i++)
        if (ds->generated[i].label == label && part[ds->count + i] == BAL_NO_PART && !(barred && barred[i])) {
            part[ds->count + i] = to;
            count--;
        }
    if (count == 0 || barred) return BAL_OK;
    return bal_fail(BAL_ECONFIG, "class %s lacks %d generated images", ds->data.classes[label], count);
}

static bal_status assign_all(bal_part *part, const bal_dataset *ds, const bal_composition *c)
{
    for (int i = 0; i < ds->count + ds->generated_count; i++) part[i] = BAL_NO_PART;
    for (int i = 0; i < ds->count; i++)
        if (ds->sample[i].part != BAL_NO_PART && c->real[ds->sample[i].part]) part[i] = ds->sample[i].part;
    for (int p = 0; p < BAL_PARTS; p++)
        for (int k = 0; k < ds->data.class_count; k++)
            BAL_TRY(assign(part, ds, c->barred, (bal_part)p, k, needs_part(ds, c, (bal_part)p, k)));
    return BAL_OK;
}

bal_status bal_dataset_compose(bal_dataset *ds, const bal_composition *c)
{
    bal_part *part = malloc(((size_t)ds->count + (size_t)ds->generated_count + 1) * sizeof *part);
    if (!part) return bal_fail(BAL_ENOMEM, "no memory to compose parts");
    bal_status st = assign_all(part, ds, c);
    if (st == BAL_OK) st = bal_dataset_list_parts(ds, part);
    free(part);
    return st;
}
