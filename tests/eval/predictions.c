/* Reading predictions of any tool, refusing bad ones at their line, and writing them so that nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ballast/files.h"
#include "ballast/predictions.h"
#include "ballast/rng.h"

static bal_predictions parse(const char *text)
{
    bal_predictions p;
    bal_status      st = bal_predictions_parse(&p, "t.csv", text, strlen(text));
    if (st) fail_msg("%s", bal_error());
    return p;
}

static void probabilities(void **state)
{
    (void)state;
    bal_predictions p = parse("path,label,predicted,group,p:dog,note,p:cat\n"
                              "1.png,cat,dog,g1,0.75,x,0.25\n"
                              "2.png,dog,dog,,1,x,0\n");
    assert_int_equal(p.class_count, 2);
    assert_string_equal(p.classes[0], "dog");
    assert_string_equal(p.classes[1], "cat");
    assert_int_equal(p.count, 2);
    assert_int_equal(p.row[0].label, 1);
    assert_int_equal(p.row[0].predicted, 0);
    assert_true(p.row[0].probability[0] == 0.75 && p.row[0].probability[1] == 0.25);
    assert_string_equal(p.row[0].path, "1.png");
    assert_string_equal(p.row[0].group, "g1");
    assert_null(p.row[1].group);
    assert_null(p.row[0].fold);
    bal_predictions_free(&p);
}

static void bare_class_names(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted,age,b,a\nb,b,63,0.9,0.1\na,b,40,0.6,0.4\n");
    assert_int_equal(p.class_count, 2);
    assert_string_equal(p.classes[0], "a");
    assert_true(p.probabilities);
    assert_true(p.row[0].probability[0] == 0.1 && p.row[0].probability[1] == 0.9);
    assert_null(p.row[0].path);
    bal_predictions_free(&p);
}

/* A class may be called like a column that means something else. */
static void labels_alone(void **state)
{
    (void)state;
    bal_predictions p = parse("group,label,predicted\n1,b,b\n1,group,a\n");
    assert_int_equal(p.class_count, 3);
    assert_string_equal(p.classes[2], "group");
    assert_false(p.probabilities);
    assert_null(p.row[0].probability);
    assert_int_equal(p.row[1].label, 2);
    assert_int_equal(p.row[1].predicted, 0);
    bal_predictions_free(&p);
}

#define HEAD "label,predicted,p:cat,p:dog\n"

#define NO_LABEL \
    "t.csv:2: label is empty: a report compares predictions with what the images are; ballast predict takes labels " \
    "from a CSV file with columns path,label"

