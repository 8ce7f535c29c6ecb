/* Distances between features of real and generated images, against numpy (tests/golden/quality.py), on closed forms,
 * and copies found among generated images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include "ballast/quality.h"
#include "ballast/rng.h"

static void near(double v, double want, double error)
{
    if (!(fabs(v - want) <= error)) fail_msg("%.12g, not %.12g", v, want);
}

/* As tests/golden/quality.py: whole numbers below 1009, so that they are the same there and here. */
static bal_features made(int count, int width, int side, double scale, double shift)
{
    float *x = malloc((size_t)count * (size_t)width * sizeof *x);
    assert_non_null(x);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < width; k++) {
            int n = (i * 7919 + k * 104729 + (i + side) * (i + 3) * (k + 1) * 31 + side * 17) % 1009;
            x[i * width + k] = (float)((double)((float)n / 1009.0F) * scale + shift);
        }
    return (bal_features){x, count, width};
}

static void drop(bal_features *f) { free((float *)(uintptr_t)f->x); }

static void as_numpy(void **state)
{
    static const struct {
        int      real, fake, width;
        double   scale, shift, kid, error, fid;
        bal_prdc prdc;
    } cases[] = {
        {60,
         45,
         12,
         0.8,
         0.25,
         0.132493509568,
         0.037318212794,
         0.351459229126,
         {1, 0.316666666667, 2.02962962963, 0.866666666667}},
        {40, 70, 20, 1.25, -0.125, -0.0097436355381, 0.00581709245001, 0.507008233008, {0.5, 1, 0.37619047619, 0.825}},
        {15,
         12,
         30,
         1.25,
         -0.125,
         -0.0113243229254,
         0.0367916420509,
         3.68945538873,
         {0.416666666667, 1, 0.194444444444, 0.266666666667}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bal_features real = made(cases[i].real, cases[i].width, 0, 1, 0);
        bal_features fake = made(cases[i].fake, cases[i].width, 1, cases[i].scale, cases[i].shift);
        bal_kid      kid;
        bal_prdc     prdc;
        double       fid;
        assert_int_equal(BAL_OK, bal_quality_kid(&kid, &real, &fake));
        assert_int_equal(BAL_OK, bal_quality_fid(&fid, &real, &fake));
        assert_int_equal(BAL_OK, bal_quality_prdc(&prdc, &real, &fake, 3));
        near(kid.value, cases[i].kid, 1e-9);
        near(kid.error, cases[i].error, 1e-9);
        near(fid, cases[i].fid, 1e-6 * cases[i].fid);
        near(prdc.precision, cases[i].prdc.precision, 1e-9);
        near(prdc.recall, cases[i].prdc.recall, 1e-9);
        near(prdc.density, cases[i].prdc.density, 1e-9);
        near(prdc.coverage, cases[i].prdc.coverage, 1e-9);
        drop(&real);
        drop(&fake);
    }
}

/* Normal in 4 dimensions, the deviation of the first `spread`, its mean `middle`. */
static bal_features normal(int count, int seed, double middle, double spread)
{
    enum { WIDTH = 4 };
    bal_stream s = bal_stream_for((uint64_t)seed, BAL_FOR_TEST, 0, 0);
    float     *x = malloc((size_t)count * WIDTH * sizeof *x);
    assert_non_null(x);
    for (int i = 0; i < count * WIDTH; i++) x[i] = bal_random_normal(&s, (uint64_t)i);
    for (int i = 0; i < count; i++) x[i * WIDTH] = (float)(middle + spread * (double)x[i * WIDTH]);
    return (bal_features){x, count, WIDTH};
}

/* Of normals, |m1 - m2|^2 + (s1 - s2)^2 = 9 + 4; alike ones have coverage 1 - (1/2)^k about. */
static void closed_forms(void **state)
{
    bal_features a = normal(2000, 1, 0, 1), b = normal(2000, 2, 3, 3), c = normal(2000, 3, 0, 1);
    bal_kid      kid;
    bal_prdc     prdc;
    double       fid;

    (void)state;
    assert_int_equal(BAL_OK, bal_quality_fid(&fid, &a, &b));
    near(fid, 13, .9);
    assert_int_equal(BAL_OK, bal_quality_fid(&fid, &a, &c));
    near(fid, 0, .03);
    assert_int_equal(BAL_OK, bal_quality_kid(&kid, &a, &c));
    assert_true(fabs(kid.value) < 4 * kid.error && kid.error > 0);
    assert_int_equal(BAL_OK, bal_quality_prdc(&prdc, &a, &c, 5));
    near(prdc.coverage, 1 - pow(.5, 5), .01);
    near(prdc.density, 1, .05);
    drop(&a);
    drop(&b);
    drop(&c);
}

static void too_few_are_undefined(void **state)
{
    bal_features one = made(1, 4, 0, 1, 0), two = made(2, 4, 1, 1, 0);
    bal_kid      kid;
    bal_prdc     prdc;
    double       fid;

    (void)state;
    assert_int_equal(BAL_OK, bal_quality_kid(&kid, &one, &two));
    assert_true(isnan(kid.value) && isnan(kid.error));
    assert_int_equal(BAL_OK, bal_quality_kid(&kid, &two, &two));
    assert_true(!isnan(kid.value) && isnan(kid.error));
    assert_int_equal(BAL_OK, bal_quality_fid(&fid, &one, &two));
    assert_true(isnan(fid));
    assert_int_equal(BAL_OK, bal_quality_prdc(&prdc, &two, &two, 2));
    assert_true(isnan(prdc.precision) && isnan(prdc.coverage));
    drop(&one);
    drop(&two);
}

/* 30 of 200 generated images are training images with a little noise. */
static void copies_are_found(void **state)
{
    enum { FAKE = 200, COPIED = 30 };
    bal_features real = normal(300, 1, 0, 1), fake = normal(FAKE, 2, 0, 1);
    bool         is_near[FAKE];
    bal_copies   found;
    float       *x = (float *)(uintptr_t)fake.x;

    (void)state;
    assert_int_equal(BAL_OK, bal_quality_copies(&found, is_near, &real, &fake));
    assert_true(found.p > .001 && found.count < 25 && found.limit > 0);
    for (int i = 0; i < COPIED * 4; i++) x[i] = real.x[i] + (i % 2 ? .001F : -.001F);
    assert_int_equal(BAL_OK, bal_quality_copies(&found, is_near, &real, &fake));
    assert_true(found.p < 1e-6 && found.count >= COPIED);
    for (int i = 0; i < COPIED; i++) assert_true(is_near[i]);
    real.count = 19;
    assert_int_equal(BAL_OK, bal_quality_copies(&found, is_near, &real, &fake));
    assert_true(found.count == 0 && !is_near[0]);
    drop(&real);
    drop(&fake);
}

static void nearest_is_another_row(void **state)
{
    bal_features a = made(20, 3, 0, 1, 0), b = made(20, 3, 0, 1, 0);
    int          nearest[20];
    double       distance[20];

    (void)state;
    bal_quality_nearest(nearest, distance, &a, &b);
    for (int i = 0; i < 20; i++) assert_true(nearest[i] == i && distance[i] < 1e-12);
    bal_quality_nearest(nearest, distance, &a, &a);
    for (int i = 0; i < 20; i++) assert_true(nearest[i] != i && distance[i] > 0);
    drop(&a);
    drop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_numpy),
        cmocka_unit_test(closed_forms),
        cmocka_unit_test(too_few_are_undefined),
        cmocka_unit_test(copies_are_found),
        cmocka_unit_test(nearest_is_another_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
