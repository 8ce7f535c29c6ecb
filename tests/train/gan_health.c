/* gan_health -- distances of images; alarms on made-up histories: none while a GAN learns as real runs did, one when
 * its images become one, when they never differ, when the discriminator is never wrong for long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "train/gan_health.h"

static void test_distance(void **state)
{
    const float pixel[] = {0, 0, 3, 4, 0, 0}; /* of two values each: 5 / sqrt 2 apart, 0, 5 / sqrt 2 */
    (void)state;
    assert_true(fabs(bal_image_distance(pixel, 3, 2) - 10 / sqrt(2) / 3) < 1e-12);
    assert_true(bal_image_distance(pixel, 1, 2) == 0 && bal_image_distance(pixel, 0, 2) == 0);
}

/* The alarm that these shares of the real images' distance end in, one look each `every` steps from 0 on. */
static int look(const double *share, int count, int every)
{
    bal_gan_health h = {.real = 0.2, .diversity = NAN};
    for (int i = 0; i < count; i++) {
        bal_gan_alarm alarm = bal_gan_health_look(&h, 0.2 * share[i], i * every);
        assert_true(fabs(h.diversity - share[i]) < 1e-12);
        if (alarm) return i == count - 1 ? (int)alarm : 100 + i;
    }
    return BAL_GAN_WELL;
}

static void test_diversity(void **state)
{
    const double healthy[] = {0.01, 0.66, 0.89, 0.98, 0.93}, slow[] = {0.01, 0.1, 0.2, 0.25, 0.35, 0.4};
    const double falls[] = {0.01, 0.66, 0.89, 0.98, 0.29}, never[] = {0.01, 0.02, 0.02, 0.03, 0.03};
    const double small[] = {0.01, 0.49, 0.29, 0.29}, grown[] = {0.01, 0.51, 0.29};
    (void)state;
    assert_int_equal(look(healthy, 5, 250), BAL_GAN_WELL);
    assert_int_equal(look(slow, 6, 249), BAL_GAN_WELL);
    assert_int_equal(look(falls, 5, 250), BAL_GAN_ONE_IMAGE);
    assert_int_equal(look(never, 5, 250), BAL_GAN_ONE_IMAGE);
    assert_int_equal(look(small, 4, 250), BAL_GAN_WELL);
    assert_int_equal(look(grown, 3, 250), BAL_GAN_ONE_IMAGE);
}

static void test_unknown_real(void **state)
{
    bal_gan_health h = {.diversity = NAN};
    (void)state;
    assert_int_equal(bal_gan_health_look(&h, 0, 5000), BAL_GAN_WELL);
    assert_true(isnan(h.diversity));
}

/* The longest that a real run had its loss below 0.01 was 850 steps. */
static void test_won(void **state)
{
    bal_gan_health h = {.real = 1};
    (void)state;
    for (int i = 0; i < 17; i++) bal_gan_health_count(&h, 0.003, 1, 1, 50);
    assert_int_equal(bal_gan_health_look(&h, 1, 850), BAL_GAN_WELL);
    bal_gan_health_count(&h, 0.003, 1, 0.99, 50);
    for (int i = 0; i < 19; i++) bal_gan_health_count(&h, 0.003, 1, 1, 50);
    assert_int_equal(bal_gan_health_look(&h, 1, 1850), BAL_GAN_WELL);
    bal_gan_health_count(&h, 0.003, 1, 1, 50);
    assert_int_equal(bal_gan_health_look(&h, 1, 1900), BAL_GAN_WON);
    bal_gan_health_count(&h, 0.02, 1, 1, 50);
    assert_int_equal(bal_gan_health_look(&h, 1, 1950), BAL_GAN_WELL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_diversity),
        cmocka_unit_test(test_unknown_real),
        cmocka_unit_test(test_won),
    };
    return cmocka_run_group_tests_name("train/gan_health", tests, NULL, NULL);
}
