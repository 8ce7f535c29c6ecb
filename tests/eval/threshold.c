/* Curves against scikit-learn's (tests/golden/metrics.py), and the threshold for a wanted recall or precision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "ballast/files.h"
#include "ballast/metrics.h"
#include "ballast/rng.h"
#include "ballast/threshold.h"

static void expect_covers(const cJSON *want, const cJSON *have)
{
    assert_non_null(have);
    if (cJSON_IsNumber(want)) assert_true(fabs(want->valuedouble - have->valuedouble) <= 1e-9);
    assert_int_equal(cJSON_IsNull(want), cJSON_IsNull(have));
    if (cJSON_IsArray(want)) assert_int_equal(cJSON_GetArraySize(want), cJSON_GetArraySize(have));
    const cJSON *other = cJSON_IsArray(want) ? have->child : NULL;
    for (const cJSON *child = want->child; child; child = child->next) {
        expect_covers(child, other ? other : cJSON_GetObjectItemCaseSensitive(have, child->string));
        if (other) other = other->next;
    }
}

static cJSON *curves_of(const bal_predictions *p)
{
    char *text;
    assert_int_equal(bal_curves_json(&text, p), BAL_OK);
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    free(text);
    return json;
}

static void curves_are_scikit_learns(void **state)
{
    static const char *const cases[] = {"random", "rounded"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char           *csv = bal_format("tests/golden/metrics/%s.csv", cases[i]), *golden;
        char           *path = bal_format("tests/golden/metrics/%s.curves.json", cases[i]);
        size_t          size;
        bal_predictions p;
        assert_int_equal(bal_predictions_read(&p, csv), BAL_OK);
        assert_int_equal(bal_file_read(&golden, &size, path, 0), BAL_OK);
        cJSON *want = cJSON_Parse(golden), *have = curves_of(&p);
        assert_non_null(want);
        expect_covers(want, have);
        cJSON_Delete(want);
        cJSON_Delete(have);
        bal_predictions_free(&p);
        free(golden), free(csv), free(path);
    }
}

static bal_predictions parse(const char *text)
{
    bal_predictions p;
    assert_int_equal(bal_predictions_parse(&p, "t.csv", text, strlen(text)), BAL_OK);
    return p;
}

/* By falling probability of b: b a b b a a. */
static const char six[] = "label,predicted,p:a,p:b\nb,b,.1,.9\na,b,.2,.8\nb,b,.3,.7\nb,b,.4,.6\na,a,.7,.3\na,a,.8,.2\n";

static void expect_threshold(const bal_threshold *t, double threshold, double recall, double precision,
                             double specificity)
{
    assert_true(t->threshold == threshold && t->recall == recall && t->precision == precision);
    assert_true(fabs(t->specificity - specificity) < 1e-15);
}

static void wanted_recall_and_precision(void **state)
{
    (void)state;
    bal_predictions p = parse(six);
    bal_threshold   t;
    assert_int_equal(bal_threshold_choose(&t, &p, 1, (bal_goal){BAL_WANT_RECALL, 0.3}), BAL_OK);
    expect_threshold(&t, 0.9, 1.0 / 3, 1, 1);
    assert_int_equal(bal_threshold_choose(&t, &p, 1, (bal_goal){BAL_WANT_RECALL, 0.5}), BAL_OK);
    expect_threshold(&t, 0.7, 2.0 / 3, 2.0 / 3, 2.0 / 3);
    assert_int_equal(bal_threshold_choose(&t, &p, 1, (bal_goal){BAL_WANT_RECALL, 1}), BAL_OK);
    expect_threshold(&t, 0.6, 1, 0.75, 2.0 / 3);
    assert_int_equal(bal_threshold_choose(&t, &p, 1, (bal_goal){BAL_WANT_PRECISION, 0.75}), BAL_OK);
    expect_threshold(&t, 0.6, 1, 0.75, 2.0 / 3);
    assert_int_equal(bal_threshold_choose(&t, &p, 1, (bal_goal){BAL_WANT_PRECISION, 0.5}),
                     BAL_OK); /* all that there is */
    expect_threshold(&t, 0.2, 1, 0.5, 0);
    assert_int_equal(bal_threshold_choose(&t, &p, 1, (bal_goal){BAL_WANT_PRECISION, 0.8}), BAL_OK);
    expect_threshold(&t, 0.9, 1.0 / 3, 1, 1);
    bal_predictions_free(&p);
}

