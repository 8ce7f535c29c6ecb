/* The report: scikit-learn's table to the letter, JSON that loses nothing, and words that say what is wrong. */
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
#include <cjson/cJSON.h>
#include "ballast/files.h"
#include "ballast/report.h"

static const char *const cases[] = {"random",  "tied",    "single",   "never", "missing",
                                    "certain", "rounded", "disjoint", "labels"};
#define CASES (sizeof cases / sizeof *cases)

static char *read_golden(const char *name, const char *suffix)
{
    char  *path = bal_format("tests/golden/metrics/%s%s", name, suffix), *text;
    size_t size;
    assert_int_equal(bal_file_read(&text, &size, path, 0), BAL_OK);
    free(path);
    return text;
}

static void read_case(bal_predictions *p, const char *name)
{
    char *path = bal_format("tests/golden/metrics/%s.csv", name);
    assert_int_equal(bal_predictions_read(p, path), BAL_OK);
    free(path);
}

static bal_predictions parse(const char *text)
{
    bal_predictions p;
    assert_int_equal(bal_predictions_parse(&p, "t.csv", text, strlen(text)), BAL_OK);
    return p;
}

static char *text_of(const bal_predictions *p, const bal_history *h)
{
    bal_report r;
    char      *text;
    assert_int_equal(bal_report_make(&r, p, &(bal_background){.history = h}, BAL_REPORT_SEED), BAL_OK);
    assert_int_equal(bal_report_text(&text, &r), BAL_OK);
    bal_report_free(&r);
    return text;
}

static void table_is_scikit_learns(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        bal_predictions p;
        read_case(&p, cases[i]);
        char *text = text_of(&p, NULL), *want = read_golden(cases[i], ".txt");
        text[strlen(want)] = '\0';
        assert_string_equal(text, want);
        bal_predictions_free(&p);
        free(text);
        free(want);
    }
}

static const cJSON *get(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    assert_non_null(item);
    return item;
}

/* All that is golden is in the report, and within 1e-9 of it. */
static void expect_covers(const cJSON *want, const cJSON *have)
{
    assert_int_equal(want->type & 0xFF, have->type & 0xFF);
    if (cJSON_IsNumber(want)) assert_true(fabs(want->valuedouble - have->valuedouble) <= 1e-9);
    if (cJSON_IsString(want)) assert_string_equal(want->valuestring, have->valuestring);
    if (cJSON_IsArray(want)) assert_int_equal(cJSON_GetArraySize(want), cJSON_GetArraySize(have));
    int i = 0;
    for (const cJSON *child = want->child; child; child = child->next, i++)
        expect_covers(child, cJSON_IsArray(want) ? cJSON_GetArrayItem(have, i) : get(have, child->string));
}

static void json_is_scikit_learns(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        bal_predictions p;
        bal_report      r;
        char           *text, *again, *golden = read_golden(cases[i], ".json");
        read_case(&p, cases[i]);
        assert_int_equal(bal_report_make(&r, &p, NULL, BAL_REPORT_SEED), BAL_OK);
        assert_int_equal(bal_report_json(&text, &r, false), BAL_OK);
        assert_int_equal(bal_report_json(&again, &r, false), BAL_OK);
        assert_string_equal(text, again);
        cJSON *have = cJSON_Parse(text), *want = cJSON_Parse(golden);
        assert_non_null(have);
        expect_covers(want, have);
        assert_true(get(have, "accuracy")->valuedouble == r.metrics.accuracy); /* the same double */
        assert_true(get(get(have, "macro avg"), "f1-score")->valuedouble == r.metrics.macro.f1);
        assert_int_equal(cJSON_GetArraySize(get(have, "warnings")), r.warnings.count);
        cJSON_Delete(have);
        cJSON_Delete(want);
        bal_report_free(&r);
        bal_predictions_free(&p);
        free(text);
        free(again);
        free(golden);
    }
}

