/* Intervals and the binomial test: Wilson's and DeLong's against SciPy and all pairs counted (in tests/eval/report.c,
 * golden), here known values, the spread of the bootstrap against closed forms, groups, and what is undefined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/intervals.h"
#include "ballast/rng.h"

static void near(double v, double want, double error)
{
    if (!(fabs(v - want) <= error)) fail_msg("%.12g, not %.12g", v, want);
}

static void expect_interval(bal_interval i, double low, double high, double error)
{
    near(i.low, low, error);
    near(i.high, high, error);
}

static void expect_undefined(bal_interval i)
{
    assert_true(isnan(i.low) && isnan(i.high));
}

static void wilson(void **state)
{
    (void)state;
    expect_interval(bal_interval_wilson(12, 13), 0.6668605, 0.9862896, 1e-6);
    expect_interval(bal_interval_wilson(9, 11), 0.5230194, 0.9486323, 1e-6);
    expect_interval(bal_interval_wilson(0, 10), 0, 0.2775328, 1e-6);
    expect_interval(bal_interval_wilson(10, 10), 0.7224672, 1, 1e-6);
    assert_true(bal_interval_wilson(0, 1e6).low == 0 && bal_interval_wilson(1e6, 1e6).high == 1);
    expect_undefined(bal_interval_wilson(0, 0));
}

/* Summed here term by term, from the other end. */
static double tail(int k, int n, double p)
{
    double sum = 0;
    for (int i = n; i >= k; i--) {
        double term = 1;
        for (int j = 1; j <= i; j++) term *= p * (n - i + j) / j;
        for (int j = 0; j < n - i; j++) term *= 1 - p;
        sum += term;
    }
    return sum;
}

static void binomial_tail(void **state)
{
    (void)state;
    for (int n = 1; n <= 40; n += 13)
        for (int k = 0; k <= n; k++)
            for (double p = 0.1; p < 1; p += 0.2) near(bal_binomial_tail(k, n, p), tail(k, n, p), 1e-12);
    near(bal_binomial_tail(24, 37, 24.0 / 37), 0.5747679116074058, 1e-12);
    near(bal_binomial_tail(500000, 1000000, 0.5), 0.5003989421806654, 1e-9);
    assert_true(bal_binomial_tail(0, 5, 0.3) == 1 && bal_binomial_tail(3, 5, 0) == 0 &&
                bal_binomial_tail(6, 5, 1) == 0);
}

/* Classes a and b of `n` images each, of which a part is found; probabilities are noise around the truth. Images are
 * repeated `copies` times, in groups where `grouped`. */
static bal_predictions predictions(int n, int copies, bool grouped)
{
    static const char *const names[] = {"a", "b"};
    bal_stream               s = bal_stream_for(1, BAL_FOR_TEST, 0, 0);
    bal_predictions          p;
    assert_int_equal(bal_predictions_init(&p, names, 2, true), BAL_OK);
    for (int i = 0; i < 2 * n; i++) {
        double score = fmin(fmax(0.5 + 0.15 * (i % 2 ? 1 : -1) + 0.2 * bal_random_normal(&s, (uint64_t)i), 0.05), 0.95);
        double both[] = {1 - score, score};
        char   group[16];
        snprintf(group, sizeof group, "%d", i);
        for (int k = 0; k < copies; k++) {
            bal_prediction row = {.label = i % 2, .predicted = score > 0.5, .probability = both};
            row.group = grouped ? group : NULL;
            assert_int_equal(bal_predictions_add(&p, &row), BAL_OK);
        }
    }
    return p;
}

static bal_intervals intervals_of(bal_metrics *m, const bal_predictions *p, uint64_t seed)
{
    bal_intervals i;
    assert_int_equal(bal_metrics_of(m, p), BAL_OK);
    assert_int_equal(bal_intervals_of(&i, p, m, seed), BAL_OK);
    return i;
}

static double width(bal_interval i)
{
    return i.high - i.low;
}

/* Standard errors in closed form: of the mean of two recalls, and of the mean loss within classes. */
static void bootstrap_is_as_wide_as_theory(void **state)
{
    (void)state;
    bal_predictions p = predictions(200, 1, false);
    bal_metrics     m;
    bal_intervals   i = intervals_of(&m, &p, 1);
    double          variance = 0, loss = 0, mean[2] = {0};
    assert_int_equal(i.resamples, BAL_RESAMPLES);
    assert_false(i.grouped);
    for (int c = 0; c < 2; c++) variance += m.classes[c].recall * (1 - m.classes[c].recall) / 200 / 4;
    for (int r = 0; r < p.count; r++) mean[p.row[r].label] -= log(p.row[r].probability[p.row[r].label]) / 200;
    for (int r = 0; r < p.count; r++)
        loss += pow(-log(p.row[r].probability[p.row[r].label]) - mean[p.row[r].label], 2) / 400 / 400;
    near(width(i.figure[BAL_FIGURE_BALANCED_ACCURACY]) / (2 * BAL_Z95 * sqrt(variance)), 1, 0.06);
    near(width(i.figure[BAL_FIGURE_LOSS]) / (2 * BAL_Z95 * sqrt(loss)), 1, 0.06);
    for (int f = 0; f < BAL_FIGURES; f++)
        assert_true(i.figure[f].low < bal_metrics_figure(&m, f) && bal_metrics_figure(&m, f) < i.figure[f].high);
    /* Of two classes whose probabilities add up to 1 the mean AUROC is that of one, and so is its interval. */
    expect_interval(i.figure[BAL_FIGURE_AUROC_MACRO], i.classes[1][BAL_CLASS_AUROC].low,
                    i.classes[1][BAL_CLASS_AUROC].high, 1e-12);
    bal_intervals_free(&i);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
}

