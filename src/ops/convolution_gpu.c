/* convolution_gpu -- the three passes in tiles of local memory; see cl/conv_tiles.h. */
#include <stdio.h>
#include "convolution_class.h"
#include "tile.h"

/* FEW: channels of a group, in times out, below which tiles would be mostly empty. GROUPS, SHARE: backward_w sums its
 * pixels in parts until there are so many work-groups, of so many pixels at least. ITEMS: work-items instead, where
 * there are no tiles. */
enum { FEW = 64, GROUPS = 512, SHARE = 256, ITEMS = 1 << 16, DIRECT_SHARE = 64 };

/* Work-items in a group, and outputs to a work-item: columns, rows. */
typedef struct {
    int lx, ly, tm, tn;
} tile;

typedef struct {
    tile             tile[3]; /* by bal_conv_pass */
    bool             product[3], direct;
    bal_kernel      *pass[3], *add;
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

/* The narrowest tile that takes all columns, or the widest that the device can run. */
static bal_status build_tiles(bal_convolution *op, gpu *self, bal_conv_pass pass)
{
    static const tile tiles[] = {{16, 16, 4, 4}, {8, 16, 4, 4}, {4, 16, 4, 4}, {1, 64, 1, 4}};
    bool              back = pass == BAL_CONV_BACKWARD_X;
    int               in = back ? width_of(&op->g) : depth_of(&op->g), out = back ? depth_of(&op->g) : width_of(&op->g);
    size_t            i = 0, last = sizeof tiles / sizeof *tiles - 1, items, most;
    char              options[128];
    while (i < last && columns_of(&tiles[i + 1]) >= out) i++;
    do {
        const tile *t = &self->tile[pass];
        self->tile[pass] = tiles[i];
        snprintf(options, sizeof options, "-DLX=%d -DLY=%d -DTM=%d -DTN=%d%s%s%s", t->lx, t->ly, t->tm, t->tn,
                 fours(in) ? " -DIN4" : "", fours(out) ? " -DOUT4" : "", back ? " -DBACKWARD" : "");
        snprintf(op->algorithm[pass], sizeof op->algorithm[0], "tiles %dx%d", rows_of(t), columns_of(t));
        items = (size_t)(t->lx * t->ly);
        most = bal_device_describe(op->dev)->max_group;
        if (items > most && i < last) continue;
        BAL_TRY(bal_kernel_get(&self->pass[pass], op->dev, files[pass], names[pass], options));
        most = bal_kernel_group(self->pass[pass]);
    } while (items > most && i++ < last);
    return BAL_OK;
}

static bal_status build_pass(bal_convolution *op, gpu *self, bal_conv_pass pass)
{
    if (self->product[pass]) {
        snprintf(op->algorithm[pass], sizeof op->algorithm[0], "product");
        return BAL_OK;
    }
    if (!self->direct) return build_tiles(op, self, pass);
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
    return bal_kernel_get(&self->add, op->dev, "conv_direct_gpu", "conv_add_parts", "");
}

/* ---- forward, backward_x ---------------------------------------------------------------------------------------- */

static bal_status run_gather(const bal_convolution *op, bal_conv_pass pass, const bal_tensor *out, const bal_tensor *in,
                             const bal_tensor *w, const bal_tensor *bias)
{
    const gpu               *self = op->self;
    const bal_conv_geometry *g = &op->g;
    const tile              *t = &self->tile[pass];
    bool                     back = pass == BAL_CONV_BACKWARD_X;
    int                      sy = back ? g->stride[0] : 1, sx = back ? g->stride[1] : 1, n = out->shape.n;
    int                      depth = in->shape.c / g->groups, width = out->shape.c / g->groups;
    int                      rows = n * bal_divide_up(out->shape.h, sy) * bal_divide_up(out->shape.w, sx);
    bal_range                range = bal_1d(bal_shape_size(out->shape));
    if (!self->direct)
        range = bal_groups((size_t)bal_divide_up(rows, rows_of(t)), (size_t)bal_divide_up(width, columns_of(t)),
                           (size_t)(g->groups * sy * sx), (size_t)t->lx, (size_t)t->ly);
    return bal_run(self->pass[pass], range, GEOMETRY(g, n), bal_i32(depth), bal_i32(width), bal_buf(in), bal_buf(w),
                   bal_buf(bal_has(bias) ? bias : w), bal_i32(bal_has(bias)), bal_buf(out));
}

static bal_status forward(const bal_convolution *op, const bal_tensor *y, const bal_tensor *x, const bal_tensor *w,
                          const bal_tensor *bias, const bal_tensor *scratch)
{
    const gpu *self = op->self;
    if (self->product[BAL_CONV_FORWARD])
        return bal_conv_product_forward(&self->multiply, &op->g, y, x, w, bias, scratch);
    return run_gather(op, BAL_CONV_FORWARD, y, x, w, bias);
}

static bal_status backward_x(const bal_convolution *op, const bal_tensor *dx, const bal_tensor *dy, const bal_tensor *w,
                             const bal_tensor *bias, const bal_tensor *scratch)
{
    const gpu *self = op->self;
    if (self->product[BAL_CONV_BACKWARD_X])
        return bal_conv_product_backward_x(&self->multiply, &op->g, dx, dy, w, bias, scratch);
    return run_gather(op, BAL_CONV_BACKWARD_X, dx, dy, w, bias);
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

static int weights_size(const bal_conv_geometry *g) { return taps(g) * depth_of(g) * g->y.c; }

/* Work-groups of one part: tiles of rows, of columns. */
static int row_tiles(const bal_convolution *op, const tile *t)
{
    return bal_divide_up(taps(&op->g) * depth_of(&op->g), rows_of(t));
}
static int column_tiles(const bal_convolution *op, const tile *t)
{
    return bal_divide_up(width_of(&op->g), columns_of(t));
}

/* Parts for a sum over so many pixels: by rule, since another split gives other bits. */
static int parts_for(const bal_convolution *op, int pixels)
{
    const gpu  *self = op->self;
    const tile *t = &self->tile[BAL_CONV_BACKWARD_W];
    int         most = bal_divide_up(pixels, self->direct ? DIRECT_SHARE : SHARE);
    int         parts = self->direct ? bal_divide_up(ITEMS, weights_size(&op->g))
                                     : bal_divide_up(GROUPS, row_tiles(op, t) * column_tiles(op, t) * op->g.groups);
    return parts < most ? parts : most;
}

static size_t weights_scratch(const bal_convolution *op)
{
    int parts = parts_for(op, op->g.x.n * op->g.y.h * op->g.y.w);
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
    int       share = bal_divide_up(pixels, parts_for(op, pixels)), parts = bal_divide_up(pixels, share);
    bal_range range = {{(size_t)size, (size_t)parts, 1}, {0, 0, 0}};
    if (!self->direct)
        range = bal_groups((size_t)row_tiles(op, t), (size_t)column_tiles(op, t), (size_t)(g->groups * parts),
                           (size_t)t->lx, (size_t)t->ly);
    BAL_TRY(bal_run(self->pass[BAL_CONV_BACKWARD_W], range, GEOMETRY(g, n), bal_i32(share), bal_i32(parts), bal_buf(x),
                    bal_buf(dy), bal_buf(parts > 1 ? scratch : dw)));
    if (parts == 1) return BAL_OK;
    return bal_run(self->add, bal_1d((size_t)size), bal_i32(size), bal_i32(parts), bal_buf(scratch), bal_buf(dw));
}

/* ---- scratch ---------------------------------------------------------------------------------------------------- */

static size_t scratch_size(const bal_convolution *op)
{
    const gpu *self = op->self;
    size_t     most = self->product[BAL_CONV_BACKWARD_W] ? 0 : weights_scratch(op);
    for (int pass = 0; pass < 3; pass++) {
        size_t size = self->product[pass] ? bal_conv_product_scratch(&self->multiply, &op->g, (bal_conv_pass)pass) : 0;
        if (size > most) most = size;
    }
    return most;
}

const bal_conv_class bal_conv_gpu = {sizeof(gpu), NULL, build, scratch_size, forward, backward_x, backward_w};
