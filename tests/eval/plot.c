/* The SVG of plots: ticks where a person would put them, escaped texts, odd data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/plot.h"

static char *draw(const bal_panel *panels, int count)
{
    char *svg;
    assert_int_equal(bal_plot_svg(&svg, panels, count, 1), BAL_OK);
    return svg;
}

static bal_panel panel_of(const bal_series *series, int count)
{
    double nan = (double)NAN;
    return (bal_panel){"title", "x", "y", series, count, nan, nan, nan, nan, .square = false};
}

static char *draw_one(const double *x, const double *y, int count)
{
    bal_series s = {.name = "line", .x = x, .y = y, .count = count};
    bal_panel  p = panel_of(&s, 1);
    return draw(&p, 1);
}

static int occurrences(const char *text, const char *what)
{
    int count = 0;
    for (const char *p = text; (p = strstr(p, what)); p++) count++;
    return count;
}

static void expect_ticks(const char *svg, const char *const *ticks)
{
    char text[64];
    for (; *ticks; ticks++) {
        assert_true(strlen(*ticks) < 32);
        text[0] = '>';
        memcpy(text + 1, *ticks, strlen(*ticks) + 1);
        memcpy(text + 1 + strlen(*ticks), "</text>", sizeof "</text>");
        if (!strstr(svg, text)) fail_msg("no tick %s in %s", *ticks, svg);
    }
}

static void ticks_are_round(void **state)
{
    (void)state;
    static const double      x[] = {1, 2, 3, 4}, y[] = {0.13, 0.31, 0.42, 0.93}, far[] = {-2e6, 0, 1e6, 3e6};
    static const char *const expected[] = {"0", "0.2", "0.4", "0.6", "0.8", "1", "2", "3", "4", NULL};
    static const char *const wide[] = {"-2e+06", "-1e+06", "0", "1e+06", "2e+06", "3e+06", NULL};
    char                    *svg = draw_one(x, y, 4);
    expect_ticks(svg, expected);
    assert_null(strstr(svg, ">1.5<")); /* whole numbers have no ticks between them */
    free(svg);
    svg = draw_one(x, far, 4);
    expect_ticks(svg, wide);
    free(svg);
}

static void given_limits_stay(void **state)
{
    (void)state;
    static const double      x[] = {1, 40}, y[] = {0.31, 0.42};
    static const char *const expected[] = {"0", "0.2", "0.4", "0.6", "0.8", "1", NULL};
    bal_series               s = {.name = "line", .x = x, .y = y, .count = 2};
    bal_panel                p = panel_of(&s, 1);
    p.y_min = 0;
    p.y_max = 1;
    char *svg = draw(&p, 1);
    expect_ticks(svg, expected);
    assert_non_null(strstr(svg, "M58.00 180.90L386.00 157.80")); /* bottom at 246, 210 high */
    free(svg);
}

/* 10 is in the middle between 1 and 100, and so is its tick; a margin of 4 % at both ends. */
static void a_logarithmic_axis_has_its_ticks(void **state)
{
    (void)state;
    static const double      x[] = {1, 10, 100}, near[] = {2.9, 4, 12}, y[] = {0, 1, 0};
    static const char *const two[] = {"1", "3", "10", "30", "100", NULL}, *const three[] = {"5", "10", NULL};
    bal_series s = {.name = "line", .x = x, .y = y, .count = 3};
    bal_panel  p = panel_of(&s, 1);
    p.x_log = true;
    char *svg = draw(&p, 1);
    expect_ticks(svg, two);
    assert_non_null(strstr(svg, "M70.15 246.00L222.00 36.00L373.85 246.00"));
    assert_non_null(strstr(svg, "<path class=\"frame\" d=\"M222.00 246.00v5\"/>"));
    assert_non_null(strstr(svg, "<path class=\"frame\" d=\"M142.60 246.00v5\"/>")); /* 3, not 10^.5 */
    free(svg);
    s.x = near;
    svg = draw(&p, 1);
    expect_ticks(svg, three);
    free(svg);
}

