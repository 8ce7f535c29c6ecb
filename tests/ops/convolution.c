/* convolution -- the three passes against the sums written out in double precision, over many geometries.
 *
 * Around every buffer lie guards of NaN, and outputs and scratch hold NaN before each pass: what is read and was not
 * written, or lies outside, shows. BAL_TEST_SMALL=1 keeps a few small cases, for slow devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/convolution.h"
#include "ballast/random.h"
#include "guarded.h"
#include "ops/convolution_class.h"

enum { MOST = 1 << 20 }; /* elements of a tensor */

static bal_device *dev;

/* ---- a tensor between guards ------------------------------------------------------------------------------------ */

typedef struct {
    bal_tensor all, t;
    size_t     size;
} guarded;

static void guarded_init(guarded *g, bal_shape s)
{
    g->size = bal_shape_size(s);
    MUST(bal_tensor_init(&g->all, dev, (bal_shape){1, 1, 1, (int)bal_align(g->size) + 2 * BAL_ALIGN}));
    MUST(bal_tensor_view(&g->t, &g->all, BAL_ALIGN, s));
    MUST(bal_tensor_fill(&g->all, NAN));
}

static void guarded_check(const guarded *g, const char *what)
{
    size_t all = bal_shape_size(g->all.shape);
    float *host = malloc(all * sizeof *host);
    assert_non_null(host);
    MUST(bal_tensor_read(&g->all, host));
    for (size_t i = 0; i < all; i++)
        if ((i < BAL_ALIGN || i >= BAL_ALIGN + g->size) && !isnan(host[i]))
            fail_msg("%s: written %ld floats behind its beginning", what, (long)i - BAL_ALIGN);
    free(host);
}

static void guarded_free(guarded *g)
{
    bal_tensor_free(&g->t);
    bal_tensor_free(&g->all);
}

/* ---- the reference ---------------------------------------------------------------------------------------------- */

typedef struct {
    int n, h, w, c, k, kernel[2], stride[2], pad[2], dilation[2], groups;
} geometry;

static bool output_size(int *y, const geometry *q, int d)
{
    int spare = (d == 0 ? q->h : q->w) + 2 * q->pad[d] - (q->kernel[d] - 1) * q->dilation[d] - 1;
    *y = spare / q->stride[d] + 1;
    return spare >= 0;
}

typedef struct {
    int       n, taps, yh, yw;
    bal_shape x, y, w;
} sizes;

static void make_sizes(sizes *s, const geometry *q)
{
    assert_true(output_size(&s->yh, q, 0) && output_size(&s->yw, q, 1));
    s->n = q->n;
    s->taps = q->kernel[0] * q->kernel[1];
    s->x = (bal_shape){q->n, q->h, q->w, q->c};
    s->y = (bal_shape){q->n, s->yh, s->yw, q->k};
    s->w = (bal_shape){q->kernel[0], q->kernel[1], q->c / q->groups, q->k};
}

/* y += x * w, dx += dy * w and dw += x * dy, whichever of the outputs is there: the same triple of indices. */
typedef struct {
    const float *x, *w, *dy;
    double      *y, *dx, *dw;
} operands;

static void reference_tap(const operands *o, const geometry *q, size_t x_at, size_t y_at, int tap)
{
    int depth = q->c / q->groups, width = q->k / q->groups;
    for (int k = 0; k < q->k; k++)
        for (int c = 0; c < depth; c++) {
            size_t w = ((size_t)tap * (size_t)depth + (size_t)c) * (size_t)q->k + (size_t)k;
            size_t x = x_at + (size_t)(k / width * depth + c), y = y_at + (size_t)k;
            o->y[y] += (double)o->x[x] * (double)o->w[w];
            o->dx[x] += (double)o->dy[y] * (double)o->w[w];
            o->dw[w] += (double)o->x[x] * (double)o->dy[y];
        }
}

static void reference_pixel(const operands *o, const geometry *q, const sizes *s, int image, int oy, int ox)
{
    size_t y_at = ((size_t)(image * s->yh + oy) * (size_t)s->yw + (size_t)ox) * (size_t)q->k;
    for (int tap = 0; tap < s->taps; tap++) {
        int iy = oy * q->stride[0] - q->pad[0] + tap / q->kernel[1] * q->dilation[0];
        int ix = ox * q->stride[1] - q->pad[1] + tap % q->kernel[1] * q->dilation[1];
        if (iy < 0 || iy >= q->h || ix < 0 || ix >= q->w) continue;
        reference_tap(o, q, ((size_t)(image * q->h + iy) * (size_t)q->w + (size_t)ix) * (size_t)q->c, y_at, tap);
    }
}

