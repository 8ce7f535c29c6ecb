/* Curves on a grid against what they are by hand and by their areas; bands that hold what they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "ballast/bands.h"
#include "ballast/files.h"
#include "ballast/rng.h"

#define assert_near(a, b, by) assert_true(fabs((a) - (b)) <= (by))

static const char *const names[] = {"no", "yes"};

static void add(bal_predictions *p, int label, double yes, const char *group)
{
    const double         probability[] = {1 - yes, yes};
    const bal_prediction row = {.label = label, .predicted = yes >= 0.5, .probability = probability, .group = group};
    assert_int_equal(bal_predictions_add(p, &row), BAL_OK);
}

static bal_predictions empty(void)
{
    bal_predictions p;
    assert_int_equal(bal_predictions_init(&p, names, 2, true), BAL_OK);
    return p;
}

static bal_bands bands_of(const bal_predictions *p, bal_metrics *m)
{
    bal_bands b;
    assert_int_equal(bal_metrics_of(m, p), BAL_OK);
    assert_int_equal(bal_bands_of(&b, p, m, 1), BAL_OK);
    return b;
}

static const bal_class_bands *of_class(const bal_bands *b, int class)
{
    for (int i = 0; i < b->count; i++)
        if (b->of[i].class == class) return &b->of[i];
    fail_msg("no bands of class %d", class);
    return NULL;
}

static uint32_t turn;

static double normal(void)
{
    const bal_stream stream = bal_stream_for(7, BAL_FOR_TEST, 0, 0);
    uint32_t         bits[4];
    bal_philox(bits, &stream, turn++);
    double u = (bits[0] + 0.5) / 4294967296.0, v = bits[1] / 4294967296.0;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static double squashed(double x) { return 1 / (1 + exp(-x)); }

/* copies: rows of each group, all the same; 0: no groups. */
static bal_predictions draw(int negatives, int positives, double apart, int copies)
{
    bal_predictions p = empty();
    for (int i = 0; i < negatives + positives; i++) {
        int    label = i >= negatives;
        double yes = squashed(normal() + label * apart);
        char   group[32];
        snprintf(group, sizeof group, "g%d", i);
        for (int k = 0; k < copies || k == 0; k++) add(&p, label, yes, copies ? group : NULL);
    }
    return p;
}

static void curves_by_hand(void **state)
{
    (void)state;
    bal_predictions p = empty();
    bal_metrics     m;
    /* falling: yes; yes and no, tied; no; yes; no: fpr 0, 1/3, 2/3, 2/3, 1 and recall 1/3, 2/3, 2/3, 1, 1 */
    add(&p, 1, 0.9, NULL);
    add(&p, 1, 0.8, NULL);
    add(&p, 0, 0.8, NULL);
    add(&p, 0, 0.6, NULL);
    add(&p, 1, 0.5, NULL);
    add(&p, 0, 0.1, NULL);
    bal_bands              b = bands_of(&p, &m);
    const bal_class_bands *yes = of_class(&b, 1);
    assert_near(yes->roc.value[0], 1.0 / 3, 1e-12);
    assert_near(yes->roc.value[10], 1.0 / 3 + 0.1, 1e-12); /* half of the tie's slope of 1 */
    assert_near(yes->roc.value[50], 2.0 / 3, 1e-12);
    assert_near(yes->roc.value[67], 1, 1e-12);
    assert_near(yes->roc.value[100], 1, 1e-12);
    assert_near(yes->pr.value[0], 1, 1e-12);
    assert_near(yes->pr.value[33], 1, 1e-12);
    assert_near(yes->pr.value[34], 2.0 / 3, 1e-12);
    assert_near(yes->pr.value[67], 3.0 / 5, 1e-12);
    assert_near(yes->pr.value[100], 3.0 / 5, 1e-12);
    assert_int_equal(yes->points, 6);
    assert_near(yes->fpr[2], 1.0 / 3, 1e-12);
    assert_near(yes->precision[5], 0.5, 1e-12);
    bal_bands_free(&b);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
}

static void areas_are_those_of_the_metrics(void **state)
{
    (void)state;
    bal_predictions        p = draw(300, 200, 1.2, 0);
    bal_metrics            m;
    bal_bands              b = bands_of(&p, &m);
    const bal_class_bands *yes = of_class(&b, 1);
    double                 roc = 0, pr = 0;
    for (int i = 1; i < BAL_BAND_POINTS; i++) {
        roc += (yes->roc.value[i] + yes->roc.value[i - 1]) / 200;
        pr += (yes->pr.value[i] + yes->pr.value[i - 1]) / 200;
    }
    assert_near(roc, m.classes[1].auroc, 0.005);
    assert_near(pr, m.classes[1].auprc, 0.01);
    bal_band_line line[4];
    assert_int_equal(bal_band_lines(line, line + 2, &p), BAL_OK);
    for (int i = 0; i < BAL_BAND_POINTS; i++) {
        assert_true(line[1][i] == yes->roc.value[i]);
        assert_true(line[3][i] == yes->pr.value[i]);
        assert_true(yes->roc.low[i] <= yes->roc.value[i] + 1e-12 && yes->roc.value[i] <= yes->roc.high[i] + 1e-12);
    }
    bal_bands_free(&b);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
}