/* Four copies of each image say no more than one, and the bootstrap knows it where they are a group. */
static void groups_are_drawn_whole(void **state)
{
    (void)state;
    bal_predictions one = predictions(100, 1, false), alike = predictions(100, 4, true),
                    loose = predictions(100, 4, false);
    bal_metrics     m[3];
    bal_intervals   a = intervals_of(&m[0], &one, 1), b = intervals_of(&m[1], &alike, 1);
    bal_intervals   c = intervals_of(&m[2], &loose, 1);
    assert_true(b.grouped && !c.grouped);
    near(width(b.figure[BAL_FIGURE_LOSS]) / width(a.figure[BAL_FIGURE_LOSS]), 1, 0.08);
    near(width(c.figure[BAL_FIGURE_LOSS]) / width(a.figure[BAL_FIGURE_LOSS]), 0.5, 0.04);
    bal_intervals_free(&a), bal_intervals_free(&b), bal_intervals_free(&c);
    for (int k = 0; k < 3; k++) bal_metrics_free(&m[k]);
    bal_predictions_free(&one), bal_predictions_free(&alike), bal_predictions_free(&loose);
}

static void a_seed_gives_the_same_bits(void **state)
{
    (void)state;
    bal_predictions p = predictions(30, 1, false);
    bal_metrics     m[3];
    bal_intervals   a = intervals_of(&m[0], &p, 7), b = intervals_of(&m[1], &p, 7), c = intervals_of(&m[2], &p, 8);
    assert_memory_equal(a.figure, b.figure, sizeof a.figure);
    assert_true(a.figure[BAL_FIGURE_LOSS].low != c.figure[BAL_FIGURE_LOSS].low);
    assert_memory_equal(&a.figure[BAL_FIGURE_ACCURACY], &c.figure[BAL_FIGURE_ACCURACY], sizeof a.figure[0]);
    bal_intervals_free(&a), bal_intervals_free(&b), bal_intervals_free(&c);
    for (int k = 0; k < 3; k++) bal_metrics_free(&m[k]);
    bal_predictions_free(&p);
}

/* So many rows that there are fewer resamples; the interval is about as wide. */
static void fewer_resamples_of_many_rows(void **state)
{
    (void)state;
    bal_predictions p = predictions(60000, 1, false);
    bal_metrics     m;
    bal_intervals   i = intervals_of(&m, &p, 1);
    double          variance = 0;
    assert_int_equal(i.resamples, 688);
    for (int c = 0; c < 2; c++) variance += m.classes[c].recall * (1 - m.classes[c].recall) / 60000 / 4;
    near(width(i.figure[BAL_FIGURE_BALANCED_ACCURACY]) / (2 * BAL_Z95 * sqrt(variance)), 1, 0.1);
    bal_intervals_free(&i);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
}

static bal_intervals parsed(const char *text)
{
    bal_predictions p;
    bal_metrics     m;
    assert_int_equal(bal_predictions_parse(&p, "t.csv", text, strlen(text)), BAL_OK);
    bal_intervals i = intervals_of(&m, &p, 1);
    bal_metrics_free(&m);
    bal_predictions_free(&p);
    return i;
}

static void without_spread_there_is_no_interval(void **state)
{
    (void)state;
    bal_intervals single = parsed("label,predicted\na,a\na,b\nb,b\n"); /* a class of one image */
    expect_interval(single.figure[BAL_FIGURE_ACCURACY], 0.2076596, 0.9385081, 1e-6);
    expect_undefined(single.figure[BAL_FIGURE_BALANCED_ACCURACY]);
    expect_undefined(single.classes[0][BAL_CLASS_F1]);
    expect_undefined(single.figure[BAL_FIGURE_LOSS]);
    bal_intervals perfect = parsed("label,predicted,p:a,p:b\na,a,.9,.1\na,a,.8,.2\nb,b,.1,.9\nb,b,.1,.9\n");
    expect_undefined(perfect.figure[BAL_FIGURE_AUROC_MACRO]);
    expect_undefined(perfect.classes[1][BAL_CLASS_AUROC]);
    expect_undefined(perfect.figure[BAL_FIGURE_BALANCED_ACCURACY]);
    assert_true(perfect.figure[BAL_FIGURE_LOSS].low < perfect.figure[BAL_FIGURE_LOSS].high);
    bal_intervals grouped = parsed("label,predicted,group\na,a,g\na,b,g\nb,b,h\nb,b,i\n"); /* a class of one group */
    expect_undefined(grouped.figure[BAL_FIGURE_BALANCED_ACCURACY]);
    bal_intervals_free(&single), bal_intervals_free(&perfect), bal_intervals_free(&grouped);
    bal_intervals_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson),
        cmocka_unit_test(binomial_tail),
        cmocka_unit_test(bootstrap_is_as_wide_as_theory),
        cmocka_unit_test(groups_are_drawn_whole),
        cmocka_unit_test(a_seed_gives_the_same_bits),
        cmocka_unit_test(fewer_resamples_of_many_rows),
        cmocka_unit_test(without_spread_there_is_no_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
