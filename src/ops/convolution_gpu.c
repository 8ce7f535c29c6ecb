/* convolution_gpu -- the three passes in tiles of local memory; see cl/conv_tiles.h. */
#include <stdio.h>
#include <string.h>
#include "ballast/log.h"
#include "convolution_class.h"
#include "tile_gpu.h"

/* FEW: channels of a group, in times out, below which tiles would be mostly empty. A sum is cut into parts until there
 * are so many work-items (512 groups of 256 for backward_w, whose grids are small; 128 for the others), of SHARE pixels
 * or TERMS terms at least. ITEMS, DIRECT_SHARE: where there are no tiles. */
enum {
    FEW = 64,
    WEIGHTS_ITEMS = 1 << 17,
    SHARE = 256,
    GATHER_ITEMS = 1 << 15,
    TERMS = 512,
    ITEMS = 1 << 16,
    DIRECT_SHARE = 64
};

/* By the geometry alone. */
typedef enum { TILES, DIRECT, PRODUCT, WINOGRAD } method;

typedef struct {
    bal_gpu_tile     tile[3];                /* by bal_conv_pass */
    bal_kernel      *pass[3], *sum[2], *add; /* sum: by bal_conv_pass */
    bal_conv_product multiply;
    bal_winograd_gpu winograd[3];
} gpu;

static int  taps(const bal_conv_geometry *g) { return g->kernel[0] * g->kernel[1]; }
static int  depth_of(const bal_conv_geometry *g) { return g->x.c / g->groups; }
static int  width_of(const bal_conv_geometry *g) { return g->y.c / g->groups; }
static bool fours(int n) { return n % 4 == 0; }

static method how(const bal_convolution *op, bal_conv_pass pass) { return (method)op->variant[pass].how; }

/* ---- variants --------------------------------------------------------------------------------------------------- */

/* Terms that are summed for an output: in backward_x the taps that reach a pixel, of the phase that has most. */
static int terms_of(const bal_conv_geometry *g, bal_conv_pass pass)
{
    int terms = pass == BAL_CONV_BACKWARD_X ? width_of(g) : depth_of(g);
    if (pass == BAL_CONV_BACKWARD_W) return g->x.n * g->y.h * g->y.w;
    for (int d = 0; d < 2; d++) {
        int every = 1;
        while (pass == BAL_CONV_BACKWARD_X && every * g->dilation[d] % g->stride[d] != 0) every++;
        terms *= bal_divide_up(g->kernel[d], every);
    }
    return terms;
}

/* A pass as a product, each phase of backward_x being one. */
static bal_gpu_product product_of(const bal_conv_geometry *g, bal_conv_pass pass, int n)
{
    bool            back = pass == BAL_CONV_BACKWARD_X, weights = pass == BAL_CONV_BACKWARD_W;
    int             sy = back ? g->stride[0] : 1, sx = back ? g->stride[1] : 1;
    bal_gpu_product p = {.copies = g->groups * sy * sx, .terms = terms_of(g, pass)};
    p.rows = n * bal_divide_up(back ? g->x.h : g->y.h, sy) * bal_divide_up(back ? g->x.w : g->y.w, sx);
    if (weights) p.rows = taps(g) * depth_of(g);
    p.columns = back ? depth_of(g) : width_of(g);
    p.least = weights ? SHARE : TERMS;
    p.items = weights ? WEIGHTS_ITEMS : GATHER_ITEMS;
    return p;
}

/* backward_w is a plain product only of one pixel an image: many are better summed in parts. Products are of floats. */
static method method_of(const bal_conv_geometry *g, bal_conv_pass pass)
{
    bool single = g->y.h == 1 && g->y.w == 1;
    bool halves = g->half_x || g->half_y;
    if (bal_conv_is_product(g) && !halves && (pass != BAL_CONV_BACKWARD_W || single)) return PRODUCT;
    return g->groups > 1 && depth_of(g) * width_of(g) < FEW ? DIRECT : TILES;
}

/* The bits follow from algorithm and parts alone. */
static void mark_same(bal_variants *v)
{
    for (int i = 0; i < v->count; i++) {
        const bal_variant *a = &v->list[0], *b = &v->list[i];
        v->list[i].same = a->how == b->how && a->m == b->m && a->block == b->block;
    }
}

/* bal_variant.m of tiles: how tensor cores multiply (cl/conv_mma.h). */
enum { NO_CORES, CORES, EMULATED_CORES };
static bool emulated;

void bal_conv_gpu_emulate(bool on) { emulated = on; }

