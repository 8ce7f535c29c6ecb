/* Reading and writing CSV: what RFC 4180 allows comes back as it was, everything else is refused at its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ballast/csv.h"
#include "ballast/text.h"

static bal_csv *parse(const char *text)
{
    bal_csv *csv;
    assert_int_equal(bal_csv_parse(&csv, "t.csv", text, strlen(text)), BAL_OK);
    return csv;
}

static void expect_row(bal_csv *csv, int line, const char *a, const char *b)
{
    const char *const *row;
    assert_int_equal(bal_csv_next(&row, csv), BAL_OK);
    assert_non_null(row);
    assert_string_equal(row[0], a);
    assert_string_equal(row[1], b);
    assert_int_equal(bal_csv_at(csv).line, line);
}

static void expect_end(bal_csv *csv)
{
    const char *const *row;
    assert_int_equal(bal_csv_next(&row, csv), BAL_OK);
    assert_null(row);
    bal_csv_close(csv);
}

static void plain_rows(void **state)
{
    (void)state;
    bal_csv *csv = parse("path,label\na.png,cat\nb.png,\n");
    assert_int_equal(bal_csv_columns(csv), 2);
    assert_string_equal(bal_csv_header(csv)[1], "label");
    assert_int_equal(bal_csv_find(csv, "label"), 1);
    assert_int_equal(bal_csv_find(csv, "labels"), -1);
    expect_row(csv, 2, "a.png", "cat");
    expect_row(csv, 3, "b.png", "");
    expect_end(csv);
}

static void quotes(void **state)
{
    (void)state;
    bal_csv *csv = parse("a,b\n\"x,y\",\"he said \"\"no\"\"\"\n\"two\nlines\",\"\"\nafter,3\n");
    expect_row(csv, 2, "x,y", "he said \"no\"");
    expect_row(csv, 3, "two\nlines", "");
    expect_row(csv, 5, "after", "3");
    expect_end(csv);
}

static void line_ends_mark_and_blank_lines(void **state)
{
    (void)state;
    bal_csv *csv = parse("\xEF\xBB\xBF"
                         "a,b\r\n\r\n1,2\r\n\n3,\"4\r\n5\"\r\n\r\n6,7");
    assert_string_equal(bal_csv_header(csv)[0], "a");
    expect_row(csv, 3, "1", "2");
    expect_row(csv, 5, "3", "4\r\n5");
    expect_row(csv, 8, "6", "7");
    expect_end(csv);
}

static void a_single_column_may_hold_an_empty_field(void **state)
{
    (void)state;
    const char *const *row;
    bal_csv           *csv = parse("a\n\"\"\n");
    assert_int_equal(bal_csv_next(&row, csv), BAL_OK);
    assert_non_null(row);
    assert_string_equal(row[0], "");
    expect_end(csv);
}

static void utf8_is_kept(void **state)
{
    (void)state;
    bal_csv *csv = parse("a,b\nL\xC3\xA4sion,\xF0\x9F\xA6\xB4\n");
    expect_row(csv, 2, "L\xC3\xA4sion", "\xF0\x9F\xA6\xB4");
    expect_end(csv);
}

typedef struct {
    const char *text;
    size_t      size; /* 0: to the NUL */
    const char *message;
} bad;

