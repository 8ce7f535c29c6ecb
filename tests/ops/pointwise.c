/* pointwise -- averages, clamps and clip factors against double precision, on both kernel classes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "ballast/pointwise.h"
#include "guarded.h"

enum { MOST = 1003 };
static const int counts[] = {1, 15, 16, 17, MOST};

static void test_average(void **state)
{
    (void)state;
    static float average[MOST], w[MOST];
    bal_test_random(average, NULL, MOST, 1, 1);
    bal_test_random(w, NULL, MOST, 1, 2);
    for (int d = 0; d < bal_test_all.count; d++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            bal_guarded a, b;
            MUST(bal_guarded_init(&a, bal_test_all.dev[d], (bal_shape){1, 1, 1, counts[i]}, average));
            MUST(bal_guarded_init(&b, bal_test_all.dev[d], (bal_shape){1, 1, 1, counts[i]}, w));
            MUST(bal_average(&a.t, &b.t, 0.999));
            assert_true(bal_guarded_read(&a) && bal_guarded_read(&b));
            for (int k = 0; k < counts[i]; k++)
                assert_true(fabs((double)a.host[k] - (0.999 * (double)average[k] + 0.001 * (double)w[k])) < 2e-7);
            bal_guarded_free(&a);
            bal_guarded_free(&b);
        }
}

/* Two pairs of other sizes at once. */
static void test_average_both(void **state)
{
    (void)state;
    static float average[MOST], w[MOST];
    bal_test_random(average, NULL, MOST, 1, 1);
    bal_test_random(w, NULL, MOST, 1, 2);
    for (int d = 0; d < bal_test_all.count; d++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            bal_guarded a[2], b[2];
            int         size[2] = {counts[i], counts[sizeof counts / sizeof *counts - 1 - i]};
            for (int p = 0; p < 2; p++) {
                MUST(bal_guarded_init(&a[p], bal_test_all.dev[d], (bal_shape){1, 1, 1, size[p]}, average));
                MUST(bal_guarded_init(&b[p], bal_test_all.dev[d], (bal_shape){1, 1, 1, size[p]}, w));
            }
            MUST(bal_average_both((const bal_tensor *[]){&a[0].t, &a[1].t}, (const bal_tensor *[]){&b[0].t, &b[1].t},
                                  0.999));
            for (int p = 0; p < 2; p++) {
                assert_true(bal_guarded_read(&a[p]) && bal_guarded_read(&b[p]));
                for (int k = 0; k < size[p]; k++) {
                    double right = 0.999 * (double)average[k] + 0.001 * (double)w[k];
                    assert_true(fabs((double)a[p].host[k] - right) < 2e-7);
                }
                bal_guarded_free(&a[p]);
                bal_guarded_free(&b[p]);
            }
        }
}

static void test_clamp(void **state)
{
    (void)state;
    static float w[MOST];
    bal_test_random(w, NULL, MOST, 1, 3);
    w[0] = NAN;
    for (int d = 0; d < bal_test_all.count; d++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            bal_guarded g;
            MUST(bal_guarded_init(&g, bal_test_all.dev[d], (bal_shape){1, 1, 1, counts[i]}, w));
            MUST(bal_clamp(&g.t, 0.5F));
            assert_true(bal_guarded_read(&g));
            assert_true(isnan(g.host[0]));
            for (int k = 1; k < counts[i]; k++) assert_true(g.host[k] == fminf(fmaxf(w[k], -0.5F), 0.5F));
            bal_guarded_free(&g);
        }
}

static void test_join(void **state)
{
    (void)state;
    static float a[MOST], b[MOST];
    bal_test_random(a, NULL, MOST, 1, 4);
    bal_test_random(b, NULL, MOST, 1, 5);
    for (int d = 0; d < bal_test_all.count; d++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            int         n[2] = {counts[i], counts[(i + 2) % 5]};
            bal_guarded x[2], y;
            MUST(bal_guarded_init(&x[0], bal_test_all.dev[d], (bal_shape){1, 1, 1, n[0]}, a));
            MUST(bal_guarded_init(&x[1], bal_test_all.dev[d], (bal_shape){1, 1, 1, n[1]}, b));
            MUST(bal_guarded_init(&y, bal_test_all.dev[d], (bal_shape){1, 1, 1, n[0] + n[1]}, NULL));
            MUST(bal_join(&y.t, &x[0].t, &x[1].t));
            assert_true(bal_guarded_read(&x[0]) && bal_guarded_read(&x[1]) && bal_guarded_read(&y));
            assert_memory_equal(y.host, a, (size_t)n[0] * sizeof *a);
            assert_memory_equal(y.host + n[0], b, (size_t)n[1] * sizeof *b);
            for (int k = 0; k < 2; k++) bal_guarded_free(&x[k]);
            bal_guarded_free(&y);
        }
}

static void test_exchange(void **state)
{
    (void)state;
    static float was[2][MOST];
    bal_test_random(was[0], NULL, MOST, 1, 6);
    bal_test_random(was[1], NULL, MOST, 1, 7);
    for (int d = 0; d < bal_test_all.count; d++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            bal_guarded x[2];
            for (int k = 0; k < 2; k++)
                MUST(bal_guarded_init(&x[k], bal_test_all.dev[d], (bal_shape){1, 1, 1, counts[i]}, was[k]));
            MUST(bal_exchange(&x[0].t, &x[1].t));
            for (int k = 0; k < 2; k++) {
                assert_true(bal_guarded_read(&x[k]));
                assert_memory_equal(x[k].host, was[1 - k], (size_t)counts[i] * sizeof(float));
                bal_guarded_free(&x[k]);
            }
        }
}

static void test_clip_factor(void **state)
{
    (void)state;
    float norms[] = {0, 0.5F, 2, NAN, INFINITY};
    for (int d = 0; d < bal_test_all.count; d++)
        for (int i = 0; i < 5; i++) {
            bal_guarded factor, figures;
            MUST(bal_guarded_init(&factor, bal_test_all.dev[d], (bal_shape){1, 1, 1, 1}, NULL));
            MUST(bal_guarded_init(&figures, bal_test_all.dev[d], (bal_shape){1, 1, 1, 5}, norms));
            MUST(bal_clip_factor(&factor.t, &figures.t, i, 1));
            assert_true(bal_guarded_read(&factor) && bal_guarded_read(&figures));
            if (i == 3) assert_true(isnan(factor.host[0]));
            else assert_true(fabs((double)factor.host[0] - fmin(1, 1 / ((double)norms[i] + 1e-6))) < 1e-7);
            bal_guarded_free(&factor);
            bal_guarded_free(&figures);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_average),     cmocka_unit_test(test_average_both),
                                       cmocka_unit_test(test_clamp),       cmocka_unit_test(test_join),
                                       cmocka_unit_test(test_clip_factor), cmocka_unit_test(test_exchange)};
    return cmocka_run_group_tests(tests, bal_test_setup, bal_test_teardown);
}
