/* convolution_winograd -- where Winograd's algorithm applies in the CPU class, and its launches; see
 * cl/conv_winograd_cpu.cl. */
#include <stdio.h>
#include "convolution_class.h"

enum {
    CACHES = 2,
    TILES = 2,       /* register tiles worth trying */
    MOST_TILES = 32, /* multiplied together: more gave nothing */
    SUMS = 1 << 17,  /* floats of a work-item's sums in backward_w */
    COLUMNS = 64,    /* of them beside each other */
    CHUNK = 16,      /* tiles that backward_w transforms at a time */
    ITEMS = 32,      /* work-items of backward_w that its sums are split for */
    FEW = 128,       /* tiles, up to which many weights are better transformed where they are used */
    MANY = 1 << 18,  /* weights, transformed, in floats */
    HALVED = 64,     /* tiles, beyond which half of the phases run at a time */
    DEEP = 64,       /* channels of many weights that are transformed at a time, as in the kernels */
    ROOM = 1 << 18   /* floats that a work-item holds, but in a layer that needs more */
};

/* Floats of a work-item's products and transformed input, which a second-level cache keeps: by the rule, and half. */
static const int caches[CACHES] = {1 << 17, 1 << 16};

#define WORTH 0.8 /* of the direct multiplications at most */

/* Multiplications of F(m, r) along both axes over the direct ones, with tiles over the edge. */
static double cost(int m, int r, int high, int wide)
{
    int t = m + r - 1, tiles = bal_divide_up(high, m) * bal_divide_up(wide, m);
    return (double)(tiles * t * t) / (high * wide * r * r);
}

static bool applies(const bal_conv_geometry *g)
{
    int s = g->stride[0], k = g->kernel[0];
    return k == g->kernel[1] && s == g->stride[1] && ((s == 1 && k == 3) || (s == 2 && k == 4)) &&
           g->dilation[0] == 1 && g->dilation[1] == 1 && g->groups == 1 && g->x.c % 16 == 0 && g->y.c % 16 == 0;
}

int bal_winograd_size(const bal_device *dev, const bal_conv_geometry *g, bool backward)
{
    bal_shape out = backward ? g->x : g->y;
    int       s = g->stride[0], r = g->kernel[0] / s, phased = backward ? s : 1;
    int       high = bal_divide_up(out.h, phased), wide = bal_divide_up(out.w, phased);
    if (!applies(g)) return 0;
    double two = cost(2, r, high, wide), four = bal_device_strict(dev) ? 1 : cost(4, r, high, wide);
    if (two > WORTH && four > WORTH) return 0;
    return four < two ? 4 : 2;
}

static int tiles(const bal_winograd *w, int n) { return n * w->high * w->wide; }

static size_t weights_floats(const bal_winograd *w)
{
    return (size_t)(w->phases * w->panels * 16 * w->tile.vectors) * (size_t)(w->points * w->depth);
}

static void set_sizes(bal_winograd *w, const bal_conv_geometry *g, bool backward, const bal_variant *v)
{
    bal_shape out = backward ? g->x : g->y;
    int       s = g->stride[0], phased = backward ? s : 1;
    w->m = v->m;
    w->r = g->kernel[0] / s;
    w->points = (w->m + w->r - 1) * (w->m + w->r - 1);
    w->high = bal_divide_up(bal_divide_up(out.h, phased), w->m);
    w->wide = bal_divide_up(bal_divide_up(out.w, phased), w->m);
    w->phases = phased * phased;
    w->depth = backward ? g->y.c : g->x.c * s * s;
    w->width = out.c;
    w->tile = (bal_tile){v->rows, v->vectors};
    w->block = v->block;
    w->panels = bal_divide_up(w->width, 16 * w->tile.vectors);
}

/* ---- variants --------------------------------------------------------------------------------------------------- */