static const bad refused[] = {
    {"", 0, "t.csv:1: empty; the first line names the columns"},
    {"\n\r\n\n", 0, "t.csv:1: empty; the first line names the columns"},
    {"a,b\n1,2\n1,2,3\n", 0, "t.csv:3: 3 fields where the header has 2 columns"},
    {"a,b\n1\n", 0, "t.csv:2: 1 field where the header has 2 columns"},
    {"a\n1,2\n", 0, "t.csv:2: 2 fields where the header has 1 column"},
    {"a,b,a\n", 0, "t.csv:1: column \"a\" is there twice"},
    {"a,b\n1,2\n\"1,2\n3,4\n", 0, "t.csv:3: a quote that is never closed"},
    {"a,b\n\"x\ny\"z,2\n", 0, "t.csv:3: text behind a closing quote; quotes inside a quoted field are doubled"},
    {"a,b\n1,x\"y\"\n", 0, "t.csv:2: a quote inside a field that does not begin with one"},
    {"a,b\r1,2\r", 0, "t.csv:1: a carriage return alone; lines end with LF or CRLF"},
    {"a,b\n1,2\0"
     "3\n",
     11, "t.csv:2: a NUL byte; a CSV file is text in UTF-8 (not UTF-16)"},
    {"a,b\n1,\"2\0"
     "3\"\n",
     13, "t.csv:2: a NUL byte; a CSV file is text in UTF-8 (not UTF-16)"},
    {"\xFF\xFE"
     "a\0,\0b\0\n\0",
     10, "t.csv:1: a NUL byte; a CSV file is text in UTF-8 (not UTF-16)"},
    {"a,b\n1,\"x\ny\nL\xE4sion\"\n", 0, "t.csv:4: invalid UTF-8"},
    {"a,b\n1,\xED\xA0\x80\n", 0, "t.csv:2: invalid UTF-8"},
    {"a,b\n1,\xC0\xAF\n", 0, "t.csv:2: invalid UTF-8"},
    {"a,b\n1,\xF4\x90\x80\x80\n", 0, "t.csv:2: invalid UTF-8"},
    {"a,b\n1,\xE2\x82\n", 0, "t.csv:2: invalid UTF-8"},
};

static bal_status read_all(const char *text, size_t size)
{
    bal_csv           *csv;
    const char *const *row;
    bal_status         st = bal_csv_parse(&csv, "t.csv", text, size);
    if (st) assert_null(csv);
    if (st) return st;
    while ((st = bal_csv_next(&row, csv)) == BAL_OK && row) continue;
    bal_csv_close(csv);
    return st;
}

static void faults_name_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        size_t size = refused[i].size ? refused[i].size : strlen(refused[i].text);
        assert_int_equal(read_all(refused[i].text, size), BAL_ECONFIG);
        assert_string_equal(bal_error(), refused[i].message);
    }
}

static void expect_no_column(const char *text, const char *name, const char *message)
{
    int      column;
    bal_csv *csv = parse(text);
    assert_int_equal(bal_csv_column(&column, csv, name), BAL_ECONFIG);
    assert_string_equal(bal_error(), message);
    bal_csv_close(csv);
}

static void missing_columns_are_named(void **state)
{
    (void)state;
    int      column;
    bal_csv *csv = parse("path,label\n");
    assert_int_equal(bal_csv_column(&column, csv, "label"), BAL_OK);
    assert_int_equal(column, 1);
    bal_csv_close(csv);
    expect_no_column("path,lable\n", "label", "t.csv:1: no column \"label\"; did you mean \"lable\"?");
    expect_no_column("x,y,z\n", "label", "t.csv:1: no column \"label\"; there are: x, y, z");
    expect_no_column("path;label\n", "label",
                     "t.csv:1: no column \"label\"; fields are separated by commas here, not by semicolons or tabs");
}

/* Longer than a chunk of the reader, so that fields and line ends straddle its border. */
static void files_are_read_in_chunks(void **state)
{
    (void)state;
    char               name[] = "/tmp/ballast-csv-XXXXXX", want[32];
    int                fd = mkstemp(name), rows = 200000;
    FILE              *file = fdopen(fd, "wb");
    bal_csv           *csv;
    const char *const *row;
    assert_non_null(file);
    fputs("number,text\r\n", file);
    for (int i = 0; i < rows; i++) fprintf(file, "%d,\"row \"\"%d\"\"\"\r\n\r\n", i, i);
    fclose(file);
    assert_int_equal(bal_csv_open(&csv, name), BAL_OK);
    for (int i = 0; i < rows; i++) {
        assert_int_equal(bal_csv_next(&row, csv), BAL_OK);
        snprintf(want, sizeof want, "row \"%d\"", i);
        assert_string_equal(row[1], want);
        assert_int_equal(bal_csv_at(csv).line, 2 * i + 2);
    }
    expect_end(csv);
    remove(name);
}

static void a_long_field(void **state)
{
    (void)state;
    size_t             size = 3 << 20;
    char              *text = malloc(size + 1);
    const char *const *row;
    bal_csv           *csv;
    assert_non_null(text);
    memset(text, 'x', size);
    memcpy(text, "a,b\n1,", 6);
    text[size] = '\0';
    csv = parse(text);
    assert_int_equal(bal_csv_next(&row, csv), BAL_OK);
    assert_int_equal(strlen(row[1]), size - 6);
    expect_end(csv);
    free(text);
}

