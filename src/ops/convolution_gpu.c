/* convolution_gpu -- the three passes in tiles of local memory; see cl/conv_tiles.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "convolution_class.h"
#include "tile.h"

/* FEW: channels of a group, in times out, below which tiles would be mostly empty. A sum is cut into parts, by rule
 * since another cut gives other bits, until there are so many work-items (512 groups of 256 for backward_w, whose grids
 * are small; 128 for the others), of SHARE pixels or TERMS terms at least. ITEMS, DIRECT_SHARE: where there are no
 * tiles. */
enum {
    FEW = 64,
    WEIGHTS_ITEMS = 1 << 17,
    SHARE = 256,
    GATHER_ITEMS = 1 << 15,
    TERMS = 512,
    ITEMS = 1 << 16,
    DIRECT_SHARE = 64
};

/* Work-items in a group; outputs to a work-item, rows and columns; terms at a time. */
typedef struct {
    int lx, ly, tm, tn, bk;
} tile;

typedef struct {
    tile             tile[3];  /* by bal_conv_pass */
    int              parts[2]; /* forward, backward_x */
    bool             product[3], direct;
    bal_kernel      *pass[3], *sum, *add;
    bal_conv_product multiply;
} gpu;

static int  taps(const bal_conv_geometry *g) { return g->kernel[0] * g->kernel[1]; }
static int  rows_of(const tile *t) { return t->ly * t->tm; }
static int  columns_of(const tile *t) { return t->lx * t->tn; }
static int  depth_of(const bal_conv_geometry *g) { return g->x.c / g->groups; }
static int  width_of(const bal_conv_geometry *g) { return g->y.c / g->groups; }
static bool fours(int n) { return n % 4 == 0; }

/* ---- kernels ---------------------------------------------------------------------------------------------------- */

static const char *const files[] = {"conv_gpu", "conv_gpu", "conv_weights_gpu"};
static const char *const names[] = {"conv_gather", "conv_gather", "conv_weights"};
static const char *const direct_names[] = {"conv_direct", "conv_direct", "conv_direct_weights"};

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

/* Work-groups, all parts of a sum being one. */
static int groups_of(const bal_conv_geometry *g, bal_conv_pass pass, const tile *t, int n)
{
    bool back = pass == BAL_CONV_BACKWARD_X;
    int  sy = back ? g->stride[0] : 1, sx = back ? g->stride[1] : 1;
    int  rows = n * bal_divide_up(back ? g->x.h : g->y.h, sy) * bal_divide_up(back ? g->x.w : g->y.w, sx);
    int  columns = back ? depth_of(g) : width_of(g);
    if (pass == BAL_CONV_BACKWARD_W) rows = taps(g) * depth_of(g);
    return bal_divide_up(rows, rows_of(t)) * bal_divide_up(columns, columns_of(t)) * g->groups * sy * sx;
}

static int parts_of(const bal_conv_geometry *g, bal_conv_pass pass, const tile *t, int terms)
{
    bool weights = pass == BAL_CONV_BACKWARD_W;
    int  most = weights ? bal_divide_up(terms, SHARE) : terms / TERMS;
    int  items = groups_of(g, pass, t, g->x.n) * t->lx * t->ly;
    int  parts = bal_divide_up(weights ? WEIGHTS_ITEMS : GATHER_ITEMS, items);
    parts = parts < most ? parts : most;
    return parts > 1 ? parts : 1;
}

/* Relative time: for each term, a work-item's multiplications, its reads of local memory and, dearer, of global memory,
 * where RESIDENT work-items keep a compute unit busy and the last round may leave some of them idle. */
static double cost(const bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass, const tile *t)
{
    enum { RESIDENT = 256, GLOBAL = 4 };
    int    items = t->lx * t->ly, terms = terms_of(g, pass), parts = parts_of(g, pass, t, terms);
    double per_term = t->tm * t->tn + t->tm + t->tn + (double)(GLOBAL * (rows_of(t) + columns_of(t))) / items;
    double rounds =
        (double)groups_of(g, pass, t, g->x.n) * parts * items / (bal_device_describe(dev)->units * RESIDENT);
    return ceil(rounds) * per_term * bal_divide_up(terms, parts);
}

static const tile tiles[BAL_CONV_GPU_TILES] = {{16, 16, 8, 8, 8}, {8, 16, 8, 8, 8},   {8, 8, 8, 8, 8},
                                               {4, 16, 8, 8, 8},  {16, 16, 4, 4, 16}, {8, 16, 4, 4, 8},
                                               {4, 16, 4, 4, 8},  {1, 64, 4, 4, 8}};
