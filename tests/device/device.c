/* device -- choosing, buffers, views, launches, errors, profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/device.h"

static bal_device *dev;

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

static void test_choose(void **state)
{
    (void)state;
    bal_device_info list[3] = {{.name = "Big GPU", .type = BAL_GPU},
                               {.name = "pthread-x", .platform = "PoCL", .type = BAL_CPU},
                               {.name = "second", .type = BAL_CPU}};
    assert_int_equal(bal_devices_choose(list, 3, "0"), 0);
    assert_int_equal(bal_devices_choose(list, 3, "gpu"), 0);
    assert_int_equal(bal_devices_choose(list, 3, "cpu"), 1);
    assert_int_equal(bal_devices_choose(list, 3, "SECOND"), 2);
    assert_int_equal(bal_devices_choose(list, 3, "pocl"), 1);
    assert_int_equal(bal_devices_choose(list, 3, "3"), -1);
    assert_int_equal(bal_devices_choose(list, 3, "amd"), -1);
    assert_non_null(strstr(bal_error(), "no device \"amd\" among the 3 here"));
    assert_int_equal(bal_devices_choose(list, 0, NULL), -1);
    assert_non_null(strstr(bal_error(), "pocl-opencl-icd"));
}

static void test_fill_copy_view(void **state)
{
    (void)state;
    enum { SIZE = 3 * BAL_ALIGN };
    bal_tensor   all, other, view;
    static float host[SIZE];
    assert_int_equal(bal_tensor_init(&all, dev, (bal_shape){1, 1, 1, SIZE}), BAL_OK);
    assert_int_equal(bal_tensor_view(&view, &all, BAL_ALIGN, (bal_shape){1, 1, 1, 37}), BAL_OK);
    assert_int_equal(bal_tensor_fill(&view, 2.5F), BAL_OK);
    assert_int_equal(bal_tensor_read(&all, host), BAL_OK);
    for (int i = 0; i < SIZE; i++) assert_true(host[i] == (i >= BAL_ALIGN && i < BAL_ALIGN + 37 ? 2.5F : 0.0F));
    assert_int_equal(bal_tensor_init(&other, dev, (bal_shape){1, 1, 1, 37}), BAL_OK);
    assert_int_equal(bal_tensor_copy(&other, &view), BAL_OK);
    assert_int_equal(bal_tensor_read_part(&other, 30, 7, host), BAL_OK);
    for (int i = 0; i < 7; i++) assert_true(host[i] == 2.5F);
    bal_tensor_free(&view);
    bal_tensor_free(&other);
    bal_tensor_free(&all);
}

static void test_large_buffer_is_counted(void **state)
{
    (void)state;
    bal_tensor        t;
    bal_device_counts before = bal_device_count(dev);
    assert_int_equal(bal_tensor_init(&t, dev, (bal_shape){64, 128, 128, 3}), BAL_OK);
    bal_device_counts with = bal_device_count(dev);
    assert_int_equal(with.bytes - before.bytes, 64 * 128 * 128 * 3 * sizeof(float));
    assert_int_equal(with.allocations - before.allocations, 1);
    float last = 1;
    assert_int_equal(bal_tensor_read_part(&t, 64 * 128 * 128 * 3 - 1, 1, &last), BAL_OK);
    assert_true(last == 0.0F);
    bal_tensor_free(&t);
    assert_int_equal(bal_device_count(dev).bytes, before.bytes);
}

static void test_too_large(void **state)
{
    (void)state;
    bal_tensor t;
    assert_int_equal(bal_tensor_init(&t, dev, (bal_shape){1 << 20, 1 << 10, 1 << 10, 4}), BAL_ENOMEM);
    assert_non_null(strstr(bal_error(), "a tensor of 1048576 x 1024 x 1024 x 4 needs"));
    assert_null(t.mem);
    bal_tensor_free(&t);
}

static void test_kernel_errors(void **state)
{
    (void)state;
    bal_kernel *k, *again;
    assert_int_equal(bal_kernel_get(&k, dev, "no_such_file", "x", ""), BAL_ECL);
    assert_string_equal(bal_error(), "there is no cl/no_such_file.cl");
    assert_int_equal(bal_kernel_get(&k, dev, "tensor", "no_such_kernel", ""), BAL_ECL);
    assert_non_null(strstr(bal_error(), "no kernel no_such_kernel in cl/tensor.cl"));
    assert_int_equal(bal_kernel_get(&k, dev, "tensor", "tensor_fill", "-Dint=no_such_type"), BAL_ECL);
    assert_non_null(strstr(bal_error(), "cl/tensor.cl does not build on"));
    assert_int_equal(bal_kernel_get(&k, dev, "tensor", "tensor_fill", ""), BAL_OK);
    assert_int_equal(bal_kernel_get(&again, dev, "tensor", "tensor_fill", ""), BAL_OK);
    assert_ptr_equal(k, again);
    assert_int_equal(bal_run(k, bal_1d(1), bal_i32(1)), BAL_ECL);
    assert_string_equal(bal_error(), "kernel tensor_fill takes 3 arguments, not 1");
}

static void test_profile(void **state)
{
    (void)state;
    bal_tensor               t;
    const bal_launch_record *records;
    int                      count;
    assert_int_equal(bal_tensor_init(&t, dev, (bal_shape){1, 1, 1, 100000}), BAL_OK);
    bal_device_profile(dev, true);
    bal_device_scope(dev, "here");
    assert_int_equal(bal_tensor_fill(&t, 1), BAL_OK);
    assert_int_equal(bal_tensor_copy(&t, &t), BAL_OK);
    assert_int_equal(bal_device_records(dev, &records, &count), BAL_OK);
    assert_int_equal(count, 2);
    assert_string_equal(records[0].scope, "here");
    assert_string_equal(records[0].kernel, "tensor_fill");
    assert_string_equal(records[1].kernel, "tensor_copy");
    assert_true(records[0].end >= records[0].start && records[1].start >= records[0].start);
    bal_device_profile(dev, false);
    assert_int_equal(bal_tensor_fill(&t, 1), BAL_OK);
    assert_int_equal(bal_device_records(dev, &records, &count), BAL_OK);
    assert_int_equal(count, 0);
    bal_tensor_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choose),
        cmocka_unit_test(test_fill_copy_view),
        cmocka_unit_test(test_large_buffer_is_counted),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_kernel_errors),
        cmocka_unit_test(test_profile),
    };
    return cmocka_run_group_tests_name("device/device", tests, open_device, close_device);
}