static void unreadable_files(void **state)
{
    (void)state;
    bal_csv *csv;
    assert_int_equal(bal_csv_open(&csv, "/nonexistent/x.csv"), BAL_EIO);
    assert_string_equal(bal_error(), "/nonexistent/x.csv: cannot read: No such file or directory");
    assert_null(csv);
    assert_int_equal(bal_csv_open(&csv, "/tmp"), BAL_EIO);
    assert_string_equal(bal_error(), "/tmp: cannot read: Is a directory");
}

static void written_fields_read_back(void **state)
{
    (void)state;
    static const char *const fields[] = {"plain", "a,b",     "say \"hi\"", "two\nlines", "cr\r\nlf",
                                         "",      " blank ", "\"",         "\xC3\xA4"};
    char                    *text;
    size_t                   size;
    FILE                    *to = open_memstream(&text, &size);
    assert_non_null(to);
    fputs("a,b\n", to);
    for (size_t i = 0; i < 9; i++) {
        bal_csv_put(to, fields[i], ',');
        bal_csv_put(to, fields[i], '\n');
    }
    fclose(to);
    bal_csv           *csv = parse(text);
    const char *const *row;
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(bal_csv_next(&row, csv), BAL_OK);
        assert_string_equal(row[0], fields[i]);
        assert_string_equal(row[1], fields[i]);
    }
    expect_end(csv);
    free(text);
}

static void written_text(void **state)
{
    (void)state;
    char  *text;
    size_t size;
    FILE  *to = open_memstream(&text, &size);
    assert_non_null(to);
    bal_csv_put(to, "a b", ',');
    bal_csv_put(to, "c,\"d\"", ',');
    bal_csv_put_number(to, 0.1, ',');
    bal_csv_put_number(to, (double)NAN, ',');
    bal_csv_put_number(to, 12, '\n');
    fclose(to);
    assert_string_equal(text, "a b,\"c,\"\"d\"\"\",0.1,,12\n");
    free(text);
}

/* What a spreadsheet would run is guarded when it is written, and comes back as it was; numbers are left alone. */
static void formulas_are_guarded(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "=1+2", "+a", "-a", "@a", "'=a", "''-a", "'a", "\t=", "\r", "-1", "+1e3", "'-1", "", "'", "a=b"};
    enum { FIELDS = sizeof fields / sizeof *fields };
    char              *text;
    size_t             size;
    FILE              *to = open_memstream(&text, &size);
    bal_csv           *csv;
    const char *const *row;
    assert_non_null(to);
    for (int i = 0; i < FIELDS; i++) fprintf(to, "c%d%s", i, i < FIELDS - 1 ? "," : "\n");
    for (int i = 0; i < FIELDS; i++) bal_csv_put(to, fields[i], i < FIELDS - 1 ? ',' : '\n');
    fclose(to);
    assert_string_equal(strchr(text, '\n') + 1, "'=1+2,'+a,'-a,'@a,''=a,'''-a,'a,'\t=,\"'\r\",-1,+1e3,'-1,,',a=b\n");
    assert_int_equal(bal_csv_parse(&csv, "t.csv", text, size), BAL_OK);
    assert_int_equal(bal_csv_next(&row, csv), BAL_OK);
    for (int i = 0; i < FIELDS; i++) assert_string_equal(row[i], fields[i]);
    bal_csv_close(csv);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_rows),
        cmocka_unit_test(quotes),
        cmocka_unit_test(line_ends_mark_and_blank_lines),
        cmocka_unit_test(a_single_column_may_hold_an_empty_field),
        cmocka_unit_test(utf8_is_kept),
        cmocka_unit_test(faults_name_their_line),
        cmocka_unit_test(missing_columns_are_named),
        cmocka_unit_test(files_are_read_in_chunks),
        cmocka_unit_test(a_long_field),
        cmocka_unit_test(unreadable_files),
        cmocka_unit_test(written_fields_read_back),
        cmocka_unit_test(written_text),
        cmocka_unit_test(formulas_are_guarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