enum { SMALLEST = 64 }; /* work-items of a tile */
static int forced = -1;

void bal_conv_gpu_force(int which) { forced = which; }

static size_t local_bytes(const tile *t)
{
    return (size_t)(2 * t->bk * (rows_of(t) + columns_of(t) + 8)) * sizeof(float);
}

/* The cheapest tile that the device holds and that is not among those `refused`. */
static int choose(const bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass, unsigned refused)
{
    const bal_device_info *info = bal_device_describe(dev);
    int                    best = -1;
    for (int i = 0; i < BAL_CONV_GPU_TILES; i++) {
        const tile *t = &tiles[i];
        bool        fits = local_bytes(t) <= info->local_memory && (size_t)(t->lx * t->ly) <= info->max_group;
        if (!fits || refused >> i & 1) continue;
        if (i == forced) return i;
        if (best < 0 || cost(dev, g, pass, t) < cost(dev, g, pass, &tiles[best])) best = i;
    }
    return best;
}

/* Sub-groups of 16 work-items, where the device has them and they are a row of the tile (cl/conv_tiles.h). */
static const char *sub_groups(const bal_device *dev, const tile *t)
{
    bool has = strstr(bal_device_describe(dev)->extensions, "cl_intel_required_subgroup_size") != NULL;
    return has && t->lx == 16 ? " -DSUB_GROUPS" : "";
}

/* A kernel that needs many registers may allow smaller groups than its device; less than the smallest tile's means
 * nothing (Mesa 22.3 says 32 of every kernel). */
static bal_status build_tiles(bal_convolution *op, gpu *self, bal_conv_pass pass)
{
    bool     back = pass == BAL_CONV_BACKWARD_X;
    int      in = back ? width_of(&op->g) : depth_of(&op->g), out = back ? depth_of(&op->g) : width_of(&op->g), i;
    unsigned refused = 0;
    char     options[128];
    while ((i = choose(op->dev, &op->g, pass, refused)) >= 0) {
        const tile *t = &tiles[i];
        snprintf(options, sizeof options, "-DLX=%d -DLY=%d -DTM=%d -DTN=%d -DBK=%d%s%s%s%s", t->lx, t->ly, t->tm, t->tn,
                 t->bk, fours(in) ? " -DIN4" : "", fours(out) ? " -DOUT4" : "", back ? " -DBACKWARD" : "",
                 sub_groups(op->dev, t));
        BAL_TRY(bal_kernel_get(&self->pass[pass], op->dev, files[pass], names[pass], options));
        self->tile[pass] = *t;
        snprintf(op->algorithm[pass], sizeof op->algorithm[0], "tiles %dx%d", rows_of(t), columns_of(t));
        size_t most = bal_kernel_group(self->pass[pass]);
        if (most >= (size_t)(t->lx * t->ly) || most < SMALLEST) return BAL_OK;
        refused |= 1U << i;
    }
    return bal_fail(BAL_ECL, "%s runs no work-group of %d items", bal_device_describe(op->dev)->name, SMALLEST);
}

static bal_status build_pass(bal_convolution *op, gpu *self, bal_conv_pass pass)
{
    if (self->product[pass]) {
        snprintf(op->algorithm[pass], sizeof op->algorithm[0], "product");
        return BAL_OK;
    }
    if (!self->direct) {
        BAL_TRY(build_tiles(op, self, pass));
        if (pass != BAL_CONV_BACKWARD_W)
            self->parts[pass] = parts_of(&op->g, pass, &self->tile[pass], terms_of(&op->g, pass));
        return BAL_OK;
    }
    snprintf(op->algorithm[pass], sizeof op->algorithm[0], "direct");
    return bal_kernel_get(&self->pass[pass], op->dev, "conv_direct_gpu", direct_names[pass],
                          pass == BAL_CONV_BACKWARD_X ? "-DBACKWARD" : "");
}

