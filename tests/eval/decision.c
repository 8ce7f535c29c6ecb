/* Temperature, offsets and softmax regression: against numpy and scikit-learn (tests/golden/decision.py), and where
 * they must find what is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "ballast/decision.h"
#include "ballast/regression.h"
#include "ballast/rng.h"

enum { ROWS = 90, CLASSES = 3, WIDTH = 4 };

static void near(double v, double want, double error)
{
    if (!(fabs(v - want) <= error)) fail_msg("%.12g, not %.12g", v, want);
}

/* As tests/golden/decision.py: whole numbers below 1009 over 1009. */
static double whole(int i, int k, int salt)
{
    return (i * 7919 + k * 104729 + (i + salt) * (i + 3) * (k + 1) * 31 + salt * 17) % 1009 / 1009.0;
}

static int label_of(int i) { return i % 9 < 6 ? 0 : i % 9 < 8 ? 1 : 2; }

static void make(bal_predictions *p)
{
    static const char *const names[] = {"a", "b", "c"};
    static const double      bias[] = {1.5, 0, -1};
    assert_int_equal(BAL_OK, bal_predictions_init(p, names, CLASSES, true));
    for (int i = 0; i < ROWS; i++) {
        double q[CLASSES], sum = 0;
        for (int k = 0; k < CLASSES; k++) sum += q[k] = exp(6 * whole(i, k, 5) + 2.5 * (label_of(i) == k) + bias[k]);
        for (int k = 0; k < CLASSES; k++) q[k] /= sum;
        assert_int_equal(BAL_OK, bal_predictions_add(p, &(bal_prediction){.label = label_of(i), .probability = q}));
    }
}

static void as_scipy(void **state)
{
    static const double want[] = {-1.244570, 0.102091, 1.142479};
    bal_predictions     p;
    double              offset[CLASSES];
    (void)state;
    make(&p);
    near(bal_temperature_fit(&p), 1.25729657, 1e-6);
    assert_int_equal(BAL_OK, bal_offsets_balanced(offset, &p));
    for (int k = 0; k < CLASSES; k++) near(offset[k], want[k], 2e-6);
    bal_predictions_free(&p);
}

/* What was made sharper is found and taken back. */
static void a_temperature_is_found_again(void **state)
{
    bal_predictions p;
    (void)state;
    make(&p);
    double own = bal_temperature_fit(&p), first = p.row[0].probability[0];
    bal_temperature_apply(&p, 1 / 3.0);
    near(bal_temperature_fit(&p), 3 * own, 0.01 * own); /* but for the ridge */
    bal_temperature_apply(&p, 3);
    near(p.row[0].probability[0], first, 1e-12);
    for (int i = 0; i < ROWS; i++)
        near(p.row[i].probability[0] + p.row[i].probability[1] + p.row[i].probability[2], 1, 1e-12);
    bal_predictions_free(&p);
}

/* Twenty rows, all answered rightly with .9: the least of 20 log(1 + 9^-b) + (b - 1)^2 / 2 by SciPy; without a ridge
 * there is none. */
static void few_right_answers_are_not_certain(void **state)
{
    static const char *const names[] = {"a", "b"};
    static const double      q[] = {.9, .1};
    bal_predictions          p;
    (void)state;
    assert_int_equal(BAL_OK, bal_predictions_init(&p, names, 2, true));
    for (int i = 0; i < 20; i++)
        assert_int_equal(BAL_OK, bal_predictions_add(&p, &(bal_prediction){.label = 0, .probability = q}));
    near(bal_temperature_fit(&p), 0.55265695, 1e-6);
    bal_predictions_free(&p);
}

static void offsets_change_answers_only(void **state)
{
    bal_predictions p;
    double          offset[CLASSES];
    int             count[CLASSES] = {60, 20, 0}, answered[CLASSES] = {0};
    (void)state;
    make(&p);
    bal_offsets_prior(offset, count, CLASSES);
    near(offset[0], -log(.75), 1e-12);
    near(offset[1], -log(.25), 1e-12);
    near(offset[2], 0, 0);
    double before = p.row[0].probability[2];
    offset[2] = 100;
    bal_offsets_apply(&p, offset);
    for (int i = 0; i < ROWS; i++) answered[p.row[i].predicted]++;
    assert_int_equal(ROWS, answered[2]);
    near(p.row[0].probability[2], before, 0);
    bal_predictions_free(&p);
}

/* No row of class c: its offset stays 0, the others are as if it were not there. */
static void a_class_without_rows(void **state)
{
    bal_predictions p;
    double          offset[CLASSES];
    (void)state;
    make(&p);
    for (int i = 0; i < ROWS; i++)
        if (p.row[i].label == 2) p.row[i].label = -1;
    assert_int_equal(BAL_OK, bal_offsets_balanced(offset, &p));
    assert_true(offset[2] == 0 && isfinite(offset[0]) && offset[0] < offset[1]);
    p.count = 0;
    assert_int_equal(BAL_OK, bal_offsets_balanced(offset, &p));
    assert_true(offset[0] == 0 && offset[1] == 0);
    near(bal_temperature_fit(&p), 1, 1e-6);
    bal_predictions_free(&p);
}

