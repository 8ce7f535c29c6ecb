/* gemm -- products against double precision in both classes of kernels: the four ways of storing A and B, sizes around
 * the tiles, bias, beta. BAL_TEST_SMALL=1 keeps a few small ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <clblast_c.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/gemm.h"
#include "ballast/tune.h"
#include "guarded.h"
#include "ops/tile.h"

static bal_device *dev;

/* Mesa's llvmpipe ends every loop once a work-item has turned 65535 times in all of its loops
 * (LP_MAX_TGSI_LOOP_ITERATIONS there): sizes beyond the small ones come out wrong in the CPU class, whose work-items do
 * much. In the GPU class they take minutes there. */
static bool small(void) { return strstr(bal_device_describe(dev)->name, "llvmpipe") || bal_test_small(); }

static uint32_t seed;
static float    number(bool whole)
{
    seed = seed * 1664525U + 1013904223U;
    return whole ? (float)((int)(seed >> 16) % 7 - 3) : (float)(seed >> 8) / 8388608.0F - 1.0F;
}

/* A tensor within a larger one that is NaN otherwise, and what was written to it. */
typedef struct {
    bal_tensor all, t;
    float     *host;
    size_t     size;
} guarded;

static void guarded_init(guarded *g, size_t size, bool whole)
{
    *g = (guarded){.size = size, .host = malloc(size * sizeof(float))};
    assert_non_null(g->host);
    for (size_t i = 0; i < size; i++) g->host[i] = number(whole);
    MUST(bal_tensor_init(&g->all, dev, (bal_shape){1, 1, 1, (int)bal_align(size) + 2 * BAL_ALIGN}));
    MUST(bal_tensor_view(&g->t, &g->all, BAL_ALIGN, (bal_shape){1, 1, 1, (int)size}));
    MUST(bal_tensor_fill(&g->all, NAN));
    MUST(bal_tensor_write(&g->t, g->host));
}

static void guarded_check(const guarded *g)
{
    size_t all = bal_shape_size(g->all.shape);
    float *host = malloc(all * sizeof *host);
    assert_non_null(host);
    MUST(bal_tensor_read(&g->all, host));
    for (size_t i = 0; i < all; i++)
        if (i < BAL_ALIGN || i >= BAL_ALIGN + g->size) assert_true(isnan(host[i]));
    free(host);
}

static void guarded_free(guarded *g)
{
    bal_tensor_free(&g->t);
    bal_tensor_free(&g->all);
    free(g->host);
}

/* ---- one product ------------------------------------------------------------------------------------------------ */

typedef struct {
    int  m, n, k;
    bool trans_a, trans_b, bias, add, whole;
} product;

static double worst;

static double element(const product *p, const guarded *a, const guarded *b, int i, int j)
{
    double sum = 0;
    for (int l = 0; l < p->k; l++) {
        size_t at_a = p->trans_a ? (size_t)l * (size_t)p->m + (size_t)i : (size_t)i * (size_t)p->k + (size_t)l;
        size_t at_b = p->trans_b ? (size_t)j * (size_t)p->k + (size_t)l : (size_t)l * (size_t)p->n + (size_t)j;
        sum += (double)a->host[at_a] * (double)b->host[at_b];
    }
    return sum;
}

static void compare(const product *p, const guarded *a, const guarded *b, const guarded *bias, const guarded *c,
                    const float *got)
{
    double error = 0, norm = 1e-30;
    for (int i = 0; i < p->m; i++)
        for (int j = 0; j < p->n; j++) {
            size_t at = (size_t)i * (size_t)p->n + (size_t)j;
            double want =
                element(p, a, b, i, j) + (p->bias ? (double)bias->host[j] : 0) + (p->add ? (double)c->host[at] : 0);
            double off = (double)got[at] - want;
            if (isnan(off) || (p->whole && off != 0))
                fail_msg("%d x %d x %d (%d%d): element %d %d is %g, not %g", p->m, p->n, p->k, p->trans_a, p->trans_b,
                         i, j, (double)got[at], want);
            error += off * off;
            norm += want * want;
        }
    error = sqrt(error / norm);
    if (error > worst) worst = error;
    if (error > 3e-6) fail_msg("%d x %d x %d: relative error %g", p->m, p->n, p->k, error);
}