static void operating_point(void **state)
{
    (void)state;
    const bal_threshold t = {{BAL_WANT_RECALL, 0.9}, 1, 0.3, 0.95, 0.8, (double)NAN, 20, 0};
    bal_predictions     p = parse("label,predicted,p:a,p:b\na,b,.6,.4\n");
    bal_report          r;
    char               *text;
    assert_int_equal(bal_report_make(&r, &p, &(bal_background){.has_point = true, .point = t}, 1), BAL_OK);
    assert_int_equal(bal_report_json(&text, &r, true), BAL_OK);
    assert_non_null(strstr(text, "\"operating_point\":{\"class\":\"b\",\"want\":\"recall\",\"value\":0.9,"
                                 "\"threshold\":0.3,\"validation\":{\"recall\":0.95,\"precision\":0.8,"
                                 "\"specificity\":null,\"positives\":20,\"negatives\":0}},\"generated\":null"));
    free(text);
    assert_int_equal(bal_report_text(&text, &r), BAL_OK);
    assert_non_null(strstr(text, "\noperating point\n  b is answered from a probability of 0.3000 on"));
    assert_null(strstr(text, "No operating point"));
    free(text);
    bal_report_free(&r);
    assert_int_equal(bal_report_make(&r, &p, &(bal_background){.unmet = {BAL_WANT_RECALL, 0.9}}, 1), BAL_OK);
    assert_int_equal(bal_report_text(&text, &r), BAL_OK);
    assert_null(strstr(text, "\noperating point\n"));
    assert_non_null(strstr(text, "- No operating point: recall 0.9 was wanted"));
    free(text);
    bal_report_free(&r);
    bal_predictions_free(&p);
}

static void json_on_one_line(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted\n\"a \"\"b\"\"\",c\n");
    bal_report      r;
    char           *text;
    assert_int_equal(bal_report_make(&r, &p, NULL, BAL_REPORT_SEED), BAL_OK);
    assert_int_equal(bal_report_json(&text, &r, true), BAL_OK);
    assert_true(strchr(text, '\n') == text + strlen(text) - 1);
    assert_non_null(strstr(text, "{\"accuracy\":0,\"balanced_accuracy\":0,\"loss\":null,\"mcc\":null,\"kappa\":0,"
                                 "\"auroc_macro\":null,\"auprc_macro\":null,\"brier\":null,\"ece\":null,"
                                 "\"classes\":{\"a \\\"b\\\"\":"
                                 "{\"precision\":null,\"recall\":0,\"specificity\":null,\"f1-score\":0,\"support\":1,"
                                 "\"predicted\":0,\"auroc\":null,\"auprc\":null,\"ci95\":{"
                                 "\"precision\":null,\"recall\":[0, "));
    assert_non_null(strstr(text, "},\"c\":{"));
    assert_non_null(strstr(text, "\"ci95\":{\"accuracy\":[0, 0.793450"));
    assert_non_null(strstr(
        text, "],\"balanced_accuracy\":null,\"loss\":null,\"mcc\":null,\"kappa\":null,"
              "\"auroc_macro\":null,\"auprc_macro\":null,\"brier\":null,\"ece\":null},"
              "\"resamples\":{\"count\":2000,\"seed\":1,\"groups\":false},"
              "\"operating_point\":null,\"generated\":null,"
              "\"leaks\":{\"copies\":0,\"near_duplicates\":0,\"groups\":0,\"seen_in_training\":0,"
              "\"chosen\":0,\"repeated\":0,\"groups_in_folds\":0},\"wanted\":null,\"answers\":null,\"warnings\":["));
    assert_non_null(strstr(text, "\"confusion_matrix\":{\"labels\":[\"a \\\"b\\\"\",\"c\"],"
                                 "\"counts\":[[0, 1],[0, 0]]}"));
    bal_report_free(&r);
    bal_predictions_free(&p);
    free(text);
}

