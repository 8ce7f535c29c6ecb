/* convolution_cpu -- the three passes in register tiles; see cl/conv_cpu.cl. */
#include <stdio.h>
#include <string.h>
#include "convolution_class.h"
#include "tile.h"

enum {
    ITEM_WORK = 1 << 19,      /* multiplications that make a work-item worth its launch */
    DEPTHWISE_WORK = 1 << 18, /* the same for the slower depthwise kernel */
    ITEMS = 64,               /* work-items at least, if there is work for so many */
    PARTS_ITEMS = 128,        /* work-items of backward_w that its sums are split for */
    ROWS = 128,               /* a block of backward_w, as in cl/conv_cpu.cl */
    COLUMNS = 128,
    CHUNK = 64,
    SWEEP = 1 << 20, /* weights, in floats, that a cache keeps: pixels are then swept once for all of them */
    CHANNELS = 64,   /* as in cl/conv_thin_cpu.cl */
    TAPS = 64,       /* as in cl/conv_depthwise_cpu.cl */
    ADD = 1024       /* elements to a work-item of reduce_parts */
};

/* DIRECT: tiles of any geometry. THIN: few output channels (in backward_x: of x). SHALLOW: few channels of x.
 * DEPTHWISE: a group for each channel. PRODUCT: one matrix product. WINOGRAD: fewer multiplications. By the geometry
 * alone. */
typedef enum { DIRECT, THIN, SHALLOW, DEPTHWISE, PRODUCT, WINOGRAD } method;

/* forward or backward_x: `depth` input and `width` output channels a group. */
typedef struct {
    method       how;
    bal_tile     tile;
    int          depth, width, panels, zeros, phases;
    bal_kernel  *pack, *gather;
    bal_shallow  shallow;
    bal_thin     thin;
    bal_winograd winograd;
} gather;

typedef struct {
    gather           forward, backward;
    method           weights_how;
    bal_kernel      *weights, *add;
    bal_conv_product product;
    bal_shallow      shallow;  /* of backward_w */
    bal_winograd     winograd; /* the same */
} cpu;

static int taps(const bal_conv_geometry *g) { return g->kernel[0] * g->kernel[1]; }

/* backward_w holds TAPS sums at most. */
static bool is_depthwise(const bal_conv_geometry *g)
{
    return g->groups > 1 && g->groups == g->x.c && g->groups == g->y.c && taps(g) <= TAPS;
}

/* ---- forward, backward_x ---------------------------------------------------------------------------------------- */

static bal_status build_direct(bal_convolution *op, gather *p, bool backward)
{
    char text[128];
    p->panels = bal_divide_up(p->width, 16 * p->tile.vectors);
    p->zeros = bal_divide_up(p->depth, 16) * 16;
    p->phases = backward ? op->g.stride[0] * op->g.stride[1] : 1;
    bal_tile_options(text, p->tile, backward ? " -DBACKWARD" : "");
    BAL_TRY(bal_kernel_get(&p->pack, op->dev, "conv_cpu", "conv_pack", text));
    return bal_kernel_get(&p->gather, op->dev, "conv_cpu", "conv_gather", text);
}

static bal_status build_depthwise(bal_convolution *op, gather *p, bool backward)
{
    p->phases = backward ? op->g.stride[0] * op->g.stride[1] : 1;
    return bal_kernel_get(&p->gather, op->dev, "conv_depthwise_cpu", "conv_depthwise", backward ? "-DBACKWARD" : "");
}

static bal_status build_gather(bal_convolution *op, gather *p, bool backward)
{
    const bal_conv_geometry *g = &op->g;
    const bal_variant       *v = &op->variant[backward];
    p->depth = (backward ? g->y.c : g->x.c) / g->groups;
    p->width = (backward ? g->x.c : g->y.c) / g->groups;
    p->how = (method)v->how;
    p->tile = (bal_tile){v->rows, v->vectors};
    switch (p->how) {
    case DEPTHWISE: return build_depthwise(op, p, backward);
    case THIN: return bal_thin_init(&p->thin, op->dev, g, backward, v);
    case DIRECT: return build_direct(op, p, backward);
    case SHALLOW: return bal_shallow_init(&p->shallow, op->dev, g, false, v);
    case WINOGRAD: return bal_winograd_init(&p->winograd, op->dev, g, backward, v);
    case PRODUCT: break;
    }
    return BAL_OK;
}