/* Into `got`: from NaN, or added to what c's host holds. */
static void run(const bal_gemm *g, const product *p, guarded *c, const bal_tensor *a, const bal_tensor *b,
                const bal_tensor *bias, guarded *scratch, float *got)
{
    int mnk[3] = {p->m, p->n, p->k};
    MUST(bal_tensor_fill(&c->all, NAN));
    MUST(bal_tensor_fill(&scratch->all, NAN));
    if (p->add) MUST(bal_tensor_write(&c->t, c->host));
    MUST(bal_gemm_run(g, &c->t, a, b, p->bias ? bias : NULL, mnk, p->add ? 1 : 0, &scratch->t));
    MUST(bal_tensor_read(&c->t, got));
    guarded_check(c);
    guarded_check(scratch);
}

static void check(const product *p)
{
    guarded  a, b, c, bias, scratch;
    bal_gemm g;
    size_t   size = (size_t)p->m * (size_t)p->n;
    float   *got = malloc(size * sizeof *got), *again = malloc(size * sizeof *again);
    assert_true(got && again);
    MUST(bal_gemm_init(&g, dev, p->trans_a, p->trans_b));
    guarded_init(&a, (size_t)p->m * (size_t)p->k, p->whole);
    guarded_init(&b, (size_t)p->k * (size_t)p->n, p->whole);
    guarded_init(&c, size, p->whole);
    guarded_init(&bias, (size_t)p->n, p->whole);
    guarded_init(&scratch, bal_gemm_scratch(&g, p->m, p->n, p->k) + 1, false);
    run(&g, p, &c, &a.t, &b.t, &bias.t, &scratch, got);
    run(&g, p, &c, &a.t, &b.t, &bias.t, &scratch, again);
    assert_memory_equal(got, again, size * sizeof *got);
    compare(p, &a, &b, &bias, &c, got);
    guarded_free(&a);
    guarded_free(&b);
    guarded_free(&c);
    guarded_free(&bias);
    guarded_free(&scratch);
    free(got);
    free(again);
}

/* Both ways of storing A and B, with and without bias and what was there, whole numbers and others. */
static void check_all(int m, int n, int k)
{
    for (unsigned bits = 0; bits < 32; bits++) {
        product p = {m, n, k, bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1, bits >> 4 & 1};
        check(&p);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    static const int sizes[][3] = {{1, 1, 1},    {1, 33, 7},    {7, 1, 5},     {8, 32, 16},  {9, 31, 17},
                                   {6, 16, 3},   {13, 48, 1},   {64, 4, 70},   {65, 64, 9},  {130, 96, 5},
                                   {72, 33, 40}, {33, 130, 64}, {17, 3, 4097}};
    for (size_t i = 0; i < (small() ? 2 : sizeof sizes / sizeof *sizes); i++)
        check_all(sizes[i][0], sizes[i][1], sizes[i][2]);
    print_message("relative error at most %.2g\n", worst);
}

/* Sums longer than one block of k, and many tiles. */
static void test_long_sums(void **state)
{
    (void)state;
    if (small()) skip();
    check_all(9, 20, 4500);
    check_all(300, 70, 65);
}

/* Register tiles by the device's plan; of other devices too. */
static void test_tiles(void **state)
{
    (void)state;
    static const char *const keys[] = {"cpu gemm nn", "cpu gemm nt", "cpu gemm tn", "cpu gemm tt"};
    bal_tile                 tile;
    char                     name[32];
    if (small()) skip();
    for (int t = 1; bal_tile_try(&tile, dev, 32, t); t++) {
        bal_gemm g;
        snprintf(name, sizeof name, "%dx%d", tile.rows, 16 * tile.vectors);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) MUST(bal_plan_set(dev, keys[i], name));
        MUST(bal_gemm_init(&g, dev, false, true));
        assert_true(bal_device_class(dev) != BAL_CPU || (g.rows == tile.rows && g.vectors == tile.vectors));
        check_all(29, 83, 31);
    }
    bal_plan_clear(dev);
}

/* CLBlast on padded copies, as it works on large products: here on small ones, in our scratch, also for one size of
 * scratch and a smaller product. */
