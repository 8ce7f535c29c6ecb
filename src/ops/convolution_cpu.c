/* convolution_cpu -- the three passes in register tiles; see cl/conv_cpu.cl. */
#include <stdio.h>
#include "convolution_class.h"
#include "tile.h"

enum {
    ITEM_WORK = 1 << 19,      /* multiplications that make a work-item worth its launch */
    DEPTHWISE_WORK = 1 << 18, /* the same for the slower depthwise kernel */
    ITEMS = 64,               /* work-items at least, if there is work for so many */
    PARTS_ITEMS = 128,        /* work-items of backward_w that its sums are split for */
    ROWS = 128,
    COLUMNS = 128,
    CHUNK = 64, /* a block of backward_w, as in cl/conv_cpu.cl */
    SPAN = 128, /* as in cl/conv_thin_cpu.cl */
    TAPS = 64,  /* as in cl/conv_depthwise_cpu.cl */
    ADD = 1024  /* elements to a work-item of conv_add_parts */
};

/* forward or backward_x: `depth` input and `width` output channels a group. */
typedef struct {
    bal_tile    tile;
    int         depth, width, panels, zeros, phases, span; /* span: output pixels at a time of the thin kernel, or 0 */
    bal_kernel *pack, *gather;                             /* pack NULL: depthwise */
} gather;

typedef struct {
    gather           forward, backward;
    bal_kernel      *weights, *add;
    bool             product[3]; /* by pass: a plain product */
    bal_conv_product multiply;
} cpu;

static int taps(const bal_conv_geometry *g) { return g->kernel[0] * g->kernel[1]; }

/* ---- forward, backward_x ---------------------------------------------------------------------------------------- */

/* How many output pixels of a row take at most SPAN input pixels; 0 where few channels are better treated as many. */
static int thin_span(const bal_conv_geometry *g, int width, bool backward)
{
    int kernel = g->kernel[1], s = g->stride[1], reach = (kernel - 1) * g->dilation[1], lanes = kernel * width;
    int span = backward ? (SPAN - 2) * s - reach : (SPAN - 1 - reach) / s + 1;
    int idle =
        backward ? 1 : bal_divide_up(g->x.w, g->y.w); /* forward, only one of so many input pixels is used by a tap */
    if (g->groups > 1 || width > 4 || lanes > 32 || reach >= SPAN || span < 1) return 0;
    return kernel * 16 > bal_divide_up(lanes, 16) * 16 * idle ? span : 0;
}

static bal_status build_thin(bal_convolution *op, gather *p, bool backward)
{
    char text[128], more[32];
    int  lanes = op->g.kernel[1] * p->width;
    p->tile = bal_tile_choose(op->dev, lanes);
    p->tile.vectors = bal_divide_up(lanes, 16);
    snprintf(more, sizeof more, " -DWIDTH=%d%s", p->width, backward ? " -DBACKWARD" : "");
    bal_tile_options(text, p->tile, more);
    snprintf(op->algorithm[backward], sizeof op->algorithm[0], "thin %dx%d", p->tile.rows, 16 * p->tile.vectors);
    BAL_TRY(bal_kernel_get(&p->pack, op->dev, "conv_thin_cpu", "conv_thin_pack", text));
    return bal_kernel_get(&p->gather, op->dev, "conv_thin_cpu", "conv_thin", text);
}

static bal_status build_direct(bal_convolution *op, gather *p, bool backward)
{
    char text[128];
    p->tile = bal_tile_choose(op->dev, p->width);
    p->panels = bal_divide_up(p->width, 16 * p->tile.vectors);
    p->zeros = bal_divide_up(p->depth, 16) * 16;
    p->phases = backward ? op->g.stride[0] * op->g.stride[1] : 1;
    bal_tile_options(text, p->tile, backward ? " -DBACKWARD" : "");
    snprintf(op->algorithm[backward], sizeof op->algorithm[0], "direct %dx%d", p->tile.rows, 16 * p->tile.vectors);
    BAL_TRY(bal_kernel_get(&p->pack, op->dev, "conv_cpu", "conv_pack", text));
    return bal_kernel_get(&p->gather, op->dev, "conv_cpu", "conv_gather", text);
}