static void what_cannot_be_had_is_said(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted,p:a,p:b,p:c\na,b,.1,.9,0\nb,b,.2,.8,0\na,a,.8,.2,0\n");
    bal_threshold   t;
    assert_int_equal(bal_threshold_choose(&t, &p, 1, (bal_goal){BAL_WANT_PRECISION, 0.95}), BAL_ECONFIG);
    assert_string_equal(bal_error(), "no threshold gives class \"b\" a precision of 0.95 on validation; the highest is "
                                     "0.5, at 0.8");
    assert_int_equal(bal_threshold_choose(&t, &p, 2, (bal_goal){BAL_WANT_RECALL, 0.9}), BAL_ECONFIG);
    assert_string_equal(bal_error(), "no validation image of class \"c\" to choose a threshold on");
    bal_predictions_free(&p);
}

/* What was chosen is what it gives when it is applied. */
static void applied(void **state)
{
    (void)state;
    bal_predictions p;
    bal_threshold   t;
    bal_metrics     m;
    assert_int_equal(bal_predictions_read(&p, "tests/golden/metrics/rounded.csv"), BAL_OK);
    for (int c = 0; c < p.class_count; c++) {
        assert_int_equal(bal_threshold_choose(&t, &p, c, (bal_goal){BAL_WANT_RECALL, 0.8}), BAL_OK);
        bal_threshold_apply(&p, &t);
        assert_int_equal(bal_metrics_of(&m, &p), BAL_OK);
        assert_true(t.recall >= 0.8 && m.classes[c].recall == t.recall && m.classes[c].precision == t.precision);
        assert_true(fabs(m.classes[c].specificity - t.specificity) < 1e-15);
        bal_metrics_free(&m);
    }
    bal_predictions_free(&p);
    const double below[] = {0.3, 0.45, 0.25}, at[] = {0.3, 0.5, 0.2};
    assert_int_equal(bal_threshold_class(&(bal_threshold){.positive = 1, .threshold = 0.5}, below, 3), 0);
    assert_int_equal(bal_threshold_class(&(bal_threshold){.positive = 1, .threshold = 0.5}, at, 3), 1);
    assert_int_equal(bal_threshold_class(&(bal_threshold){.positive = 0, .threshold = 0.2}, below, 3), 0);
}

static void goals(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "recall",    "recall 0",   "recall 1.01", "precision -1",
                                      "recall nan", "recal 0.9", "recall 0x1", "0.9",         "none 0.9"};
    const bal_where          at = {"x.ini", 3};
    bal_goal                 g;
    assert_int_equal(bal_goal_parse(&g, "recall 0.95", "want", at), BAL_OK);
    assert_true(g.want == BAL_WANT_RECALL && g.value == 0.95);
    assert_int_equal(bal_goal_parse(&g, "precision = 1", "want", at), BAL_OK);
    assert_true(g.want == BAL_WANT_PRECISION && g.value == 1);
    assert_int_equal(bal_goal_parse(&g, "none", "want", at), BAL_OK);
    assert_true(g.want == BAL_WANT_NONE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(bal_goal_parse(&g, bad[i], "want", at), BAL_ECONFIG);
    assert_string_equal(bal_error(), "x.ini:3: want: \"none 0.9\" is not none, or recall or precision and a number "
                                     "above 0, at most 1, as recall 0.95");
}

static void rarest_class(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted\nb,a\na,a\na,c\nb,a\na,b\n"); /* c is never a label */
    assert_int_equal(bal_predictions_rarest(&p), 1);
    p.row[1].label = -1;
    assert_int_equal(bal_predictions_rarest(&p), 0); /* of equal ones the first */
    for (int i = 0; i < p.count; i++) p.row[i].label = -1;
    assert_int_equal(bal_predictions_rarest(&p), -1);
    bal_predictions_free(&p);
}

