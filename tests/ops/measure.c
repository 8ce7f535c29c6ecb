/* measure -- figures are there and agree with each other; no speed is asserted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include "ballast/measure.h"

static void test_figures(void **state)
{
    bal_measured m;
    if (getenv("BAL_TEST_SMALL")) skip(); /* minutes in an interpreter */
    assert_int_equal(bal_measure(&m, *state), BAL_OK);
    assert_true(isfinite(m.copy_gbps) && m.copy_gbps > 0);
    assert_true(isfinite(m.gemm_gflops) && m.gemm_gflops > 0);
    assert_true(isfinite(m.launch_us) && m.launch_us > 0);
    assert_true(isfinite(m.peak_gflops) && m.peak_gflops >= m.gemm_gflops);
}

static int open_device(void **state) { return bal_device_open((bal_device **)state, NULL) == BAL_OK ? 0 : -1; }

static int close_device(void **state)
{
    bal_device_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_figures)};
    return cmocka_run_group_tests_name("ops/measure", tests, open_device, close_device);
}