static bal_status build(bal_convolution *op)
{
    gpu                     *self = op->self;
    const bal_conv_geometry *g = &op->g;
    bool                     product = bal_conv_is_product(g), single = g->y.h == 1 && g->y.w == 1;
    self->direct = g->groups > 1 && depth_of(g) * width_of(g) < FEW;
    self->product[BAL_CONV_FORWARD] = self->product[BAL_CONV_BACKWARD_X] = product;
    self->product[BAL_CONV_BACKWARD_W] = product && single; /* many pixels are better summed in parts */
    if (product) BAL_TRY(bal_conv_product_init(&self->multiply, op->dev));
    for (int pass = 0; pass < 3; pass++) BAL_TRY(build_pass(op, self, (bal_conv_pass)pass));
    BAL_TRY(bal_kernel_get(&self->sum, op->dev, "conv_direct_gpu", "conv_sum_parts", ""));
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
    const tile              *t = &self->tile[pass];
    bool                     back = pass == BAL_CONV_BACKWARD_X;
    int                      n = out->shape.n, parts = self->parts[pass], size = bal_size(out);
    int                      share = bal_divide_up(terms_of(g, pass), parts * t->bk) * t->bk;
    int                      phases = back ? g->stride[0] * g->stride[1] : 1, width = out->shape.c / g->groups;
    int                      across = bal_divide_up(width, columns_of(t));
    int                      down = groups_of(g, pass, t, n) / (across * g->groups * phases);
    const bal_tensor        *add = bal_has(bias) ? bias : w;
    BAL_TRY(bal_run(
        self->pass[pass],
        bal_groups((size_t)down, (size_t)across, (size_t)(g->groups * phases * parts), (size_t)t->lx, (size_t)t->ly),
        GEOMETRY(g, n), bal_i32(in->shape.c / g->groups), bal_i32(width), bal_i32(share), bal_i32(parts), bal_buf(in),
        bal_buf(w), bal_buf(add), bal_i32(bal_has(bias) && parts == 1), bal_buf(parts > 1 ? scratch : out)));
    if (parts == 1) return BAL_OK;
    return bal_run(self->sum, bal_1d((size_t)size), bal_i32(size), bal_i32(out->shape.c), bal_i32(parts),
                   bal_buf(scratch), bal_buf(add), bal_i32(bal_has(bias)), bal_buf(out));
}

static bal_status forward(const bal_convolution *op, const bal_tensor *y, const bal_tensor *x, const bal_tensor *w,
                          const bal_tensor *bias, const bal_tensor *scratch)
{
    const gpu *self = op->self;
    if (self->product[BAL_CONV_FORWARD])
        return bal_conv_product_forward(&self->multiply, &op->g, y, x, w, bias, scratch);
    if (self->direct) return run_direct(op, BAL_CONV_FORWARD, y, x, w, bias);
    return run_tiles(op, BAL_CONV_FORWARD, y, x, w, bias, scratch);
}

static bal_status backward_x(const bal_convolution *op, const bal_tensor *dx, const bal_tensor *dy, const bal_tensor *w,
                             const bal_tensor *bias, const bal_tensor *scratch)
{
    const gpu *self = op->self;
    if (self->product[BAL_CONV_BACKWARD_X])
        return bal_conv_product_backward_x(&self->multiply, &op->g, dx, dy, w, bias, scratch);
    if (self->direct) return run_direct(op, BAL_CONV_BACKWARD_X, dx, dy, w, bias);
    return run_tiles(op, BAL_CONV_BACKWARD_X, dx, dy, w, bias, scratch);
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

static int weights_size(const bal_conv_geometry *g) { return taps(g) * depth_of(g) * g->y.c; }

static int weights_parts(const bal_convolution *op, int pixels)
{
    const gpu *self = op->self;
    int        most = bal_divide_up(pixels, DIRECT_SHARE), parts = bal_divide_up(ITEMS, weights_size(&op->g));
    if (!self->direct) return parts_of(&op->g, BAL_CONV_BACKWARD_W, &self->tile[BAL_CONV_BACKWARD_W], pixels);
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
    const tile              *t = &self->tile[BAL_CONV_BACKWARD_W];
    if (self->product[BAL_CONV_BACKWARD_W]) return bal_conv_product_backward_w(&self->multiply, g, dw, x, dy, scratch);
    int       n = x->shape.n, size = weights_size(g), pixels = n * g->y.h * g->y.w;
    int       share = bal_divide_up(pixels, weights_parts(op, pixels)), parts = bal_divide_up(pixels, share);
    bal_range range = {{(size_t)size, (size_t)parts, 1}, {0, 0, 0}};
    if (!self->direct)
        range = bal_groups((size_t)bal_divide_up(taps(g) * depth_of(g), rows_of(t)),
                           (size_t)bal_divide_up(width_of(g), columns_of(t)), (size_t)(g->groups * parts),
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
    if (self->product[pass]) return bal_conv_product_scratch(&self->multiply, &op->g, pass);
    if (pass == BAL_CONV_BACKWARD_W) return weights_scratch(op);
    size_t out = bal_shape_size(pass == BAL_CONV_BACKWARD_X ? op->g.x : op->g.y);
    return self->parts[pass] > 1 ? out * (size_t)self->parts[pass] : 0;
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

const bal_conv_class bal_conv_gpu = {sizeof(gpu), NULL, build, scratch_size, forward, backward_x, backward_w};
