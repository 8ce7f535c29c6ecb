/* convolution_winograd_gpu -- where Winograd's algorithm applies in the GPU class, and its launches: transforms,
 * products of all points (cl/gemm_tiles_gpu.cl), transform back; see cl/conv_winograd_gpu.cl.
 *
 * No GPU has measured the rule. It is the arithmetic of bench/model.py: the products run at the rate of the direct
 * tiles, and what lies between the launches moves through memory, where BALANCE operations take as long as a byte: 28,
 * 16 and 11 on the RX 6600 XT, Arc A380 and RTX 2060 SUPER by half their peak and .72 of their bandwidth, the first
 * about 14 while it fits the last cache. */
#include <stdio.h>
#include "convolution_class.h"

enum {
    BALANCE = 15,
    LIMIT = 1 << 24, /* floats of scratch for transformed tiles */
    UNIT = 128,      /* tiles are multiplied in multiples of so many */
    SHARE = 256,     /* tiles to a part of backward_w's sums at least */
    ITEMS = 1 << 17  /* work-items that its sums are cut for */
};

#define WORTH 0.8 /* of the direct time at most */

static bool applies(const bal_conv_geometry *g)
{
    int s = g->stride[0], k = g->kernel[0];
    return k == g->kernel[1] && s == g->stride[1] && ((s == 1 && k == 3) || (s == 2 && k == 4)) &&
           g->dilation[0] == 1 && g->dilation[1] == 1 && g->groups == 1 && g->x.c % 4 == 0 && g->y.c % 4 == 0;
}

/* ---- sizes ------------------------------------------------------------------------------------------------------ */

/* A pass by F(m, r). */
typedef struct {
    bool      back, weights;
    int       r, points, phases, outs, depth, width; /* outs: phases of the output; depth: of all other phases */
    long long tiles;
} sizes;

static sizes sizes_of(const bal_conv_geometry *g, bal_conv_pass pass, int m, int n)
{
    sizes     z = {.back = pass == BAL_CONV_BACKWARD_X, .weights = pass == BAL_CONV_BACKWARD_W};
    bal_shape out = z.back ? g->x : g->y;
    int       s = g->stride[0], every = z.back ? s : 1;
    z.r = g->kernel[0] / s;
    z.points = (m + z.r - 1) * (m + z.r - 1);
    z.phases = s * s;
    z.outs = z.back ? z.phases : 1;
    z.depth = z.back ? g->y.c : g->x.c * z.phases;
    z.width = out.c;
    z.tiles =
        (long long)n * bal_divide_up(bal_divide_up(out.h, every), m) * bal_divide_up(bal_divide_up(out.w, every), m);
    return z;
}

static long long weights_floats(const sizes *z) { return (long long)z->outs * z->points * z->depth * z->width; }
static long long tile_floats(const sizes *z) { return (long long)z->outs * z->points * (z->depth + z->width); }

/* Tiles at a time. */
static int chunk_of(const sizes *z)
{
    long long most = LIMIT / tile_floats(z) / UNIT * UNIT;
    if (most < UNIT) most = UNIT;
    return (int)(most < z->tiles ? most : z->tiles);
}

static bal_gpu_product product_of(const sizes *z)
{
    int chunk = chunk_of(z);
    if (z->weights) return (bal_gpu_product){z->depth, z->width, z->points, chunk, SHARE, ITEMS};
    return (bal_gpu_product){chunk, z->width, z->outs * z->points, z->depth, 1, 0};
}

/* ---- the rule --------------------------------------------------------------------------------------------------- */

/* Operations, and those that would take as long as the bytes that move. */
static double cost(const bal_conv_geometry *g, bal_conv_pass pass, int m)
{
    sizes  z = sizes_of(g, pass, m, g->x.n);
    double tiles = (double)z.tiles, ends = (double)bal_shape_size(g->x) + (double)bal_shape_size(g->y);
    double floats = ends + 2 * tiles * (double)tile_floats(&z) + 3 * (double)weights_floats(&z);
    return 2 * z.outs * z.points * tiles * z.depth * z.width + BALANCE * sizeof(float) * floats;
}