static void reference(const operands *o, const geometry *q, const sizes *s)
{
    for (int image = 0; image < s->n; image++)
        for (int oy = 0; oy < s->yh; oy++)
            for (int ox = 0; ox < s->yw; ox++) reference_pixel(o, q, s, image, oy, ox);
}

/* ---- one geometry ----------------------------------------------------------------------------------------------- */

static uint32_t seed;
static float    number(bool whole)
{
    seed = seed * 1664525U + 1013904223U;
    return whole ? (float)((int)(seed >> 16) % 7 - 3) : (float)(seed >> 8) / 8388608.0F - 1.0F;
}

static float *random_floats(size_t size, bool whole)
{
    float *f = malloc(size * sizeof *f);
    assert_true(f && size <= MOST);
    for (size_t i = 0; i < size; i++) f[i] = number(whole);
    return f;
}

static double *zeros(size_t size)
{
    double *d = calloc(size, sizeof *d);
    assert_non_null(d);
    return d;
}

static const char *describe(const geometry *q)
{
    static char text[200];
    snprintf(text, sizeof text, "%dx%dx%dx%d -> %d, kernel %dx%d, stride %d %d, pad %d %d, dilation %d %d, groups %d",
             q->n, q->h, q->w, q->c, q->k, q->kernel[0], q->kernel[1], q->stride[0], q->stride[1], q->pad[0], q->pad[1],
             q->dilation[0], q->dilation[1], q->groups);
    return text;
}

static double worst; /* relative error, over all cases */

/* Equal where the numbers are whole (but not by Winograd's algorithm), else within 3e-6 of the norm. */
static void compare(const float *got, const double *want, size_t size, bool whole, const geometry *q, const char *pass)
{
    double error = 0, norm = 1e-30;
    for (size_t i = 0; i < size; i++) {
        double off = (double)got[i] - want[i];
        if (isnan(off) || (whole && off != 0))
            fail_msg("%s of %s: element %zu is %g, not %g", pass, describe(q), i, (double)got[i], want[i]);
        error += off * off;
        norm += want[i] * want[i];
    }
    error = sqrt(error / norm);
    if (error > worst) worst = error;
    if (error > 3e-6) fail_msg("%s of %s: relative error %g", pass, describe(q), error);
}

typedef struct {
    bal_convolution *op;
    guarded          x, y, w, dx, dy, dw, bias_y, bias_x, scratch;
} bench;

static void poison(bench *b, guarded *out)
{
    MUST(bal_tensor_fill(&out->all, NAN));
    if (b->scratch.size) MUST(bal_tensor_fill(&b->scratch.all, NAN));
}

/* Runs a pass twice, from NaN; dw twice from the numbers in `start`, which the pass adds to. */
static float *run_pass(bench *b, bal_conv_pass pass, bool bias, const float *start, const geometry *q)
{
    guarded          *out = pass == BAL_CONV_FORWARD ? &b->y : pass == BAL_CONV_BACKWARD_X ? &b->dx : &b->dw;
    const bal_tensor *scratch = b->scratch.size ? &b->scratch.t : NULL;
    float            *host[2];
    for (int turn = 0; turn < 2; turn++) {
        poison(b, out);
        if (pass == BAL_CONV_FORWARD)
            MUST(bal_convolution_forward(b->op, &b->y.t, &b->x.t, &b->w.t, bias ? &b->bias_y.t : NULL, scratch));
        else if (pass == BAL_CONV_BACKWARD_X)
            MUST(bal_convolution_backward_x(b->op, &b->dx.t, &b->dy.t, &b->w.t, bias ? &b->bias_x.t : NULL, scratch));
        else {
            MUST(bal_tensor_write(&b->dw.t, start));
            MUST(bal_convolution_backward_w(b->op, &b->dw.t, &b->x.t, &b->dy.t, scratch));
        }
        host[turn] = malloc(out->size * sizeof(float));
        assert_non_null(host[turn]);
        MUST(bal_tensor_read(&out->t, host[turn]));
        guarded_check(out, "output");
        if (b->scratch.size) guarded_check(&b->scratch, "scratch");
    }
    if (memcmp(host[0], host[1], out->size * sizeof(float)) != 0) fail_msg("second run of %s differs", describe(q));
    free(host[1]);
    return host[0];
}

