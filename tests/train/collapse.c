/* collapse -- the detector on made-up histories: what is an alarm, what is not, with which cause; and its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/collapse.h"
#include "ballast/files.h"
#include "scratch.h"

enum { CLASSES = 4, STEPS = 50 /* of an epoch */ };

static const int         train[CLASSES] = {1440, 1197, 114, 89}, validation[CLASSES] = {180, 150, 14, 11};
static const int         lopsided[CLASSES] = {2700, 60, 40, 40};
static const double      one[CLASSES] = {1, 0, 0, 0}, several[CLASSES] = {0.5, 0.42, 0.05, 0.03};
static const double      flat[CLASSES] = {0.5, 0.42, 0.04, 0.04}, narrow[CLASSES] = {0.97, 0.01, 0.01, 0.01};
static const char *const names[CLASSES] = {"benign", "malignant", "vascular, lesion", "dermatofibroma"};

static bal_collapse_history h;
static bal_collapse_run     run;

static int begin(void **state)
{
    (void)state;
    h = (bal_collapse_history){.classes = CLASSES};
    run = (bal_collapse_run){train, validation, false, false, 0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    bal_collapse_free(&h);
    return 0;
}

/* An epoch of a net that has learnt the classes' shares alone: validation loss is their entropy. */
static bal_collapse_epoch frequencies(void)
{
    return (bal_collapse_epoch){.lr = 1e-3,
                                .train_loss = 0.95,
                                .train_accuracy = 0.5,
                                .gradient_norm = 1,
                                .first_loss = 1.4,
                                .peak_loss = 1.5,
                                .spread = 0.03,
                                .validation_loss = 0.95,
                                .validation_balanced_accuracy = 0.25,
                                .share = (double *)one,
                                .mean = (double *)flat};
}

static bal_collapse_epoch healthy(void)
{
    bal_collapse_epoch e = frequencies();
    e.train_loss = e.validation_loss = 0.6;
    e.train_accuracy = 0.8;
    e.validation_balanced_accuracy = 0.5;
    e.share = (double *)several;
    return e;
}

static bal_alarm add(bal_collapse_epoch e, int count)
{
    bal_alarm a = {0};
    for (int i = 0; i < count; i++) {
        e.epoch = h.count + 1;
        e.step = STEPS * e.epoch;
        assert_int_equal(bal_collapse_add(&h, &e), BAL_OK);
        a = bal_collapse_look(&run, &h);
        if (a.kind) h.epoch[h.count - 1].alarm = a.kind;
        if (a.kind) break;
    }
    return a;
}

static void expect(bal_alarm a, bal_alarm_kind kind, bal_alarm_cause cause)
{
    assert_int_equal(a.kind, kind);
    assert_int_equal(a.cause, cause);
}

/* ---- none -------------------------------------------------------------------------------------------------------- */

static void test_healthy(void **state)
{
    (void)state;
    bal_collapse_epoch e = healthy();
    assert_int_equal(add(e, 100).kind, BAL_ALARM_NONE);
    e.last = true;
    assert_int_equal(add(e, 1).kind, BAL_ALARM_NONE);
}

/* 250 updates with one answer are a late start. */
static void test_late_start(void **state)
{
    (void)state;
    assert_int_equal(add(frequencies(), 5).kind, BAL_ALARM_NONE);
    assert_int_equal(add(healthy(), 20).kind, BAL_ALARM_NONE);
}

/* Who has a long way to go may begin later. */
static void test_budget(void **state)
{
    (void)state;
    run.total = 2500;
    assert_int_equal(add(frequencies(), 19).kind, BAL_ALARM_NONE);
    assert_int_equal(add(frequencies(), 1).kind, BAL_ALARM_ONE_ANSWER);
}

static void test_single_bad_epochs(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(add(healthy(), 5).kind, BAL_ALARM_NONE);
        assert_int_equal(add(frequencies(), 2).kind, BAL_ALARM_NONE);
    }
}

/* A rare class that is found now and then comes and goes. */
static void test_flicker(void **state)
{
    (void)state;
    static const double without[CLASSES] = {0.55, 0.42, 0.03, 0};
    bal_collapse_epoch  e = healthy();
    for (int i = 0; i < 10; i++) {
        e.share = (double *)several;
        assert_int_equal(add(e, 4).kind, BAL_ALARM_NONE);
        e.share = (double *)without;
        assert_int_equal(add(e, 6).kind, BAL_ALARM_NONE);
    }
}

static void test_nothing_known(void **state)
{
    (void)state;
    static const int   few[CLASSES] = {3, 3, 1, 1}, single[CLASSES] = {100, 0, 0, 0};
    bal_collapse_epoch e = frequencies();
    run.validation = few;
    assert_int_equal(add(e, 20).kind, BAL_ALARM_NONE);
    run.validation = single;
    assert_int_equal(add(e, 20).kind, BAL_ALARM_NONE);
    run.validation = validation;
    e.validation_balanced_accuracy = (double)NAN;
    assert_int_equal(add(e, 20).kind, BAL_ALARM_NONE);
}

/* ---- alarms and causes ------------------------------------------------------------------------------------------- */