/* One group for each channel; backward_w holds so many sums at most. */
static bool is_depthwise(const bal_conv_geometry *g)
{
    return g->groups > 1 && g->groups == g->x.c && g->groups == g->y.c && taps(g) <= TAPS;
}

static bal_status build_depthwise(bal_convolution *op, gather *p, bool backward)
{
    p->phases = backward ? op->g.stride[0] * op->g.stride[1] : 1;
    snprintf(op->algorithm[backward], sizeof op->algorithm[0], "depthwise");
    return bal_kernel_get(&p->gather, op->dev, "conv_depthwise_cpu", "conv_depthwise", backward ? "-DBACKWARD" : "");
}

static bal_status build_gather(bal_convolution *op, gather *p, bool backward)
{
    const bal_conv_geometry *g = &op->g;
    if (is_depthwise(g)) return build_depthwise(op, p, backward);
    p->depth = (backward ? g->y.c : g->x.c) / g->groups;
    p->width = (backward ? g->x.c : g->y.c) / g->groups;
    p->span = thin_span(g, p->width, backward);
    return p->span ? build_thin(op, p, backward) : build_direct(op, p, backward);
}

static size_t gather_scratch(const bal_conv_geometry *g, const gather *p)
{
    if (!p->pack) return 0;
    size_t columns = (size_t)(g->groups * p->panels * 16 * p->tile.vectors);
    if (p->span) return (size_t)(g->kernel[0] * p->depth * 16 * p->tile.vectors);
    return (size_t)p->zeros + columns * (size_t)taps(g) * (size_t)p->depth;
}

/* Tiles to a work-item. */
static int share(const gather *p, const bal_conv_geometry *g, int tiles)
{
    long long work = (long long)p->tile.rows * p->tile.vectors * 16 * p->depth * taps(g) / p->phases + 1;
    int most = bal_divide_up(tiles * g->groups * p->panels * p->phases, ITEMS), enough = (int)(ITEM_WORK / work) + 1;
    return enough < most ? enough : most;
}

static bal_status run_thin(const bal_convolution *op, const gather *p, const bal_tensor *out, const bal_tensor *in,
                           const bal_tensor *w, const bal_tensor *bias, const bal_tensor *scratch)
{
    const bal_conv_geometry *g = &op->g;
    int                      n = out->shape.n, all = n * out->shape.h, most = bal_divide_up(all, ITEMS);
    long long                work = (long long)in->shape.w * p->depth * g->kernel[0] * 16 * p->tile.vectors;
    int                      rows = (int)(ITEM_WORK / work) + 1;
    size_t                   spans = (size_t)bal_divide_up(out->shape.w, p->span);
    if (rows > most) rows = most;
    BAL_TRY(bal_run(p->pack, bal_items((size_t)g->kernel[0], 1, 1), GEOMETRY(g, n), bal_i32(p->depth), bal_buf(w),
                    bal_buf(scratch)));
    return bal_run(p->gather, bal_items(spans, (size_t)bal_divide_up(all, rows), 1), GEOMETRY(g, n), bal_i32(p->depth),
                   bal_i32(p->span), bal_i32(rows), bal_buf(in), bal_buf(scratch), bal_buf(bal_has(bias) ? bias : out),
                   bal_i32(bal_has(bias)), bal_buf(out));
}

static bal_status run_direct(const bal_convolution *op, const gather *p, const bal_tensor *out, const bal_tensor *in,
                             const bal_tensor *w, const bal_tensor *bias, const bal_tensor *scratch)
{
    const bal_conv_geometry *g = &op->g;
    bool                     phased = p->phases > 1;
    int                      n = out->shape.n, high = bal_divide_up(out->shape.h, phased ? g->stride[0] : 1);
    int                      wide = bal_divide_up(out->shape.w, phased ? g->stride[1] : 1);
    int                      tiles = bal_divide_up(n * high * wide, p->tile.rows), each = share(p, g, tiles);
    size_t                   panels = (size_t)(g->groups * p->panels);
    BAL_TRY(bal_run(p->pack, bal_items((size_t)taps(g), panels, 1), GEOMETRY(g, n), bal_i32(p->depth),
                    bal_i32(p->width), bal_i32(p->panels), bal_i32(p->zeros), bal_buf(w), bal_buf(scratch)));
    return bal_run(p->gather, bal_items((size_t)bal_divide_up(tiles, each), panels, (size_t)p->phases), GEOMETRY(g, n),
                   bal_i32(p->depth), bal_i32(p->width), bal_i32(p->panels), bal_i32(p->zeros), bal_i32(each),
                   bal_buf(in), bal_buf(scratch), bal_buf(bal_has(bias) ? bias : out), bal_i32(bal_has(bias)),
                   bal_buf(out));
}