static void write_new(guarded *g, bal_shape s, const float *host)
{
    guarded_init(g, s);
    MUST(bal_tensor_write(&g->t, host));
}

static bool exact(const bench *b, bal_conv_pass pass)
{
    return strncmp(bal_convolution_algorithm(b->op, pass), "winograd", 8) != 0;
}

static void check_passes(bench *b, const operands *o, const geometry *q, const sizes *s, bool whole)
{
    bool   bias = (q->c + q->k + q->kernel[0]) % 2 == 0;
    float *by = random_floats((size_t)q->k, whole), *bx = random_floats((size_t)q->c, whole),
          *start = random_floats(b->dw.size, whole);
    MUST(bal_tensor_write(&b->bias_y.t, by));
    MUST(bal_tensor_write(&b->bias_x.t, bx));
    for (size_t i = 0; i < b->y.size && bias; i++) o->y[i] += (double)by[i % (size_t)q->k];
    for (size_t i = 0; i < b->dx.size && bias; i++) o->dx[i] += (double)bx[i % (size_t)q->c];
    for (size_t i = 0; i < b->dw.size; i++) o->dw[i] += (double)start[i];
    reference(o, q, s);
    float *y = run_pass(b, BAL_CONV_FORWARD, bias, NULL, q), *dx = run_pass(b, BAL_CONV_BACKWARD_X, bias, NULL, q);
    float *dw = run_pass(b, BAL_CONV_BACKWARD_W, false, start, q);
    compare(y, o->y, b->y.size, whole && exact(b, BAL_CONV_FORWARD), q, "forward");
    compare(dx, o->dx, b->dx.size, whole && exact(b, BAL_CONV_BACKWARD_X), q, "backward_x");
    compare(dw, o->dw, b->dw.size, whole && exact(b, BAL_CONV_BACKWARD_W), q, "backward_w");
    free(y);
    free(dx);
    free(dw);
    free(by);
    free(bx);
    free(start);
}

static void open_bench(bench *b, const geometry *q, const sizes *s, const operands *o, bool larger)
{
    bal_conv_geometry g = {s->x,
                           s->y,
                           {q->kernel[0], q->kernel[1]},
                           {q->stride[0], q->stride[1]},
                           {q->pad[0], q->pad[1]},
                           {q->dilation[0], q->dilation[1]},
                           q->groups,
                           false,
                           false};
    memset(b, 0, sizeof *b);
    if (larger) g.x.n = g.y.n = q->n + 2; /* a run of less than the largest batch */
    MUST(bal_convolution_init(&b->op, dev, &g));
    size_t scratch = bal_convolution_scratch(b->op);
    if (scratch) guarded_init(&b->scratch, (bal_shape){1, 1, 1, (int)scratch});
    write_new(&b->x, s->x, o->x);
    write_new(&b->w, s->w, o->w);
    write_new(&b->dy, s->y, o->dy);
    guarded_init(&b->y, s->y);
    guarded_init(&b->dx, s->x);
    guarded_init(&b->dw, s->w);
    guarded_init(&b->bias_y, (bal_shape){1, 1, 1, q->k});
    guarded_init(&b->bias_x, (bal_shape){1, 1, 1, q->c});
}

static void close_bench(bench *b)
{
    guarded *all[] = {&b->x, &b->y, &b->w, &b->dx, &b->dy, &b->dw, &b->bias_y, &b->bias_x, &b->scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) guarded_free(all[i]);
    bal_convolution_free(b->op);
}