/* The axis goes as far as the intervals. */
static void intervals_stand_by_themselves(void **state)
{
    (void)state;
    static const double x[] = {1, 2}, y[] = {0.5, 0.5}, low[] = {0, (double)NAN}, high[] = {1, (double)NAN};
    bal_series          s = {.name = "line", .x = x, .y = y, .count = 2, .band = {x, low, high, 2}, .bars = true};
    bal_panel           p = panel_of(&s, 1);
    char               *svg = draw(&p, 1);
    assert_int_equal(occurrences(svg, "class=\"whisker"), 1);
    assert_int_equal(occurrences(svg, "class=\"band f"), 0);
    assert_non_null(strstr(svg, "<path class=\"whisker s0\" d=\"M55.00 36.00h6m-3 0V246.00m-3 0h6\"/>"));
    free(svg);
}

static void texts_are_escaped(void **state)
{
    (void)state;
    static const double x[] = {1, 2}, y[] = {1, 2};
    bal_series          s = {.name = "a < b & \"c\" > d\x01", .x = x, .y = y, .count = 2};
    bal_panel           p = panel_of(&s, 1);
    p.title = "<script>";
    char *svg = draw(&p, 1);
    assert_non_null(strstr(svg, ">a &lt; b &amp; &quot;c&quot; &gt; d </text>"));
    assert_null(strstr(svg, "<script>"));
    assert_int_equal(occurrences(svg, "&lt;script&gt;"), 2);
    free(svg);
}

static void gaps_break_a_line(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5}, y[] = {1, 2, (double)NAN, 4, (double)INFINITY};
    char        *svg = draw_one(x, y, 5);
    const char  *line = strstr(svg, "<path class=\"line s0\" d=\"");
    assert_non_null(line);
    char *path = strdup(line);
    assert_non_null(path);
    *strchr(path, '\n') = '\0';
    assert_int_equal(occurrences(path, "M"), 2);
    assert_int_equal(occurrences(path, "L"), 1);
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
    free(path);
    free(svg);
}

static void lines_differ_without_colour(void **state)
{
    (void)state;
    static const double x[] = {1, 2}, y[] = {1, 2};
    bal_series          s[8];
    for (int i = 0; i < 8; i++) s[i] = (bal_series){.name = "line", .x = x, .y = y, .count = 2, .reference = i == 7};
    bal_panel p = panel_of(s, 8);
    char     *svg = draw(&p, 1);
    assert_non_null(strstr(svg, "class=\"line s5\""));
    assert_non_null(strstr(svg, "class=\"reference\""));
    assert_int_equal(occurrences(svg, "class=\"mark s1\""), 3); /* two points and the legend */
    assert_int_equal(occurrences(svg, "class=\"mark"), 7 * 3);
    assert_non_null(strstr(svg, ".line.s1, .band.s1 { stroke-dasharray"));
    assert_non_null(strstr(svg, "@media screen and (prefers-color-scheme: dark)"));
    free(svg);
}

