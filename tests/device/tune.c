/* tune -- the plan of a device, and the store: read back, damaged, of something else, written by two at once. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/tune.h"
#include "scratch.h"

static bal_device *dev;
static char        warning[1000];

static void sink(void *user, bal_log_level level, const char *line)
{
    (void)user;
    if (level == BAL_LOG_WARN) snprintf(warning, sizeof warning, "%s", line);
}

static const bal_tuning fast = {.level = BAL_TUNE_FAST}, full = {.level = BAL_TUNE_FULL};

static void open_tuning(const bal_tuning *how)
{
    warning[0] = '\0';
    assert_int_equal(bal_tuning_open(dev, how), BAL_OK);
}

static void add(const bal_tuning *how, const char *key, const char *choice)
{
    open_tuning(how);
    assert_int_equal(bal_store_add(dev, key, choice), BAL_OK);
    assert_int_equal(bal_tuning_close(dev), BAL_OK);
}

static void assert_known(const char *key, const char *choice)
{
    const char *found = bal_store_find(dev, key, BAL_TUNE_FAST);
    if (choice) {
        assert_non_null(found);
        assert_string_equal(found, choice);
    } else assert_null(found);
}

static void test_plan(void **state)
{
    (void)state;
    const char *key, *choice;
    assert_null(bal_plan_find(dev, "b"));
    assert_int_equal(bal_plan_set(dev, "b", "first"), BAL_OK);
    assert_int_equal(bal_plan_set(dev, "a", "second"), BAL_OK);
    assert_int_equal(bal_plan_set(dev, "b", "third"), BAL_OK);
    assert_true(bal_plan_row(dev, 0, &key, &choice));
    assert_string_equal(key, "a");
    assert_true(bal_plan_row(dev, 1, &key, &choice));
    assert_string_equal(choice, "third");
    assert_false(bal_plan_row(dev, 2, &key, &choice));
    bal_plan_clear(dev);
    assert_null(bal_plan_find(dev, "a"));
}

static void test_round_trip(void **state)
{
    (void)state;
    add(&fast, "conv x", "direct 8x32");
    add(&full, "conv y", "winograd F(4,3) 8x32 by 24");
    add(&fast, "conv y", "direct 6x32"); /* of less than what is there */
    open_tuning(&fast);
    assert_known("conv x", "direct 8x32");
    assert_known("conv y", "winograd F(4,3) 8x32 by 24");
    assert_known("conv z", NULL);
    assert_null(bal_store_find(dev, "conv x", BAL_TUNE_FULL));
    assert_int_equal(bal_tuning_close(dev), BAL_OK);
    assert_string_equal(warning, "");
    open_tuning(&(bal_tuning){.level = BAL_TUNE_OFF});
    assert_known("conv x", NULL);
    assert_false(bal_tuning_goes_on(dev));
    assert_int_equal(bal_tuning_close(dev), BAL_OK);
}

/* The store with `text` in place of its own; `cut` bytes less at its end. */
static void spoil(const char *from, const char *to, size_t cut)
{
    char  *path = bal_store_path(dev), *text;
    size_t size;
    assert_int_equal(bal_file_read(&text, &size, path, 0), BAL_OK);
    char *at = strstr(text, from);
    assert_non_null(at);
    char *other = bal_format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_int_equal(bal_file_write(path, other, strlen(other) - cut), BAL_OK);
    free(other);
    free(text);
    free(path);
}

static void assert_left_aside(const char *why)
{
    open_tuning(&fast);
    assert_known("conv x", NULL);
    assert_non_null(strstr(warning, why));
    assert_int_equal(bal_tuning_close(dev), BAL_OK);
    add(&fast, "conv x", "direct 8x32"); /* and a new one takes its place */
    open_tuning(&fast);
    assert_known("conv x", "direct 8x32");
    assert_string_equal(warning, "");
    assert_int_equal(bal_tuning_close(dev), BAL_OK);
}

static void test_damage(void **state)
{
    (void)state;
    add(&fast, "conv x", "direct 8x32");
    spoil("conv x = ", "conv x ", 0);
    assert_left_aside("is damaged");
    spoil("fast ", "fist ", 0);
    assert_left_aside("is damaged");
    spoil("direct", "direct", 3);
    assert_left_aside("is damaged");
    spoil("ballast tune", "something else", 0);
    assert_left_aside("is no store");
    spoil(", driver ", ", driver 0", 0);
    assert_left_aside("is of another device");
    spoil("kernels ", "kernels 0", 0);
    assert_left_aside("is of another device");
}

/* Both find what the other one has written. */
static void test_two_writers(void **state)
{
    (void)state;
    enum { ROWS = 40 };
    char  key[32];
    pid_t other = fork();
    assert_true(other >= 0);
    for (int i = 0; i < ROWS; i++) {
        snprintf(key, sizeof key, "conv %s %d", other ? "mine" : "theirs", i);
        bal_status st = bal_tuning_open(dev, &fast);
        if (st == BAL_OK) st = bal_store_add(dev, key, "direct 8x32");
        if (st == BAL_OK) st = bal_tuning_close(dev);
        if (st != BAL_OK && !other) _exit(1);
        assert_int_equal(st, BAL_OK);
    }
    if (!other) _exit(0);
    int status;
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    open_tuning(&fast);
    for (int i = 0; i < 2 * ROWS; i++) {
        snprintf(key, sizeof key, "conv %s %d", i % 2 ? "mine" : "theirs", i / 2);
        assert_known(key, "direct 8x32");
    }
    assert_int_equal(bal_tuning_close(dev), BAL_OK);
}

static void test_no_folder(void **state)
{
    (void)state;
    setenv("BAL_CACHE_DIR", "/proc/no/such/folder", 1);
    open_tuning(&fast);
    assert_int_equal(bal_store_add(dev, "conv x", "direct 8x32"), BAL_OK);
    assert_int_not_equal(bal_tuning_close(dev), BAL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plan), cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_damage), cmocka_unit_test(test_two_writers),
                                       cmocka_unit_test(test_no_folder)};
    setenv("BAL_CACHE_DIR", scratch("tune"), 1);
    if (bal_device_open(&dev, NULL) != BAL_OK) {
        print_error("%s\n", bal_error());
        return 1;
    }
    bal_log_to(sink, NULL);
    int failed = cmocka_run_group_tests_name("device/tune", tests, NULL, NULL);
    bal_device_close(dev);
    return failed;
}
