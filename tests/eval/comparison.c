/* comparison -- estimates against numbers worked out by hand, paired differences, generators of folds, the answer in
 * words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/comparison.h"
#include "scratch.h"

static const char *const classes[] = {"a", "b"};

/* A part with `right[k]` of 10 images of class k found. */
static void add(bal_comparison *c, const char *arm, int fold, int right_a, int right_b, double validation, bool leaks)
{
    bal_predictions p;
    bal_history     h = {0};
    bal_epoch       e = {1, 0.5, 0.75, 0.6, validation, validation};
    bal_part_result like = {.arm = (char *)(uintptr_t)arm, .fold = fold, .seed = 1, .leaks = leaks, .on_real = 0.52};
    assert_int_equal(bal_predictions_init(&p, classes, 2, false), BAL_OK);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 10; i++) {
            bal_prediction row = {.label = k, .predicted = i < (k ? right_b : right_a) ? k : 1 - k};
            assert_int_equal(bal_predictions_add(&p, &row), BAL_OK);
        }
    assert_int_equal(bal_history_add(&h, &e), BAL_OK);
    assert_int_equal(bal_comparison_add(c, &like, &p, &h), BAL_OK);
    bal_history_free(&h);
    bal_predictions_free(&p);
}

static void add_part(bal_comparison *c, const char *arm, int seed, bool leaks)
{
    add(c, arm, -1, 10, 5, 0.7, leaks);
    c->part[c->count - 1].seed = seed;
}

/* Mean 0.6, deviation 0.1, t(2) = 4.303; without overlap half = 4.303 * 0.1 / sqrt 3, with 1/3 of it twice the
 * variance. */
static void test_estimate(void **state)
{
    (void)state;
    const double v[] = {0.5, 0.6, (double)NAN, 0.7}, half = 4.303 * 0.1 / sqrt(3);
    bal_estimate e = bal_estimate_of(v, 4, 0);
    assert_int_equal(e.n, 3);
    assert_true(fabs(e.mean - 0.6) < 1e-12 && fabs(e.high - e.mean - half) < 1e-9 &&
                fabs(e.mean - e.low - half) < 1e-9);
    e = bal_estimate_of(v, 4, 1.0 / 3);
    assert_true(fabs(e.high - e.mean - half * sqrt(2)) < 1e-9);
    e = bal_estimate_of(v, 1, 0);
    assert_true(e.mean == 0.5 && isnan(e.low) && isnan(e.high) && e.n == 1);
    e = bal_estimate_of(v + 2, 1, 0);
    assert_true(isnan(e.mean) && e.n == 0);
}

static void test_arms(void **state)
{
    (void)state;
    bal_comparison c;
    char          *text, *json;
    assert_int_equal(bal_comparison_init(&c, classes, 2, 0), BAL_OK);
    add(&c, "original", 0, 10, 0, 0.5, false);
    add(&c, "original", 1, 10, 2, 0.5, false);
    add(&c, "balanced", 0, 10, 6, 0.8, false);
    add(&c, "balanced", 1, 10, 8, 0.8, false);
    add(&c, "balanced", 2, 0, 0, 0.8, false); /* no such part of original: not in the difference */
    add(&c, "paper", 0, 10, 10, 1.0, true);
    bal_estimate ba = bal_comparison_estimate(&c, "original", BAL_BALANCED_ACCURACY);
    assert_true(fabs(ba.mean - 0.55) < 1e-12 && ba.n == 2);
    assert_true(fabs(bal_comparison_estimate(&c, "original", BAL_LOWEST_RECALL).mean - 0.1) < 1e-12);
    bal_estimate d = bal_comparison_difference(&c, "balanced", "original", BAL_BALANCED_ACCURACY);
    assert_true(fabs(d.mean - 0.3) < 1e-12 && d.n == 2 && d.low > 0.29 && d.high < 0.31);
    assert_int_equal(bal_comparison_text(&text, &c), BAL_OK);
    /* paper has the highest validation figure, but was not tested on real images. */
    assert_memory_equal(text, "Use balanced: the highest balanced accuracy on validation images.", 62);
    assert_non_null(
        strstr(text, "(balanced against original): balanced accuracy +0.300 [+0.300, +0.300]: they helped."));
    assert_non_null(strstr(text, "paper is tested on generated images: its figures say nothing about real ones "
                                 "(balanced accuracy 1.000, on the real test images 0.520).\n"));
    assert_int_equal(bal_comparison_json(&json, &c), BAL_OK);
    assert_non_null(strstr(json, "\"use\":\t\"balanced\""));
    assert_non_null(strstr(json, "lowest_recall_difference_to_original"));
    assert_non_null(strstr(text, "\nbalanced                    0.600 [ 0.600,  0.600]"));
    free(text);
    free(json);
    bal_comparison_free(&c);
}