static const struct {
    const char *text, *message;
} refused[] = {
    {"", "t.csv:1: empty; the first line names the columns"},
    {"label,predicted\n", "t.csv:1: no predictions below the header"},
    {HEAD "\n", "t.csv:1: no predictions below the header"},
    {"path,label\n1,a\n", "t.csv:1: no column \"predicted\"; there are: path, label"},
    {"path,labels,predicted\n1,a,a\n", "t.csv:1: no column \"label\"; did you mean \"labels\"?"},
    {"path;label;predicted\n1;a;a\n",
     "t.csv:1: no column \"label\"; fields are separated by commas here, not by semicolons or tabs"},
    {"label,predicted,p:\na,a,1\n", "t.csv:1: a column \"p:\" without the name of a class"},
    {"label,predicted\n,a\n", NO_LABEL},
    {"label,predicted\n,\n", NO_LABEL},
    {"label,predicted\na,a\na,\n", "t.csv:3: predicted is empty"},
    {HEAD "cat,cat,1,0\ncat,hog,0,1\n", "t.csv:3: predicted \"hog\" has no column p:hog; did you mean \"dog\"?"},
    {HEAD "elephant,cat,1,0\n", "t.csv:2: label \"elephant\" has no column p:elephant"},
    {HEAD "cat,cat,nan,0\n", "t.csv:2: p:cat is \"nan\", not a probability (0 to 1)"},
    {HEAD "cat,cat,1,\n", "t.csv:2: p:dog is \"\", not a probability (0 to 1)"},
    {HEAD "cat,cat,1.5,-0.5\n", "t.csv:2: p:cat is \"1.5\", not a probability (0 to 1)"},
    {HEAD "cat,cat,1,-0.0001\n", "t.csv:2: p:dog is \"-0.0001\", not a probability (0 to 1)"},
    {HEAD "cat,cat,0.5,0.5\ncat,cat,0.5,0.498\n", "t.csv:3: the probabilities of 2 classes add up to 0.998, not 1"},
    {HEAD "cat,cat,0.5,0.502\n", "t.csv:2: the probabilities of 2 classes add up to 1.002, not 1"},
    {HEAD "cat,cat,0.5,0.5\ncat,cat,1\n", "t.csv:3: 3 fields where the header has 4 columns"},
    {"label,predicted,cat\ncat,dog,1\n", "t.csv:1: class \"dog\" has no column, but 1 other class has"},
    {"label,predicted,cat,dog\ncat,dog,0.3,0.3\n", "t.csv:2: the probabilities of 2 classes add up to 0.6, not 1"},
    {"label,predicted\na,\"b\n", "t.csv:2: a quote that is never closed"},
    {"label,predicted\na,b\na,\xFF\n", "t.csv:3: invalid UTF-8"},
};

static void faults_name_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        bal_predictions p;
        bal_status      st = bal_predictions_parse(&p, "t.csv", refused[i].text, strlen(refused[i].text));
        if (st != BAL_ECONFIG) fail_msg("status %d for: %s", (int)st, refused[i].text);
        assert_string_equal(bal_error(), refused[i].message);
        assert_null(p.classes);
        assert_null(p.row);
    }
}

/* 1 within 1e-3: tools round. */
static void rounded_probabilities_are_accepted(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted,p:a,p:b,p:c\na,a,0.333,0.333,0.333\na,a,1.0005,0,0\n");
    assert_true(p.row[0].probability[2] == 0.333);
    bal_predictions_free(&p);
}

static void too_many_classes(void **state)
{
    (void)state;
    char           *text;
    size_t          size;
    bal_predictions p;
    FILE           *to = open_memstream(&text, &size);
    assert_non_null(to);
    fputs("label,predicted\n", to);
    for (int i = 0; i <= BAL_CLASSES_MAX; i++) fprintf(to, "%d,%d\n", i, i);
    fclose(to);
    assert_int_equal(bal_predictions_parse(&p, "t.csv", text, size), BAL_ECONFIG);
    assert_string_equal(bal_error(), "t.csv:4098: more than 4096 classes; is this the right column?");
    free(text);
}

static char *temporary_name(void)
{
    char *name = strdup("/tmp/ballast-predictions-XXXXXX");
    assert_non_null(name);
    close(mkstemp(name));
    return name;
}

static void expect_same(const char *a, const char *b)
{
    if (a && b) assert_string_equal(a, b);
    else assert_true(a == b);
}

static void expect_same_row(const bal_predictions *p, const bal_prediction *a, const bal_prediction *b)
{
    expect_same(a->path, b->path);
    expect_same(a->group, b->group);
    expect_same(a->fold, b->fold);
    expect_same(a->seed, b->seed);
    expect_same(a->arm, b->arm);
    assert_int_equal(a->label, b->label);
    assert_int_equal(a->predicted, b->predicted);
    assert_int_equal(a->probability != NULL, b->probability != NULL);
    if (a->probability) assert_memory_equal(a->probability, b->probability, sizeof(double) * (size_t)p->class_count);
}