static void test_rate_low(void **state)
{
    (void)state;
    bal_alarm a = add(frequencies(), 20);
    expect(a, BAL_ALARM_ONE_ANSWER, BAL_CAUSE_RATE_LOW);
    assert_int_equal(h.count, 6); /* 300 updates */
    assert_int_equal(a.epochs, 6);
    assert_int_equal(bal_collapse_acts(&a, 0, 0), BAL_RESCUE_RAISE);
    assert_false(bal_collapse_acts(&a, BAL_RESCUE_LOWER, 0) & BAL_RESCUE_RAISE); /* not up and down */
}

static void test_rate_high(void **state)
{
    (void)state;
    bal_collapse_epoch e = frequencies();
    e.peak_loss = 12;
    add(e, 1);
    bal_alarm a = add(frequencies(), 20);
    expect(a, BAL_ALARM_ONE_ANSWER, BAL_CAUSE_RATE_HIGH);
    assert_int_equal(h.count, 4); /* 200 updates */
    assert_int_equal(bal_collapse_acts(&a, 0, 0), BAL_RESCUE_RESTART | BAL_RESCUE_LOWER | BAL_RESCUE_BIAS);
    assert_true(bal_collapse_acts(&a, BAL_RESCUE_LOWER, 0) & BAL_RESCUE_SAMPLER);
    h.epoch[3].cause = (int)a.cause;
    expect(add(frequencies(), 20), BAL_ALARM_ONE_ANSWER, BAL_CAUSE_RATE_HIGH); /* not low now that it is lower */
}

static void test_not_finite(void **state)
{
    (void)state;
    bal_collapse_epoch e = frequencies();
    e.train_loss = e.validation_balanced_accuracy = (double)NAN;
    expect(add(e, 1), BAL_ALARM_NOT_FINITE, BAL_CAUSE_RATE_HIGH);
}

static void test_dead_gradient(void **state)
{
    (void)state;
    bal_collapse_epoch e = frequencies();
    e.gradient_norm = 1e-12;
    expect(add(e, 20), BAL_ALARM_ONE_ANSWER, BAL_CAUSE_RATE_HIGH);
    assert_int_equal(h.count, 2); /* 100 updates */
}

static void test_outputs(void **state)
{
    (void)state;
    bal_collapse_epoch e = frequencies();
    e.gradient_norm = 1e-12;
    run.squashed = true;
    bal_alarm a = add(e, 20);
    expect(a, BAL_ALARM_ONE_ANSWER, BAL_CAUSE_OUTPUTS);
    assert_int_equal(bal_collapse_acts(&a, 0, 0), 0);
}

static void test_unshuffled(void **state)
{
    (void)state;
    bal_collapse_epoch e = frequencies();
    e.spread = 0.97;
    bal_alarm a = add(e, 20);
    expect(a, BAL_ALARM_ONE_ANSWER, BAL_CAUSE_UNSHUFFLED);
    assert_int_equal(h.count, 3);
    assert_int_equal(bal_collapse_acts(&a, 0, 0), BAL_RESCUE_RESTART | BAL_RESCUE_SHUFFLE);
}

/* That it fits its training images says early that it is no late start. */
static void test_stale_norm(void **state)
{
    (void)state;
    bal_collapse_epoch e = frequencies();
    e.train_accuracy = 0.8;
    run.running = true;
    bal_alarm a = add(e, 20);
    expect(a, BAL_ALARM_ONE_ANSWER, BAL_CAUSE_STALE_NORM);
    assert_int_equal(h.count, 3);
    assert_int_equal(bal_collapse_acts(&a, 0, 0), BAL_RESCUE_NORM);
    assert_true(bal_collapse_acts(&a, BAL_RESCUE_NORM, 0) & BAL_RESCUE_LOWER); /* it has not helped */
    assert_true(bal_collapse_acts(&a, 0, BAL_RESCUE_NORM) & BAL_RESCUE_LOWER); /* it cannot help */
}

static void test_few_updates(void **state)
{
    (void)state;
    bal_collapse_epoch e = frequencies();
    e.last = true;
    bal_alarm a = add(e, 1);
    expect(a, BAL_ALARM_ONE_ANSWER, BAL_CAUSE_FEW_UPDATES);
    assert_int_equal(bal_collapse_acts(&a, 0, 0), 0);
}

static void test_imbalance(void **state)
{
    (void)state;
    run.train = lopsided;
    expect(add(frequencies(), 20), BAL_ALARM_ONE_ANSWER, BAL_CAUSE_IMBALANCE);
}

static void test_chance(void **state)
{
    (void)state;
    bal_collapse_epoch e = frequencies();
    e.share = (double *)several;
    expect(add(e, 20), BAL_ALARM_CHANCE, BAL_CAUSE_RATE_LOW);
    assert_int_equal(h.count, 12); /* 600 updates */
}

static void test_prior(void **state)
{
    (void)state;
    bal_collapse_epoch e = healthy();
    e.validation_balanced_accuracy = 0.3;
    assert_int_equal(add(e, 10).kind, BAL_ALARM_NONE);
    e.mean = (double *)narrow;
    assert_int_equal(add(e, 10).kind, BAL_ALARM_PRIOR);
    assert_int_equal(h.count, 13);
}