/* All answer one class: whichever comes first is no better than the others. */
static void test_all_guess(void **state)
{
    (void)state;
    bal_comparison c;
    char          *text, *json;
    assert_int_equal(bal_comparison_init(&c, classes, 2, 0), BAL_OK);
    add(&c, "original", 0, 10, 0, 0.5, false);
    add(&c, "balanced", 0, 0, 10, 0.5, false);
    add(&c, "paper", 0, 10, 10, 1.0, true);
    assert_int_equal(bal_comparison_text(&text, &c), BAL_OK);
    const char expected[] =
        "Use none: on validation images no arm does better than guessing (balanced accuracy at most 0.500).";
    assert_memory_equal(text, expected, sizeof expected - 1);
    assert_int_equal(bal_comparison_json(&json, &c), BAL_OK);
    assert_non_null(strstr(json, "\"use\":\tnull"));
    free(text);
    free(json);
    bal_comparison_free(&c);
}

/* Differences to the arm that is built on, by hand: of balanced accuracy (.6 - .55 + .7 - .6) / 2 = .075, of b's recall
 * (.4 - .1 + .4 - .2) / 2 = .25, of the lowest recall (.4 - .1 + .4 - .2) / 2 = .25. t(1) = 12.706, with halves .025
 * and .05 of deviation. */
static void test_added(void **state)
{
    (void)state;
    bal_comparison c;
    char          *text, *json;
    assert_int_equal(bal_comparison_init(&c, classes, 2, 0), BAL_OK);
    add(&c, "original", 0, 10, 1, 0.5, false);
    add(&c, "original", 1, 10, 2, 0.5, false);
    add(&c, "planned", 0, 8, 4, 0.8, false);
    add(&c, "planned", 1, 10, 4, 0.8, false);
    add(&c, "paper", 0, 10, 10, 1.0, true);
    assert_int_equal(bal_comparison_builds_on(&c, "planned", "original", "with `sampler = balanced`"), BAL_OK);
    assert_int_equal(bal_comparison_builds_on(&c, "paper", "original", "with `images = paper`"), BAL_OK);
    assert_int_equal(bal_comparison_text(&text, &c), BAL_OK);
    assert_non_null(strstr(text, "arm                  builds on             balanced accuracy       lowest class "
                                 "recall\nplanned              original              0.075 [-0.243,  0.393]  0.250 "
                                 "[-0.385,  0.885]\n  original with `sampler = balanced`\n"));
    assert_null(strstr(text, "images = paper")); /* it was not tested on the same images */
    assert_int_equal(bal_comparison_json(&json, &c), BAL_OK);
    assert_non_null(
        strstr(json, "\"builds_on\":\t\"original\",\n\t\t\t\t\"settings\":\t\"with `sampler = balanced`\","));
    assert_non_null(strstr(json, "\"positive_recall\":\t{\n\t\t\t\t\"mean\":\tnull"));
    assert_null(strstr(json, "\"training_images"));
    free(text);
    free(json);
    c.positive = 0; /* a: (.8 - 1 + 1 - 1) / 2 = -.1 */
    assert_int_equal(bal_comparison_trained_on(&c, (const int[]){30, 4}), BAL_OK);
    assert_true(bal_comparison_imbalance(&c) == 7.5);
    assert_int_equal(bal_comparison_text(&text, &c), BAL_OK);
    assert_non_null(strstr(text, "recall of a\n"));
    assert_non_null(strstr(text, "0.393]  -0.100 [-1.000,  1.000]\n"));
    assert_non_null(strstr(text, "\nTraining images: a 30, b 4; the largest class has 7.5 for each of the rarest.\n"));
    assert_int_equal(bal_comparison_json(&json, &c), BAL_OK);
    assert_non_null(
        strstr(json, "\"training_images\":\t{\n\t\t\"a\":\t30,\n\t\t\"b\":\t4\n\t},\n\t\"imbalance\":\t7.5"));
    free(text);
    free(json);
    bal_comparison_free(&c);
}

