/* watched -- see watched.h. */
#include "watched.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

int stop_after;

static void begin(const char *what, const char *unit, long total, long done)
{
    (void)what;
    (void)unit;
    assert_true(done <= total);
}

static void update(long done, const bal_figure *figures, int count)
{
    (void)done;
    for (int i = 0; i < count; i++) assert_non_null(figures[i].name);
}

static void end(void) {}
static bool stop(void) { return stop_after > 0 && --stop_after == 0; }

const bal_watch watch = {begin, update, end, stop};