static void test_clblast_padded(void **state)
{
    const char      *name = "XGEMM_MIN_INDIRECT_SIZE";
    size_t           least = 1;
    cl_command_queue queue = bal_device_queue(dev);
    cl_device_id     id;
    bal_gemm         g;
    (void)state;
    if (small()) skip();
    assert_int_equal(clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof id, &id, NULL), CL_SUCCESS);
    assert_int_equal(CLBlastOverrideParameters(id, "GemmRoutine", CLBlastPrecisionSingle, 1, &name, &least),
                     CLBlastSuccess);
    MUST(bal_gemm_init(&g, dev, false, false));
    assert_true(bal_gemm_scratch(&g, 7, 5, 3) > 0);
    for (int n = 1; n < 200; n++) assert_true(bal_gemm_scratch(&g, n + 1, 64, 32) >= bal_gemm_scratch(&g, n, 64, 32));
    check_all(7, 5, 3);
    check_all(64, 64, 32);
    check_all(65, 70, 40);
    least = 1024;
    assert_int_equal(CLBlastOverrideParameters(id, "GemmRoutine", CLBlastPrecisionSingle, 1, &name, &least),
                     CLBlastSuccess);
}

/* What CLBlast queues is counted and stands in the profile, under our name. */
static void test_clblast_profile(void **state)
{
    const bal_launch_record *records;
    bal_tensor               t;
    bal_gemm                 g;
    int                      count;
    (void)state;
    MUST(bal_tensor_init(&t, dev, (bal_shape){1, 3, 16, 16}));
    MUST(bal_gemm_init(&g, dev, false, true));
    bal_device_counts before = bal_device_count(dev);
    bal_device_profile(dev, true);
    MUST(bal_gemm_run(&g, &t, &t, &t, NULL, (int[3]){8, 8, 8}, 0, NULL));
    bal_device_profile(dev, false);
    MUST(bal_device_records(dev, &records, &count));
    assert_int_equal(count, 1);
    assert_string_equal(records[0].kernel, "clblast_sgemm");
    assert_true(records[0].end >= records[0].start);
    assert_int_equal(bal_device_count(dev).launches, before.launches + 1);
    assert_int_equal(bal_device_count(dev).allocations, before.allocations);
    bal_tensor_free(&t);
}

/* A buffer smaller than its tensor says: CLBlast finds it, and its code comes in words. */
static void test_clblast_fault(void **state)
{
    bal_tensor t, lying;
    bal_gemm   g;
    char       want[300];
    (void)state;
    MUST(bal_tensor_init(&t, dev, (bal_shape){1, 1, 1, 4}));
    MUST(bal_gemm_init(&g, dev, false, false));
    lying = t;
    lying.shape.c = 1 << 20;
    assert_int_equal(bal_gemm_run(&g, &lying, &lying, &lying, NULL, (int[3]){8, 8, 8}, 0, &lying), BAL_ECL);
    snprintf(want, sizeof want, "CLBlast, product 8x8x8 on %s: InsufficientMemoryA (-1011)",
             bal_device_describe(dev)->name);
    assert_string_equal(bal_error(), want);
    bal_tensor_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_long_sums),
    };
    const struct CMUnitTest cpu_tests[] = {cmocka_unit_test(test_tiles)};
    const struct CMUnitTest gpu_tests[] = {
        cmocka_unit_test(test_clblast_fault),
        cmocka_unit_test(test_clblast_profile),
        cmocka_unit_test(test_clblast_padded),
    };
    bal_test_devices devices;
    int              failed = 0;
    if (bal_test_devices_open(&devices) != BAL_OK) {
        print_error("%s\n", bal_error());
        return 1;
    }
    for (int i = 0; i < devices.count; i++) {
        dev = devices.dev[i];
        print_message("ops/gemm, %s\n", bal_test_class(dev));
        failed += cmocka_run_group_tests_name("ops/gemm", tests, NULL, NULL);
        failed += bal_device_class(dev) == BAL_CPU
                      ? cmocka_run_group_tests_name("ops/gemm, tiles", cpu_tests, NULL, NULL)
                      : cmocka_run_group_tests_name("ops/gemm, CLBlast", gpu_tests, NULL, NULL);
    }
    bal_test_devices_close(&devices);
    return failed != 0;
}
