/* mix -- images and labels against the host; the shares' distribution against what numpy gives; the same from the same
 * seed and step; rectangles that are cut off; the faults of a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/mix.h"

static const bal_where here = {"test.ini", 7};
static bal_device     *dev;

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

static bal_mix parse(const char *line)
{
    bal_mix m;
    if (bal_mix_parse(&m, line, here) != BAL_OK) fail_msg("%s", bal_error());
    return m;
}

/* ---- what is drawn ----------------------------------------------------------------------------------------------- */

/* Mean and variance of the first image's share over many steps: a / (a + b), ab / ((a + b)^2 (a + b + 1)). */
static void check_moments(const char *line, double mean, double variance)
{
    enum { STEPS = 20000 };
    bal_mix m = parse(line);
    double  sum = 0, squares = 0;
    for (uint32_t t = 0; t < STEPS; t++) {
        double share = (double)bal_mix_drawn(&m, 3, t, 16, 16).share;
        assert_true(share >= 0 && share <= 1);
        sum += share / STEPS;
        squares += share * share / STEPS;
    }
    if (fabs(sum - mean) > 5 * sqrt(variance / STEPS)) fail_msg("%s: mean %g, should be %g", line, sum, mean);
    double got = squares - sum * sum;
    if (fabs(got - variance) > 0.05 * variance) fail_msg("%s: variance %g, should be %g", line, got, variance);
}

static void test_shares(void **state)
{
    (void)state;
    check_moments("mixup", 0.5, 0.25 / 1.4);
    check_moments("mixup alpha=0.01", 0.5, 0.25 / 1.02);
    check_moments("mixup alpha=1", 0.5, 1.0 / 12);
    check_moments("mixup alpha=8", 0.5, 0.25 / 17);
    check_moments("balanced_mixup", 1 - 1.0 / 6, 0.2 / (1.44 * 2.2));
    check_moments("balanced_mixup alpha=1", 0.5, 1.0 / 12);
}

static void test_rectangles(void **state)
{
    (void)state;
    bal_mix m = parse("cutmix");
    int     cut = 0, whole = 0;
    for (uint32_t t = 0; t < 2000; t++) {
        bal_mix_draw d = bal_mix_drawn(&m, 3, t, 20, 10);
        assert_true(d.top >= 0 && d.top <= d.bottom && d.bottom <= 20);
        assert_true(d.left >= 0 && d.left <= d.right && d.right <= 10);
        assert_true(d.inner == 0);
        assert_true(fabs(1 - (d.bottom - d.top) * (d.right - d.left) / 200.0 - (double)d.share) < 1e-6);
        int rows = d.bottom - d.top, columns = d.right - d.left;
        if (rows == 2 * columns || rows == 2 * columns + 1) whole++;
        else cut++;
    }
    assert_true(cut > 200 && whole > 200); /* both kinds were looked at */
}

static void test_keyed(void **state)
{
    (void)state;
    bal_mix      m = parse("cutmix alpha=0.7");
    bal_mix_draw a = bal_mix_drawn(&m, 3, 11, 32, 32), b = bal_mix_drawn(&m, 3, 11, 32, 32);
    bal_mix_draw later = bal_mix_drawn(&m, 3, 12, 32, 32), other = bal_mix_drawn(&m, 4, 11, 32, 32);
    assert_memory_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &later, sizeof a);
    assert_memory_not_equal(&a, &other, sizeof a);
}

/* ---- what becomes of the images ---------------------------------------------------------------------------------- */

enum { N = 5, H = 6, W = 7, C = 3, PIXELS = N * H * W * C };

static void make(bal_tensor *t, bal_shape shape, const float *host)
{
    assert_int_equal(bal_tensor_init(t, dev, shape), BAL_OK);
    assert_int_equal(host ? bal_tensor_write(t, host) : bal_tensor_fill(t, NAN), BAL_OK);
}

static float expected(const float *a, const float *b, const bal_mix_draw *d, int shift, int at)
{
    int   image = at / (H * W * C), pixel = at % (H * W * C), row = pixel / (W * C), column = pixel / C % W;
    float other = b[(image + shift) % N * (H * W * C) + pixel];
    if (row < d->top || row >= d->bottom || column < d->left || column >= d->right) return a[at];
    return d->inner * a[at] + (1 - d->inner) * other;
}

static void check_images(const bal_mix_draw *d, int shift)
{
    static float a[PIXELS], b[PIXELS], got[PIXELS];
    const float  label_a[N] = {0, 1, 2, 3, 4}, label_b[N] = {5, 6, 7, 8, 9};
    float        rows[N * 3];
    bal_batch    first, second, to;
    for (int i = 0; i < PIXELS; i++) a[i] = (float)(i % 17), b[i] = 100 + (float)(i % 23);
    make(&first.x, (bal_shape){N, H, W, C}, a);
    make(&second.x, (bal_shape){N, H, W, C}, b);
    make(&to.x, (bal_shape){N, H, W, C}, NULL);
    make(&first.label, (bal_shape){N, 1, 1, 1}, label_a);
    make(&second.label, (bal_shape){N, 1, 1, 1}, label_b);
    make(&to.label, (bal_shape){N, 1, 1, 3}, NULL);
    assert_int_equal(bal_mix_run(&to, &first, &second, shift, d), BAL_OK);
    assert_int_equal(bal_tensor_read(&to.x, got), BAL_OK);
    assert_int_equal(bal_tensor_read(&to.label, rows), BAL_OK);
    for (int i = 0; i < PIXELS; i++) assert_true(fabsf(got[i] - expected(a, b, d, shift, i)) < 1e-4F);
    for (int i = 0; i < N; i++) {
        assert_true(rows[3 * i] == label_a[i] && rows[3 * i + 1] == label_b[(i + shift) % N]);
        assert_true(rows[3 * i + 2] == d->share);
    }
    bal_batch *all[] = {&first, &second, &to};
    for (int i = 0; i < 3; i++) bal_tensor_free(&all[i]->x), bal_tensor_free(&all[i]->label);
}

static void test_images(void **state)
{
    (void)state;
    check_images(&(bal_mix_draw){0.25F, 0.25F, 0, H, 0, W}, 0);
    check_images(&(bal_mix_draw){0.75F, 0.75F, 0, H, 0, W}, 1);
    check_images(&(bal_mix_draw){0.8F, 0, 1, 4, 2, 5}, 1);
    check_images(&(bal_mix_draw){1, 0, 3, 3, 2, 5}, 1);
}

static void check_fault(const char *line, const char *message)
{
    bal_mix m;
    assert_int_equal(bal_mix_parse(&m, line, here), BAL_ECONFIG);
    assert_string_equal(bal_error(), message);
}

static void test_lines(void **state)
{
    (void)state;
    assert_int_equal(parse(NULL).kind, BAL_MIX_NONE);
    assert_true(parse("mixup").alpha == 0.2F && parse("cutmix").alpha == 1 && parse("balanced_mixup").alpha == 0.2F);
    check_fault("mixupp", "test.ini:7: there is no mix \"mixupp\"; did you mean \"mixup\"?");
    check_fault("mixup alpha=0", "test.ini:7: mix mixup alpha: \"0\" is not a number from 0.01 to 100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares), cmocka_unit_test(test_rectangles), cmocka_unit_test(test_keyed),
        cmocka_unit_test(test_images), cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests_name("ops/mix", tests, open_device, close_device);
}
