/* Whole files, writes that are complete or absent, folders, paths. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/files.h"

static char folder[64];

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/ballast-files-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    char *command = bal_format("rm -r %s", folder);
    int   rc = command ? system(command) : -1;

    (void)state;
    free(command);
    return rc;
}

static char *in_folder(const char *name)
{
    char *path = bal_path_join(folder, name);
    assert_non_null(path);
    return path;
}

static void writes_and_reads(void **state)
{
    char  *path = in_folder("a"), *data, big[100000];
    size_t size;

    (void)state;
    for (size_t i = 0; i < sizeof big; i++) big[i] = (char)(i * 7);
    assert_int_equal(bal_file_write(path, big, sizeof big), BAL_OK);
    assert_int_equal(bal_file_read(&data, &size, path, 0), BAL_OK);
    assert_int_equal(size, sizeof big);
    assert_memory_equal(data, big, size);
    assert_int_equal(data[size], 0);
    free(data);
    assert_int_equal(bal_file_read(&data, &size, path, sizeof big), BAL_OK);
    free(data);
    assert_int_equal(bal_file_read(&data, &size, path, sizeof big - 1), BAL_EIO);
    assert_null(data);
    assert_int_equal(bal_file_write(path, NULL, 0), BAL_OK);
    assert_int_equal(bal_file_read(&data, &size, path, 0), BAL_OK);
    assert_int_equal(size, 0);
    assert_string_equal(data, "");
    free(data);
    free(path);
}

static void copies(void **state)
{
    (void)state;
    size_t size = 3 << 20;
    char  *data = malloc(size), *back;
    for (size_t i = 0; data && i < size; i++) data[i] = (char)(i * i >> 7);
    assert_int_equal(bal_file_write("build/copied", data, size), BAL_OK);
    assert_int_equal(bal_file_copy("build/copy", "build/copied"), BAL_OK);
    assert_int_equal(bal_file_copy("build/copy", "build/copy"), BAL_OK); /* onto itself */
    assert_int_equal(bal_file_read(&back, &size, "build/copy", 0), BAL_OK);
    assert_int_equal(size, 3 << 20);
    assert_memory_equal(back, data, size);
    assert_int_equal(bal_file_copy("build/copy", "build/absent"), BAL_EIO);
    assert_string_equal(bal_error(), "build/absent: cannot read: No such file or directory");
    assert_int_equal(bal_file_copy("build/copy", "build"), BAL_EIO); /* a folder */
    assert_int_equal(bal_file_copy("build/absent/copy", "build/copied"), BAL_EIO);
    remove("build/copy");
    remove("build/copied");
    free(data);
    free(back);
}

static void names_the_reason(void **state)
{
    char *data, *path = in_folder("none/x"),
                *expected = bal_format("%s: cannot be created: No such file or directory", path);
    size_t size;

    (void)state;
    assert_int_equal(bal_file_read(&data, &size, "/no/such", 0), BAL_EIO);
    assert_string_equal(bal_error(), "/no/such: cannot be opened: No such file or directory");
    assert_int_equal(bal_file_read(&data, &size, "/tmp", 0), BAL_EIO);
    assert_string_equal(bal_error(), "/tmp: is a folder, not a file");
    assert_int_equal(bal_file_write(path, "x", 1), BAL_EIO);
    assert_string_equal(bal_error(), expected);
    free(expected);
    free(path);
}

static void endless_file_stops_at_the_limit(void **state)
{
    char  *data;
    size_t size;

    (void)state;
    assert_int_equal(bal_file_read(&data, &size, "/dev/zero", 1 << 20), BAL_EIO);
    assert_string_equal(bal_error(), "/dev/zero: more than 1048576 bytes, which is all that is read here");
}

static void full_disk_keeps_the_old_file(void **state)
{
    char           *path = in_folder("full");
    bal_file_writer w;
    char           *data;
    size_t          size;

    (void)state;
    if (access("/dev/full", W_OK)) skip();
    assert_int_equal(bal_file_write(path, "old", 3), BAL_OK);
    assert_int_equal(bal_file_create(&w, path), BAL_OK);
    fclose(w.file);
    w.file = fopen("/dev/full", "wb");
    assert_non_null(w.file);
    fwrite("new", 1, 3, w.file);
    assert_int_equal(bal_file_commit(&w), BAL_EIO);
    assert_non_null(strstr(bal_error(), "full: cannot be written: No space left on device"));
    assert_int_equal(bal_file_read(&data, &size, path, 0), BAL_OK);
    assert_string_equal(data, "old");
    free(data);
    free(path);
}