/* Answers of an arm for 20 images of a class each, of b the first `found` are found. */
static void add_answers(bal_predictions *all, const char *arm, const char *seed, int found)
{
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 20; i++) {
            char           path[16];
            bal_prediction row = {
                .label = k, .predicted = k && i >= found ? 0 : k, .path = path, .seed = seed, .arm = arm};
            snprintf(path, sizeof path, "%d-%d", k, i);
            assert_int_equal(bal_predictions_add(all, &row), BAL_OK);
        }
}

/* planned finds 10 of 20 where original finds none, with both seeds; its third seed has no other. Images, not answers,
 * are drawn: the share of 10 in 20 scatters by .112, the interval is about .28 to .72; of 40 answers it would be .35 to
 * .65. */
static void test_pooled(void **state)
{
    (void)state;
    bal_comparison  c;
    bal_predictions all;
    char           *text, *json;
    assert_int_equal(bal_comparison_init(&c, classes, 2, 0), BAL_OK);
    assert_int_equal(bal_predictions_init(&all, classes, 2, false), BAL_OK);
    static const char *const seeds[] = {"1", "2", "3"};
    for (int i = 0; i < 3; i++) {
        if (i < 2) add_part(&c, "original", i + 1, false);
        if (i < 2) add_answers(&all, "original", seeds[i], 0);
        add_part(&c, "planned", i + 1, false);
        add_answers(&all, "planned", seeds[i], i < 2 ? 10 : 20);
        add_part(&c, "paper", i + 1, true);
        add_answers(&all, "paper", seeds[i], 20);
    }
    c.positive = 1;
    assert_int_equal(bal_comparison_pair_up(&c, &all), BAL_OK);
    assert_int_equal(c.pooled_count, 1);
    bal_estimate recall = c.pooled[0].recall, accuracy = c.pooled[0].accuracy;
    assert_true(fabs(recall.mean - 0.5) < 1e-12 && fabs(accuracy.mean - 0.25) < 1e-12);
    assert_int_equal(recall.n, 40);
    assert_true(recall.low > 0.2 && recall.low < 0.33 && recall.high > 0.67 && recall.high < 0.8);
    assert_int_equal(bal_comparison_text(&text, &c), BAL_OK);
    assert_non_null(strstr(text, "\nplanned              original              0.250 [ 0.1"));
    assert_int_equal(bal_comparison_json(&json, &c), BAL_OK);
    assert_non_null(strstr(json,
                           "\"pooled_difference_to\":\t{\n\t\t\t\t\"original\":\t{\n\t\t\t\t\t\"balanced_accuracy\":"
                           "\t{\n\t\t\t\t\t\t\"mean\":\t0.25,"));
    free(text);
    free(json);
    bal_predictions_free(&all);
    bal_comparison_free(&c);
}

/* One more class of a part. */
static void gate(bal_part_result *p, bal_class_gate g)
{
    bal_class_gate *grown = realloc(p->gate, (size_t)(p->gates + 1) * sizeof *grown);
    assert_non_null(grown);
    p->gate = grown;
    p->gate[p->gates++] = g;
}

static void test_gates(void **state)
{
    (void)state;
    bal_comparison c;
    char          *text, *json;
    const double   none = (double)NAN;
    assert_int_equal(bal_comparison_init(&c, classes, 2, 0), BAL_OK);
    for (int fold = 0; fold < 3; fold++) add(&c, "gated", fold, 8, 4, 0.8, false);
    gate(&c.part[0], (bal_class_gate){1, 0.5, 0.5, 0.125, {0.0625, 0.25}, 39, 4, 3, 2, 1});
    gate(&c.part[0], (bal_class_gate){0, 0, 2, -0.125, {-0.25, 0.0625}, 50, 0, 1, 0, 0});
    gate(&c.part[1], (bal_class_gate){1, 0, 0.25, 0.01, {-0.0625, 0.0825}, 39, 0, 0, 0, 0});
    gate(&c.part[2], (bal_class_gate){1, 0, none, none, {none, none}, 39, 30, 9, 0, 0});
    assert_int_equal(bal_comparison_text(&text, &c), BAL_OK);
    assert_non_null(strstr(
        text,
        "fold 0, seed 1    b                       0.5    0.5  0.125 [ 0.062,  0.250]         39           4        3 "
        "     2        1  synthetic images helped: 0.5 for each real one\n"));
    assert_non_null(strstr(
        text,
        "                  a                         0      2  -0.125 [-0.250,  0.062]         50           0        1 "
        "     0        0  0 = synthetic images did not help here\n"));
    assert_non_null(strstr(
        text,
        "fold 1, seed 1    b                         0   0.25  0.010 [-0.062,  0.083]         39           0        0 "
        "     0        0  0 = synthetic images did not help here\n"));
    assert_non_null(strstr(
        text,
        "fold 2, seed 1    b                         0      -  n/a                            39          30        9 "
        "     0        0  0 = no synthetic image was fit to be tried\n"));
    assert_int_equal(bal_comparison_json(&json, &c), BAL_OK);
    assert_non_null(strstr(
        json,
        "\"class\":\t\"b\",\n\t\t\t\t\t\"ratio\":\t0.5,\n\t\t\t\t\t\"tried\":\t0.5,\n\t\t\t\t\t\"gain\":\t0.125,"));
    assert_non_null(strstr(json, "\"wrong_class\":\t30,\n\t\t\t\t\t\t\"outlier\":\t9,"));
    free(text);
    free(json);
    bal_comparison_free(&c);
}