/* Only where fp16 is asked for. Another algorithm, so it is never the rule's: `ballast tune` compares its results
 * before it may be chosen. */
static void add_tensor_cores(const bal_convolution *op, bal_variants *out)
{
    enum { LARGEST = 0 }; /* the tile of 16 x 16 work-items with 8 x 8 sums */
    const bal_device_info *info = bal_device_describe(op->dev);
    if (!info->tensor_cores && !emulated) return;
    bal_variant one = {
        .how = TILES, .m = emulated ? EMULATED_CORES : CORES, .rows = LARGEST, .block = out->list[0].block};
    snprintf(one.name, sizeof one.name, "tensor cores");
    bal_variants_add(out, one);
}

/* Of algorithms that are not the rule's, OTHERS tiles. */
static void variants(const bal_convolution *op, bal_conv_pass pass, bal_variants *out)
{
    enum { OTHERS = 3 };
    const bal_conv_geometry *g = &op->g;
    method                   plain = method_of(g, pass);
    bal_gpu_product          p = product_of(g, pass, g->x.n);
    bool                     halves = g->half_x || g->half_y; /* not by Winograd */
    int                      m = plain == TILES && !halves ? bal_winograd_gpu_size(op->dev, g, pass) : 0;
    bal_variant              one = {.how = WINOGRAD, .m = m};
    if (plain == PRODUCT) bal_variants_add(out, (bal_variant){"product", .how = PRODUCT});
    if (plain == DIRECT) bal_variants_add(out, (bal_variant){"direct", .how = DIRECT});
    if (m) bal_winograd_gpu_variants(out, op->dev, g, pass, one, BAL_GPU_TILES);
    if (plain == TILES) {
        bal_gpu_tile_variants(out, op->dev, &p, (bal_variant){.how = TILES}, "tiles", m ? OTHERS : BAL_GPU_TILES);
        for (one.m = 2; one.m <= 4 && !halves; one.m += 2)
            if (one.m != m) bal_winograd_gpu_variants(out, op->dev, g, pass, one, OTHERS);
        if (halves) add_tensor_cores(op, out);
    }
    mark_same(out);
}

/* ---- kernels ---------------------------------------------------------------------------------------------------- */

static const char *const files[] = {"conv_gpu", "conv_gpu", "conv_weights_gpu"};
static const char *const names[] = {"conv_gather", "conv_gather", "conv_weights"};
static const char *const direct_names[] = {"conv_direct", "conv_direct", "conv_direct_weights"};

/* Once in a program. */
static void without_cores(void)
{
    static bool said;
    if (!said) bal_warn("tensor cores are left alone: %s", bal_error());
    said = true;
}

static bal_status build_tiles(bal_convolution *op, gpu *self, bal_conv_pass pass)
{
    bool back = pass == BAL_CONV_BACKWARD_X;
    int  in = back ? width_of(&op->g) : depth_of(&op->g), out = back ? depth_of(&op->g) : width_of(&op->g);
    bool half_out = back ? op->g.half_x : op->g.half_y;
    bool split = pass != BAL_CONV_BACKWARD_W && op->variant[pass].block > 1 && half_out;
    int  i = op->variant[pass].rows, cores = op->variant[pass].m;
    char options[128], mma[16] = "";
    if (cores) snprintf(mma, sizeof mma, " -DMMA=%d", cores);
    snprintf(options, sizeof options, "%s%s%s%s%s%s", fours(in) ? " -DIN4" : "", fours(out) ? " -DOUT4" : "",
             back ? " -DBACKWARD" : "", bal_storage(op->g.half_x, op->g.half_y), split ? " -DSPLIT" : "", mma);
    bal_status st = bal_gpu_tile_kernel(&self->pass[pass], op->dev, files[pass], names[pass], &i, options);
    if (st != BAL_OK && cores) {
        without_cores();
        op->variant[pass].m = NO_CORES;
        return build_tiles(op, self, pass);
    }
    BAL_TRY(st);
    self->tile[pass] = *bal_gpu_tile_get(i);
    return BAL_OK;
}

static bal_status build_pass(bal_convolution *op, gpu *self, bal_conv_pass pass)
{
    char options[64];
    memcpy(op->algorithm[pass], op->variant[pass].name, sizeof op->algorithm[0]);
    switch (how(op, pass)) {
    case TILES: return build_tiles(op, self, pass);
    case WINOGRAD: return bal_winograd_gpu_init(&self->winograd[pass], op->dev, &op->g, pass, &op->variant[pass]);
    case PRODUCT: return BAL_OK;
    case DIRECT: break;
    }
    snprintf(options, sizeof options, "%s%s", pass == BAL_CONV_BACKWARD_X ? "-DBACKWARD" : "",
             bal_storage(op->g.half_x, op->g.half_y));
    return bal_kernel_get(&self->pass[pass], op->dev, "conv_direct_gpu", direct_names[pass], options);
}

