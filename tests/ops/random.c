/* random -- the device's numbers are the host's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "ballast/random.h"

enum { COUNT = 40003 };

static void test_same_as_host(void **state)
{
    static float host[COUNT];
    bal_device  *dev = *state;
    bal_stream   stream = bal_stream_for(7, BAL_FOR_TEST, 3, 9);
    bal_tensor   t;
    double       sum = 0, squares = 0;
    assert_int_equal(bal_tensor_init(&t, dev, (bal_shape){1, 1, 1, COUNT}), BAL_OK);
    assert_int_equal(bal_fill_normal(&t, &stream), BAL_OK);
    assert_int_equal(bal_tensor_read(&t, host), BAL_OK);
    for (int i = 0; i < COUNT; i++) {
        double truth = bal_random_normal(&stream, (uint64_t)i);
        assert_true(fabs(host[i] - truth) <= 2e-6 * (1 + fabs(truth)));
        sum += truth;
        squares += truth * truth;
    }
    assert_true(fabs(sum / COUNT) < 0.02 && fabs(squares / COUNT - 1) < 0.03);
    bal_tensor_free(&t);
}

static int open_device(void **state) { return bal_device_open((bal_device **)state, NULL) == BAL_OK ? 0 : -1; }

static int close_device(void **state)
{
    bal_device_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_as_host)};
    return cmocka_run_group_tests_name("ops/random", tests, open_device, close_device);
}