static void words_of_a_collapsed_classifier(void **state)
{
    (void)state;
    bal_predictions p;
    read_case(&p, "never");
    char *text = text_of(&p, NULL), *words = strstr(text, "\nconfusion");
    assert_non_null(words);
    assert_string_equal(words,
                        "\nconfusion matrix (rows: truth, columns: prediction)\n"
                        "\n"
                        "           NORMAL  PNEUMONIA\n"
                        "   NORMAL      24          0\n"
                        "PNEUMONIA      13          0\n"
                        "\n"
                        "On average 50 % of the images of a class are found (balanced accuracy 0.50, guessing 0.50). "
                        "Worst: PNEUMONIA, 0 of 13 found (recall 0.00).\n"
                        "Accuracy 0.65, 37 images, loss 0.6484 (mean cross-entropy in nats).\n"
                        "\n"
                        "all classes\n"
                        "  accuracy 0.65, 95 % interval 0.49 to 0.78, n = 37\n"
                        "  balanced accuracy 0.50, 95 % interval n/a\n"
                        "  loss 0.65, 95 % interval n/a\n"
                        "  Matthews' correlation n/a\n"
                        "  Cohen's kappa 0.00, 95 % interval n/a\n"
                        "  AUROC, mean of the classes 0.50, 95 % interval n/a\n"
                        "  average precision, mean of the classes 0.50, 95 % interval n/a\n"
                        "  Brier score 0.23, 95 % interval n/a\n"
                        "  calibration error 0.01, 95 % interval n/a\n"
                        "\n"
                        "NORMAL\n"
                        "  recall 1.00, 95 % interval 0.86 to 1.00, n = 24\n"
                        "  precision 0.65, 95 % interval 0.49 to 0.78, n = 37\n"
                        "  specificity 0.00, 95 % interval 0.00 to 0.23, n = 13\n"
                        "  F1 0.79, 95 % interval n/a\n"
                        "  AUROC 0.50, 95 % interval n/a\n"
                        "  average precision 0.65, 95 % interval n/a\n"
                        "\n"
                        "PNEUMONIA\n"
                        "  recall 0.00, 95 % interval 0.00 to 0.23, n = 13\n"
                        "  precision n/a, n = 0\n"
                        "  specificity 1.00, 95 % interval 0.86 to 1.00, n = 24\n"
                        "  F1 0.00, 95 % interval n/a\n"
                        "  AUROC 0.50, 95 % interval n/a\n"
                        "  average precision 0.35, 95 % interval n/a\n"
                        "\n"
                        "A 95 % interval holds what very many such images would give, in 95 of 100\n"
                        "reports like this. It is Wilson's for proportions, DeLong's for AUROC, for the\n"
                        "others from 2000 resamples of images, class by class; n/a where a class has only\n"
                        "one or all resamples are the same.\n"
                        "\n"
                        "- Never predicted, in 37 predictions: PNEUMONIA (0 of 13 found).\n"
                        "- Accuracy 0.65 is no better than always answering NORMAL, which gives 0.65 (24\n"
                        "  of 37, against 24; exact binomial test, p = 0.575).\n");
    bal_predictions_free(&p);
    free(text);
}

static void expect_warnings_of(const char *csv, const bal_background *b, const char *const *expected)
{
    bal_predictions p = parse(csv);
    bal_report      r;
    int             i = 0;
    assert_int_equal(bal_report_make(&r, &p, b, BAL_REPORT_SEED), BAL_OK);
    for (; expected[i]; i++) {
        assert_true(i < r.warnings.count);
        assert_string_equal(r.warnings.name[i], expected[i]);
    }
    assert_int_equal(r.warnings.count, i);
    bal_report_free(&r);
    bal_predictions_free(&p);
}

static void expect_warnings(const char *csv, const bal_history *h, const char *const *expected)
{
    expect_warnings_of(csv, &(bal_background){.history = h}, expected);
}

/* 30 images a class, all found but the last few of b. */
static char *good_predictions(int missed)
{
    char  *text;
    size_t size;
    FILE  *to = open_memstream(&text, &size);
    assert_non_null(to);
    fputs("label,predicted\n", to);
    for (int i = 0; i < 30; i++) fprintf(to, "a,a\nb,%s\n", i < missed ? "a" : "b");
    fclose(to);
    return text;
}

static void nothing_to_warn_of(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    char                    *csv = good_predictions(3);
    bal_predictions          p = parse(csv);
    char                    *text = text_of(&p, NULL);
    expect_warnings(csv, NULL, none);
    assert_non_null(strstr(text, "\nOn average 95 % of the images of a class are found (balanced accuracy 0.95, "
                                 "guessing 0.50). Worst: b, 27 of 30 found (recall 0.90).\n"
                                 "Accuracy 0.95, 60 images.\n"));
    bal_predictions_free(&p);
    free(text);
    free(csv);
}

static void generated_images_are_easier(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const expected[] = {
        "Generated images are easier than real ones: balanced accuracy is 1.00 on generated images, but 0.52 on real "
        "test images. Figures on generated images say nothing about real ones.",
        NULL};
    char *csv = good_predictions(3);
    expect_warnings_of(csv, &(bal_background){.generated = true, .on_generated = 1, .on_real = 0.52}, expected);
    expect_warnings_of(csv, &(bal_background){.generated = true, .on_generated = 0.97, .on_real = 0.93}, none);
    expect_warnings_of(csv, &(bal_background){.generated = true, .on_generated = 0.94, .on_real = 0.5}, none);
    expect_warnings_of(csv, &(bal_background){.generated = true, .on_generated = 1, .on_real = (double)NAN}, none);
    expect_warnings_of(csv, &(bal_background){.on_generated = 1, .on_real = 0.5}, none);
    free(csv);
}

