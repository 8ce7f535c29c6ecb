/* tile_gpu -- see tile_gpu.h. */
#include "tile_gpu.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SMALLEST = 64 /* work-items of a tile */, SMALLEST_TILE = 6 /* in local memory */ };

static const bal_gpu_tile tiles[BAL_GPU_TILES] = {{16, 16, 8, 8, 8}, {8, 16, 8, 8, 8},   {8, 8, 8, 8, 8},
                                                  {4, 16, 8, 8, 8},  {16, 16, 4, 4, 16}, {8, 16, 4, 4, 8},
                                                  {4, 16, 4, 4, 8},  {1, 64, 4, 4, 8}};

const bal_gpu_tile *bal_gpu_tile_get(int i) { return &tiles[i]; }
int                 bal_gpu_tile_rows(const bal_gpu_tile *t) { return t->ly * t->tm; }
int                 bal_gpu_tile_columns(const bal_gpu_tile *t) { return t->lx * t->tn; }

/* ---- the choice ------------------------------------------------------------------------------------------------- */

static bool holds(const bal_device *dev, const bal_gpu_tile *t)
{
    const bal_device_info *info = bal_device_describe(dev);
    int                    floats = 2 * t->bk * (bal_gpu_tile_rows(t) + bal_gpu_tile_columns(t) + 8);
    return (size_t)floats * sizeof(float) <= info->local_memory && (size_t)(t->lx * t->ly) <= info->max_group;
}

/* Work-groups, all parts of a sum being one. */
static double groups(const bal_gpu_product *p, const bal_gpu_tile *t)
{
    return (double)bal_divide_up(p->rows, bal_gpu_tile_rows(t)) * bal_divide_up(p->columns, bal_gpu_tile_columns(t)) *
           p->copies;
}

static int parts_of(const bal_gpu_product *p, const bal_gpu_tile *t)
{
    double wanted = ceil(p->items / (groups(p, t) * t->lx * t->ly));
    int    most = p->terms / p->least, parts = wanted < most ? (int)wanted : most;
    return parts > 1 ? parts : 1;
}

/* Relative time: for each term, a work-item's multiplications, its reads of local memory and, dearer, of global memory,
 * where RESIDENT work-items keep a compute unit busy and the last round may leave some of them idle. */
static double cost(const bal_device *dev, const bal_gpu_product *p, const bal_gpu_tile *t)
{
    enum { RESIDENT = 256, GLOBAL = 4 };
    int    items = t->lx * t->ly, parts = parts_of(p, t), sides = bal_gpu_tile_rows(t) + bal_gpu_tile_columns(t);
    double per_term = t->tm * t->tn + t->tm + t->tn + (double)(GLOBAL * sides) / items;
    double rounds = groups(p, t) * parts * items / (bal_device_describe(dev)->units * RESIDENT);
    return ceil(rounds) * per_term * bal_divide_up(p->terms, parts);
}

/* Those that the device holds, the cheapest first; how many. */
static int sort(int order[BAL_GPU_TILES], const bal_device *dev, const bal_gpu_product *p)
{
    int count = 0;
    for (int i = 0; i < BAL_GPU_TILES; i++) {
        int at = count;
        if (!holds(dev, &tiles[i]) && i != SMALLEST_TILE) continue;
        for (; at > 0 && cost(dev, p, &tiles[i]) < cost(dev, p, &tiles[order[at - 1]]); at--) order[at] = order[at - 1];
        order[at] = i;
        count++;
    }
    return count;
}

static void add(bal_variants *out, bal_variant v, const char *name, const char *more)
{
    const bal_gpu_tile *t = &tiles[v.rows];
    snprintf(v.name, sizeof v.name, "%s %dx%d of %dx%d%s", name, bal_gpu_tile_rows(t), bal_gpu_tile_columns(t), t->tm,
             t->tn, more);
    bal_variants_add(out, v);
}

void bal_gpu_tile_variants(bal_variants *out, const bal_device *dev, const bal_gpu_product *p, bal_variant base,
                           const char *name, int count)
{
    int  order[BAL_GPU_TILES], all = sort(order, dev, p), parts = parts_of(p, &tiles[order[0]]);
    char more[16];
    base.block = parts;
    for (int i = 0; i < all && i < count; i++) {
        base.rows = order[i];
        add(out, base, name, "");
    }
    base.rows = order[0];
    for (int i = 0; i < 2; i++) {
        base.block = i ? 2 * parts : parts / 2;
        snprintf(more, sizeof more, " in %d", base.block);
        if (p->items && base.block > 0 && base.block * BAL_GPU_TERMS <= p->terms) add(out, base, name, more);
    }
}

/* ---- kernels ---------------------------------------------------------------------------------------------------- */

/* Sub-groups of 16 work-items, where the device has them and they are a row of the tile (cl/conv_tiles.h). */
static const char *sub_groups(const bal_device *dev, const bal_gpu_tile *t)
{
    bool has = strstr(bal_device_describe(dev)->extensions, "cl_intel_required_subgroup_size") != NULL;
    return has && t->lx == 16 ? " -DSUB_GROUPS" : "";
}

/* A kernel that needs many registers may allow smaller groups than its device; less than the smallest tile's means
 * nothing (Mesa 22.3 says 32 of every kernel). */
bal_status bal_gpu_tile_kernel(bal_kernel **out, bal_device *dev, const char *file, const char *kernel, int *i,
                               const char *options)
{
    char text[224];
    for (size_t most = SIZE_MAX; *i < BAL_GPU_TILES; ++*i) {
        const bal_gpu_tile *t = &tiles[*i];
        if ((size_t)(t->lx * t->ly) > most) continue;
        snprintf(text, sizeof text, "-DLX=%d -DLY=%d -DTM=%d -DTN=%d -DBK=%d%s%s", t->lx, t->ly, t->tm, t->tn, t->bk,
                 options, sub_groups(dev, t));
        BAL_TRY(bal_kernel_get(out, dev, file, kernel, text));
        most = bal_kernel_group(*out);
        if (most >= (size_t)(t->lx * t->ly) || most < SMALLEST) return BAL_OK;
    }
    return bal_fail(BAL_ECL, "%s runs no work-group of %d items", bal_device_describe(dev)->name, SMALLEST);
}