static bal_status build(bal_convolution *op)
{
    gpu *self = op->self;
    if (bal_conv_is_product(&op->g)) BAL_TRY(bal_conv_product_init(&self->multiply, op->dev, &op->g));
    for (int pass = 0; pass < 3; pass++) BAL_TRY(build_pass(op, self, (bal_conv_pass)pass));
    for (int back = 0; back < 2; back++)
        BAL_TRY(bal_kernel_get(&self->sum[back], op->dev, "conv_direct_gpu", "conv_sum_parts",
                               bal_storage(false, back ? op->g.half_x : op->g.half_y)));
    return bal_kernel_get(&self->add, op->dev, "conv_direct_gpu", "conv_add_parts", "");
}

/* ---- forward, backward_x ---------------------------------------------------------------------------------------- */

/* Without tiles. */
static bal_status run_direct(const bal_convolution *op, bal_conv_pass pass, const bal_tensor *out, const bal_tensor *in,
                             const bal_tensor *w, const bal_tensor *bias)
{
    const gpu               *self = op->self;
    const bal_conv_geometry *g = &op->g;
    return bal_run(self->pass[pass], bal_1d(bal_shape_size(out->shape)), GEOMETRY(g, out->shape.n),
                   bal_i32(in->shape.c / g->groups), bal_i32(out->shape.c / g->groups), bal_buf(in), bal_buf(w),
                   bal_buf(bal_has(bias) ? bias : w), bal_i32(bal_has(bias)), bal_buf(out));
}

static bal_status run_tiles(const bal_convolution *op, bal_conv_pass pass, const bal_tensor *out, const bal_tensor *in,
                            const bal_tensor *w, const bal_tensor *bias, const bal_tensor *scratch)
{
    const gpu               *self = op->self;
    const bal_conv_geometry *g = &op->g;
    const bal_gpu_tile      *t = &self->tile[pass];
    int                      n = out->shape.n, parts = op->variant[pass].block, size = bal_size(out);
    bal_gpu_product          p = product_of(g, pass, n);
    int                      share = bal_divide_up(p.terms, parts * BAL_GPU_TERMS) * BAL_GPU_TERMS;
    size_t                   down = (size_t)bal_divide_up(p.rows, bal_gpu_tile_rows(t));
    size_t                   across = (size_t)bal_divide_up(p.columns, bal_gpu_tile_columns(t));
    const bal_tensor        *add = bal_has(bias) ? bias : w;
    BAL_TRY(bal_run(self->pass[pass],
                    bal_groups(down, across, (size_t)(p.copies * parts), (size_t)t->lx, (size_t)t->ly), GEOMETRY(g, n),
                    bal_i32(in->shape.c / g->groups), bal_i32(p.columns), bal_i32(share), bal_i32(parts), bal_buf(in),
                    bal_buf(w), bal_buf(add), bal_i32(bal_has(bias) && parts == 1),
                    bal_buf(parts > 1 ? scratch : out)));
    if (parts == 1) return BAL_OK;
    return bal_run(self->sum[pass], bal_1d((size_t)size), bal_i32(size), bal_i32(out->shape.c), bal_i32(parts),
                   bal_buf(scratch), bal_buf(add), bal_i32(bal_has(bias)), bal_buf(out));
}

static bal_status forward(const bal_convolution *op, const bal_tensor *y, const bal_tensor *x, const bal_tensor *w,
                          const bal_tensor *bias, const bal_tensor *scratch)
{
    const gpu *self = op->self;
    switch (how(op, BAL_CONV_FORWARD)) {
    case TILES: return run_tiles(op, BAL_CONV_FORWARD, y, x, w, bias, scratch);
    case DIRECT: return run_direct(op, BAL_CONV_FORWARD, y, x, w, bias);
    case WINOGRAD: return bal_winograd_gpu_run(&self->winograd[BAL_CONV_FORWARD], &op->g, y, x, w, bias, scratch);
    case PRODUCT: break;
    }
    return bal_conv_product_forward(&self->multiply, &op->g, y, x, w, bias, scratch);
}

