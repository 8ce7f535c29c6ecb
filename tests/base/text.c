/* Numbers and UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/rng.h"
#include "ballast/text.h"

static void expect_print(double v, const char *text)
{
    char out[BAL_NUMBER_SIZE];
    assert_string_equal(bal_number_print(out, v), text);
}

static void numbers_are_short(void **state)
{
    (void)state;
    expect_print(0, "0");
    expect_print(0.1, "0.1");
    expect_print(-2, "-2");
    expect_print(1.0 / 3, "0.3333333333333333");
    expect_print(0.1 + 0.2, "0.30000000000000004");
    expect_print(1e300, "1e+300");
    expect_print((double)NAN, "nan");
    expect_print(-(double)NAN, "nan");
    expect_print(-(double)INFINITY, "-inf");
}

static void expect_back(double v)
{
    char   out[BAL_NUMBER_SIZE];
    double back;
    assert_true(bal_number_parse(&back, bal_number_print(out, v)));
    assert_memory_equal(&back, &v, sizeof v);
}

/* cJSON's own printer loses the last bit of some of these. */
static void numbers_read_back(void **state)
{
    (void)state;
    bal_stream s = bal_stream_for(1, BAL_FOR_TEST, 0, 0);
    expect_back(DBL_MAX);
    expect_back(-DBL_MIN);
    expect_back(5e-324);
    expect_back(-0.0);
    expect_back(nextafter(1, 2));
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)bal_random_bits(&s, 2 * i) << 32 | bal_random_bits(&s, 2 * i + 1);
        double   v;
        memcpy(&v, &bits, sizeof v);
        if (isfinite(v)) expect_back(v);
    }
}

/* The same as trying 15, 16 and 17 digits in turn, whatever is found without printing. */
static void shortest_of_three(void **state)
{
    (void)state;
    bal_stream s = bal_stream_for(2, BAL_FOR_TEST, 0, 0);
    for (uint64_t i = 0; i < 40000; i++) {
        double step[] = {1, 10, 1e3, 1e6, 1e9, 1e14, 1e15, 1e16}, v = bal_random_uniform(&s, 2 * i);
        double part = step[i % 8], size = pow(10, (double)(i % 37) - 20);
        v = i % 3 == 0 ? v : i % 3 == 1 ? rint(v * part) / part : v * size;
        char out[BAL_NUMBER_SIZE], text[BAL_NUMBER_SIZE];
        int  digits = 15;
        do snprintf(text, sizeof text, "%.*g", digits, v);
        while (strtod(text, NULL) != v && digits++ < 17);
        assert_string_equal(bal_number_print(out, v), text);
    }
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      " 1",  "1 ", "0x10", "nan", "inf", "-inf", "1e999",    "1,5",
                                      "1.5.2", "--1", "1e", "e5",   ".",   "+",   "1f",   "infinity", "one"};
    double                   v = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(bal_number_parse(&v, bad[i]));
    assert_true(v == 7);
    assert_true(bal_number_parse(&v, "+1.5e-3") && v == 0.0015);
    assert_true(bal_number_parse(&v, ".5") && v == 0.5);
    assert_true(bal_number_parse(&v, "1e-400") && v == 0);
}

static void utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xC2\x41",
                                      "\xE0\x9F\xBF",
                                      "\xE2\x82",
                                      "\xED\xA0\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xFF",
                                      "\xF5\x80\x80\x80",
                                      "\xE2\x82\x28",
                                      "\xF0\x90\x80\x28"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(bal_utf8_fault(good[i], strlen(good[i])), strlen(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(bal_utf8_fault(bad[i], strlen(bad[i])), 0);
    assert_int_equal(bal_utf8_fault("ab\xFFz", 4), 2);
}

static void expect_plain(const char *text, const char *plain)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s", text);
    assert_string_equal(bal_text_plain(copy), plain);
}

/* Nothing that moves the cursor, colours, rings or turns the direction of text gets through. */
static void plain_on_a_terminal(void **state)
{
    (void)state;
    expect_plain("", "");
    expect_plain("a\tb\nü 日本 😀", "a\tb\nü 日本 😀");
    expect_plain("\x1b[31mred\x07\x7f\r", "?[31mred???");
    expect_plain("\xc2\x9b"
                 "31m \xc2\xa0",
                 "?31m \xc2\xa0"); /* C1's CSI; a blank that does not break */
    expect_plain("a\xe2\x80\xae"
                 "gnp.exe\xe2\x81\xa6",
                 "a?gnp.exe?");
    expect_plain("\x9b"
                 "31m\xff\xe2\x80",
                 "?31m???"); /* no UTF-8 */
}

static void harmless_json(void **state)
{
    (void)state;
    char  *out;
    size_t size;
    FILE  *to = open_memstream(&out, &size);
    assert_non_null(to);
    bal_text_json(to, "{\"\xc2\x9b\x7f\": \"ü 日 \xe2\x80\xae\xff\"}\n");
    assert_int_equal(fclose(to), 0);
    assert_string_equal(out, "{\"\\u009b\\u007f\": \"ü 日 \\u202e\\ufffd\"}\n");
    free(out);
}

static void expect_word(const char *name, const char *word)
{
    char *seen = bal_shell_word(name);
    assert_string_equal(seen, word);
    free(seen);
}

static void words_for_a_shell(void **state)
{
    (void)state;
    expect_word("runs/own-2.ini", "runs/own-2.ini");
    expect_word("my own.ini", "'my own.ini'");
    expect_word("it's $HOME", "'it'\\''s $HOME'");
    expect_word("ü", "'ü'");
}

static void expect_columns(const char *text, size_t bytes, int columns)
{
    bool plain;
    int  n;
    assert_int_equal(bal_text_next(text, &plain, &n), bytes);
    assert_int_equal(n, columns);
}

static void columns_of_characters(void **state)
{
    (void)state;
    expect_columns("a", 1, 1);
    expect_columns("ü", 2, 1);
    expect_columns("\xcc\x88", 2, 0); /* combining diaeresis */
    expect_columns("日", 3, 2);
    expect_columns("😀", 4, 2);
    expect_columns("\x1b", 1, 1);
    expect_columns("\xff", 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(numbers_read_back),
        cmocka_unit_test(shortest_of_three),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(utf8),
        cmocka_unit_test(plain_on_a_terminal),
        cmocka_unit_test(harmless_json),
        cmocka_unit_test(words_for_a_shell),
        cmocka_unit_test(columns_of_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