/* How many of its passes went by Winograd's algorithm. */
static int check(const geometry *q, bool whole)
{
    sizes s = {0};
    bench b;
    make_sizes(&s, q);
    size_t   x = bal_shape_size(s.x), y = bal_shape_size(s.y), w = bal_shape_size(s.w);
    float   *fx = random_floats(x, whole), *fw = random_floats(w, whole), *fy = random_floats(y, whole);
    operands o = {fx, fw, fy, zeros(y), zeros(x), zeros(w)};
    open_bench(&b, q, &s, &o, q->h % 2 == 0);
    check_passes(&b, &o, q, &s, whole);
    int fast = !exact(&b, BAL_CONV_FORWARD) + !exact(&b, BAL_CONV_BACKWARD_X) + !exact(&b, BAL_CONV_BACKWARD_W);
    close_bench(&b);
    free(fx);
    free(fw);
    free(fy);
    free(o.y);
    free(o.dx);
    free(o.dw);
    return fast;
}

/* ---- the geometries --------------------------------------------------------------------------------------------- */

/* Mesa's llvmpipe ends every loop once a work-item has turned 65535 times in all of its loops
 * (LP_MAX_TGSI_LOOP_ITERATIONS there): sizes beyond the small ones come out wrong in the CPU class, whose work-items do
 * much. */
static bool small(void)
{
    bool cut_short = bal_device_class(dev) == BAL_CPU && strstr(bal_device_describe(dev)->name, "llvmpipe");
    return cut_short || bal_test_small();
}

static const int channels[][3] = {
    /* c, k, groups */
    {3, 16, 1}, {16, 3, 1},  {5, 17, 1}, {1, 5, 1},    {5, 1, 1},    {8, 8, 8},  {64, 17, 1},
    {4, 6, 2},  {17, 64, 1}, {3, 3, 1},  {16, 32, 16}, {34, 34, 34}, {1, 1, 1},  {16, 48, 2},
    {3, 9, 3},  {64, 64, 1}, {5, 5, 5},  {33, 40, 1},  {66, 2, 1},   {2, 66, 1},
};

/* Every kernel, stride, pad and dilation, with channels, image sizes and batches taken in turn. */
static void test_geometries(void **state)
{
    (void)state;
    static const int kernels[] = {1, 2, 3, 4, 5, 7};
    int              turn = 0, count = 0, every = small() ? 23 : 1;
    for (int i = 0; i < 6 * 3 * 4 * 2; i++) {
        int        k = kernels[i % 6], s = i / 6 % 3 + 1, p = i / 18 % 4, d = i / 72 + 1, e = (k - 1) * d + 1;
        int        h = (e > 2 * p ? e - 2 * p : 1) + turn * 5 % 7, w = h + turn % 4 + 1;
        const int *c = channels[turn++ % 20];
        geometry   q = {1 + turn % 3, h, w, c[0], c[1], {k, k}, {s, s}, {p, p}, {d, d}, c[2]};
        if (i % every) continue;
        check(&q, true);
        if (!small()) check(&q, false);
        count++;
    }
    print_message("%d geometries, relative error at most %.2g\n", count, worst);
}

static void test_two_axes(void **state)
{
    (void)state;
    static const geometry cases[] = {
        {2, 9, 6, 5, 7, {3, 2}, {2, 1}, {1, 0}, {1, 2}, 1},  {1, 6, 11, 4, 20, {1, 5}, {1, 3}, {0, 2}, {1, 1}, 2},
        {2, 5, 8, 18, 3, {4, 1}, {3, 2}, {2, 0}, {1, 1}, 1}, {1, 4, 13, 3, 18, {2, 7}, {1, 2}, {0, 3}, {2, 1}, 1},
        {3, 7, 5, 6, 6, {2, 3}, {2, 3}, {0, 1}, {1, 1}, 6},  {2, 4, 4, 33, 5, {4, 4}, {1, 1}, {0, 0}, {1, 1}, 1},
        {3, 1, 1, 9, 33, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1}, {2, 5, 3, 12, 40, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1},
        {5, 2, 3, 7, 1, {2, 3}, {1, 1}, {0, 0}, {1, 1}, 1},
    };
    for (size_t i = 0; i < (small() ? 2 : sizeof cases / sizeof *cases); i++) {
        check(&cases[i], true);
        check(&cases[i], false);
    }
}

