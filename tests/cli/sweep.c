/* The power laws of a sweep, and when time is said to grow faster than the work. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cli/_sweep_say.c"
#include "cli/progress.c"

/* Four points at 1, 2, 4, 8 with time 3 x^time and work 5 x^work. */
static bal_sweep_axis axis(double time, double work)
{
    bal_sweep_axis a = {.name = "batch", .label = "images", .count = 4};
    for (int i = 0; i < 4; i++) {
        double x = 1 << i;
        a.point[i] = (bal_sweep_point){.x = x, .ms = 3 * pow(x, time), .flops = 5 * pow(x, work)};
    }
    bal_sweep_fit(&a);
    return a;
}

static void finds_exponents(void **state)
{
    bal_sweep_axis a = axis(0.8, 1);
    (void)state;
    assert_true(fabs(a.time.exponent - 0.8) < 1e-9 && fabs(a.time.factor - 3) < 1e-9);
    assert_true(fabs(a.work.exponent - 1) < 1e-9 && fabs(a.work.factor - 5) < 1e-9);
    assert_false(a.faster);
    assert_true(axis(1.2, 1).faster);
    assert_false(axis(1.05, 1).faster);
}

/* Only the end rises steeply: the law through all points does not show it. */
static void sees_a_steep_end(void **state)
{
    bal_sweep_axis a = axis(0.5, 1);
    (void)state;
    a.point[3].ms = 2.5 * a.point[2].ms;
    bal_sweep_fit(&a);
    assert_true(a.time.exponent < 1);
    assert_true(a.faster);
}

static void passes_over_what_was_not_measured(void **state)
{
    bal_sweep_axis a = axis(1, 1);
    (void)state;
    a.point[1].ms = 0;
    bal_sweep_fit(&a);
    assert_true(fabs(a.time.exponent - 1) < 1e-9);
    for (int i = 1; i < 4; i++) a.point[i].ms = 0;
    bal_sweep_fit(&a);
    assert_true(a.time.factor == 0 && !a.faster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_exponents),
        cmocka_unit_test(sees_a_steep_end),
        cmocka_unit_test(passes_over_what_was_not_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
