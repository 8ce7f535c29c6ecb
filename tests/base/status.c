/* The error line: form, limits, one per thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "ballast/status.h"

static void texts(void **state)
{
    (void)state;
    assert_string_equal(bal_status_text(BAL_OK), "ok");
    assert_string_equal(bal_status_text(BAL_ENAN), "not a number");
    assert_string_equal(bal_status_text((bal_status)99), "unknown status");
    assert_string_equal(bal_status_text((bal_status)-1), "unknown status");
}

static void records_and_returns(void **state)
{
    (void)state;
    assert_int_equal(bal_fail(BAL_EIO, "%s:%d: gone\n", "a", 3), BAL_EIO);
    assert_string_equal(bal_error(), "a:3: gone");
    bal_fail(BAL_ECL, "outer: %s", bal_error()); /* the old message is an argument of the new one */
    assert_string_equal(bal_error(), "outer: a:3: gone");
}

static void long_line_is_cut(void **state)
{
    static char text[20000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    bal_fail(BAL_EIO, "%s", text);
    assert_int_equal(strlen(bal_error()), 8191);
}

static void *other(void *arg)
{
    (void)arg;
    bal_fail(BAL_EIO, "other");
    return NULL;
}

static void one_per_thread(void **state)
{
    pthread_t thread;

    (void)state;
    bal_fail(BAL_EIO, "mine");
    assert_int_equal(pthread_create(&thread, NULL, other, NULL), 0);
    pthread_join(thread, NULL);
    assert_string_equal(bal_error(), "mine");
}

static bal_status tries(bal_status a, bal_status b)
{
    bal_status st;

    BAL_TRY(a);
    BAL_TRY_OR(done, st, b);
    st = BAL_ENAN;
done:
    return st;
}

static void macros(void **state)
{
    (void)state;
    assert_int_equal(tries(BAL_EIO, BAL_OK), BAL_EIO);
    assert_int_equal(tries(BAL_OK, BAL_ECL), BAL_ECL);
    assert_int_equal(tries(BAL_OK, BAL_OK), BAL_ENAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(records_and_returns),
                                       cmocka_unit_test(long_line_is_cut), cmocka_unit_test(one_per_thread),
                                       cmocka_unit_test(macros)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