static bal_status backward_x(const bal_convolution *op, const bal_tensor *dx, const bal_tensor *dy, const bal_tensor *w,
                             const bal_tensor *bias, const bal_tensor *scratch)
{
    const gpu *self = op->self;
    switch (how(op, BAL_CONV_BACKWARD_X)) {
    case TILES: return run_tiles(op, BAL_CONV_BACKWARD_X, dx, dy, w, bias, scratch);
    case DIRECT: return run_direct(op, BAL_CONV_BACKWARD_X, dx, dy, w, bias);
    case WINOGRAD: return bal_winograd_gpu_run(&self->winograd[BAL_CONV_BACKWARD_X], &op->g, dx, dy, w, bias, scratch);
    case PRODUCT: break;
    }
    return bal_conv_product_backward_x(&self->multiply, &op->g, dx, dy, w, bias, scratch);
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

static int weights_size(const bal_conv_geometry *g) { return taps(g) * depth_of(g) * g->y.c; }

static int weights_parts(const bal_convolution *op, int pixels)
{
    bool direct = how(op, BAL_CONV_BACKWARD_W) == DIRECT;
    int  most = bal_divide_up(pixels, direct ? DIRECT_SHARE : SHARE);
    int  parts = direct ? bal_divide_up(ITEMS, weights_size(&op->g)) : op->variant[BAL_CONV_BACKWARD_W].block;
    return parts < most ? parts : most;
}

static size_t weights_scratch(const bal_convolution *op)
{
    int parts = weights_parts(op, op->g.x.n * op->g.y.h * op->g.y.w);
    return parts > 1 ? (size_t)parts * (size_t)weights_size(&op->g) : 0;
}

static bal_status backward_w(const bal_convolution *op, const bal_tensor *dw, const bal_tensor *x, const bal_tensor *dy,
                             const bal_tensor *scratch)
{
    const gpu               *self = op->self;
    const bal_conv_geometry *g = &op->g;
    const bal_gpu_tile      *t = &self->tile[BAL_CONV_BACKWARD_W];
    if (how(op, BAL_CONV_BACKWARD_W) == WINOGRAD)
        return bal_winograd_gpu_gradient(&self->winograd[BAL_CONV_BACKWARD_W], g, dw, x, dy, scratch);
    if (how(op, BAL_CONV_BACKWARD_W) == PRODUCT)
        return bal_conv_product_backward_w(&self->multiply, g, dw, x, dy, scratch);
    int       n = x->shape.n, size = weights_size(g), pixels = n * g->y.h * g->y.w;
    int       share = bal_divide_up(pixels, weights_parts(op, pixels)), parts = bal_divide_up(pixels, share);
    bal_range range = {{(size_t)size, (size_t)parts, 1}, {0, 0, 0}};
    if (how(op, BAL_CONV_BACKWARD_W) == TILES)
        range = bal_groups((size_t)bal_divide_up(taps(g) * depth_of(g), bal_gpu_tile_rows(t)),
                           (size_t)bal_divide_up(width_of(g), bal_gpu_tile_columns(t)), (size_t)(g->groups * parts),
                           (size_t)t->lx, (size_t)t->ly);
    BAL_TRY(bal_run(self->pass[BAL_CONV_BACKWARD_W], range, GEOMETRY(g, n), bal_i32(share), bal_i32(parts), bal_buf(x),
                    bal_buf(dy), bal_buf(parts > 1 ? scratch : dw)));
    if (parts == 1) return BAL_OK;
    return bal_run(self->add, bal_1d((size_t)size), bal_i32(size), bal_i32(parts), bal_buf(scratch), bal_buf(dw));
}

/* ---- scratch ---------------------------------------------------------------------------------------------------- */

static size_t pass_scratch(const bal_convolution *op, bal_conv_pass pass)
{
    const gpu *self = op->self;
    int        parts = op->variant[pass].block;
    if (how(op, pass) == PRODUCT) return bal_conv_product_scratch(&self->multiply, &op->g, pass);
    if (how(op, pass) == WINOGRAD) return bal_winograd_gpu_scratch(&self->winograd[pass], &op->g);
    if (pass == BAL_CONV_BACKWARD_W) return weights_scratch(op);
    size_t out = bal_shape_size(pass == BAL_CONV_BACKWARD_X ? op->g.x : op->g.y);
    return parts > 1 ? out * (size_t)parts : 0;
}

static size_t scratch_size(const bal_convolution *op)
{
    size_t most = 0;
    for (int pass = 0; pass < 3; pass++) {
        size_t size = pass_scratch(op, (bal_conv_pass)pass);
        if (size > most) most = size;
    }
    return most;
}

const bal_conv_class bal_conv_gpu = {sizeof(gpu), variants, build, scratch_size, forward, backward_x, backward_w, NULL};
