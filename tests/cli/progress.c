/* What progress looks like, at several widths. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "cli/progress.c"

static const bal_figure figures[] = {{"loss", 0.69314}, {"D(x)", NAN}};

static void plain_line(void **state)
{
    char               text[256];
    bal_progress_state s = {"gan", "step", 120, 2000, 12.34, figures, 2};

    (void)state;
    bal_progress_line(text, sizeof text, &s);
    assert_string_equal(text, "gan  step 120/2000  12/s  left 2:32  loss 0.6931  D(x) -");
    s = (bal_progress_state){"data", "image", 5, 0, 0, NULL, 0};
    bal_progress_line(text, sizeof text, &s);
    assert_string_equal(text, "data  image 5");
}

static void bar_fits_the_width(void **state)
{
    char               text[512];
    bal_progress_state s = {"gan", "step", 500, 1000, 2, figures, 2};

    (void)state;
    bal_progress_draw(text, sizeof text, 80, &s);
    assert_string_equal(text, "gan [==========>         ] step 500/1000  2.00/s  left 4:10  loss 0.6931  D(x) -");
    for (int width = 0; width < 300; width++) {
        bal_progress_draw(text, sizeof text, width, &s);
        assert_true(strlen(text) <= (size_t)width);
    }
    bal_progress_draw(text, sizeof text, 20, &s);
    assert_string_equal(text, "gan step 500/1000  2");
    s.done = 1500; /* beyond the total */
    bal_progress_draw(text, sizeof text, 80, &s);
    assert_true(strlen(text) <= 80);
    bal_progress_draw(text, 10, 80, &s); /* a small buffer */
    assert_int_equal(strlen(text), 9);
}

static void durations(void **state)
{
    char text[32];

    (void)state;
    assert_string_equal(bal_duration_print(text, sizeof text, 0.4), "0 s");
    assert_string_equal(bal_duration_print(text, sizeof text, 59.6), "1:00");
    assert_string_equal(bal_duration_print(text, sizeof text, 3725), "1:02:05");
    assert_string_equal(bal_duration_print(text, sizeof text, -1), "0 s");
    assert_string_equal(bal_duration_print(text, sizeof text, (double)NAN), "0 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_line), cmocka_unit_test(bar_fits_the_width),
                                       cmocka_unit_test(durations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