static void write_quality(const char *name, double kid)
{
    bal_likeness          l = {{kid, 0.0005}, 12.5, {0.5, 0.25, 0.75, 0.125}};
    bal_generator_quality q = {.step = 500, .generated = 256, .validation = 11, .training = 90};
    for (int k = 0; k < BAL_FEATURE_KINDS; k++) q.of_generated[k] = q.of_real[k] = l;
    q.of_real[BAL_TRAINED_FEATURES].kid.value = -0.001;
    q.copies[BAL_IN_PIXELS] = (bal_copies){1.5, 0.1, 64};
    q.copies[BAL_IN_FEATURES] = (bal_copies){2.5, 1, 0};
    scratch_text(name, "");
    assert_int_equal(bal_generator_write(&q, scratch(name)), BAL_OK);
}

/* Of two folds; the second one's is told classes. */
static void test_made(void **state)
{
    (void)state;
    bal_comparison c;
    char          *text, *json;
    write_quality("fold0/gan/b/quality.json", 0.03125);
    write_quality("fold1/gan/conditional/quality.json", 0.25);
    write_quality("fold1/gan/conditional/classes/b/quality.json", 0.5);
    assert_int_equal(bal_comparison_init(&c, classes, 2, 0), BAL_OK);
    for (int fold = 0; fold < 2; fold++) add(&c, "balanced", fold, 8, 4, 0.8, false);
    assert_int_equal(bal_comparison_made(&c, 0, scratch("fold0")), BAL_OK);
    assert_int_equal(bal_comparison_made(&c, 1, scratch("fold1")), BAL_OK);
    assert_int_equal(bal_comparison_made(&c, 1, scratch("fold1")), BAL_OK);
    assert_int_equal(bal_comparison_made(&c, 2, scratch("fold2")), BAL_OK);
    assert_int_equal(c.made_count, 2);
    assert_int_equal(c.made[1].generators.count, 2);
    assert_int_equal(bal_comparison_text(&text, &c), BAL_OK);
    assert_non_null(strstr(text, "\n0    b                       500    0.0312    0.0005    -0.001      0.50      0.25 "
                                 "     0.75      0.12      0.25      0.00\n"));
    assert_non_null(strstr(text, "\n1    b                       500       0.5 "));
    assert_int_equal(bal_comparison_json(&json, &c), BAL_OK);
    assert_non_null(strstr(json, "\"fold\":\t1,\n\t\t\t\"class\":\t\"conditional\",\n\t\t\t\"step\":\t500,"));
    assert_non_null(strstr(json, "\"kid\":\t0.03125,\n\t\t\t\t\t\"kid_error\":\t0.0005,"));
    assert_non_null(strstr(json, "\"copies_share\":\t{\n\t\t\t\t\"pixels\":\t0.25,\n\t\t\t\t\"features\":\t0\n"));
    free(text);
    free(json);
    bal_comparison_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_estimate),  cmocka_unit_test(test_arms),
                                       cmocka_unit_test(test_all_guess), cmocka_unit_test(test_added),
                                       cmocka_unit_test(test_gates),     cmocka_unit_test(test_pooled),
                                       cmocka_unit_test(test_made)};
    return cmocka_run_group_tests_name("eval/comparison", tests, scratch_setup, scratch_teardown);
}