static bal_status run_depthwise(const bal_convolution *op, const gather *p, const bal_tensor *out, const bal_tensor *in,
                                const bal_tensor *w, const bal_tensor *bias)
{
    const bal_conv_geometry *g = &op->g;
    int                      n = out->shape.n, high = n * bal_divide_up(out->shape.h, p->phases > 1 ? g->stride[0] : 1);
    int enough = (int)(DEPTHWISE_WORK / ((long long)out->shape.w * out->shape.c * taps(g)) * p->phases) + 1;
    int most = bal_divide_up(high * p->phases, ITEMS), rows = enough < most ? enough : most;
    return bal_run(p->gather, bal_items((size_t)bal_divide_up(high, rows), (size_t)p->phases, 1), GEOMETRY(g, n),
                   bal_i32(rows), bal_buf(in), bal_buf(w), bal_buf(bal_has(bias) ? bias : out), bal_i32(bal_has(bias)),
                   bal_buf(out));
}

static bal_status run_gather(const bal_convolution *op, const gather *p, const bal_tensor *out, const bal_tensor *in,
                             const bal_tensor *w, const bal_tensor *bias, const bal_tensor *scratch)
{
    if (!p->pack) return run_depthwise(op, p, out, in, w, bias);
    return (p->span ? run_thin : run_direct)(op, p, out, in, w, bias, scratch);
}

static bal_status forward(const bal_convolution *op, const bal_tensor *y, const bal_tensor *x, const bal_tensor *w,
                          const bal_tensor *bias, const bal_tensor *scratch)
{
    const cpu *self = op->self;
    if (self->product[BAL_CONV_FORWARD])
        return bal_conv_product_forward(&self->multiply, &op->g, y, x, w, bias, scratch);
    return run_gather(op, &self->forward, y, x, w, bias, scratch);
}