static void expect_round_trip(const bal_predictions *p)
{
    bal_predictions back;
    char           *name = temporary_name(), *first, *second;
    size_t          size, size_again;
    assert_int_equal(bal_predictions_write(p, name), BAL_OK);
    assert_int_equal(bal_file_read(&first, &size, name, 0), BAL_OK);
    assert_int_equal(bal_predictions_read(&back, name), BAL_OK);
    assert_int_equal(back.count, p->count);
    for (int i = 0; i < p->count; i++) expect_same_row(p, &p->row[i], &back.row[i]);
    assert_int_equal(bal_predictions_write(&back, name), BAL_OK);
    assert_int_equal(bal_file_read(&second, &size_again, name, 0), BAL_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(first, second, size);
    bal_predictions_free(&back);
    remove(name);
    free(name);
    free(first);
    free(second);
}

static void written_rows_read_back(void **state)
{
    (void)state;
    static const char *const names[] = {"a, \"quoted\"", "b"};
    const double             third[] = {1.0 / 3, 2.0 / 3}, sum[] = {0.1 + 0.2, 0.7};
    const bal_prediction     a = {.path = "x,y.png", .fold = "3", .arm = "mine", .predicted = 1, .probability = third};
    const bal_prediction     b = {.path = "two\nlines", .seed = "1", .label = 1, .predicted = 1, .probability = sum};
    bal_predictions          p;
    assert_int_equal(bal_predictions_init(&p, names, 2, true), BAL_OK);
    assert_int_equal(bal_predictions_add(&p, &a), BAL_OK);
    assert_int_equal(bal_predictions_add(&p, &b), BAL_OK);
    expect_round_trip(&p);
    bal_predictions_free(&p);
    p = parse("label,predicted\na,b\nb,b\n");
    expect_round_trip(&p);
    bal_predictions_free(&p);
    bal_predictions_free(NULL);
}

static void written_text(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted,arm,p:a,p:b\na,b,x,.25,.75\n");
    char           *name = temporary_name(), *text;
    size_t          size;
    p.row[0].label = -1;
    assert_int_equal(bal_predictions_write(&p, name), BAL_OK);
    assert_int_equal(bal_file_read(&text, &size, name, 0), BAL_OK);
    assert_string_equal(text, "path,label,predicted,arm,p:a,p:b\n,,b,x,0.25,0.75\n");
    bal_predictions_free(&p);
    remove(name);
    free(name);
    free(text);
}

/* Whatever a few changed bytes make of a file: a fault with its name, or predictions that survive writing. */
static void mutated_files(void **state)
{
    (void)state;
    static const char seed[] = "path,label,predicted,group,p:a,p:b\n\"x,1\",a,b,g,0.25,0.75\r\n2,b,b,,1,0\n";
    static const char bytes[] = ",\n\r\"\0ab01.-p:\xC3\xA4\xFF";
    bal_stream        s = bal_stream_for(1, BAL_FOR_TEST, 0, 0);
    int               accepted = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        char            text[sizeof seed];
        bal_predictions p;
        memcpy(text, seed, sizeof text);
        for (uint64_t k = 0; k < 1 + i % 4; k++) {
            size_t at = (size_t)(bal_random_uniform(&s, 16 * i + 2 * k) * (float)(sizeof seed - 1));
            text[at] = bytes[(size_t)(bal_random_uniform(&s, 16 * i + 2 * k + 1) * (float)(sizeof bytes - 1))];
        }
        bal_status st = bal_predictions_parse(&p, "t.csv", text, sizeof seed - 1);
        if (st) assert_memory_equal(bal_error(), "t.csv:", 6);
        else accepted += p.count == 2;
        bal_predictions_free(&p);
    }
    assert_in_range(accepted, 200, 19800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities),
        cmocka_unit_test(bare_class_names),
        cmocka_unit_test(labels_alone),
        cmocka_unit_test(faults_name_their_line),
        cmocka_unit_test(rounded_probabilities_are_accepted),
        cmocka_unit_test(too_many_classes),
        cmocka_unit_test(written_rows_read_back),
        cmocka_unit_test(written_text),
        cmocka_unit_test(mutated_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
