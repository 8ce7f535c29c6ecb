/* Lines go to the installed sink, and nowhere without one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ballast/log.h"

static char          last[8192];
static bal_log_level last_level;

static void sink(void *user, bal_log_level level, const char *line)
{
    ++*(int *)user;
    last_level = level;
    snprintf(last, sizeof last, "%s", line);
}

static void goes_to_the_sink(void **state)
{
    static char text[20000];
    int         count = 0;

    (void)state;
    bal_warn("nobody listens");
    bal_log_to(sink, &count);
    bal_warn("%d images left out", 3);
    assert_int_equal(count, 1);
    assert_int_equal(last_level, BAL_LOG_WARN);
    assert_string_equal(last, "3 images left out");
    memset(text, 'x', sizeof text - 1);
    bal_info("%s", text);
    assert_int_equal(strlen(last), 4095);
    bal_log_to(NULL, NULL);
    bal_info("gone");
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(goes_to_the_sink)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