static void said_in_words(void **state)
{
    (void)state;
    bal_predictions p = parse(six);
    bal_threshold   t;
    char           *words;
    assert_int_equal(bal_threshold_choose(&t, &p, 1, (bal_goal){BAL_WANT_RECALL, 0.5}), BAL_OK);
    assert_int_equal(bal_threshold_words(&words, &t, "b\x1b"), BAL_OK);
    assert_string_equal(words,
                        "b? is answered from a probability of 0.7000 on, else the likeliest other class: chosen for "
                        "a recall of at least 0.5 on 6 validation images (3 of the class, 3 others), where it "
                        "gives recall 0.67 (0.21 to 0.94), precision 0.67 and specificity 0.67 (0.21 to 0.94); "
                        "in brackets 95 % intervals.");
    free(words);
    bal_predictions_free(&p);
}

static void undefined_curves_are_null(void **state)
{
    (void)state;
    bal_predictions p = parse("label,predicted\na,a\nb,a\n"), one = parse("label,predicted,p:a,p:b\na,a,.8,.2\n");
    cJSON          *labels = curves_of(&p), *single = curves_of(&one);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(labels, "reliability")));
    assert_true(
        cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetObjectItem(cJSON_GetObjectItem(labels, "classes"), "a"), "roc")));
    assert_true(
        cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetObjectItem(cJSON_GetObjectItem(single, "classes"), "a"), "pr")));
    const cJSON *bins = cJSON_GetObjectItem(single, "reliability");
    assert_true(cJSON_GetArrayItem(cJSON_GetObjectItem(bins, "confidence"), 11)->valuedouble == 0.8);
    assert_true(cJSON_GetArrayItem(cJSON_GetObjectItem(bins, "accuracy"), 11)->valuedouble == 1);
    assert_true(cJSON_IsNull(cJSON_GetArrayItem(cJSON_GetObjectItem(bins, "accuracy"), 0)));
    cJSON_Delete(labels), cJSON_Delete(single);
    bal_predictions_free(&p), bal_predictions_free(&one);
}

/* 20000 points: few stay, the ends do, and the area under what stays is the same. */
static void long_curves_are_thinned(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b"};
    bal_stream               s = bal_stream_for(1, BAL_FOR_TEST, 0, 0);
    bal_predictions          p;
    bal_metrics              m;
    double                   area = 0;
    assert_int_equal(bal_predictions_init(&p, names, 2, true), BAL_OK);
    for (int i = 0; i < 20000; i++) {
        double         u = bal_random_uniform(&s, (uint64_t)i), both[] = {1 - u, u};
        bal_prediction row = {.label = bal_random_uniform(&s, (uint64_t)(20000 + i)) < u, .probability = both};
        assert_int_equal(bal_predictions_add(&p, &row), BAL_OK);
    }
    cJSON       *json = curves_of(&p);
    const cJSON *roc = cJSON_GetObjectItem(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "classes"), "b"), "roc");
    const cJSON *x = cJSON_GetObjectItem(roc, "fpr")->child, *y = cJSON_GetObjectItem(roc, "tpr")->child;
    int          count = cJSON_GetArraySize(cJSON_GetObjectItem(roc, "fpr"));
    assert_in_range(count, 1000, 2002);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(roc, "threshold")), count);
    for (; x->next; x = x->next, y = y->next)
        area += (x->next->valuedouble - x->valuedouble) * (y->next->valuedouble + y->valuedouble) / 2;
    assert_true(x->valuedouble == 1 && y->valuedouble == 1);
    assert_int_equal(bal_metrics_of(&m, &p), BAL_OK);
    assert_true(fabs(area - m.classes[1].auroc) < 1e-4);
    cJSON_Delete(json);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_scikit_learns),
        cmocka_unit_test(wanted_recall_and_precision),
        cmocka_unit_test(what_cannot_be_had_is_said),
        cmocka_unit_test(applied),
        cmocka_unit_test(goals),
        cmocka_unit_test(rarest_class),
        cmocka_unit_test(said_in_words),
        cmocka_unit_test(undefined_curves_are_null),
        cmocka_unit_test(long_curves_are_thinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
