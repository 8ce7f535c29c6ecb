/* program -- the cache of built programs: written once, read by the next process, left alone when it is damaged;
 * sources read from a folder. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "ballast/device.h"
#include "ballast/files.h"
#include "scratch.h"

/* What tensor_fill gives on a device opened now: everything is built or read again. */
static void assert_fills(float expected)
{
    bal_device *dev;
    bal_tensor  t;
    float       host[5];
    assert_int_equal(bal_device_open(&dev, NULL), BAL_OK);
    assert_int_equal(bal_tensor_init(&t, dev, (bal_shape){1, 1, 1, 5}), BAL_OK);
    assert_int_equal(bal_tensor_fill(&t, 3), BAL_OK);
    assert_int_equal(bal_tensor_read(&t, host), BAL_OK);
    for (int i = 0; i < 5; i++) assert_true(host[i] == expected);
    bal_tensor_free(&t);
    bal_device_close(dev);
}

static void test_cache(void **state)
{
    (void)state;
    char     *folder = bal_format("%s", scratch("cache"));
    bal_names names;
    assert_int_equal(setenv("BAL_CACHE_DIR", folder, 1), 0);
    assert_fills(3);
    assert_int_equal(bal_folder_list(&names, folder), BAL_OK);
    assert_int_equal(names.count, 1); /* tensor.cl, with one set of options */
    char       *path = bal_path_join(folder, names.name[0]);
    struct stat first, second;
    assert_int_equal(stat(path, &first), 0);
    assert_true(first.st_size > 0);
    assert_fills(3);
    assert_int_equal(stat(path, &second), 0);
    assert_true(first.st_ino == second.st_ino); /* read, not written again */
    assert_int_equal(bal_file_write(path, "damaged", 7), BAL_OK);
    assert_fills(3);
    assert_int_equal(stat(path, &second), 0);
    assert_true(second.st_size > 7); /* built and written again */
    assert_int_equal(setenv("BAL_CACHE_DIR", "/proc/no/such/folder", 1), 0);
    assert_fills(3);
    unsetenv("BAL_CACHE_DIR");
    bal_names_free(&names);
    free(path);
    free(folder);
}

/* BAL_CL_DIR: an edited kernel takes effect, and a fault in it is reported with file and line. */
static void test_sources_from_a_folder(void **state)
{
    (void)state;
    static const char text[] =
        "#include \"twice.h\"\n"
        "__kernel void tensor_fill(int n, __global float *y, float v)\n"
        "{ for (int i = get_global_id(0) * 16; i < min(n, (int)get_global_id(0) * 16 + 16); i++) y[i] = TWICE(v); }\n"
        "__kernel void tensor_copy(int n, __global float *y, __global const float *x) { if (n < 0) y[0] = x[0]; }\n";
    bal_device *dev;
    scratch_text("cl/tensor.cl", text);
    scratch_text("cl/twice.h", "#define TWICE(v) (2 * (v))\n");
    assert_int_equal(setenv("BAL_CL_DIR", scratch("cl"), 1), 0);
    assert_fills(6);
    scratch_text("cl/twice.h", "\n#error stop here\n");
    assert_int_equal(bal_device_open(&dev, NULL), BAL_ECL);
    assert_null(dev);
    assert_non_null(strstr(bal_error(), "cl/tensor.cl does not build on"));
    assert_non_null(strstr(bal_error(), "stop here"));
    /* Oclgrind counts lines itself. */
    if (!strstr(bal_error(), "Oclgrind")) assert_non_null(strstr(bal_error(), "twice.h:2"));
    scratch_text("cl/twice.h", "#include \"tensor.cl\"\n");
    assert_int_equal(bal_device_open(&dev, NULL), BAL_ECL);
    assert_non_null(strstr(bal_error(), "files include each other more than 8 deep"));
    unsetenv("BAL_CL_DIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cache), cmocka_unit_test(test_sources_from_a_folder)};
    return cmocka_run_group_tests_name("device/program", tests, scratch_setup, scratch_teardown);
}