static bal_status backward_x(const bal_convolution *op, const bal_tensor *dx, const bal_tensor *dy, const bal_tensor *w,
                             const bal_tensor *bias, const bal_tensor *scratch)
{
    const cpu *self = op->self;
    if (self->product[BAL_CONV_BACKWARD_X])
        return bal_conv_product_backward_x(&self->multiply, &op->g, dx, dy, w, bias, scratch);
    return run_gather(op, &self->backward, dx, dy, w, bias, scratch);
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

/* The pixels are summed in `parts` parts of `share` where the blocks alone are too few work-items. */
typedef struct {
    int rows, columns, share, parts;
} weights_plan;

static weights_plan plan_weights(const bal_conv_geometry *g, int n)
{
    weights_plan p;
    int          chunk = is_depthwise(g) ? 1 : CHUNK; /* depthwise: parts of rows */
    int          chunks = bal_divide_up(n * g->y.h * (is_depthwise(g) ? 1 : g->y.w), chunk);
    p.rows = bal_divide_up(taps(g) * (g->x.c / g->groups), ROWS);
    p.columns = g->groups * bal_divide_up(g->y.c / g->groups, COLUMNS);
    if (is_depthwise(g)) p.rows = 1, p.columns = bal_divide_up(g->x.c, 16);
    p.parts = bal_divide_up(PARTS_ITEMS, p.rows * p.columns);
    if (p.parts > chunks) p.parts = chunks;
    p.share = bal_divide_up(chunks, p.parts) * chunk;
    p.parts = bal_divide_up(chunks * chunk, p.share);
    return p;
}

static size_t weights_size(const bal_conv_geometry *g)
{
    return (size_t)taps(g) * (size_t)(g->x.c / g->groups) * (size_t)g->y.c;
}

static size_t weights_scratch(const bal_conv_geometry *g)
{
    size_t most = (size_t)bal_divide_up(PARTS_ITEMS, plan_weights(g, 1).rows * plan_weights(g, 1).columns);
    return most > 1 ? most * weights_size(g) : 0;
}

static bal_status backward_w(const bal_convolution *op, const bal_tensor *dw, const bal_tensor *x, const bal_tensor *dy,
                             const bal_tensor *scratch)
{
    const cpu   *self = op->self;
    int          n = x->shape.n, size = (int)weights_size(&op->g);
    weights_plan p = plan_weights(&op->g, n);
    if (self->product[BAL_CONV_BACKWARD_W])
        return bal_conv_product_backward_w(&self->multiply, &op->g, dw, x, dy, scratch);
    bal_range items = is_depthwise(&op->g) ? bal_items((size_t)p.columns, (size_t)p.parts, 1)
                                           : bal_items((size_t)p.rows, (size_t)p.columns, (size_t)p.parts);
    BAL_TRY(bal_run(self->weights, items, GEOMETRY(&op->g, n), bal_i32(p.share), bal_i32(p.parts), bal_buf(x),
                    bal_buf(dy), bal_buf(p.parts > 1 ? scratch : dw)));
    if (p.parts == 1) return BAL_OK;
    return bal_run(self->add, bal_items((size_t)bal_divide_up(size, ADD), 1, 1), bal_i32(size), bal_i32(p.parts),
                   bal_buf(scratch), bal_buf(dw));
}

static bal_status build_weights(bal_convolution *op, cpu *self)
{
    char     text[128];
    bal_tile tile = bal_tile_choose(op->dev, op->g.y.c / op->g.groups);
    BAL_TRY(bal_kernel_get(&self->add, op->dev, "conv_cpu", "conv_add_parts", ""));
    if (is_depthwise(&op->g)) {
        snprintf(op->algorithm[BAL_CONV_BACKWARD_W], sizeof op->algorithm[0], "depthwise");
        return bal_kernel_get(&self->weights, op->dev, "conv_depthwise_cpu", "conv_depthwise_weights", "");
    }
    bal_tile_options(text, tile, "");
    snprintf(op->algorithm[BAL_CONV_BACKWARD_W], sizeof op->algorithm[0], "direct %dx%d", tile.rows, 16 * tile.vectors);
    return bal_kernel_get(&self->weights, op->dev, "conv_cpu", "conv_weights", text);
}

/* ---- by pass ---------------------------------------------------------------------------------------------------- */

static bal_status build_pass(bal_convolution *op, cpu *self, bal_conv_pass pass)
{
    if (self->product[pass]) {
        snprintf(op->algorithm[pass], sizeof op->algorithm[0], "product");
        return BAL_OK;
    }
    if (pass == BAL_CONV_BACKWARD_W) return build_weights(op, self);
    return build_gather(op, pass == BAL_CONV_FORWARD ? &self->forward : &self->backward, pass == BAL_CONV_BACKWARD_X);
}

static bal_status build(bal_convolution *op)
{
    cpu *self = op->self;
    bool product = bal_conv_is_product(&op->g), single = op->g.y.h == 1 && op->g.y.w == 1;
    self->product[BAL_CONV_FORWARD] = self->product[BAL_CONV_BACKWARD_X] = product;
    self->product[BAL_CONV_BACKWARD_W] = product && single; /* many pixels are better summed in parts */
    if (product) BAL_TRY(bal_conv_product_init(&self->multiply, op->dev));
    for (int pass = 0; pass < 3; pass++) BAL_TRY(build_pass(op, self, (bal_conv_pass)pass));
    return BAL_OK;
}

static size_t pass_scratch(const bal_convolution *op, bal_conv_pass pass)
{
    const cpu *self = op->self;
    if (self->product[pass]) return bal_conv_product_scratch(&self->multiply, &op->g, pass);
    if (pass == BAL_CONV_BACKWARD_W) return weights_scratch(&op->g);
    return gather_scratch(&op->g, pass == BAL_CONV_FORWARD ? &self->forward : &self->backward);
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

const bal_conv_class bal_conv_cpu = {sizeof(cpu), build, scratch_size, forward, backward_x, backward_w};
