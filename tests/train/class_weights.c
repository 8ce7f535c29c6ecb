/* class_weights -- figures worked out by hand and with numpy for the paper's skin classes; the faults of a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "ballast/class_weights.h"

static const bal_where here = {"test.ini", 7};
static const int       skin[] = {1800, 1497, 142, 111};

static void check(const char *line, const int *images, int classes, const double *expected)
{
    bal_class_weights w;
    float             got[8];
    double            sum = 0, count = 0;
    if (bal_class_weights_parse(&w, line, here) != BAL_OK) fail_msg("%s", bal_error());
    bal_class_weights_fill(got, &w, images, classes);
    for (int c = 0; c < classes; c++) {
        if (!(fabs((double)got[c] - expected[c]) < 2e-6 * (1 + expected[c])))
            fail_msg("%s, class %d: %.9g, should be %.9g", line ? line : "NULL", c, (double)got[c], expected[c]);
        sum += images[c] * (double)got[c];
        count += images[c];
    }
    assert_true(count == 0 || fabs(sum / count - 1) < 1e-6); /* the mean over images */
}

static void test_none(void **state)
{
    (void)state;
    const double ones[] = {1, 1, 1, 1};
    check(NULL, skin, 4, ones);
    check("none", skin, 4, ones);
    check("inverse power=0", skin, 4, ones);
    check("effective beta=0", skin, 4, ones);
}

/* 3550 / (4 n) */
static void test_inverse(void **state)
{
    (void)state;
    const double full[] = {3550.0 / 7200, 3550.0 / 5988, 6.25, 3550.0 / 444};
    check("inverse", skin, 4, full);
    const int    two[] = {1, 9};
    const double halves[] = {2.5, 5.0 / 6}; /* 1 and 1/3, times 10 / (1 + 3) */
    check("inverse power=0.5", two, 2, halves);
}

/* numpy: u = (1 - b) / (1 - b ** n); w = u ** p; w *= n.sum() / (n * w).sum() */
static void test_effective(void **state)
{
    (void)state;
    const double weak[] = {0.68446717, 0.73602807, 4.31463249, 5.43646195};
    const double root[] = {0.88270947, 0.91535311, 2.2162226, 2.48770942};
    check("effective", skin, 4, weak);
    check("effective beta=0.999 power=0.5", skin, 4, root);
}

static void test_empty_class(void **state)
{
    (void)state;
    const int    images[] = {4, 0, 12}, nothing[] = {0, 0};
    const double expected[] = {2, 0, 2.0 / 3}, ones[] = {1, 1};
    check("inverse", images, 3, expected);
    check("inverse", nothing, 2, ones);
}

static void check_fault(const char *line, const char *message)
{
    bal_class_weights w;
    assert_int_equal(bal_class_weights_parse(&w, line, here), BAL_ECONFIG);
    assert_string_equal(bal_error(), message);
}

static void test_faults(void **state)
{
    (void)state;
    check_fault("invers", "test.ini:7: there is no class weighting \"invers\"; did you mean \"inverse\"?");
    check_fault("1,2", "test.ini:7: there is no class weighting \"1,2\"; there are none, inverse, effective");
    check_fault("inverse beta=0.9", "test.ini:7: class weighting inverse: no option \"beta\"; it has power");
    check_fault("effective beta=1",
                "test.ini:7: class weighting effective beta: \"1\" is not a number from 0 to 0.999999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),        cmocka_unit_test(test_inverse), cmocka_unit_test(test_effective),
        cmocka_unit_test(test_empty_class), cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests_name("train/class_weights", tests, NULL, NULL);
}
