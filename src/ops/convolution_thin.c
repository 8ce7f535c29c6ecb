/* convolution_thin -- few output channels: where that pays, and its launches; see cl/conv_thin_cpu.cl. */
#include <stdio.h>
#include "convolution_class.h"

enum {
    PARTS = 1 << 16,     /* as in cl/conv_thin_cpu.cl */
    PANEL = 32,          /* pixels of the widest tile */
    SPAN = 256,          /* output pixels of a row at a time, at most */
    CHANNELS = 4,        /* of the output at most */
    ITEM_WORK = 1 << 19, /* multiplications that make a work-item worth its launch */
    ITEMS = 64           /* work-items at least, if there is work for so many */
};

/* Pixels along an axis that a tap may be away, and all taps of all output channels. */
static int reach(const bal_conv_geometry *g, int d) { return (g->kernel[d] - 1) * g->dilation[d]; }

static int taps(const bal_conv_geometry *g, bool backward)
{
    return g->kernel[0] * g->kernel[1] * (backward ? g->x.c : g->y.c);
}

static int slots(const bal_conv_geometry *g, bool backward) { return reach(g, 0) / (backward ? g->stride[0] : 1) + 1; }

/* Input pixels that `span` output pixels reach, and those that whole tiles and vectors touch beyond. */
static int line(const bal_conv_geometry *g, bool backward, int span)
{
    int s = g->stride[1], beyond = backward || s < PANEL / 16 ? PANEL : 16 * s;
    return (backward ? (span - 1 + reach(g, 1)) / s + 2 : (span - 1) * s + reach(g, 1) + 1) + beyond;
}

static bool fits(const bal_conv_geometry *g, bool backward, int span)
{
    return (long long)slots(g, backward) * taps(g, backward) * line(g, backward, span) <= PARTS;
}

/* Forward, each input pixel meets all taps, those of other strides too. */
bool bal_thin_applies(const bal_conv_geometry *g, bool backward)
{
    int width = backward ? g->x.c : g->y.c, waste = backward ? 1 : g->stride[0] * g->stride[1];
    return g->groups == 1 && width <= CHANNELS && width * waste < 16 && fits(g, backward, 16);
}

void bal_thin_variants(bal_variants *out, const bal_device *dev, const bal_conv_geometry *g, bool backward,
                       bal_variant base)
{
    bal_tile tile;
    int      all = taps(g, backward);
    for (int i = 0; bal_tile_try(&tile, dev, backward ? g->y.w : g->x.w, i); i++) {
        base.rows = bal_divide_up(all, bal_divide_up(all, tile.rows));
        base.vectors = tile.vectors;
        snprintf(base.name, sizeof base.name, "thin %dx%d", base.rows, 16 * base.vectors);
        bal_variants_add(out, base);
    }
}

bal_status bal_thin_init(bal_thin *t, bal_device *dev, const bal_conv_geometry *g, bool backward, const bal_variant *v)
{
    char text[128], more[32];
    int  wide = backward ? g->x.w : g->y.w;
    t->tile = (bal_tile){v->rows, v->vectors};
    t->backward = backward;
    t->slots = slots(g, backward);
    for (t->span = wide < SPAN ? wide : SPAN; !fits(g, backward, t->span);) t->span--;
    t->line = line(g, backward, t->span);
    snprintf(more, sizeof more, " -DWIDTH=%d%s", backward ? g->x.c : g->y.c, backward ? " -DBACKWARD" : "");
    return bal_kernel_get(&t->kernel, dev, "conv_thin_cpu", "conv_thin", bal_tile_options(text, t->tile, more));
}

/* Output rows to a work-item: each begins with the input rows that its first one reaches, which others have made too.
 */
static int rows(const bal_thin *t, int all, long long work)
{
    int enough = (int)(ITEM_WORK / work) + 1, most = bal_divide_up(all, ITEMS), least = 4 * t->slots;
    if (enough > most) enough = most;
    return enough < least ? least : enough;
}

bal_status bal_thin_run(const bal_thin *t, const bal_conv_geometry *g, const bal_tensor *out, const bal_tensor *in,
                        const bal_tensor *w, const bal_tensor *bias)
{
    int       all = out->shape.n * out->shape.h, depth = in->shape.c;
    long long work = (long long)in->shape.w * depth * taps(g, t->backward) * in->shape.h / out->shape.h + 1;
    int       each = rows(t, all, work);
    size_t    spans = (size_t)bal_divide_up(out->shape.w, t->span);
    return bal_run(t->kernel, bal_items(spans, (size_t)bal_divide_up(all, each), 1), GEOMETRY(g, out->shape.n),
                   bal_i32(depth), bal_i32(t->span), bal_i32(t->line), bal_i32(t->slots), bal_i32(each), bal_buf(in),
                   bal_buf(w), bal_buf(bal_has(bias) ? bias : out), bal_i32(bal_has(bias)), bal_buf(out));
}