static void leaks_are_counted(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "Duplicates or groups across the split make figures look better than they are: pairs of copies in different "
        "parts of the split: 4; images that the threshold was chosen on, or of their groups: 7.",
        NULL};
    char          *csv = good_predictions(3);
    bal_background b = {.leaks = {[BAL_LEAK_COPIES] = 4, [BAL_LEAK_CHOSEN] = 7}};
    expect_warnings_of(csv, &b, expected);
    free(csv);
}

/* What report.json says of the background is the background. */
static void background_is_read_back(void **state)
{
    (void)state;
    const bal_threshold t = {{BAL_WANT_PRECISION, 0.7}, 1, 0.1 + 0.2, 1.0 / 3, 0.8, (double)NAN, 20, 0};
    bal_background      b = {.has_point = true, .point = t, .generated = true, .on_generated = 1.0 / 7}, back;
    bal_predictions     p = parse("path,label,predicted,p:a,p:b\nx,a,b,.6,.4\nx,b,b,.6,.4\n");
    b.on_real = (double)NAN;
    b.leaks[BAL_LEAK_SEEN] = 3;
    assert_int_equal(bal_report_write("build/background", &p, &b), BAL_OK);
    assert_int_equal(bal_background_read(&back, "build/background", &p), BAL_OK);
    assert_true(back.has_point && back.point.threshold == t.threshold && back.point.recall == t.recall);
    assert_true(back.point.positive == 1 && back.point.positives == 20 && isnan(back.point.specificity));
    assert_true(back.point.goal.want == BAL_WANT_PRECISION && back.point.goal.value == 0.7 && !back.unmet.want);
    assert_true(back.generated && back.on_generated == b.on_generated && isnan(back.on_real));
    assert_true(back.leaks[BAL_LEAK_SEEN] == 3 && back.leaks[BAL_LEAK_REPEATED] == 1);
    assert_int_equal(bal_report_write("build/background", &p, &(bal_background){.unmet = {BAL_WANT_RECALL, 1}}), 0);
    assert_int_equal(bal_background_read(&back, "build/background", &p), BAL_OK);
    assert_true(!back.has_point && !back.generated && back.unmet.want == BAL_WANT_RECALL && back.unmet.value == 1);
    assert_int_equal(bal_background_read(&back, "build/absent", &p), BAL_OK);
    assert_true(!back.has_point && !back.generated && !back.unmet.want);
    assert_int_equal(system("rm -r build/background"), 0);
    bal_predictions_free(&p);
}

/* In words, and to the same doubles from report.json. */
static void what_was_made_is_said(void **state)
{
    (void)state;
    const double    offset[] = {-0.1, 1.0 / 3};
    bal_background  b = {.answers = {3, 8, BAL_LAYER_RETRAINED, {2.0 / 3, 1.5}, 6.0 / 7, offset}}, back;
    bal_report      r;
    char           *text;
    bal_predictions p = parse("path,label,predicted,p:a,p:b\nx,a,b,.6,.4\ny,b,b,.6,.4\n");
    assert_int_equal(bal_report_make(&r, &p, &b, 1), BAL_OK);
    assert_string_equal(r.made, "Made of the outputs: mean of 3 classifiers; mean of 8 views of an image; last layer "
                                "fitted anew, all classes weighing the same; temperature 0.667 to 1.5; the class is "
                                "chosen with offsets to the logarithms of the probabilities: a -0.1, b 0.333.");
    assert_int_equal(bal_report_text(&text, &r), BAL_OK);
    assert_non_null(strstr(text, "\nMade of the outputs: mean of 3 classifiers; mean of 8 views of an image;"));
    free(text);
    assert_int_equal(bal_report_save(&r, "build/answers"), BAL_OK);
    bal_report_free(&r);
    assert_int_equal(bal_background_read(&back, "build/answers", &p), BAL_OK);
    const bal_answers *a = &back.answers;
    assert_true(a->members == 3 && a->views == 8 && a->last_layer == BAL_LAYER_RETRAINED);
    assert_true(a->temperature[0] == 2.0 / 3 && a->temperature[1] == 1.5 && a->validated == 6.0 / 7);
    assert_true(a->offset[0] == offset[0] && a->offset[1] == offset[1]);
    bal_background_free(&back);
    bal_background plain = {.answers = {.members = 1, .views = 1}}; /* nothing was made of them */
    assert_int_equal(bal_report_make(&r, &p, &plain, 1), BAL_OK);
    assert_null(r.made);
    bal_report_free(&r);
    assert_int_equal(system("rm -r build/answers"), 0);
    bal_predictions_free(&p);
}

