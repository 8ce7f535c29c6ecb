/* The scores against scikit-learn's, to 1e-9; tests/golden/metrics.py made them. */
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

static cJSON *golden(const char *name)
{
    char  *path = bal_format("tests/golden/metrics/%s.json", name), *text;
    size_t size;
    assert_int_equal(bal_file_read(&text, &size, path, 0), BAL_OK);
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    free(text);
    free(path);
    return json;
}

/* Null stands for an undefined value. */
static void expect(const cJSON *object, const char *key, double v)
{
    const cJSON *want = cJSON_GetObjectItemCaseSensitive(object, key);
    assert_non_null(want);
    if (cJSON_IsNull(want)) {
        assert_true(isnan(v));
        return;
    }
    if (!(fabs(v - want->valuedouble) <= 1e-9)) fail_msg("%s is %.17g, not %.17g", key, v, want->valuedouble);
}

static void expect_scores(const cJSON *object, const bal_scores *s)
{
    expect(object, "precision", s->precision);
    expect(object, "recall", s->recall);
    expect(object, "specificity", s->specificity);
    expect(object, "f1-score", s->f1);
    expect(object, "support", s->support);
}

static void expect_classes(const cJSON *json, const bal_predictions *p, const bal_metrics *m)
{
    const cJSON *classes = cJSON_GetObjectItem(json, "classes");
    assert_int_equal(cJSON_GetArraySize(classes), m->class_count);
    for (int c = 0; c < m->class_count; c++) {
        const cJSON *one = cJSON_GetObjectItemCaseSensitive(classes, p->classes[c]);
        assert_non_null(one);
        expect_scores(one, &m->classes[c]);
        expect(one, "predicted", m->classes[c].predicted);
        expect(one, "auroc", m->classes[c].auroc);
        expect(one, "auprc", m->classes[c].auprc);
    }
}

static void expect_confusion(const cJSON *json, const bal_predictions *p, const bal_metrics *m)
{
    const cJSON *confusion = cJSON_GetObjectItem(json, "confusion_matrix");
    const cJSON *labels = cJSON_GetObjectItem(confusion, "labels"), *counts = cJSON_GetObjectItem(confusion, "counts");
    for (int t = 0; t < m->class_count; t++) {
        const cJSON *row = cJSON_GetArrayItem(counts, t);
        assert_string_equal(cJSON_GetArrayItem(labels, t)->valuestring, p->classes[t]);
        for (int c = 0; c < m->class_count; c++)
            assert_int_equal(cJSON_GetArrayItem(row, c)->valueint, m->confusion[t * m->class_count + c]);
    }
}

static void agrees_with_scikit_learn(void **state)
{
    static const char *const cases[] = {"random",  "tied",    "single",   "never", "missing",
                                        "certain", "rounded", "disjoint", "labels"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bal_predictions p;
        bal_metrics     m;
        cJSON          *json = golden(cases[i]);
        char           *path = bal_format("tests/golden/metrics/%s.csv", cases[i]);
        assert_int_equal(bal_predictions_read(&p, path), BAL_OK);
        assert_int_equal(bal_metrics_of(&m, &p), BAL_OK);
        expect(json, "accuracy", m.accuracy);
        expect(json, "balanced_accuracy", m.balanced_accuracy);
        expect(json, "mcc", m.mcc);
        expect(json, "kappa", m.kappa);
        expect(json, "loss", m.loss);
        expect(json, "brier", m.brier);
        expect(json, "ece", m.ece);
        expect(json, "auroc_macro", m.macro.auroc);
        expect(json, "auprc_macro", m.macro.auprc);
        expect_classes(json, &p, &m);
        expect_scores(cJSON_GetObjectItem(json, "macro avg"), &m.macro);
        expect_scores(cJSON_GetObjectItem(json, "weighted avg"), &m.weighted);
        expect_scores(cJSON_GetObjectItem(json, "micro avg"), &m.micro);
        expect_confusion(json, &p, &m);
        bal_metrics_free(&m);
        bal_predictions_free(&p);
        cJSON_Delete(json);
        free(path);
    }
}

/* As a trainer does at the end of each epoch: counted one by one. */
static void counted_one_by_one(void **state)
{
    (void)state;
    bal_metrics m;
    assert_int_equal(bal_metrics_init(&m, 2), BAL_OK);
    bal_metrics_finish(&m);
    assert_true(isnan(m.accuracy) && isnan(m.balanced_accuracy) && isnan(m.macro.f1));
    for (int i = 0; i < 8; i++) bal_metrics_add(&m, 0, i < 6 ? 0 : 1);
    for (int i = 0; i < 2; i++) bal_metrics_add(&m, 1, i);
    bal_metrics_finish(&m);
    assert_true(m.accuracy == 0.7);
    assert_true(m.balanced_accuracy == (0.75 + 0.5) / 2);
    assert_true(m.classes[1].precision == 1.0 / 3);
    assert_true(m.classes[1].specificity == 0.75);
    bal_metrics_finish(&m); /* again: the same */
    assert_int_equal(m.classes[0].support, 8);
    assert_int_equal(m.classes[1].predicted, 3);
    bal_metrics_free(&m);
    bal_metrics_free(NULL);
}

/* A probability of 0 for the true class must not make the loss infinite; rows without a label do not count. */
static void loss_is_bounded(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b"};
    const double             wrong[] = {0, 1};
    const bal_prediction     known = {.label = 0, .predicted = 1, .probability = wrong};
    const bal_prediction     unknown = {.label = -1, .predicted = 1, .probability = wrong};
    bal_predictions          p;
    bal_metrics              m;
    assert_int_equal(bal_predictions_init(&p, names, 2, true), BAL_OK);
    assert_int_equal(bal_predictions_add(&p, &known), BAL_OK);
    assert_int_equal(bal_predictions_add(&p, &unknown), BAL_OK);
    assert_int_equal(bal_metrics_of(&m, &p), BAL_OK);
    assert_true(fabs(m.loss - 36.04365338911715) < 1e-9);
    assert_int_equal(m.count, 1);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
}

/* 0.58 and 0.6 are both in the bin (8/15, 9/15]: 0.58 too sure and 0.4 too modest make up for each other. */
static void calibration_bins_are_closed_above(void **state)
{
    (void)state;
    static const char csv[] = "label,predicted,p:a,p:b\na,a,.6,.4\nb,a,.58,.42\n";
    bal_predictions   p;
    bal_metrics       m;
    assert_int_equal(bal_predictions_parse(&p, "t.csv", csv, sizeof csv - 1), BAL_OK);
    assert_int_equal(bal_metrics_of(&m, &p), BAL_OK);
    assert_true(fabs(m.ece - 0.09) < 1e-12);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_scikit_learn),
        cmocka_unit_test(counted_one_by_one),
        cmocka_unit_test(loss_is_bounded),
        cmocka_unit_test(calibration_bins_are_closed_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