static size_t gather_scratch(const bal_convolution *op, const gather *p, bal_conv_pass pass)
{
    const bal_conv_geometry *g = &op->g;
    size_t                   depth = (size_t)p->depth, panel = (size_t)(16 * p->tile.vectors);
    switch (p->how) {
    case DEPTHWISE:
    case THIN:
    case SHALLOW: return 0;
    case DIRECT: return (size_t)p->zeros + (size_t)(g->groups * p->panels) * panel * (size_t)taps(g) * depth;
    case WINOGRAD: return bal_winograd_scratch(&p->winograd, g);
    case PRODUCT: break;
    }
    return bal_conv_product_scratch(&((const cpu *)op->self)->product, g, pass);
}

/* Tiles to a work-item. */
static int share(const gather *p, const bal_conv_geometry *g, int tiles)
{
    long long work = (long long)p->tile.rows * p->tile.vectors * 16 * p->depth * taps(g) / p->phases + 1;
    int most = bal_divide_up(tiles * g->groups * p->panels * p->phases, ITEMS), enough = (int)(ITEM_WORK / work) + 1;
    return enough < most ? enough : most;
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
    size_t items = (size_t)bal_divide_up(tiles, each), phases = (size_t)p->phases;
    bool   sweep = gather_scratch(op, p, BAL_CONV_FORWARD) <= SWEEP;
    return bal_run(p->gather, sweep ? bal_items(panels, phases, items) : bal_items(items, panels, phases),
                   GEOMETRY(g, n), bal_i32(p->depth), bal_i32(p->width), bal_i32(p->panels), bal_i32(p->zeros),
                   bal_i32(each), bal_i32(sweep), bal_buf(in), bal_buf(scratch), bal_buf(bal_has(bias) ? bias : out),
                   bal_i32(bal_has(bias)), bal_buf(out));
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

static bal_status forward(const bal_convolution *op, const bal_tensor *y, const bal_tensor *x, const bal_tensor *w,
                          const bal_tensor *bias, const bal_tensor *scratch)
{
    const cpu *self = op->self;
    switch (self->forward.how) {
    case DEPTHWISE: return run_depthwise(op, &self->forward, y, x, w, bias);
    case THIN: return bal_thin_run(&self->forward.thin, &op->g, y, x, w, bias);
    case DIRECT: return run_direct(op, &self->forward, y, x, w, bias, scratch);
    case SHALLOW: return bal_shallow_forward(&self->forward.shallow, &op->g, y, x, w, bias, op->slope);
    case WINOGRAD: return bal_winograd_run(&self->forward.winograd, &op->g, y, x, w, bias, scratch);
    case PRODUCT: break;
    }
    return bal_conv_product_forward(&self->product, &op->g, y, x, w, bias, scratch);
}

static bal_status backward_x(const bal_convolution *op, const bal_tensor *dx, const bal_tensor *dy, const bal_tensor *w,
                             const bal_tensor *bias, const bal_tensor *scratch)
{
    const cpu *self = op->self;
    switch (self->backward.how) {
    case DEPTHWISE: return run_depthwise(op, &self->backward, dx, dy, w, bias);
    case THIN: return bal_thin_run(&self->backward.thin, &op->g, dx, dy, w, bias);
    case DIRECT: return run_direct(op, &self->backward, dx, dy, w, bias, scratch);
    case WINOGRAD: return bal_winograd_run(&self->backward.winograd, &op->g, dx, dy, w, bias, scratch);
    case SHALLOW: /* not in this pass */
    case PRODUCT: break;
    }
    return bal_conv_product_backward_x(&self->product, &op->g, dx, dy, w, bias, scratch);
}

/* ---- backward_w ------------------------------------------------------------------------------------------------- */

/* The sums are made in blocks, [high][wide] of them, and where these are too few work-items, in `parts` parts of
 * `share` pixels (DIRECT) or rows of y (the others). */
typedef struct {
    int high, wide, share, parts;
} weights_plan;

static weights_plan plan_weights(const bal_conv_geometry *g, method how, int n)
{
    weights_plan p = {1, bal_divide_up(g->x.c, 16), 0, 0};
    int          unit = how == DIRECT ? CHUNK : 1;
    int          units = bal_divide_up(n * g->y.h * (how == DIRECT ? g->y.w : 1), unit);
    if (how == DIRECT) {
        p.high = bal_divide_up(taps(g) * (g->x.c / g->groups), ROWS);
        p.wide = g->groups * bal_divide_up(g->y.c / g->groups, COLUMNS);
    } else if (how == THIN) {
        p.high = taps(g);
        p.wide = bal_divide_up(g->x.c, CHANNELS);
    }
    p.parts = bal_divide_up(PARTS_ITEMS, p.high * p.wide);
    if (p.parts > units) p.parts = units;
    p.share = bal_divide_up(units, p.parts) * unit;
    p.parts = bal_divide_up(units * unit, p.share);
    return p;
}

static size_t weights_size(const bal_conv_geometry *g)
{
    return (size_t)taps(g) * (size_t)(g->x.c / g->groups) * (size_t)g->y.c;
}

static size_t weights_scratch(const bal_convolution *op)
{
    const cpu *self = op->self;
    if (self->weights_how == PRODUCT) return bal_conv_product_scratch(&self->product, &op->g, BAL_CONV_BACKWARD_W);
    if (self->weights_how == WINOGRAD) {
        int parts = bal_winograd_gradient_parts(&self->winograd, op->g.x.n);
        return parts > 1 ? (size_t)parts * weights_size(&op->g) : 0;
    }
    if (self->weights_how == SHALLOW) {
        int parts = bal_shallow_parts(&op->g, op->g.x.n);
        return parts > 1 ? (size_t)parts * weights_size(&op->g) : 0;
    }
    weights_plan one = plan_weights(&op->g, self->weights_how, 1);
    size_t       most = (size_t)bal_divide_up(PARTS_ITEMS, one.high * one.wide);
    return most > 1 ? most * weights_size(&op->g) : 0;
}

static bal_status backward_w(const bal_convolution *op, const bal_tensor *dw, const bal_tensor *x, const bal_tensor *dy,
                             const bal_tensor *scratch)
{
    const cpu *self = op->self;
    int        n = x->shape.n, size = (int)weights_size(&op->g);
    if (self->weights_how == PRODUCT) return bal_conv_product_backward_w(&self->product, &op->g, dw, x, dy, scratch);
    int parts;
    if (self->weights_how == WINOGRAD) {
        parts = bal_winograd_gradient_parts(&self->winograd, n);
        BAL_TRY(bal_winograd_gradient(&self->winograd, &op->g, parts > 1 ? scratch : dw, x, dy));
    } else if (self->weights_how == SHALLOW) {
        parts = bal_shallow_parts(&op->g, n);
        BAL_TRY(bal_shallow_gradient(&self->shallow, &op->g, parts > 1 ? scratch : dw, x, dy));
    } else {
        weights_plan p = plan_weights(&op->g, self->weights_how, n);
        parts = p.parts;
        BAL_TRY(bal_run(self->weights, bal_items((size_t)p.high, (size_t)p.wide, (size_t)parts), GEOMETRY(&op->g, n),
                        bal_i32(p.share), bal_i32(parts), bal_buf(x), bal_buf(dy), bal_buf(parts > 1 ? scratch : dw)));
    }
    if (parts == 1) return BAL_OK;
    return bal_run(self->add, bal_items((size_t)bal_divide_up(size, ADD), 1, 1), bal_i32(size), bal_i32(parts),
                   bal_buf(scratch), bal_buf(dw));
}

static bal_status build_weights(bal_convolution *op, cpu *self)
{
    const bal_variant *v = &op->variant[BAL_CONV_BACKWARD_W];
    char               text[128];
    self->weights_how = (method)v->how;
    BAL_TRY(bal_kernel_get(&self->add, op->dev, "reduce", "reduce_parts", ""));
    switch (self->weights_how) {
    case PRODUCT: return BAL_OK;
    case SHALLOW: return bal_shallow_init(&self->shallow, op->dev, &op->g, true, v);
    case WINOGRAD: return bal_winograd_gradient_init(&self->winograd, op->dev, &op->g, v);
    case DEPTHWISE: return bal_kernel_get(&self->weights, op->dev, "conv_depthwise_cpu", "conv_depthwise_weights", "");
    case THIN:
        snprintf(text, sizeof text, "-DWIDTH=%d", op->g.y.c);
        return bal_kernel_get(&self->weights, op->dev, "conv_thin_cpu", "conv_thin_weights", text);
    case DIRECT: break;
    }
    bal_tile_options(text, (bal_tile){v->rows, v->vectors}, "");
    return bal_kernel_get(&self->weights, op->dev, "conv_cpu", "conv_weights", text);
}

/* ---- variants --------------------------------------------------------------------------------------------------- */

/* By the rule, Winograd's algorithm aside. backward_w is a plain product only of one pixel an image: more are better
 * summed in parts. */
static method plain_method(const bal_conv_geometry *g, bal_conv_pass pass)
{
    bool weights = pass == BAL_CONV_BACKWARD_W, back = pass == BAL_CONV_BACKWARD_X;
    if (bal_conv_is_product(g) && (!weights || (g->y.h == 1 && g->y.w == 1))) return PRODUCT;
    if (is_depthwise(g)) return DEPTHWISE;
    if (!weights && bal_thin_applies(g, back)) return THIN;
    if (!back && bal_shallow_applies(g)) return SHALLOW;
    return weights && g->groups == 1 && g->y.c <= 4 && g->x.c >= 16 ? THIN : DIRECT;
}

static void add_plain(bal_variants *out, const bal_convolution *op, bal_conv_pass pass, method how)
{
    static const char *const names[] = {
        [DIRECT] = "direct", [THIN] = "thin", [DEPTHWISE] = "depthwise", [PRODUCT] = "product"};
    int      width = (pass == BAL_CONV_BACKWARD_X ? op->g.x.c : op->g.y.c) / op->g.groups;
    bal_tile tile;
    for (int i = 0; bal_tile_try(&tile, op->dev, width, i) && (i == 0 || how == DIRECT); i++) {
        bal_variant v = {.how = (int)how, .rows = tile.rows, .vectors = tile.vectors};
        if (how == DIRECT) snprintf(v.name, sizeof v.name, "%s %dx%d", names[how], v.rows, 16 * v.vectors);
        else snprintf(v.name, sizeof v.name, "%s", names[how]);
        bal_variants_add(out, v);
    }
}

static void add_winograd(bal_variants *out, const bal_convolution *op, bal_conv_pass pass, int m)
{
    bal_winograd_variants(out, op->dev, &op->g, pass, (bal_variant){.how = WINOGRAD, .m = m});
}

/* backward_w splits its sums by the size of its blocks. */
static void mark_same(bal_variants *v, bal_conv_pass pass)
{
    for (int i = 0; i < v->count; i++) {
        const bal_variant *a = &v->list[0], *b = &v->list[i];
        bool               split = pass == BAL_CONV_BACKWARD_W && a->block != b->block;
        v->list[i].same = a->how == b->how && a->m == b->m && !split;
    }
}

static void variants(const bal_convolution *op, bal_conv_pass pass, bal_variants *out)
{
    method how = plain_method(&op->g, pass);
    int    m = how == DIRECT ? bal_winograd_size(op->dev, &op->g, pass == BAL_CONV_BACKWARD_X) : 0;
    if (m) add_winograd(out, op, pass, m);
    if (how == SHALLOW) bal_shallow_variants(out, op->dev, &op->g, pass, (bal_variant){.how = SHALLOW});
    else if (how == THIN && pass != BAL_CONV_BACKWARD_W)
        bal_thin_variants(out, op->dev, &op->g, pass == BAL_CONV_BACKWARD_X, (bal_variant){.how = THIN});
    else add_plain(out, op, pass, how);
    if (how == DIRECT) {
        add_winograd(out, op, pass, 2); /* those that are there already are not added again */
        add_winograd(out, op, pass, 4);
    }
    mark_same(out, pass);
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static bal_status build(bal_convolution *op)
{
    cpu *self = op->self;
    if (bal_conv_is_product(&op->g)) BAL_TRY(bal_conv_product_init(&self->product, op->dev, &op->g));
    for (int pass = 0; pass < 3; pass++) memcpy(op->algorithm[pass], op->variant[pass].name, sizeof op->algorithm[0]);
    BAL_TRY(build_gather(op, &self->forward, false));
    BAL_TRY(build_gather(op, &self->backward, true));
    return build_weights(op, self);
}

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

static size_t scratch_size(const bal_convolution *op)
{
    const cpu *self = op->self;
    size_t     forward_size = gather_scratch(op, &self->forward, BAL_CONV_FORWARD);
    size_t     backward_size = gather_scratch(op, &self->backward, BAL_CONV_BACKWARD_X);
    return larger(larger(forward_size, backward_size), weights_scratch(op));
}

static bool leaks(const bal_convolution *op) { return ((const cpu *)op->self)->forward.how == SHALLOW; }

const bal_conv_class bal_conv_cpu = {sizeof(cpu), variants,   build,      scratch_size,
                                     forward,     backward_x, backward_w, leaks};
