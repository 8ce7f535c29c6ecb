/* augment -- against double precision on the host; the same numbers from the same stream; what a policy says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/augment.h"

enum { N = 5, SIZE = 13 };

static bal_device *dev;

static double at(const float *image, int c, int y, int x, int k)
{
    y = y < 0 ? 0 : y >= SIZE ? SIZE - 1 : y;
    x = x < 0 ? 0 : x >= SIZE ? SIZE - 1 : x;
    return (double)image[(y * SIZE + x) * c + k];
}

static double sampled(const float *image, int c, double y, double x, int k)
{
    int    y0 = (int)floor(y), x0 = (int)floor(x);
    double a = x - x0, b = y - y0;
    return (1 - b) * ((1 - a) * at(image, c, y0, x0, k) + a * at(image, c, y0, x0 + 1, k)) +
           b * ((1 - a) * at(image, c, y0 + 1, x0, k) + a * at(image, c, y0 + 1, x0 + 1, k));
}

static double pm1(uint32_t bits) { return (bits >> 8) * 0x1p-23 - 1; }

/* Image i as cl/augment.cl defines it; *flips counts. */
static void expect(double *out, const float *image, int c, const bal_augment *a, const float *deviation,
                   const bal_stream *s, int i, int *flips)
{
    uint32_t one[4], two[4];
    bal_philox(one, s, 2 * (uint64_t)i);
    bal_philox(two, s, 2 * (uint64_t)i + 1);
    double angle = (double)a->rotate * pm1(one[1]) * acos(-1) / 180, middle = 0.5 * (SIZE - 1);
    double mx = (double)a->shift * SIZE * pm1(one[2]), my = (double)a->shift * SIZE * pm1(one[3]);
    int    flip = a->flip && one[0] & 1;
    *flips += flip;
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++)
            for (int k = 0; k < c; k++) {
                double u = (flip ? -1 : 1) * (x - middle), v = y - middle;
                double fx = cos(angle) * u - sin(angle) * v + middle + mx,
                       fy = sin(angle) * u + cos(angle) * v + middle + my;
                out[(y * SIZE + x) * c + k] =
                    sampled(image, c, fy, fx, k) + (double)a->brightness * pm1(two[0]) / (double)deviation[k];
            }
}

static void check(const bal_augment *a, int c)
{
    enum { MOST = N * SIZE * SIZE * 3 };
    static float       host[MOST], result[MOST], again[MOST];
    static double      truth[SIZE * SIZE * 3];
    static const float deviation[3] = {0.5F, 0.25F, 1};
    bal_stream         s = bal_stream_for(9, BAL_FOR_TEST, 7, 0), numbers = bal_stream_for(9, BAL_FOR_TEST, 8, 0);
    bal_tensor         x, y;
    int                image = SIZE * SIZE * c, flips = 0;
    for (int i = 0; i < N * image; i++) host[i] = bal_random_uniform(&numbers, (uint64_t)i);
    assert_int_equal(bal_tensor_init(&x, dev, (bal_shape){N, SIZE, SIZE, c}), BAL_OK);
    assert_int_equal(bal_tensor_init(&y, dev, x.shape), BAL_OK);
    assert_int_equal(bal_tensor_write(&x, host), BAL_OK);
    assert_int_equal(bal_tensor_fill(&y, NAN), BAL_OK);
    assert_int_equal(bal_augment_run(a, &y, &x, deviation, &s), BAL_OK);
    assert_int_equal(bal_tensor_read(&y, result), BAL_OK);
    assert_int_equal(bal_augment_run(a, &y, &x, deviation, &s), BAL_OK);
    assert_int_equal(bal_tensor_read(&y, again), BAL_OK);
    assert_memory_equal(result, again, (size_t)(N * image) * sizeof *result);
    for (int i = 0; i < N; i++) {
        expect(truth, host + i * image, c, a, deviation, &s, i, &flips);
        for (int j = 0; j < image; j++) assert_true(fabs((double)result[i * image + j] - truth[j]) < 2e-5);
    }
    assert_true(!a->flip || (flips > 0 && flips < N)); /* both kinds were looked at */
    bal_tensor_free(&x);
    bal_tensor_free(&y);
}

static void test_nothing_is_identity(void **state)
{
    (void)state;
    check(&(bal_augment){0}, 1);
    assert_false(bal_augment_active(&(bal_augment){0}));
}

static void test_each(void **state)
{
    (void)state;
    check(&(bal_augment){.flip = true}, 3);
    check(&(bal_augment){.rotate = 30}, 1);
    check(&(bal_augment){.shift = 0.3F}, 3);
    check(&(bal_augment){.brightness = 0.2F}, 3);
}

static void test_together(void **state)
{
    (void)state;
    bal_augment a;
    assert_int_equal(bal_augment_parse(&a, "classic", (bal_where){"x.ini", 3}), BAL_OK);
    assert_true(bal_augment_active(&a) && a.flip);
    check(&a, 1);
    check(&a, 3);
}

static void test_lines(void **state)
{
    (void)state;
    bal_augment a;
    bal_where   at_line = {"x.ini", 3};
    assert_int_equal(bal_augment_parse(&a, NULL, at_line), BAL_OK);
    assert_false(bal_augment_active(&a));
    assert_int_equal(bal_augment_parse(&a, "classic flip=off  rotate=5", at_line), BAL_OK);
    assert_true(!a.flip && a.rotate == 5 && a.shift > 0);
    assert_int_equal(bal_augment_parse(&a, "none shift=0.25", at_line), BAL_OK);
    assert_true(a.shift == 0.25F && a.brightness == 0);
    assert_int_equal(bal_augment_parse(&a, "clasic", at_line), BAL_ECONFIG);
    assert_string_equal(bal_error(), "x.ini:3: there is no augmentation \"clasic\"; did you mean \"classic\"?");
    assert_int_equal(bal_augment_parse(&a, "classic rotate", at_line), BAL_ECONFIG);
    assert_string_equal(bal_error(), "x.ini:3: augment: \"rotate\" is not of the form option=value");
    assert_int_equal(bal_augment_parse(&a, "classic rotate=999", at_line), BAL_ECONFIG);
    assert_non_null(strstr(bal_error(), "x.ini:3: augment"));
}

static int open_device(void **state)
{
    (void)state;
    return bal_device_open(&dev, NULL) == BAL_OK ? 0 : -1;
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
        cmocka_unit_test(test_nothing_is_identity),
        cmocka_unit_test(test_each),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests_name("ops/augment", tests, open_device, close_device);
}