static double width(const bal_predictions *p)
{
    bal_metrics            m;
    bal_bands              b = bands_of(p, &m);
    const bal_class_bands *yes = of_class(&b, 1);
    double                 sum = 0;
    for (int i = 0; i < BAL_BAND_POINTS; i++) sum += yes->roc.high[i] - yes->roc.low[i];
    bal_bands_free(&b);
    bal_metrics_free(&m);
    return sum / BAL_BAND_POINTS;
}

/* Four copies of an image say no more than one, if it is known that they are. */
static void groups_are_drawn_whole(void **state)
{
    (void)state;
    turn = 1000;
    bal_predictions once = draw(60, 40, 1, 0);
    turn = 1000;
    bal_predictions groups = draw(60, 40, 1, 4);
    bal_predictions loose = empty();
    for (int i = 0; i < groups.count; i++) add(&loose, groups.row[i].label, groups.row[i].probability[1], NULL);
    assert_near(width(&groups) / width(&once), 1, 0.05);
    assert_in_range((int)(100 * width(&loose) / width(&once)), 40, 62); /* a half, of four times the images */
    bal_predictions_free(&once);
    bal_predictions_free(&groups);
    bal_predictions_free(&loose);
}

/* Recall at a false positive rate of 0.2 of two normal distributions, 1 apart: in 95 of 100 bands. */
static void bands_hold_the_truth(void **state)
{
    (void)state;
    enum { LISTS = 120 };
    const double truth = 0.5 * erfc((0.8416212335729143 - 1) / sqrt(2));
    int          held = 0;
    turn = 100000;
    for (int i = 0; i < LISTS; i++) {
        bal_predictions p = draw(80, 60, 1, 0);
        bal_metrics     m;
        bal_bands       b = bands_of(&p, &m);
        const bal_band *roc = &of_class(&b, 1)->roc;
        held += roc->low[20] <= truth && truth <= roc->high[20];
        bal_bands_free(&b);
        bal_metrics_free(&m);
        bal_predictions_free(&p);
    }
    assert_in_range(held, (int)(0.89 * LISTS), (int)(0.99 * LISTS));
}

static void same_seed_same_bits(void **state)
{
    (void)state;
    bal_predictions p = draw(30, 20, 1, 0);
    bal_metrics     m, again;
    bal_bands       a = bands_of(&p, &m), b = bands_of(&p, &again), other;
    assert_memory_equal(&a.of[0].roc, &b.of[0].roc, sizeof a.of[0].roc);
    assert_memory_equal(&a.of[0].pr, &b.of[0].pr, sizeof a.of[0].pr);
    assert_int_equal(bal_bands_of(&other, &p, &m, 2), BAL_OK);
    assert_memory_not_equal(&a.of[0].roc, &other.of[0].roc, sizeof a.of[0].roc);
    bal_bands_free(&a);
    bal_bands_free(&b);
    bal_bands_free(&other);
    bal_metrics_free(&m);
    bal_metrics_free(&again);
    bal_predictions_free(&p);
}

static void what_cannot_be_resampled_has_no_band(void **state)
{
    (void)state;
    bal_predictions p = empty();
    bal_metrics     m;
    add(&p, 1, 0.9, NULL);
    add(&p, 0, 0.5, NULL);
    add(&p, 0, 0.1, NULL);
    bal_bands b = bands_of(&p, &m);
    assert_int_equal(b.count, 2);
    assert_near(b.of[0].roc.value[50], 1, 0);
    assert_true(isnan(b.of[0].roc.low[50]) && isnan(b.of[0].pr.high[50]));
    bal_bands_free(&b);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
    p = empty();
    add(&p, 0, 0.5, NULL);
    add(&p, 0, 0.1, NULL);
    b = bands_of(&p, &m);
    assert_int_equal(b.count, 0); /* no AUROC */
    bal_bands_free(&b);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
}

static void the_lowest_are_chosen(void **state)
{
    (void)state;
    const double auroc[] = {0.9, (double)NAN, 0.5, 0.7, 0.5, 0.8, 0.95, 0.6};
    int          out[BAL_BAND_CLASSES], expected[] = {2, 4, 7, 3, 5, 0};
    assert_int_equal(bal_bands_choose(out, auroc, 8), 6);
    assert_memory_equal(out, expected, sizeof expected);
    assert_int_equal(bal_bands_choose(out, auroc, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_by_hand),         cmocka_unit_test(areas_are_those_of_the_metrics),
        cmocka_unit_test(groups_are_drawn_whole), cmocka_unit_test(bands_hold_the_truth),
        cmocka_unit_test(same_seed_same_bits),    cmocka_unit_test(what_cannot_be_resampled_has_no_band),
        cmocka_unit_test(the_lowest_are_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
