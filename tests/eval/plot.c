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
    assert_int_equal(bal_plot_svg(&svg, panels, count), BAL_OK);
    return svg;
}

static bal_panel panel_of(const bal_series *series, int count)
{
    double nan = (double)NAN;
    return (bal_panel){"title", "x", "y", series, count, nan, nan, nan, nan};
}

static char *draw_one(const double *x, const double *y, int count)
{
    bal_series s = {"line", x, y, count, false};
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
    bal_series               s = {"line", x, y, 2, false};
    bal_panel                p = panel_of(&s, 1);
    p.y_min = 0;
    p.y_max = 1;
    char *svg = draw(&p, 1);
    expect_ticks(svg, expected);
    assert_non_null(strstr(svg, "M70.00 180.76L510.00 158.32")); /* bottom at 244, 204 high */
    free(svg);
}

static void texts_are_escaped(void **state)
{
    (void)state;
    static const double x[] = {1, 2}, y[] = {1, 2};
    bal_series          s = {"a < b & \"c\" > d\x01", x, y, 2, false};
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
    for (int i = 0; i < 8; i++) s[i] = (bal_series){"line", x, y, 2, i == 7};
    bal_panel p = panel_of(s, 8);
    char     *svg = draw(&p, 1);
    assert_non_null(strstr(svg, "class=\"line s5\""));
    assert_non_null(strstr(svg, "class=\"reference\""));
    assert_int_equal(occurrences(svg, "class=\"mark s1\""), 3); /* two points and the legend */
    assert_int_equal(occurrences(svg, "class=\"mark"), 7 * 3);
    assert_non_null(strstr(svg, ".line.s1 { stroke-dasharray"));
    assert_non_null(strstr(svg, "prefers-color-scheme: dark"));
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
    } cases[] = {{one, one, 1}, {zero, zero, 2}, {zero, tiny, 2}, {tiny, tiny, 2}, {same, close, 2},
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
    bal_series          s = {NULL, x, y, 2, false};
    bal_panel           p[2] = {panel_of(&s, 1), panel_of(&s, 1)};
    char               *a = draw(p, 2), *b = draw(p, 2);
    assert_non_null(strstr(a, "viewBox=\"0 0 720 600\""));
    assert_non_null(strstr(a, "<title>title, title</title>"));
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static void long_names_are_cut_between_code_points(void **state)
{
    (void)state;
    static const double x[] = {0, 1};
    const bal_series    series[] = {{"123456789012345678\xC3\xA4\xC3\xB6\xC3\xBC", x, x, 2, false}};
    const bal_panel     panel = panel_of(series, 1);
    char               *svg = draw(&panel, 1);
    assert_non_null(strstr(svg, "<title>123456789012345678\xC3\xA4\xC3\xB6\xC3\xBC</title>"));
    assert_non_null(strstr(svg, ">123456789012345678\xC3\xA4\xC3\xB6\xE2\x80\xA6</text>"));
    free(svg);
}

static void a_forest_has_bars_and_marks(void **state)
{
    (void)state;
    const bal_forest_row row[] = {{"a", 0.5, 0, 1}, {"b", 0.25, (double)NAN, (double)NAN},
                                  {"c", (double)NAN, (double)NAN, (double)NAN}};
    const bal_forest     f = {"T", "x", row, 3, 0.5};
    char                *svg;
    assert_int_equal(bal_plot_forest(&svg, &f, 1), BAL_OK);
    assert_non_null(strstr(svg, "class=\"line s0\" d=\"M14.00 64.00v8m0-4H426.00m0-4v8\""));
    assert_non_null(strstr(svg, "translate(220.00 68.00)"));
    assert_non_null(strstr(svg, "translate(117.00 108.00)"));
    assert_non_null(strstr(svg, "class=\"reference\" d=\"M220.00 38.00V164.00\""));
    assert_non_null(strstr(svg, ">n/a</text>"));
    assert_null(strstr(strstr(svg, "line s0") + 1, "class=\"line s0\""));
    free(svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round),
        cmocka_unit_test(given_limits_stay),
        cmocka_unit_test(texts_are_escaped),
        cmocka_unit_test(gaps_break_a_line),
        cmocka_unit_test(lines_differ_without_colour),
        cmocka_unit_test(odd_data),
        cmocka_unit_test(panels_stand_below_each_other),
        cmocka_unit_test(long_names_are_cut_between_code_points),
        cmocka_unit_test(a_forest_has_bars_and_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