static double direct_cost(const bal_conv_geometry *g)
{
    double ends = (double)bal_shape_size(g->x) + (double)bal_shape_size(g->y);
    return 2.0 * g->kernel[0] * g->kernel[1] * g->x.c * (double)bal_shape_size(g->y) + BALANCE * sizeof(float) * ends;
}

int bal_winograd_gpu_size(const bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass)
{
    if (!applies(g)) return 0;
    double two = cost(g, pass, 2), four = cost(g, pass, 4), most = WORTH * direct_cost(g);
    if (!bal_device_strict(dev) && four < two && four < most) return 4;
    return two < most ? 2 : 0;
}

void bal_winograd_gpu_variants(bal_variants *out, const bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass,
                               bal_variant base, int count)
{
    char name[24];
    if (!applies(g) || (base.m > 2 && bal_device_strict(dev))) return;
    sizes           z = sizes_of(g, pass, base.m, g->x.n);
    bal_gpu_product p = product_of(&z);
    snprintf(name, sizeof name, "winograd F(%d,%d)", base.m, z.r);
    bal_gpu_tile_variants(out, dev, &p, base, name, count);
}

/* ---- kernels ---------------------------------------------------------------------------------------------------- */

bal_status bal_winograd_gpu_init(bal_winograd_gpu *w, bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass,
                                 const bal_variant *v)
{
    static const char *const names[][3] = {{"winograd_weights", "winograd_input", "winograd_output"},
                                           {"winograd_weights", "winograd_input", "winograd_output"},
                                           {"winograd_slope", "winograd_input", "winograd_gradient"}};
    static const char *const sides[] = {"", " -DTRANS_B", " -DTRANS_A"};
    bal_kernel             **kernels[] = {&w->first, &w->input, &w->last};
    sizes                    z = sizes_of(g, pass, v->m, g->x.n);
    char                     text[64];
    w->pass = pass;
    w->m = v->m;
    w->tile = v->rows;
    w->parts = v->block;
    w->chunk = chunk_of(&z);
    snprintf(text, sizeof text, "-DM=%d -DR=%d -DSTRIDE=%d%s", w->m, z.r, g->stride[0], z.back ? " -DBACKWARD" : "");
    for (int i = 0; i < 3; i++) BAL_TRY(bal_kernel_get(kernels[i], dev, "conv_winograd_gpu", names[pass][i], text));
    return bal_gpu_tile_kernel(&w->multiply, dev, "gemm_tiles_gpu", "gemm_tiles", &w->tile, sides[pass]);
}

/* Where what lies between the launches begins in the scratch, in floats: weights (in backward_w, sums of all parts),
 * then two kinds of transformed tiles. */
typedef struct {
    long long tiles, other, end;
} layout;

static long long aligned(long long floats) { return (floats + 63) / 64 * 64; }

static layout layout_of(const bal_winograd_gpu *w, const sizes *z)
{
    layout    at;
    long long one = (long long)z->outs * z->points * w->chunk;
    at.tiles = aligned((z->weights ? w->parts : 1) * weights_floats(z));
    at.other = at.tiles + aligned(one * z->depth);
    at.end = at.other + one * z->width;
    return at;
}

size_t bal_winograd_gpu_scratch(const bal_winograd_gpu *w, const bal_conv_geometry *g)
{
    sizes z = sizes_of(g, w->pass, w->m, g->x.n);
    return (size_t)layout_of(w, &z).end;
}

/* ---- a pass ----------------------------------------------------------------------------------------------------- */

static bal_range channels_of(long long tiles, int channels, int phases)
{
    return (bal_range){{(size_t)tiles * (size_t)channels, (size_t)phases, 1}, {0, 0, 0}};
}