static void regression_as_scipy(void **state)
{
    static const double want[][2] = {{.1, 0.20422664}, {.001, 0.01382693}};
    float               x[ROWS * WIDTH];
    int                 label[ROWS];
    bal_regression      r;
    double              loss, recall;
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        label[i] = label_of(i);
        for (int k = 0; k < WIDTH; k++) x[i * WIDTH + k] = (float)((double)(float)whole(i, k, 9) + (label[i] == k));
    }
    const bal_features f = {x, ROWS, WIDTH};
    assert_int_equal(BAL_OK, bal_regression_init(&r, WIDTH, CLASSES));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(BAL_OK, bal_regression_fit(&r, &f, label, want[i][0], i > 0));
        assert_int_equal(BAL_OK, bal_regression_loss(&loss, &r, &f, label));
        assert_int_equal(BAL_OK, bal_regression_recall(&recall, &r, &f, label));
        near(loss, want[i][1], 2e-5);
        near(recall, 1, 1e-12);
    }
    bal_regression_free(&r);
}

/* A class without rows gets no offset, and none of many is anything but a number; rows without labels say nothing. */
static void many_classes_and_empty_ones(void **state)
{
    enum { MANY = 300, SEEN = 3 };
    const char     *names[MANY];
    char            name[MANY][8];
    double          q[MANY], offset[MANY];
    int             count[MANY] = {9, 3, 3};
    bal_predictions p;
    (void)state;
    for (int k = 0; k < MANY; k++) {
        snprintf(name[k], sizeof name[k], "%d", k);
        names[k] = name[k];
    }
    assert_int_equal(BAL_OK, bal_predictions_init(&p, names, MANY, true));
    for (int i = 0; i < 15; i++) {
        int label = i < 9 ? 0 : i % SEEN;
        for (int k = 0; k < MANY; k++) q[k] = k == 0 ? 0.7 : 0.3 / (MANY - 1);
        assert_int_equal(BAL_OK, bal_predictions_add(&p, &(bal_prediction){.label = label, .probability = q}));
    }
    assert_int_equal(BAL_OK, bal_offsets_balanced(offset, &p));
    for (int k = 0; k < MANY; k++) assert_true(isfinite(offset[k]) && (k < SEEN || offset[k] == 0));
    assert_true(offset[1] > offset[0] && offset[2] > offset[0]);
    bal_offsets_prior(offset, count, MANY);
    near(offset[1], log(5), 1e-12);
    assert_true(offset[SEEN] == 0);
    assert_true(isfinite(bal_temperature_fit(&p)));
    for (int i = 0; i < p.count; i++) p.row[i].label = -1;
    near(bal_temperature_fit(&p), 1, 1e-6);
    assert_int_equal(BAL_OK, bal_offsets_balanced(offset, &p));
    for (int k = 0; k < MANY; k++) assert_true(offset[k] == 0);
    bal_predictions_free(&p);
}

/* The mean of three lists; one of other images has none with them. */
static void lists_are_averaged(void **state)
{
    static const char *const names[] = {"a", "b"};
    static const double      q[][2] = {{.9, .1}, {.2, .8}, {.1, .9}};
    bal_predictions          p[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        const char *path = i < 3 ? "x" : "y";
        assert_int_equal(BAL_OK, bal_predictions_init(&p[i], names, 2, true));
        assert_int_equal(BAL_OK, bal_predictions_add(&p[i], &(bal_prediction){.path = path, .probability = q[i % 3]}));
    }
    assert_int_equal(BAL_OK, bal_predictions_average(&p[0], &p[1], 1));
    near(p[0].row[0].probability[0], .55, 1e-12);
    assert_int_equal(p[0].row[0].predicted, 0);
    assert_int_equal(BAL_OK, bal_predictions_average(&p[0], &p[2], 2));
    near(p[0].row[0].probability[0], .4, 1e-12);
    assert_int_equal(p[0].row[0].predicted, 1);
    assert_int_equal(BAL_ECONFIG, bal_predictions_average(&p[0], &p[3], 1));
    for (int i = 0; i < 4; i++) bal_predictions_free(&p[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_classes_and_empty_ones),
        cmocka_unit_test(lists_are_averaged),
        cmocka_unit_test(as_scipy),
        cmocka_unit_test(a_temperature_is_found_again),
        cmocka_unit_test(few_right_answers_are_not_certain),
        cmocka_unit_test(offsets_change_answers_only),
        cmocka_unit_test(a_class_without_rows),
        cmocka_unit_test(regression_as_scipy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