/* Large enough for whole tiles, several work-items and parts, and for images wider than any buffer of a row. */
static void test_larger(void **state)
{
    (void)state;
    static const geometry cases[] = {
        {3, 16, 16, 64, 128, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1},
        {2, 20, 24, 32, 32, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
        {2, 32, 36, 3, 64, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1},
        {1, 3, 301, 3, 16, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
        {1, 3, 301, 16, 3, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
        {1, 6, 260, 1, 17, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1},
        {1, 5, 290, 2, 1, {5, 7}, {2, 3}, {2, 3}, {1, 2}, 1},
        {2, 19, 33, 48, 48, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 48},
        {4, 32, 32, 32, 3, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
        {40, 1, 1, 100, 65, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1},
        {16, 4, 4, 130, 1, {4, 4}, {1, 1}, {0, 0}, {1, 1}, 1},
        {3, 8, 10, 64, 160, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1}, /* few tiles, many weights: backward_x, then forward */
        {70, 8, 8, 48, 160, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1}, /* the same, phases in two halves */
        {2, 9, 8, 64, 272, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
    };
    if (small()) skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(&cases[i], true);
        check(&cases[i], false);
    }
}

static bal_conv_geometry geometry_of(const geometry *q)
{
    sizes s = {0};
    make_sizes(&s, q);
    return (bal_conv_geometry){s.x,
                               s.y,
                               {q->kernel[0], q->kernel[1]},
                               {q->stride[0], q->stride[1]},
                               {q->pad[0], q->pad[1]},
                               {q->dilation[0], q->dilation[1]},
                               q->groups,
                               false,
                               false};
}

/* Puts the first F(m, .) that each pass has into the plan. */
static void prefer_winograd(const geometry *q, int m)
{
    bal_conv_geometry g = geometry_of(q);
    bal_convolution  *op;
    bal_variants      v;
    char              key[192], name[16];
    snprintf(name, sizeof name, "winograd F(%d,", m);
    bal_plan_clear(dev);
    MUST(bal_convolution_init(&op, dev, &g));
    for (int pass = 0; pass < 3; pass++) {
        bal_convolution_variants(&v, op, (bal_conv_pass)pass);
        bal_convolution_key(key, op, (bal_conv_pass)pass);
        for (int i = v.count - 1; i >= 0; i--)
            if (strncmp(v.list[i].name, name, strlen(name)) == 0) MUST(bal_plan_set(dev, key, v.list[i].name));
    }
    bal_convolution_free(op);
}

/* What Winograd's algorithm takes: both kernels, whole and cut tiles, borders, several panels and blocks. The GPU
 * class's rule leaves such small ones alone. */
static void test_winograd(void **state)
{
    (void)state;
    static const int channels_of[][2] = {{16, 16}, {16, 48}, {32, 16}, {48, 80}, {64, 32}, {96, 64}};
    static const int sizes_of[][2] = {{4, 4}, {8, 8}, {9, 7}, {13, 16}, {6, 23}, {16, 17}};
    int              count = 0, fast = 0;
    worst = 0;
    for (int i = 0; i < (small() ? 2 : 18); i++) {
        const int *c = channels_of[i % 6], *h = sizes_of[(i / 2 + i / 6) % 6];
        int        s = i % 2 + 1, k = s == 1 ? 3 : 4;
        geometry   q = {1 + i % 3, h[0] * s, h[1] * s - i % 3 / 2,   c[0],   c[1],
                        {k, k},    {s, s},   {i / 3 % 4, i / 5 % 4}, {1, 1}, 1};
        if (bal_device_class(dev) == BAL_GPU) prefer_winograd(&q, i % 3 ? 4 : 2);
        fast += check(&q, false);
        count++;
    }
    bal_plan_clear(dev);
    print_message("%d geometries, %d passes by Winograd's algorithm, relative error at most %.2g\n", count, fast,
                  worst);
    assert_true(bal_device_class(dev) == BAL_CPU ? fast > count : fast == 3 * count);
}

/* Whole and cut tiles, several panels: for each way that a pass may take. */
static const geometry varied[] = {
    {2, 7, 9, 17, 40, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 1},   {1, 9, 8, 3, 33, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1},
    {1, 8, 9, 64, 70, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},   {2, 6, 7, 24, 3, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1},
    {2, 8, 9, 32, 96, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},   {2, 10, 8, 32, 48, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1},
    {1, 4, 4, 256, 136, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1}, {1, 5, 4, 130, 70, {3, 3}, {1, 2}, {1, 1}, {2, 1}, 1},
    {2, 7, 11, 36, 68, {3, 3}, {1, 1}, {2, 0}, {1, 1}, 1},  {3, 11, 9, 36, 20, {4, 4}, {2, 2}, {2, 1}, {1, 1}, 1},
};
/* Where an interpreter would take minutes for a tile of 128 x 128. */
static const geometry tiny[] = {{1, 2, 3, 3, 5, {2, 2}, {1, 1}, {0, 0}, {1, 1}, 1}};

static const geometry *varied_geometries(int *count)
{
    *count = small() ? sizeof tiny / sizeof *tiny : sizeof varied / sizeof *varied;
    if (small()) print_message("small geometries only: %d of %zu\n", *count, sizeof varied / sizeof *varied);
    return small() ? tiny : varied;
}

/* Puts variant i of each pass into the plan, as far as there are so many; whether any has. */
static bool plan_variant(const bal_convolution *op, int i)
{
    bool some = false;
    for (int pass = 0; pass < 3; pass++) {
        bal_variants v;
        char         key[192];
        bal_convolution_variants(&v, op, (bal_conv_pass)pass);
        bal_convolution_key(key, op, (bal_conv_pass)pass);
        some = some || i < v.count;
        MUST(bal_plan_set(dev, key, v.list[i < v.count ? i : 0].name));
    }
    return some;
}

/* Every variant against double, chosen by the plan; a name that does not exist is as good as none. */
static void test_variants(void **state)
{
    (void)state;
    int             cases, count = 0;
    const geometry *q = varied_geometries(&cases);
    for (int c = 0; c < cases; c++) {
        bal_conv_geometry g = geometry_of(&q[c]);
        bal_convolution  *rule, *other;
        bal_variants      v;
        char              key[192];
        bal_plan_clear(dev);
        MUST(bal_convolution_init(&rule, dev, &g));
        for (int i = 0; plan_variant(rule, i); i++, count++) {
            MUST(bal_convolution_init(&other, dev, &g));
            bal_convolution_variants(&v, rule, BAL_CONV_FORWARD);
            if (i < v.count) assert_string_equal(bal_convolution_algorithm(other, BAL_CONV_FORWARD), v.list[i].name);
            bal_convolution_free(other);
            check(&q[c], true);
        }
        bal_convolution_key(key, rule, BAL_CONV_FORWARD);
        MUST(bal_plan_set(dev, key, "winograd F(9,9) 8x32 by 24"));
        MUST(bal_convolution_init(&other, dev, &g));
        assert_string_equal(bal_convolution_algorithm(other, BAL_CONV_FORWARD),
                            bal_convolution_algorithm(rule, BAL_CONV_FORWARD));
        bal_convolution_free(other);
        bal_convolution_free(rule);
    }
    bal_plan_clear(dev);
    print_message("%d plans\n", count);
}

/* The result of a pass with one of its variants, on the same random numbers each time. */
static float *run_variant(const bal_conv_geometry *g, const bal_convolution *rule, bal_conv_pass pass, bal_variant one)
{
    bal_variant      all[3] = {rule->variant[0], rule->variant[1], rule->variant[2]};
    bal_convolution *op;
    bal_tensor       t[4];
    const bal_shape  w = {g->kernel[0], g->kernel[1], g->x.c / g->groups, g->y.c};
    all[pass] = one;
    MUST(bal_convolution_make(&op, dev, g, all));
    const bal_shape shapes[] = {g->x, g->y, w, {1, 1, 1, (int)bal_convolution_scratch(op) + 1}};
    for (uint32_t i = 0; i < 4; i++) {
        bal_stream stream = bal_stream_for(1, BAL_FOR_TEST, i, 0);
        MUST(bal_tensor_init(&t[i], dev, shapes[i]));
        MUST(bal_fill_normal(&t[i], &stream));
    }
    const bal_tensor *out = &t[pass == BAL_CONV_FORWARD ? 1 : pass == BAL_CONV_BACKWARD_X ? 0 : 2];
    if (pass == BAL_CONV_FORWARD) MUST(bal_convolution_forward(op, &t[1], &t[0], &t[2], NULL, &t[3]));
    if (pass == BAL_CONV_BACKWARD_X) MUST(bal_convolution_backward_x(op, &t[0], &t[1], &t[2], NULL, &t[3]));
    if (pass == BAL_CONV_BACKWARD_W) MUST(bal_convolution_backward_w(op, &t[2], &t[0], &t[1], &t[3]));
    float *host = malloc(bal_shape_size(out->shape) * sizeof *host);
    assert_non_null(host);
    MUST(bal_tensor_read(out, host));
    for (int i = 0; i < 4; i++) bal_tensor_free(&t[i]);
    bal_convolution_free(op);
    return host;
}

static size_t size_of(const bal_conv_geometry *g, bal_conv_pass pass)
{
    size_t weights = (size_t)(g->kernel[0] * g->kernel[1] * (g->x.c / g->groups) * g->y.c);
    return pass == BAL_CONV_FORWARD      ? bal_shape_size(g->y)
           : pass == BAL_CONV_BACKWARD_X ? bal_shape_size(g->x)
                                         : weights;
}

static int compare_variants(const bal_conv_geometry *g, const bal_convolution *rule, bal_conv_pass pass)
{
    bal_variants v;
    int          same = 0;
    bal_convolution_variants(&v, rule, pass);
    float *first = run_variant(g, rule, pass, v.list[0]);
    for (int i = 1; i < v.count; i++) {
        if (!v.list[i].same) continue;
        float *other = run_variant(g, rule, pass, v.list[i]);
        if (memcmp(first, other, size_of(g, pass) * sizeof *first) != 0)
            fail_msg("%s gives other bits than %s", v.list[i].name, v.list[0].name);
        same++;
        free(other);
    }
    free(first);
    return same;
}

/* What may be chosen by a timing gives the same bits. */
static void test_same_bits(void **state)
{
    (void)state;
    int             cases, same = 0;
    const geometry *q = varied_geometries(&cases);
    for (int c = 0; c < cases; c++) {
        bal_conv_geometry g = geometry_of(&q[c]);
        bal_convolution  *rule;
        MUST(bal_convolution_init(&rule, dev, &g));
        for (int pass = 0; pass < 3; pass++) same += compare_variants(&g, rule, (bal_conv_pass)pass);
        bal_convolution_free(rule);
    }
    bal_plan_clear(dev);
    assert_true(same > 0);
    print_message("%d variants with the bits of the rule's\n", same);
}

/* A device that was asked for accuracy takes small tiles, and their error is that of the plain sum. */
static void test_strict(void **state)
{
    (void)state;
    static const geometry q = {2, 16, 16, 32, 32, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1};
    bal_device           *fast = dev, *strict;
    bal_conv_geometry     g = {{2, 16, 16, 32}, {2, 16, 16, 32}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, false, false};
    MUST(bal_device_open(&strict, &(bal_device_settings){.kernels = "cpu", .strict = true}));
    for (int i = 0; i < 2; i++) {
        bal_convolution *op;
        dev = i ? strict : fast;
        MUST(bal_convolution_init(&op, dev, &g));
        for (int pass = 0; pass < 3; pass++)
            assert_memory_equal(bal_convolution_algorithm(op, (bal_conv_pass)pass),
                                i ? "winograd F(2,3)" : "winograd F(4,3)", 15);
        bal_convolution_free(op);
    }
    worst = 0;
    check(&q, false);
    print_message("relative error at most %.2g\n", worst);
    assert_true(worst < 6e-7);
    dev = fast;
    bal_device_close(strict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometries), cmocka_unit_test(test_two_axes), cmocka_unit_test(test_larger),
        cmocka_unit_test(test_winograd),   cmocka_unit_test(test_variants), cmocka_unit_test(test_same_bits),
    };
    const struct CMUnitTest cpu_tests[] = {cmocka_unit_test(test_strict)};
    bal_test_devices        devices;
    int                     failed = 0;
    if (bal_test_devices_open(&devices) != BAL_OK) {
        print_error("%s\n", bal_error());
        return 1;
    }
    for (int i = 0; i < devices.count; i++) {
        dev = devices.dev[i];
        print_message("ops/convolution, %s\n", bal_test_class(dev));
        failed += cmocka_run_group_tests_name("ops/convolution", tests, NULL, NULL);
        if (bal_device_class(dev) == BAL_CPU)
            failed += cmocka_run_group_tests_name("ops/convolution, accuracy", cpu_tests, NULL, NULL);
    }
    bal_test_devices_close(&devices);
    return failed != 0;
}
