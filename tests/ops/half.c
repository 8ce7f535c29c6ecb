/* half -- fp16 on the host, and convolutions whose maps are stored so, against sums in double precision: what is stored
 * may be off by half a unit of its last place, and by the error of a sum in floats. GPU class. */
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
#include "ballast/reduce.h"
#include "guarded.h"
#include "ops/convolution_class.h"

static bal_device *dev;

/* ---- the format ------------------------------------------------------------------------------------------------- */

static void test_format(void **state)
{
    (void)state;
    static const struct {
        float    value;
        uint16_t half;
    } known[] = {{0, 0},
                 {1, 0x3C00},
                 {-2, 0xC000},
                 {65504, 0x7BFF},
                 {65519, 0x7BFF},
                 {65520, 0x7C00},
                 {1e30F, 0x7C00},
                 {0x1p-24F, 1},
                 {0x1p-25F, 0},
                 {0x1.8p-25F, 1},
                 {0x1p-14F, 0x0400},
                 {0x1.ff8p-15F, 0x03FF},
                 {0x1.ffcp-15F, 0x0400},
                 {1.0F + 0x1p-11F, 0x3C00},
                 {1.0F + 0x1.8p-10F, 0x3C02},
                 {0.33325195F, 0x3555}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(bal_half_of(known[i].value), known[i].half);
    for (int h = 0; h < 0x10000; h++) {
        float v = bal_half_value((uint16_t)h);
        if (isnan(v)) assert_true((h & 0x7FFF) > 0x7C00 && (bal_half_of(v) & 0x7FFF) > 0x7C00);
        else assert_int_equal(bal_half_of(v), h);
    }
}

/* ---- the passes ------------------------------------------------------------------------------------------------- */

typedef struct {
    bal_shape  shape;
    size_t     size;
    float     *host;
    double    *sum, *spread; /* in double; of magnitudes */
    bal_tensor t;
} map;

static uint32_t seed = 7;
static bool     halved_weights;

static void map_init(map *m, bal_shape s, bool half)
{
    *m = (map){.shape = s, .size = bal_shape_size(s)};
    m->host = malloc(m->size * sizeof *m->host);
    m->sum = calloc(m->size, sizeof *m->sum);
    m->spread = calloc(m->size, sizeof *m->spread);
    assert_true(m->host && m->sum && m->spread);
    MUST(bal_tensor_init(&m->t, dev, s));
    m->t.half = half;
    for (size_t i = 0; i < m->size; i++) {
        seed = seed * 1664525U + 1013904223U;
        float v = (float)(seed >> 8) / 8388608.0F - 1.0F;
        m->host[i] = half || halved_weights ? bal_half_value(bal_half_of(v)) : v;
    }
    MUST(bal_tensor_write(&m->t, m->host));
}

static void map_free(map *m)
{
    bal_tensor_free(&m->t);
    free(m->host);
    free(m->sum);
    free(m->spread);
}

static void add(map *to, size_t i, double term)
{
    to->sum[i] += term;
    to->spread[i] += fabs(term);
}

static size_t at(bal_shape s, int n, int h, int w, int c)
{
    return (((size_t)n * (size_t)s.h + (size_t)h) * (size_t)s.w + (size_t)w) * (size_t)s.c + (size_t)c;
}

/* y = x * w, dx = dy * w, dw = x * dy for one tap of one pixel. */
static void tap(const bal_conv_geometry *g, map m[3], const int p[3], int ky, int kx)
{
    map *x = &m[0], *y = &m[1], *w = &m[2];
    int  iy = p[1] * g->stride[0] - g->pad[0] + ky * g->dilation[0];
    int  ix = p[2] * g->stride[1] - g->pad[1] + kx * g->dilation[1], depth = g->x.c / g->groups;
    if (iy < 0 || iy >= g->x.h || ix < 0 || ix >= g->x.w) return;
    for (int k = 0; k < g->y.c; k++)
        for (int d = 0; d < depth; d++) {
            size_t i = at(g->x, p[0], iy, ix, k / (g->y.c / g->groups) * depth + d), j = at(g->y, p[0], p[1], p[2], k);
            size_t v = at(w->shape, ky, kx, d, k);
            add(y, j, (double)x->host[i] * (double)w->host[v]);
            add(x, i, (double)y->host[j] * (double)w->host[v]);
            add(w, v, (double)x->host[i] * (double)y->host[j]);
        }
}

static void reference(const bal_conv_geometry *g, map m[3])
{
    for (int n = 0; n < g->y.n; n++)
        for (int y = 0; y < g->y.h; y++)
            for (int x = 0; x < g->y.w; x++)
                for (int k = 0; k < g->kernel[0] * g->kernel[1]; k++)
                    tap(g, m, (int[]){n, y, x}, k / g->kernel[1], k % g->kernel[1]);
}

static void compare(const map *m, const char *pass)
{
    const double place = m->t.half ? 0x1p-11 : 0x1p-24, least = m->t.half ? 0x1p-25 : 0;
    float       *got = malloc(m->size * sizeof *got);
    assert_non_null(got);
    MUST(bal_tensor_read(&m->t, got));
    for (size_t i = 0; i < m->size; i++) {
        double off = fabs((double)got[i] - m->sum[i]), bound = place * fabs(m->sum[i]) + 2e-6 * m->spread[i] + least;
        if (!(off <= bound)) fail_msg("%s: element %zu is %g, not %g", pass, i, (double)got[i], m->sum[i]);
    }
    free(got);
}

static void check(bal_conv_geometry g)
{
    map              m[3];
    bal_convolution *op;
    bal_tensor       scratch = {0};
    map_init(&m[0], g.x, g.half_x);
    map_init(&m[1], g.y, g.half_y);
    map_init(&m[2], (bal_shape){g.kernel[0], g.kernel[1], g.x.c / g.groups, g.y.c}, false);
    reference(&g, m);
    MUST(bal_convolution_init(&op, dev, &g));
    size_t floats = bal_convolution_scratch(op);
    if (floats) MUST(bal_tensor_init(&scratch, dev, (bal_shape){1, 1, 1, (int)floats}));
    MUST(bal_convolution_forward(op, &m[1].t, &m[0].t, &m[2].t, NULL, &scratch));
    compare(&m[1], "forward");
    MUST(bal_tensor_write(&m[1].t, m[1].host));
    MUST(bal_convolution_backward_x(op, &m[0].t, &m[1].t, &m[2].t, NULL, &scratch));
    compare(&m[0], "backward_x");
    MUST(bal_tensor_write(&m[0].t, m[0].host));
    MUST(bal_tensor_fill(&m[2].t, 0));
    MUST(bal_convolution_backward_w(op, &m[2].t, &m[0].t, &m[1].t, &scratch));
    compare(&m[2], "backward_w");
    bal_tensor_free(&scratch);
    bal_convolution_free(op);
    for (int i = 0; i < 3; i++) map_free(&m[i]);
}

static const bal_conv_geometry geometries[] = {
    {{2, 6, 7, 8}, {2, 6, 7, 12}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, true, true},
    {{2, 8, 6, 3}, {2, 4, 3, 20}, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1, false, true},
    {{3, 4, 4, 20}, {3, 2, 2, 7}, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1, true, true},
    {{2, 5, 5, 16}, {2, 5, 5, 8}, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1, true, true},
    {{2, 4, 4, 12}, {2, 1, 1, 1}, {4, 4}, {1, 1}, {0, 0}, {1, 1}, 1, true, false},
    {{2, 7, 5, 6}, {2, 7, 5, 6}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 6, true, true},
    {{1, 9, 9, 10}, {1, 5, 5, 6}, {3, 3}, {2, 2}, {2, 2}, {2, 2}, 2, true, true},
    {{2, 4, 4, 256}, {2, 2, 2, 136}, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1, true, true}, /* in parts */
};

static void test_convolution(void **state)
{
    (void)state;
    int count = sizeof geometries / sizeof *geometries;
    for (int i = 0; i < (bal_test_small() ? 3 : count); i++) check(geometries[i]);
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

static void test_variants(void **state)
{
    (void)state;
    for (int c = 0; c < (bal_test_small() ? 0 : 3); c += 2) {
        bal_convolution *rule;
        bal_plan_clear(dev);
        MUST(bal_convolution_init(&rule, dev, &geometries[c]));
        for (int i = 0; plan_variant(rule, i); i++) check(geometries[c]);
        bal_convolution_free(rule);
    }
    bal_plan_clear(dev);
}

/* The fragments of tensor cores, multiplied in software: sums of products of halves are exact but for the sum itself,
 * where weights are halves too. */
static void test_tensor_cores(void **state)
{
    (void)state;
    static const bal_conv_geometry cases[] = {
        {{2, 6, 7, 8}, {2, 6, 7, 12}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, true, true},
        {{3, 4, 4, 20}, {3, 2, 2, 7}, {4, 4}, {2, 2}, {1, 1}, {1, 1}, 1, true, true},
        {{1, 9, 13, 20}, {1, 9, 13, 140}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1, true, true},
    };
    if (bal_test_small()) skip();
    bal_conv_gpu_emulate(true);
    halved_weights = true;
    for (int c = 0; c < 3; c++) {
        bal_convolution *rule;
        bal_plan_clear(dev);
        MUST(bal_convolution_init(&rule, dev, &cases[c]));
        for (int pass = 0; pass < 3; pass++) {
            char key[192];
            bal_convolution_key(key, rule, (bal_conv_pass)pass);
            MUST(bal_plan_set(dev, key, "tensor cores"));
        }
        bal_convolution_free(rule);
        MUST(bal_convolution_init(&rule, dev, &cases[c]));
        for (int pass = 0; pass < 3; pass++)
            assert_string_equal(bal_convolution_algorithm(rule, (bal_conv_pass)pass), "tensor cores");
        bal_convolution_free(rule);
        check(cases[c]);
    }
    bal_plan_clear(dev);
    bal_conv_gpu_emulate(false);
    halved_weights = false;
}

/* Halves are added up in floats: their sum is far beyond what a half can count. */
static void test_column_sum(void **state)
{
    (void)state;
    map        m;
    bal_tensor sum, scratch = {0};
    map_init(&m, (bal_shape){8, 17, 19, 5}, true);
    size_t floats = bal_column_scratch(dev, 8 * 17 * 19, 5);
    if (floats) MUST(bal_tensor_init(&scratch, dev, (bal_shape){1, 1, 1, (int)floats}));
    MUST(bal_tensor_init(&sum, dev, (bal_shape){1, 1, 1, 5}));
    MUST(bal_column_sum(&sum, &m.t, false, &scratch));
    float  got[5];
    double want[5] = {0};
    MUST(bal_tensor_read(&sum, got));
    for (size_t i = 0; i < m.size; i++) want[i % 5] += (double)m.host[i];
    for (int i = 0; i < 5; i++) assert_true(fabs((double)got[i] - want[i]) < 1e-4);
    bal_tensor_free(&sum);
    bal_tensor_free(&scratch);
    map_free(&m);
}

static int open_device(void **state)
{
    (void)state;
    return bal_device_open(&dev, &(bal_device_settings){.kernels = "gpu"}) == BAL_OK ? 0 : -1;
}

static int close_device(void **state)
{
    (void)state;
    bal_device_close(dev);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),       cmocka_unit_test(test_convolution), cmocka_unit_test(test_variants),
        cmocka_unit_test(test_tensor_cores), cmocka_unit_test(test_column_sum),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