/* Tiles of a work-item, whole register tiles: as many as keep its floats in `cache` floats. */
static int block(const bal_winograd *w, int cache)
{
    int most = cache / (w->points * (16 * w->tile.vectors + w->depth)), rows = w->tile.rows;
    if (most > MOST_TILES) most = MOST_TILES;
    return most < rows ? rows : most / rows * rows;
}

static void add_variant(bal_variants *out, const bal_winograd *w, bal_variant v, int size)
{
    v.block = size;
    snprintf(v.name, sizeof v.name, "winograd F(%d,%d) %dx%d by %d", w->m, w->r, v.rows, 16 * v.vectors, size);
    bal_variants_add(out, v);
}

void bal_winograd_variants(bal_variants *out, const bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass,
                           bal_variant base)
{
    bal_winograd w = {0};
    bal_tile     tile;
    int          columns = pass == BAL_CONV_BACKWARD_X ? g->x.c : g->y.c;
    if (!applies(g) || (base.m > 2 && bal_device_strict(dev))) return;
    for (int i = 0; i < TILES && bal_tile_try(&tile, dev, columns, i); i++) {
        base.rows = tile.rows;
        base.vectors = tile.vectors;
        set_sizes(&w, g, pass == BAL_CONV_BACKWARD_X, &base);
        if (pass == BAL_CONV_BACKWARD_W) add_variant(out, &w, base, w.points * 64 * COLUMNS <= SUMS ? 64 : 32);
        else
            for (int j = 0; j < CACHES; j++) add_variant(out, &w, base, block(&w, caches[j]));
    }
}

/* ---- kernels ---------------------------------------------------------------------------------------------------- */

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* Floats that a work-item of any kernel but winograd_gradient holds. */
static size_t room(const bal_winograd *w)
{
    size_t points = (size_t)w->points, depth = (size_t)w->depth, columns = (size_t)(16 * w->tile.vectors);
    size_t block = (size_t)w->block, taps = (size_t)(w->r * w->r);
    size_t few = (size_t)(bal_divide_up(FEW, w->tile.rows) * w->tile.rows);
    few = w->few ? points * (few * columns + DEEP * columns + 16) + taps * DEEP * columns : 0;
    return larger(points * (block * columns + (block + 1) * depth), few);
}

/* Nearly all layers fit ROOM floats and so share their kernels. */
static const char *options(char text[128], const bal_winograd *w, const bal_conv_geometry *g, size_t needed)
{
    char   more[96];
    size_t floats = ROOM;
    while (floats < needed) floats *= 2;
    snprintf(more, sizeof more, " -DM=%d -DR=%d -DSTRIDE=%d -DROOM=%zu", w->m, w->r, g->stride[0], floats);
    return bal_tile_options(text, w->tile, more);
}

/* ---- forward, backward_x ---------------------------------------------------------------------------------------- */

bal_status bal_winograd_init(bal_winograd *w, bal_device *dev, const bal_conv_geometry *g, bool backward,
                             const bal_variant *v)
{
    char text[128];
    set_sizes(w, g, backward, v);
    w->few = tiles(w, g->x.n) <= FEW && w->panels * w->phases >= 8 && weights_floats(w) > MANY;
    if (w->few) w->block = w->tile.rows;
    w->backward = backward;
    options(text, w, g, room(w));
    BAL_TRY(
        bal_kernel_get(&w->transform, dev, "conv_winograd_cpu", w->few ? "winograd_input" : "winograd_weights", text));
    return bal_kernel_get(&w->multiply, dev, "conv_winograd_cpu", w->few ? "winograd_few" : "winograd_multiply", text);
}

static int padded(const bal_winograd *w, int n) { return bal_divide_up(tiles(w, n), w->block) * w->block; }

/* Half of them where there are so many of few tiles that their transforms would be the peak of a step's memory. */
static int phases_at_once(const bal_winograd *w, int n)
{
    return w->phases % 2 == 0 && tiles(w, n) > HALVED ? w->phases / 2 : w->phases;
}