static void one_class(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "All images are of one class, a (2 of 2): whether classes are told apart cannot be seen.",
        "Too few images to conclude much: the 95 % interval of recall is wider than 0.30 for a (0.09 to 0.91, n = 2), "
        "b (n = 0).",
        NULL};
    expect_warnings("label,predicted,p:a,p:b\na,a,1,0\na,b,0,1\n", NULL, expected);
}

/* An absent class is rightly never predicted. Of classes that are found equally badly the largest is named. */
static void absent_and_tied_classes(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "Never predicted, in 4 predictions: a (0 of 1 found), b (0 of 2 found).",
        "Accuracy 0.25 is no better than always answering b, which gives 0.50 (2 of 4, against 1; exact binomial test, "
        "p = 0.938).",
        "Too few images to conclude much: the 95 % interval of recall is wider than 0.30 for a (0.00 to 0.79, n = 1), "
        "b (0.00 to 0.66, n = 2), c (0.21 to 1.00, n = 1), d (n = 0).",
        NULL};
    const char     *csv = "label,predicted,a,b,c,d\na,c,0,0,1,0\nb,c,0,0,1,0\nb,c,0,0,1,0\nc,c,0,0,1,0\n";
    const char     *named = "label,predicted,p:a,p:b,p:c,p:d\na,c,0,0,1,0\nb,c,0,0,1,0\nb,c,0,0,1,0\nc,c,0,0,1,0\n";
    bal_predictions p = parse(csv);
    char           *text = text_of(&p, NULL);
    expect_warnings(named, NULL, expected);
    assert_non_null(strstr(text, " Worst: b, 0 of 2 found (recall 0.00).\n"));
    bal_predictions_free(&p);
    free(text);
}

static bal_history history_of(const bal_epoch *epochs, int count)
{
    bal_history h = {0};
    for (int i = 0; i < count; i++) assert_int_equal(bal_history_add(&h, &epochs[i]), BAL_OK);
    return h;
}

static void train_and_validation_drift_apart(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "Train and validation drift apart: at epoch 2, which is kept, train accuracy is 0.99 and validation accuracy "
        "0.81, a gap of 0.18 (more than 0.10).",
        "Train and validation drift apart: validation loss rose from 0.42 (epoch 1) to 0.8 (epoch 3), more than 1.25 "
        "times its lowest, while train loss fell from 0.4 to 0.05.",
        NULL};
    static const bal_epoch epochs[] = {
        {1, 0.40, 0.70, 0.42, 0.72, 0.60}, {2, 0.10, 0.99, 0.50, 0.81, 0.80}, {3, 0.05, 1, 0.80, 0.78, 0.70}};
    char       *csv = good_predictions(0);
    bal_history h = history_of(epochs, 3);
    expect_warnings(csv, &h, expected);
    bal_history_free(&h);
    free(csv);
}

/* At the thresholds, and without a validation part, nothing is said of drift. */
static void no_drift(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    const double             nan = (double)NAN;
    const bal_epoch          close[] = {{1, 0.5, 0.5, 0.4, 0.5, 0.5}, {2, 0.3, 0.75, 0.5, 0.65, 0.6}};
    const bal_epoch          diverged[] = {{1, 0.5, 0.5, 0.4, 0.5, 0.5}, {2, 0.6, 0.5, 0.8, 0.5, 0.5}};
    const bal_epoch          unknown[] = {{1, 0.5, 0.5, nan, nan, nan}, {2, 0.1, 0.99, nan, nan, nan}};
    char                    *csv = good_predictions(0);
    bal_history              a = history_of(close, 2), b = history_of(unknown, 2), c = history_of(diverged, 2);
    bal_history              empty = {0};
    expect_warnings(csv, &a, none);
    expect_warnings(csv, &b, none);
    expect_warnings(csv, &c, none); /* both losses rise */
    expect_warnings(csv, &empty, none);
    bal_history_free(&a);
    bal_history_free(&b);
    bal_history_free(&c);
    free(csv);
}

