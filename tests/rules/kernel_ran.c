/* The suite is worth nothing where no kernel runs: there is a device, it runs one, and the launch is counted. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "ballast/device.h"

static void kernel_ran(void **state)
{
    (void)state;
    bal_device *dev = NULL;
    if (bal_device_open(&dev, &(bal_device_settings){0})) fail_msg("no device: %s", bal_error());
    bal_tensor t = {0};
    float      host[3] = {0};
    assert_int_equal(bal_tensor_init(&t, dev, (bal_shape){1, 1, 1, 3}), BAL_OK);
    uint64_t before = bal_device_count(dev).launches;
    assert_int_equal(bal_tensor_fill(&t, 2.5f), BAL_OK);
    assert_int_equal(bal_tensor_read(&t, host), BAL_OK);
    assert_true(host[0] == 2.5f && host[2] == 2.5f);
    assert_true(bal_device_count(dev).launches > before);
    bal_tensor_free(&t);
    bal_device_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kernel_ran)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
