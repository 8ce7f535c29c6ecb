/* init -- bounds and moments of every scheme, orthogonality, repeatability. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/init.h"

enum { SIZE = 3 * 3 * 64 * 96 };
static float out[SIZE], again[SIZE];

static bal_weight weight(bal_role role)
{
    bal_weight w = {"weight", {3, 3, 64, 96}, role, BAL_OIHW, 576, 864, 0.25F, {0}, {0}, 0};
    return w;
}

typedef struct {
    double mean, deviation, least, most;
} moments;

static moments measure(const float *x, size_t n)
{
    moments m = {0, 0, 1e30, -1e30};
    for (size_t i = 0; i < n; i++) {
        m.mean += (double)x[i] / (double)n;
        m.least = fmin(m.least, (double)x[i]);
        m.most = fmax(m.most, (double)x[i]);
    }
    for (size_t i = 0; i < n; i++) m.deviation += pow((double)x[i] - m.mean, 2) / (double)n;
    m.deviation = sqrt(m.deviation);
    return m;
}

static moments fill(bal_role role, bal_init scheme)
{
    bal_weight w = weight(role);
    bal_stream s = bal_stream_for(1, BAL_FOR_INIT, 2, 3);
    for (int i = 0; i < SIZE; i++) out[i] = NAN;
    assert_int_equal(bal_init_fill(out, &w, scheme, &s), BAL_OK);
    return measure(out, SIZE);
}

static void check_uniform(moments m, double bound)
{
    double sigma = bound / sqrt(3);
    assert_true(fabs(m.mean) < 5 * sigma / sqrt(SIZE));
    assert_true(fabs(m.deviation / sigma - 1) < 0.01);
    assert_true(m.least >= -bound && m.least < -0.999 * bound && m.most <= bound && m.most > 0.999 * bound);
}

static void check_normal(moments m, double mean, double sigma)
{
    assert_true(fabs(m.mean - mean) < 5 * sigma / sqrt(SIZE));
    assert_true(fabs(m.deviation / sigma - 1) < 0.015);
    assert_true(m.most - mean > 3.5 * sigma && m.most - mean < 6.5 * sigma);
}

static void check_constant(moments m, double v) { assert_true(m.least == v && m.most == v); }

static void test_kernels(void **state)
{
    (void)state;
    check_uniform(fill(BAL_KERNEL, BAL_INIT_PYTORCH), 1 / sqrt(576));
    check_normal(fill(BAL_KERNEL, BAL_INIT_HE), 0, sqrt(2 / 576.0));
    check_uniform(fill(BAL_KERNEL, BAL_INIT_XAVIER), sqrt(6 / (576.0 + 864)));
    check_normal(fill(BAL_KERNEL, BAL_INIT_DCGAN), 0, 0.02);
}

static void test_others(void **state)
{
    (void)state;
    check_uniform(fill(BAL_BIAS, BAL_INIT_PYTORCH), 1 / sqrt(576));
    check_normal(fill(BAL_SCALE, BAL_INIT_DCGAN), 1, 0.02);
    for (bal_init s = BAL_INIT_PYTORCH; s <= BAL_INIT_ORTHOGONAL; s++) {
        if (s != BAL_INIT_PYTORCH) check_constant(fill(BAL_BIAS, s), 0);
        if (s != BAL_INIT_DCGAN) check_constant(fill(BAL_SCALE, s), 1);
        check_constant(fill(BAL_SHIFT, s), 0);
        check_constant(fill(BAL_STATE, s), 0.25);
    }
}

/* |A^T A - 1| over the shorter side of [rows][columns]. */
static double departure(const float *a, int rows, int columns)
{
    bool   tall = rows >= columns;
    int    count = tall ? columns : rows, n = tall ? rows : columns;
    double worst = 0;
    for (int i = 0; i < count; i++)
        for (int j = 0; j <= i; j++) {
            double sum = 0;
            for (int k = 0; k < n; k++)
                sum += tall ? (double)a[k * columns + i] * (double)a[k * columns + j]
                            : (double)a[i * columns + k] * (double)a[j * columns + k];
            worst = fmax(worst, fabs(sum - (i == j)));
        }
    return worst;
}

static void test_orthogonal(void **state)
{
    (void)state;
    bal_shape  shapes[] = {{3, 3, 64, 96}, {1, 1, 7, 96}, {1, 1, 64, 64}, {1, 1, 5, 1}, {1, 1, 1, 5}, {4, 4, 3, 50}};
    bal_stream s = bal_stream_for(1, BAL_FOR_INIT, 2, 3);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        bal_weight w = weight(BAL_KERNEL);
        w.shape = shapes[i];
        assert_int_equal(bal_init_fill(out, &w, BAL_INIT_ORTHOGONAL, &s), BAL_OK);
        assert_true(departure(out, w.shape.n * w.shape.h * w.shape.w, w.shape.c) < 1e-6);
    }
}

static void test_keyed_by_the_stream(void **state)
{
    (void)state;
    bal_weight w = weight(BAL_KERNEL);
    bal_stream s = bal_stream_for(1, BAL_FOR_INIT, 2, 4);
    for (bal_init scheme = BAL_INIT_PYTORCH; scheme <= BAL_INIT_ORTHOGONAL; scheme++) {
        fill(BAL_KERNEL, scheme);
        memcpy(again, out, sizeof out);
        fill(BAL_KERNEL, scheme);
        assert_memory_equal(out, again, sizeof out);
        assert_int_equal(bal_init_fill(again, &w, scheme, &s), BAL_OK);
        assert_true(memcmp(out, again, sizeof out) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kernels), cmocka_unit_test(test_others),
                                       cmocka_unit_test(test_orthogonal), cmocka_unit_test(test_keyed_by_the_stream)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