static void a_wide_matrix_is_numbered(void **state)
{
    (void)state;
    char           *csv, *text, name[64];
    size_t          size;
    FILE           *to = open_memstream(&csv, &size);
    bal_predictions p;
    assert_non_null(to);
    fputs("label,predicted\n", to);
    for (int i = 0; i < 12; i++) fprintf(to, "a rather long name %02d,a rather long name %02d\n", i, (i + 1) % 12);
    fclose(to);
    p = parse(csv);
    text = text_of(&p, NULL);
    assert_non_null(strstr(text, "\n                             (1)  (2)  (3)"));
    snprintf(name, sizeof name, "\na rather long name 00   (1)    0    1    0");
    assert_non_null(strstr(text, name));
    assert_non_null(strstr(text, "\na rather long name 11  (12)    1    0    0"));
    bal_predictions_free(&p);
    free(text);
    free(csv);
}

/* Terminals obey control characters. */
static void names_stay_on_their_line(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted\n\"a\nb\",c\x1b[2J\x7F\n");
    char           *text = text_of(&p, NULL);
    assert_non_null(strstr(text, "a?b"));
    assert_null(strchr(text, '\x1b'));
    assert_null(strchr(text, '\x7F'));
    bal_predictions_free(&p);
    free(text);
}

/* Images without labels: nothing is counted, nothing is said to be 0. */
static void no_labels(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted,p:a,p:b\na,a,1,0\na,b,0,1\n");
    bal_report      r;
    p.row[0].label = p.row[1].label = -1;
    assert_int_equal(bal_report_make(&r, &p, NULL, BAL_REPORT_SEED), BAL_OK);
    assert_string_equal(r.answer, "No image has a label, so nothing can be said.");
    assert_true(isnan(r.metrics.accuracy) && isnan(r.metrics.loss) && isnan(r.metrics.macro.auroc));
    assert_true(isnan(r.intervals.figure[BAL_FIGURE_ACCURACY].low));
    bal_report_free(&r);
    bal_predictions_free(&p);
}

static void saved_files(void **state)
{
    (void)state;
    char            folder[] = "/tmp/ballast-report-XXXXXX";
    bal_predictions p, back;
    assert_non_null(mkdtemp(folder));
    char *inner = bal_path_join(folder, "run"), *json = bal_path_join(inner, "report.json");
    char *txt = bal_path_join(inner, "report.txt"), *csv = bal_path_join(inner, "predictions.csv"), *text;
    char *curves = bal_path_join(inner, "curves.json");
    read_case(&p, "tied");
    assert_int_equal(bal_report_write(inner, &p, NULL), BAL_OK);
    size_t size;
    assert_int_equal(bal_file_read(&text, &size, json, 0), BAL_OK);
    cJSON *parsed = cJSON_Parse(text);
    assert_non_null(parsed);
    cJSON_Delete(parsed);
    free(text);
    char *expected = text_of(&p, NULL);
    assert_int_equal(bal_file_read(&text, &size, txt, 0), BAL_OK);
    assert_string_equal(text, expected);
    assert_int_equal(bal_predictions_read(&back, csv), BAL_OK);
    assert_int_equal(back.count, p.count);
    assert_int_equal(bal_report_write(json, &p, NULL), BAL_EIO); /* a file is no folder */
    bal_predictions_free(&p);
    bal_predictions_free(&back);
    assert_int_equal(remove(curves), 0);
    remove(json), remove(txt), remove(csv), rmdir(inner), rmdir(folder);
    free(text), free(expected), free(inner), free(curves), free(json), free(txt), free(csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_scikit_learns),
        cmocka_unit_test(json_is_scikit_learns),
        cmocka_unit_test(what_was_made_is_said),
        cmocka_unit_test(operating_point),
        cmocka_unit_test(json_on_one_line),
        cmocka_unit_test(words_of_a_collapsed_classifier),
        cmocka_unit_test(nothing_to_warn_of),
        cmocka_unit_test(generated_images_are_easier),
        cmocka_unit_test(leaks_are_counted),
        cmocka_unit_test(background_is_read_back),
        cmocka_unit_test(one_class),
        cmocka_unit_test(absent_and_tied_classes),
        cmocka_unit_test(train_and_validation_drift_apart),
        cmocka_unit_test(no_drift),
        cmocka_unit_test(a_wide_matrix_is_numbered),
        cmocka_unit_test(names_stay_on_their_line),
        cmocka_unit_test(no_labels),
        cmocka_unit_test(saved_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
