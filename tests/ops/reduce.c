/* reduce -- column sums, norms and additions against double precision; the same bits twice and from both kernel
 * classes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/reduce.h"
#include "guarded.h"

static const int sizes[][2] = {{1, 1},      {7, 1},    {1024, 1},   {1025, 1},   {5, 1000},   {64, 17},    {1031, 3},
                               {2000, 511}, {4099, 3}, {70001, 17}, {262144, 3}, {66000, 64}, {500009, 1}, {9, 8192}};
enum { CASES = sizeof sizes / sizeof *sizes };
static bool skipped(int i) { return bal_test_small() && sizes[i][0] * sizes[i][1] > 20000; }

/* One column sum into `out`; checks guards. */
static void column_sum(bal_device *dev, int rows, int c, const float *x, const float *before, float *out)
{
    bal_guarded xs, sum, scratch;
    int         room = (int)bal_column_scratch(dev, (size_t)rows, c);
    MUST(bal_guarded_init(&xs, dev, (bal_shape){rows, 1, 1, c}, x));
    MUST(bal_guarded_init(&sum, dev, (bal_shape){1, 1, 1, c}, before));
    MUST(bal_guarded_init(&scratch, dev, (bal_shape){1, 1, 1, room > 0 ? room : 1}, NULL));
    MUST(bal_column_sum(&sum.t, &xs.t, before != NULL, room ? &scratch.t : NULL));
    assert_true(bal_guarded_read(&sum) && bal_guarded_read(&xs) && bal_guarded_read(&scratch));
    assert_memory_equal(xs.host, x, (size_t)rows * (size_t)c * sizeof *x);
    memcpy(out, sum.host, (size_t)c * sizeof *out);
    bal_guarded_free(&xs);
    bal_guarded_free(&sum);
    bal_guarded_free(&scratch);
}

static void check_column_sum(int rows, int c)
{
    size_t  n = (size_t)rows * (size_t)c, room = (size_t)c * sizeof(float);
    float  *x = malloc(n * sizeof *x), *before = malloc(room), *out = malloc(room), *first = malloc(room);
    double *exact = malloc(n * sizeof *exact);
    bal_test_random(x, exact, n, 1, 1);
    bal_test_random(before, NULL, (size_t)c, 1, 2);
    for (int d = 0; d < bal_test_all.count; d++) {
        for (int add = 0; add < 2; add++) {
            column_sum(bal_test_all.dev[d], rows, c, x, add ? before : NULL, out);
            for (int k = 0; k < c; k++) {
                double sum = add ? (double)before[k] : 0, size = 1;
                for (int r = 0; r < rows; r++) {
                    sum += exact[(size_t)r * (size_t)c + (size_t)k];
                    size += fabs(exact[(size_t)r * (size_t)c + (size_t)k]);
                }
                assert_true(fabs((double)out[k] - sum) <= 1e-6 * size);
            }
        }
        if (d == 0) memcpy(first, out, room);
        assert_memory_equal(out, first, room); /* classes agree to the bit */
        column_sum(bal_test_all.dev[d], rows, c, x, before, out);
        assert_memory_equal(out, first, room);
    }
    free(x);
    free(before);
    free(out);
    free(first);
    free(exact);
}

static void test_column_sum(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++)
        if (!skipped(i)) check_column_sum(sizes[i][0], sizes[i][1]);
}

static float norm(bal_device *dev, const float *x, int n)
{
    bal_guarded xs, out, scratch;
    float       others[4] = {7, 7, 7, 7};
    int         room = (int)bal_norm_scratch(dev, (size_t)n);
    MUST(bal_guarded_init(&xs, dev, (bal_shape){1, 1, 1, n}, x));
    MUST(bal_guarded_init(&out, dev, (bal_shape){1, 1, 1, 4}, others));
    MUST(bal_guarded_init(&scratch, dev, (bal_shape){1, 1, 1, room > 0 ? room : 1}, NULL));
    MUST(bal_norm(&out.t, 2, &xs.t, &scratch.t));
    assert_true(bal_guarded_read(&out) && bal_guarded_read(&xs) && bal_guarded_read(&scratch));
    assert_true(out.host[0] == 7 && out.host[1] == 7 && out.host[3] == 7);
    float v = out.host[2];
    bal_guarded_free(&xs);
    bal_guarded_free(&out);
    bal_guarded_free(&scratch);
    return v;
}

static void test_norm(void **state)
{
    (void)state;
    static const int counts[] = {1, 16, 1000, 1024, 1025, 20001, 6400000};
    for (int i = 0; i < (bal_test_small() ? 6 : 7); i++) {
        int    n = counts[i];
        float *x = malloc((size_t)n * sizeof *x);
        double sum = 0;
        bal_test_random(x, NULL, (size_t)n, 1, 3);
        for (int k = 0; k < n; k++) sum += (double)x[k] * (double)x[k];
        for (int d = 0; d < bal_test_all.count; d++) {
            float v = norm(bal_test_all.dev[d], x, n);
            assert_true(fabs((double)v - sqrt(sum)) <= 1e-6 * sqrt(sum));
            if (n < 100000) assert_true(norm(bal_test_all.dev[d], x, n) == v);
        }
        free(x);
    }
}

static void test_add(void **state)
{
    (void)state;
    static float     x[1000], y[1000];
    static const int counts[] = {1, 15, 16, 17, 1000};
    bal_test_random(x, NULL, 1000, 1, 4);
    bal_test_random(y, NULL, 1000, 1, 5);
    for (int d = 0; d < bal_test_all.count; d++)
        for (int i = 0; i < 5; i++) {
            bal_guarded xs, ys;
            MUST(bal_guarded_init(&xs, bal_test_all.dev[d], (bal_shape){1, 1, 1, counts[i]}, x));
            MUST(bal_guarded_init(&ys, bal_test_all.dev[d], (bal_shape){1, 1, 1, counts[i]}, y));
            MUST(bal_add(&ys.t, &xs.t));
            assert_true(bal_guarded_read(&ys) && bal_guarded_read(&xs));
            for (int k = 0; k < counts[i]; k++) assert_true(ys.host[k] == y[k] + x[k]);
            bal_guarded_free(&xs);
            bal_guarded_free(&ys);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_column_sum), cmocka_unit_test(test_norm),
                                       cmocka_unit_test(test_add)};
    return cmocka_run_group_tests(tests, bal_test_setup, bal_test_teardown);
}