size_t bal_winograd_scratch(const bal_winograd *w, const bal_conv_geometry *g)
{
    int    n = g->x.n, some = phases_at_once(w, n);
    size_t most = (size_t)some * (size_t)padded(w, n), one = (size_t)(w->points * w->depth);
    if (some < w->phases) /* a smaller batch has fewer tiles, but maybe of all phases */
        most = larger(most, (size_t)(w->phases * (HALVED + w->block)));
    return w->few ? most * one : weights_floats(w);
}

bal_status bal_winograd_run(const bal_winograd *w, const bal_conv_geometry *g, const bal_tensor *out,
                            const bal_tensor *in, const bal_tensor *weights, const bal_tensor *bias,
                            const bal_tensor *scratch)
{
    int               n = out->shape.n, all = tiles(w, n), wide = padded(w, n);
    size_t            phases = (size_t)w->phases, panels = (size_t)w->panels, blocks = (size_t)(wide / w->block);
    const bal_tensor *b = bal_has(bias) ? bias : out;
    for (int phase = 0, some = phases_at_once(w, n); w->few && phase < w->phases; phase += some) {
        BAL_TRY(bal_run(w->transform, bal_items(blocks, (size_t)some, 1), GEOMETRY(g, n), bal_i32(w->backward),
                        bal_i32(phase), bal_i32(w->block), bal_i32(all), bal_i32(wide), bal_buf(in), bal_buf(scratch)));
        BAL_TRY(bal_run(w->multiply, bal_items(panels, (size_t)some, 1), GEOMETRY(g, n), bal_i32(w->backward),
                        bal_i32(phase), bal_i32(all), bal_i32(wide), bal_buf(scratch), bal_buf(weights), bal_buf(b),
                        bal_i32(bal_has(bias)), bal_buf(out)));
    }
    if (w->few) return BAL_OK;
    BAL_TRY(bal_run(w->transform, bal_items((size_t)w->depth / 16, panels, phases), GEOMETRY(g, n),
                    bal_i32(w->backward), bal_i32(w->panels), bal_buf(weights), bal_buf(scratch)));
    return bal_run(w->multiply, bal_items(blocks, phases, 1), GEOMETRY(g, n), bal_i32(w->backward), bal_i32(w->block),
                   bal_i32(w->panels), bal_i32(all), bal_buf(in), bal_buf(scratch), bal_buf(b), bal_i32(bal_has(bias)),
                   bal_buf(out));
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

bal_status bal_winograd_gradient_init(bal_winograd *w, bal_device *dev, const bal_conv_geometry *g,
                                      const bal_variant *v)
{
    char text[128];
    set_sizes(w, g, false, v);
    options(text, w, g, 0);
    return bal_kernel_get(&w->gradient, dev, "conv_winograd_cpu", "winograd_gradient", text);
}

/* Blocks below and beside each other, parts, and tiles to a part. */
typedef struct {
    int high, wide, parts, share;
} cut;

static cut make_cut(const bal_winograd *w, int n)
{
    cut p = {bal_divide_up(w->depth, w->block), bal_divide_up(w->width, COLUMNS), 0, 0};
    int chunks = bal_divide_up(tiles(w, n), CHUNK), parts = bal_divide_up(ITEMS, p.high * p.wide);
    int share = bal_divide_up(chunks, parts < chunks ? parts : chunks);
    p.share = share * CHUNK;
    p.parts = bal_divide_up(chunks, share);
    return p;
}

int bal_winograd_gradient_parts(const bal_winograd *w, int n) { return make_cut(w, n).parts; }

bal_status bal_winograd_gradient(const bal_winograd *w, const bal_conv_geometry *g, const bal_tensor *sums,
                                 const bal_tensor *x, const bal_tensor *dy)
{
    int n = x->shape.n;
    cut p = make_cut(w, n);
    return bal_run(w->gradient, bal_items((size_t)p.high, (size_t)p.wide, (size_t)p.parts), GEOMETRY(g, n),
                   bal_i32(tiles(w, n)), bal_i32(p.share), bal_i32(p.parts), bal_buf(x), bal_buf(dy), bal_buf(sums));
}
