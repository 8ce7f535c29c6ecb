/* convolution_shallow -- few channels of x: where that pays, and its launches; see cl/conv_shallow_cpu.cl. */
#include <stdio.h>
#include "convolution_class.h"

enum {
    TAPS = 256, /* as in cl/conv_shallow_cpu.cl */
    LINES = 4096,
    SPAN = 64,
    COLUMNS = 64,
    CHANNELS = 12,       /* of x at most: with more, other kernels lose little */
    ITEM_WORK = 1 << 19, /* multiplications that make a work-item worth its launch */
    ITEMS = 64,          /* work-items at least, if there is work for so many */
    PARTS_ITEMS = 128    /* work-items of backward_w that its sums are split for */
};

/* Floats of x that `span` outputs of a row reach. */
static int line(const bal_conv_geometry *g, int span)
{
    return ((span - 1) * g->stride[1] + (g->kernel[1] - 1) * g->dilation[1] + 1) * g->x.c;
}

static int taps(const bal_conv_geometry *g) { return g->kernel[0] * g->kernel[1] * g->x.c; }

bool bal_shallow_applies(const bal_conv_geometry *g)
{
    return g->groups == 1 && g->x.c <= CHANNELS && taps(g) <= TAPS && g->kernel[0] * line(g, 1) <= LINES;
}

/* As few rows above each other as cover all taps in as few tiles. */
static int even_rows(int count, int most) { return bal_divide_up(count, bal_divide_up(count, most)); }

void bal_shallow_variants(bal_variants *out, const bal_device *dev, const bal_conv_geometry *g, bal_conv_pass pass,
                          bal_variant base)
{
    bal_tile tile;
    for (int i = 0; bal_tile_try(&tile, dev, g->y.c, i); i++) {
        base.rows = pass == BAL_CONV_BACKWARD_W ? even_rows(taps(g), tile.rows) : tile.rows;
        base.vectors = tile.vectors;
        snprintf(base.name, sizeof base.name, "shallow %dx%d", base.rows, 16 * base.vectors);
        bal_variants_add(out, base);
    }
}

bal_status bal_shallow_init(bal_shallow *s, bal_device *dev, const bal_conv_geometry *g, bool backward,
                            const bal_variant *v)
{
    char text[128];
    s->tile = (bal_tile){v->rows, v->vectors};
    s->span = g->y.w < SPAN ? g->y.w : SPAN;
    while (g->kernel[0] * line(g, s->span) > LINES) s->span--;
    s->line = line(g, s->span);
    bal_tile_options(text, s->tile, "");
    return bal_kernel_get(&s->kernel, dev, "conv_shallow_cpu", backward ? "conv_shallow_weights" : "conv_shallow",
                          text);
}

bal_status bal_shallow_forward(const bal_shallow *s, const bal_conv_geometry *g, const bal_tensor *y,
                               const bal_tensor *x, const bal_tensor *w, const bal_tensor *bias, float slope)
{
    int       n = y->shape.n, columns = 16 * s->tile.vectors, panels = bal_divide_up(g->y.c, columns);
    long long work = (long long)g->y.w * taps(g) * columns;
    int       all = n * g->y.h, rows = (int)(ITEM_WORK / work) + 1, most = bal_divide_up(all * panels, ITEMS);
    if (rows > most) rows = most;
    return bal_run(s->kernel, bal_items((size_t)panels, (size_t)bal_divide_up(all, rows), 1), GEOMETRY(g, n),
                   bal_i32(s->line), bal_i32(s->span), bal_i32(rows), bal_buf(x), bal_buf(w),
                   bal_buf(bal_has(bias) ? bias : y), bal_i32(bal_has(bias)), bal_f32(slope), bal_buf(y));
}

/* Rows of y to a part of the sums. */
static int share(const bal_conv_geometry *g, int n)
{
    int rows = n * g->y.h, parts = bal_divide_up(PARTS_ITEMS, bal_divide_up(g->y.c, COLUMNS));
    return bal_divide_up(rows, parts < rows ? parts : rows);
}

int bal_shallow_parts(const bal_conv_geometry *g, int n) { return bal_divide_up(n * g->y.h, share(g, n)); }

bal_status bal_shallow_gradient(const bal_shallow *s, const bal_conv_geometry *g, const bal_tensor *sums,
                                const bal_tensor *x, const bal_tensor *dy)
{
    int    n = x->shape.n, parts = bal_shallow_parts(g, n);
    size_t blocks = (size_t)bal_divide_up(g->y.c, COLUMNS);
    return bal_run(s->kernel, bal_items(blocks, (size_t)parts, 1), GEOMETRY(g, n), bal_i32(s->line), bal_i32(s->span),
                   bal_i32(share(g, n)), bal_i32(parts), bal_buf(x), bal_buf(dy), bal_buf(sums));
}