static void leaves_nothing_behind(void **state)
{
    char           *path = in_folder("sub"), *file = in_folder("sub/a");
    bal_file_writer w;
    bal_names       names;

    (void)state;
    assert_int_equal(bal_folder_create(path), BAL_OK);
    assert_int_equal(bal_file_create(&w, file), BAL_OK);
    assert_false(bal_file_exists(file));
    bal_file_discard(&w);
    bal_file_discard(&w);
    assert_int_equal(bal_folder_list(&names, path), BAL_OK);
    assert_int_equal(names.count, 0);
    bal_names_free(&names);
    free(path);
    free(file);
}

static void folders(void **state)
{
    char     *deep = in_folder("x/y//z/"), *x = in_folder("x"), *file = in_folder("x/b"), *under = in_folder("x/b/c");
    bal_names names;

    (void)state;
    assert_int_equal(bal_folder_create(deep), BAL_OK);
    assert_int_equal(bal_folder_create(deep), BAL_OK);
    assert_true(bal_folder_exists(deep));
    assert_false(bal_file_exists(deep));
    assert_int_equal(bal_file_write(file, "b", 1), BAL_OK);
    assert_true(bal_file_exists(file));
    assert_int_equal(bal_folder_create(file), BAL_EIO);
    assert_non_null(strstr(bal_error(), "exists and is not a folder"));
    assert_int_equal(bal_folder_create(under), BAL_EIO);
    assert_int_equal(bal_folder_list(&names, x), BAL_OK);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.name[0], "b");
    assert_string_equal(names.name[1], "y");
    bal_names_free(&names);
    assert_int_equal(bal_folder_list(&names, "/no/such"), BAL_EIO);
    free(deep);
    free(x);
    free(file);
    free(under);
}

static void check_joined(const char *a, const char *b, const char *expected)
{
    char *path = bal_path_join(a, b);
    assert_string_equal(path, expected);
    free(path);
}

static void check_folder(const char *path, const char *expected)
{
    char *got = bal_path_folder(path);
    assert_string_equal(got, expected);
    free(got);
}

static void absolute_paths(void **state)
{
    char *here = bal_path_absolute(""), *there = bal_path_absolute("a/b"), *root = bal_path_absolute("/a"), *back;

    (void)state;
    assert_true(here && there && here[0] == '/');
    assert_string_equal(root, "/a");
    assert_memory_equal(there, here, strlen(here) - 1);
    assert_int_equal(chdir(folder), 0);
    char *inside = bal_path_absolute("x");
    back = bal_path_join(folder, "x");
    assert_string_equal(inside, back);
    assert_int_equal(chdir(here), 0);
    free(here);
    free(there);
    free(root);
    free(inside);
    free(back);
}

static void paths(void **state)
{
    (void)state;
    check_joined("a", "b", "a/b");
    check_joined("a/", "b", "a/b");
    check_joined("", "b", "b");
    check_joined("a", "/b", "/b");
    check_folder("a/b/c", "a/b");
    check_folder("c", ".");
    check_folder("/c", "/");
    assert_string_equal(bal_path_name("a/b"), "b");
    assert_string_equal(bal_path_name("b"), "b");
}

static void many_names(void **state)
{
    bal_names names = {0};

    (void)state;
    for (int i = 0; i < 100; i++) assert_int_equal(bal_names_add(&names, "n"), BAL_OK);
    assert_int_equal(names.count, 100);
    bal_names_free(&names);
    bal_names_free(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(writes_and_reads),
                                       cmocka_unit_test(copies),
                                       cmocka_unit_test(names_the_reason),
                                       cmocka_unit_test(endless_file_stops_at_the_limit),
                                       cmocka_unit_test(full_disk_keeps_the_old_file),
                                       cmocka_unit_test(leaves_nothing_behind),
                                       cmocka_unit_test(folders),
                                       cmocka_unit_test(paths),
                                       cmocka_unit_test(absolute_paths),
                                       cmocka_unit_test(many_names)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
