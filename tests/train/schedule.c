/* schedule -- every kind by step, with and without warm-up; the faults of a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "ballast/schedule.h"

static const bal_where here = {"test.ini", 7};

static bal_schedule parse(const char *line)
{
    bal_schedule s;
    if (bal_schedule_parse(&s, line, here) != BAL_OK) fail_msg("%s", bal_error());
    return s;
}

static void check(const bal_schedule *s, int t, int total, double expected)
{
    double got = bal_schedule_factor(s, t, total);
    if (!(fabs(got - expected) < 1e-7)) fail_msg("step %d of %d: %.9g, should be %.9g", t, total, got, expected);
}

static void test_constant(void **state)
{
    (void)state;
    const char *lines[] = {NULL, "", "constant"};
    for (int i = 0; i < 3; i++) {
        bal_schedule s = parse(lines[i]);
        check(&s, 1, 10, 1);
        check(&s, 10, 10, 1);
    }
    bal_schedule s = parse("constant warmup=4");
    check(&s, 1, 10, 0.25);
    check(&s, 3, 10, 0.75);
    check(&s, 4, 10, 1);
    check(&s, 5, 10, 1);
}

static void test_step(void **state)
{
    (void)state;
    bal_schedule s = parse("step every=3");
    check(&s, 1, 10, 1);
    check(&s, 3, 10, 1);
    check(&s, 4, 10, 0.1);
    check(&s, 7, 10, 0.01);
    s = parse("step every=3 factor=0.5 warmup=2");
    check(&s, 1, 10, 0.5);
    check(&s, 6, 10, 0.5);
    check(&s, 7, 10, 0.25);
}

/* The values of torch.optim.lr_scheduler.CosineAnnealingLR(T_max=8, eta_min=.2) for a rate of 1. */
static void test_cosine(void **state)
{
    (void)state;
    const double expected[] = {1, .9695518130, .8828427125, .7530733730, .6, .4469266270, .3171572875, .2304481870};
    bal_schedule s = parse("cosine floor=0.2"), warm = parse("cosine floor=0.2 warmup=5"), bare = parse("cosine");
    for (int i = 0; i < 8; i++) {
        check(&s, 1 + i, 8, expected[i]);
        check(&warm, 6 + i, 13, expected[i]);
    }
    for (int t = 1; t <= 5; t++) check(&warm, t, 13, t / 5.0);
    check(&s, 9, 8, 0.2);
    check(&s, 100, 8, 0.2);
    check(&bare, 5, 8, 0.5);
    check(&warm, 3, 2, 0.6);
}

static void fault(const char *line, const char *message)
{
    bal_schedule s;
    assert_int_equal(bal_schedule_parse(&s, line, here), BAL_ECONFIG);
    assert_string_equal(bal_error(), message);
}

static void test_faults(void **state)
{
    (void)state;
    fault("cosin", "test.ini:7: there is no schedule \"cosin\"; did you mean \"cosine\"?");
    fault("xyzzy", "test.ini:7: there is no schedule \"xyzzy\"; there are constant, step, cosine");
    fault("step",
          "test.ini:7: schedule step: every is missing: a whole number from 1 to 1000000000 (steps between drops)");
    fault("cosine every=5", "test.ini:7: schedule cosine: no option \"every\"; it has warmup, floor");
    fault("cosine floor=2", "test.ini:7: schedule cosine floor: \"2\" is not a number from 0 to 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_constant), cmocka_unit_test(test_step),
                                       cmocka_unit_test(test_cosine), cmocka_unit_test(test_faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