static bal_status multiply(const bal_winograd_gpu *w, bal_gpu_product p, const bal_tensor *scratch, long long a,
                           long long b, long long c)
{
    const bal_gpu_tile *t = bal_gpu_tile_get(w->tile);
    int                 share = bal_divide_up(p.terms, w->parts * BAL_GPU_TERMS) * BAL_GPU_TERMS;
    size_t              down = (size_t)bal_divide_up(p.rows, bal_gpu_tile_rows(t));
    size_t              across = (size_t)bal_divide_up(p.columns, bal_gpu_tile_columns(t));
    return bal_run(w->multiply, bal_groups(down, across, (size_t)(p.copies * w->parts), (size_t)t->lx, (size_t)t->ly),
                   bal_i32(p.rows), bal_i32(p.columns), bal_i32(p.terms), bal_i32(share), bal_i32(w->parts),
                   bal_buf(scratch), bal_i32((int)a), bal_buf(scratch), bal_i32((int)b), bal_buf(scratch),
                   bal_i32((int)c));
}

bal_status bal_winograd_gpu_run(const bal_winograd_gpu *w, const bal_conv_geometry *g, const bal_tensor *out,
                                const bal_tensor *in, const bal_tensor *weights, const bal_tensor *bias,
                                const bal_tensor *scratch)
{
    int    n = out->shape.n;
    sizes  z = sizes_of(g, w->pass, w->m, n);
    layout at = layout_of(w, &z);
    BAL_TRY(
        bal_run(w->first, channels_of(g->x.c, g->y.c, z.phases), GEOMETRY(g, n), bal_buf(weights), bal_buf(scratch)));
    for (long long first = 0; first < z.tiles; first += w->chunk) {
        int count = z.tiles - first < w->chunk ? (int)(z.tiles - first) : w->chunk;
        BAL_TRY(bal_run(w->input, channels_of(count, in->shape.c, z.phases), GEOMETRY(g, n), bal_i32((int)first),
                        bal_i32(count), bal_buf(in), bal_buf(scratch), bal_i32((int)at.tiles)));
        BAL_TRY(multiply(w, (bal_gpu_product){count, z.width, z.outs * z.points, z.depth, 1, 0}, scratch, at.tiles, 0,
                         at.other));
        BAL_TRY(bal_run(w->last, channels_of(count, z.width, z.outs), GEOMETRY(g, n), bal_i32((int)first),
                        bal_i32(count), bal_buf(scratch), bal_i32((int)at.other), bal_buf(bal_has(bias) ? bias : in),
                        bal_i32(bal_has(bias)), bal_buf(out)));
    }
    return BAL_OK;
}

bal_status bal_winograd_gpu_gradient(const bal_winograd_gpu *w, const bal_conv_geometry *g, const bal_tensor *dw,
                                     const bal_tensor *x, const bal_tensor *dy, const bal_tensor *scratch)
{
    int    n = x->shape.n;
    sizes  z = sizes_of(g, w->pass, w->m, n);
    layout at = layout_of(w, &z);
    for (long long first = 0; first < z.tiles; first += w->chunk) {
        int count = z.tiles - first < w->chunk ? (int)(z.tiles - first) : w->chunk;
        BAL_TRY(bal_run(w->input, channels_of(count, g->x.c, z.phases), GEOMETRY(g, n), bal_i32((int)first),
                        bal_i32(count), bal_buf(x), bal_buf(scratch), bal_i32((int)at.tiles)));
        BAL_TRY(bal_run(w->first, channels_of(count, g->y.c, 1), GEOMETRY(g, n), bal_i32((int)first), bal_i32(count),
                        bal_buf(dy), bal_buf(scratch), bal_i32((int)at.other)));
        BAL_TRY(multiply(w, (bal_gpu_product){z.depth, z.width, z.points, count, SHARE, ITEMS}, scratch, at.tiles,
                         at.other, 0));
        BAL_TRY(bal_run(w->last, channels_of(g->x.c, g->y.c, z.phases), GEOMETRY(g, n), bal_i32(w->parts),
                        bal_buf(scratch), bal_i32(0), bal_buf(dw)));
    }
    return BAL_OK;
}