/* Nothing here may hang, or write numbers that are none. */
static void odd_data(void **state)
{
    (void)state;
    const double nan = (double)NAN, one[] = {5}, zero[] = {0, 0}, tiny[] = {0, 5e-324}, same[] = {1e17, 1e17};
    const double close[] = {1e17, 1e17 + 16}, none[] = {nan, nan}, negative[] = {-3, -3};
    const struct {
        const double *x, *y;
        int           count;
    } cases[] = {{one, one, 1},    {zero, zero, 2}, {zero, tiny, 2}, {tiny, tiny, 2},        {same, close, 2},
                 {close, same, 2}, {none, none, 2}, {zero, zero, 0}, {negative, negative, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *svg = draw_one(cases[i].x, cases[i].y, cases[i].count);
        assert_null(strstr(svg, "nan"));
        assert_null(strstr(svg, "inf"));
        assert_non_null(strstr(svg, "</svg>\n"));
        assert_true(strlen(svg) < 10000);
        free(svg);
    }
}

static void panels_stand_below_each_other(void **state)
{
    (void)state;
    static const double x[] = {1, 2}, y[] = {1, 2};
    bal_series          s = {.name = NULL, .x = x, .y = y, .count = 2};
    bal_panel           p[2] = {panel_of(&s, 1), panel_of(&s, 1)};
    char               *a = draw(p, 2), *b = draw(p, 2);
    assert_non_null(strstr(a, "viewBox=\"0 0 400 604\""));
    assert_non_null(strstr(a, "<title>title, title</title>"));
    assert_string_equal(a, b);
    free(a);
    free(b);
}

/* A row is as high as the highest of its panels. */
static void panels_stand_beside_each_other(void **state)
{
    (void)state;
    static const double x[] = {1, 2}, y[] = {1, 2};
    bal_series          bare = {.name = NULL, .x = x, .y = y, .count = 2}, named = {.name = "n", x, y, 2};
    bal_panel           p[3] = {panel_of(&bare, 1), panel_of(&named, 1), panel_of(&bare, 1)};
    char               *svg;
    assert_int_equal(bal_plot_svg(&svg, p, 3, 2), BAL_OK);
    assert_non_null(strstr(svg, "viewBox=\"0 0 800 624\"")); /* 302 + 20 for the name, 302 */
    assert_int_equal(occurrences(svg, "<g transform=\"translate(400 0)\">"), 1);
    assert_int_equal(occurrences(svg, "<rect class=\"frame\" x=\"58\" y=\"36.00\""), 2);
    assert_int_equal(occurrences(svg, "<rect class=\"frame\" x=\"58\" y=\"358.00\""), 1);
    free(svg);
}

#define SIXTEEN "1234567890123456"

static void long_names_are_cut_between_code_points(void **state)
{
    (void)state;
    static const double x[] = {0, 1};
    const bal_series    series[] = {{.name = SIXTEEN SIXTEEN SIXTEEN "\xC3\xA4\xC3\xB6", .x = x, .y = x, .count = 2}};
    const bal_panel     panel = panel_of(series, 1);
    char               *svg = draw(&panel, 1);
    assert_non_null(strstr(svg, "<title>" SIXTEEN SIXTEEN SIXTEEN "\xC3\xA4\xC3\xB6</title>"));
    assert_non_null(strstr(svg, ">" SIXTEEN SIXTEEN "123456789012345\xE2\x80\xA6</text>"));
    free(svg);
}

/* What turns the direction of writing, and what XML cannot have. */
static void marks_are_replaced(void **state)
{
    (void)state;
    static const double x[] = {0, 1};
    const bal_series    series[] = {{.name = "a\xE2\x80\xAE"
                                                "b\xEF\xBF\xBF"
                                                "c\xE2\x80\xA6",
                                     .x = x,
                                     .y = x,
                                     .count = 2}};
    const bal_panel     panel = panel_of(series, 1);
    char               *svg = draw(&panel, 1);
    assert_non_null(strstr(svg, ">a\xEF\xBF\xBD"
                                "b\xEF\xBF\xBD"
                                "c\xE2\x80\xA6</text>"));
    free(svg);
}

static void a_band_goes_along_and_back(void **state)
{
    (void)state;
    static const double x[] = {0, 1}, y[] = {0.5, 0.5};
    const double        high[] = {0.75, 1, (double)NAN}, low[] = {0.25, 0, (double)NAN}, grid[] = {0, 1, 0.5};
    bal_series          s = {.name = "line", .x = x, .y = y, .count = 2, .band = {grid, low, high, 3}};
    bal_panel           p = {"t", "x", "y", &s, 1, 0, 1, 0, 1, .square = true};
    char               *svg = draw(&p, 1);
    /* 328 wide and high, from (58, 36); below the line */
    assert_non_null(strstr(svg,
                           "<path class=\"band f0 s0\" d=\"M58.00 118.00L386.00 36.00L386.00 364.00L58.00 282.00z\""
                           "/>\n<path class=\"line s0\""));
    free(svg);
}

static void steps_hold_back_to_the_point_before(void **state)
{
    (void)state;
    static const double x[] = {0, 0.5, 1}, y[] = {1, 1, 0};
    bal_series          s = {.x = x, .y = y, .count = 3, .steps = true};
    bal_panel           p = {"t", "x", "y", &s, 1, 0, 1, 0, 1, .square = true};
    char               *svg = draw(&p, 1);
    assert_non_null(strstr(svg, "d=\"M58.00 36.00V36.00H222.00V364.00H386.00\""));
    free(svg);
}

static void bars_say_what_they_are(void **state)
{
    (void)state;
    static const char *const part[] = {"train", "test"};
    static const int         a[] = {80, 20}, b[] = {40, 0};
    const bal_bar_row        row[] = {{"<a>", a}, {"b", b}};
    const bal_bars           bars = {"T", "images", part, 2, row, 2};
    char                    *svg;
    assert_int_equal(bal_plot_bars(&svg, &bars), BAL_OK);
    assert_non_null(strstr(svg, ">&lt;a&gt;</text>"));
    assert_non_null(strstr(svg, ">train 80</text>"));
    assert_non_null(strstr(svg, ">test 0</text>"));
    assert_non_null(strstr(svg, "<rect class=\"f0\" x=\"14\" y=\"64.00\" width=\"252.00\"")); /* 80 is the most */
    assert_non_null(strstr(svg, "<rect class=\"f0\" x=\"14\" y=\"124.00\" width=\"126.00\""));
    assert_non_null(strstr(svg, ">images</text>"));
    free(svg);
}

static void a_matrix_has_counts_and_rates(void **state)
{
    (void)state;
    char            *name[] = {(char[]){"<a>"}, (char[]){"b"}, (char[]){"none"}};
    static const int images[] = {3, 1, 0, 0, 12345, 0, 0, 0, 0};
    const bal_matrix m = {name, images, 3};
    char            *svg;
    assert_int_equal(bal_plot_matrix(&svg, &m), BAL_OK);
    assert_int_equal(occurrences(svg, ">&lt;a&gt;</text>"), 4); /* row and column, twice */
    assert_non_null(strstr(svg, ">12345</text>"));
    assert_non_null(strstr(svg, ">75</text>"));
    assert_non_null(strstr(svg, "fill-opacity=\"0.375\""));
    assert_int_equal(occurrences(svg, ">n/a</text>"), 3);
    free(svg);
}

static void a_forest_has_bars_and_marks(void **state)
{
    (void)state;
    const bal_forest_row row[] = {
        {"a", 0.5, 0, 1}, {"b", 0.25, (double)NAN, (double)NAN}, {"c", (double)NAN, (double)NAN, (double)NAN}};
    const bal_forest f = {"T", "x", row, 3, 0.5};
    char            *svg;
    assert_int_equal(bal_plot_forest(&svg, &f, 1), BAL_OK);
    assert_non_null(strstr(svg, "class=\"line s0\" d=\"M14.00 64.00v8m0-4H386.00m0-4v8\""));
    assert_non_null(strstr(svg, "translate(200.00 68.00)"));
    assert_non_null(strstr(svg, "translate(107.00 108.00)"));
    assert_non_null(strstr(svg, "class=\"reference\" d=\"M200.00 38.00V164.00\""));
    assert_non_null(strstr(svg, ">n/a</text>"));
    assert_null(strstr(strstr(svg, "line s0") + 1, "class=\"line s0\""));
    free(svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round),
        cmocka_unit_test(given_limits_stay),
        cmocka_unit_test(a_logarithmic_axis_has_its_ticks),
        cmocka_unit_test(intervals_stand_by_themselves),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(gaps_break_a_line),
        cmocka_unit_test(lines_differ_without_colour),
        cmocka_unit_test(odd_data),
        cmocka_unit_test(panels_stand_below_each_other),
        cmocka_unit_test(panels_stand_beside_each_other),
        cmocka_unit_test(long_names_are_cut_between_code_points),
        cmocka_unit_test(marks_are_replaced),
        cmocka_unit_test(a_band_goes_along_and_back),
        cmocka_unit_test(steps_hold_back_to_the_point_before),
        cmocka_unit_test(bars_say_what_they_are),
        cmocka_unit_test(a_matrix_has_counts_and_rates),
        cmocka_unit_test(a_forest_has_bars_and_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