static void test_vanished(void **state)
{
    (void)state;
    static const double without[CLASSES] = {0.55, 0.42, 0.03, 0};
    bal_collapse_epoch  e = healthy();
    add(e, 8);
    e.share = (double *)without;
    bal_alarm a = add(e, 10);
    expect(a, BAL_ALARM_VANISHED, BAL_CAUSE_IMBALANCE);
    assert_int_equal(a.class, 3);
    assert_int_equal(h.count, 13);
}

/* After an alarm all graces begin anew. */
static void test_again(void **state)
{
    (void)state;
    assert_int_equal(add(frequencies(), 20).kind, BAL_ALARM_ONE_ANSWER);
    assert_int_equal(add(frequencies(), 5).kind, BAL_ALARM_NONE);
    assert_int_equal(add(frequencies(), 1).kind, BAL_ALARM_ONE_ANSWER);
}

/* ---- words and the file ------------------------------------------------------------------------------------------ */

static void test_words(void **state)
{
    (void)state;
    char     *text;
    bal_alarm a = add(frequencies(), 20);
    assert_int_equal(bal_collapse_words(&text, &a, &run, &h, names), BAL_OK);
    assert_string_equal(text, "training has collapsed at epoch 6 (300 updates): 100 % of the validation images are "
                              "answered benign, for 6 epochs; balanced accuracy on validation 0.25, guessing 0.25. "
                              "Likely cause: the learning rate is too low, only how frequent classes are was learnt; "
                              "try ten times as much, or more epochs");
    free(text);
    assert_int_equal(bal_collapse_say_acts(&text, BAL_RESCUE_RESTART | BAL_RESCUE_BIAS), BAL_OK);
    assert_string_equal(text, "back to the last good state, output bias set by class shares");
    free(text);
}

static void test_file(void **state)
{
    (void)state;
    bal_collapse_history back;
    bal_collapse_epoch   e = frequencies();
    char                *text;
    const char          *path = scratch("collapse.csv");
    e.lr = 1.0 / 3;
    e.validation_loss = (double)NAN;
    add(e, 20);
    h.epoch[5].cause = BAL_CAUSE_RATE_LOW;
    h.epoch[5].acts = BAL_RESCUE_RAISE | BAL_RESCUE_SAMPLER;
    assert_int_equal(bal_collapse_write(&h, path, names), BAL_OK);
    assert_int_equal(bal_collapse_read(&back, path, 3), BAL_OK);
    assert_int_equal(back.count, 3);
    bal_collapse_free(&back);
    assert_int_equal(bal_collapse_read(&back, path, 1000), BAL_OK);
    assert_int_equal(back.count, 6);
    assert_true(back.epoch[5].lr == 1.0 / 3 && isnan(back.epoch[5].validation_loss));
    assert_int_equal(back.epoch[5].alarm, BAL_ALARM_ONE_ANSWER);
    assert_int_equal(back.epoch[5].cause, BAL_CAUSE_RATE_LOW);
    assert_int_equal(back.epoch[5].acts, h.epoch[5].acts);
    assert_memory_equal(back.epoch[5].share, h.epoch[5].share, 2 * CLASSES * sizeof(double));
    bal_collapse_free(&back);
    assert_int_equal(bal_collapse_summary(&text, path), BAL_OK);
    assert_string_equal(text, "epoch 6: one answer, likely cause: rate too low (rescue: ten times the learning rate, "
                              "balanced sampler)");
    free(text);
    assert_int_equal(bal_collapse_summary(&text, scratch("none.csv")), BAL_OK);
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_healthy, begin, end),
        cmocka_unit_test_setup_teardown(test_late_start, begin, end),
        cmocka_unit_test_setup_teardown(test_budget, begin, end),
        cmocka_unit_test_setup_teardown(test_single_bad_epochs, begin, end),
        cmocka_unit_test_setup_teardown(test_flicker, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_known, begin, end),
        cmocka_unit_test_setup_teardown(test_rate_low, begin, end),
        cmocka_unit_test_setup_teardown(test_rate_high, begin, end),
        cmocka_unit_test_setup_teardown(test_not_finite, begin, end),
        cmocka_unit_test_setup_teardown(test_dead_gradient, begin, end),
        cmocka_unit_test_setup_teardown(test_outputs, begin, end),
        cmocka_unit_test_setup_teardown(test_unshuffled, begin, end),
        cmocka_unit_test_setup_teardown(test_stale_norm, begin, end),
        cmocka_unit_test_setup_teardown(test_few_updates, begin, end),
        cmocka_unit_test_setup_teardown(test_imbalance, begin, end),
        cmocka_unit_test_setup_teardown(test_chance, begin, end),
        cmocka_unit_test_setup_teardown(test_prior, begin, end),
        cmocka_unit_test_setup_teardown(test_vanished, begin, end),
        cmocka_unit_test_setup_teardown(test_again, begin, end),
        cmocka_unit_test_setup_teardown(test_words, begin, end),
        cmocka_unit_test_setup_teardown(test_file, begin, end),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
