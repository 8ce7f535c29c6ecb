/* Two classifiers on the same images: McNemar's test against known values, the paired bootstrap against closed forms,
 * and how rows and classes find each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/paired.h"
#include "ballast/rng.h"

static void near(double v, double want, double error)
{
    if (!(fabs(v - want) <= error)) fail_msg("%.12g, not %.12g", v, want);
}

/* statsmodels.stats.contingency_tables.mcnemar(exact=n < 25, correction=True) */
static void mcnemar(void **state)
{
    (void)state;
    near(bal_mcnemar(0, 0), 1, 0);
    near(bal_mcnemar(5, 5), 1, 0);
    near(bal_mcnemar(8, 3), 0.2265625, 1e-12);
    near(bal_mcnemar(3, 8), 0.2265625, 1e-12);
    near(bal_mcnemar(0, 6), 0.03125, 1e-12);
    near(bal_mcnemar(20, 10), 0.10034824646229, 1e-12);
    near(bal_mcnemar(13, 12), 1, 1e-12);
}

static bal_predictions parse(const char *text)
{
    bal_predictions p;
    assert_int_equal(bal_predictions_parse(&p, "t.csv", text, strlen(text)), BAL_OK);
    return p;
}

static bal_status make(bal_paired *out, const char *first, const char *second)
{
    bal_predictions a = parse(first), b = parse(second);
    bal_status st = bal_paired_make(out, (bal_named_predictions){"a.csv", &a}, (bal_named_predictions){"b.csv", &b}, 1);
    bal_predictions_free(&a);
    bal_predictions_free(&b);
    return st;
}

/* Rows in another order, columns in another order, a class that only one of the files without probabilities knows. */
static void rows_and_classes_are_matched(void **state)
{
    (void)state;
    bal_paired p;
    assert_int_equal(make(&p, "path,label,predicted,p:x,p:y\n1,x,x,.8,.2\n2,y,x,.6,.4\n",
                          "path,label,predicted,p:y,p:x\n2,y,y,.9,.1\n1,x,x,.3,.7\n"),
                     BAL_OK);
    assert_true(p.predictions[1].row[0].probability[0] == 0.7 && p.predictions[1].row[1].probability[1] == 0.9);
    assert_int_equal(p.predictions[1].row[1].predicted, 1);
    assert_int_equal(p.only[0], 0);
    assert_int_equal(p.only[1], 1);
    near(p.metrics[1].loss, -(log(0.9) + log(0.7)) / 2, 1e-12);
    bal_paired_free(&p);
    assert_int_equal(make(&p, "path,label,predicted\n1,x,x\n2,y,x\n", "path,label,predicted\n2,y,z\n1,x,a\n"), BAL_OK);
    assert_int_equal(p.predictions[0].class_count, 4);
    assert_int_equal(p.only[0], 1);
    assert_int_equal(p.predictions[1].row[0].predicted, 2);
    bal_paired_free(&p);
    bal_paired_free(NULL);
}

static const struct {
    const char *first, *second, *message;
} refused[] = {
    {"path,label,predicted\n1,x,x\n", "path,label,predicted\n2,x,x\n", "b.csv: no row for \"1\", which is in a.csv"},
    {"path,label,predicted\n2,x,x\n", "path,label,predicted\n1,x,x\n2,x,x\n",
     "a.csv: no row for \"1\", which is in b.csv"},
    {"path,label,predicted\n1,x,x\n", "path,label,predicted\n1,x,x\n1,x,y\n",
     "b.csv: \"1\" is there twice; images are matched by path"},
    {"path,label,predicted\n1,x,x\n,x,x\n", "path,label,predicted\n1,x,x\n",
     "a.csv: row 2 has no path; images are matched by path"},
    {"path,label,predicted\n1,x,y\n", "path,label,predicted\n1,y,x\n",
     "b.csv: \"1\" has the label \"y\", but \"x\" in a.csv"},
    {"path,label,predicted,p:x,p:y\n1,x,x,1,0\n", "path,label,predicted,p:x,p:z\n1,x,x,1,0\n",
     "a.csv: no probabilities of class \"z\", which is in b.csv"},
};

static void what_does_not_fit_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        bal_paired p;
        assert_int_equal(make(&p, refused[i].first, refused[i].second), BAL_ECONFIG);
        assert_string_equal(bal_error(), refused[i].message);
        assert_null(p.predictions[0].row);
    }
}

/* Image i is known to the first as well as to the second but for a little noise: far less than the noise between
 * images, which a bootstrap that is not paired would see. */
static bal_predictions noisy(int n, double shift, uint32_t own)
{
    static const char *const names[] = {"x", "y"};
    bal_stream shared = bal_stream_for(1, BAL_FOR_TEST, 0, 0), mine = bal_stream_for(1, BAL_FOR_TEST, own, 0);
    bal_predictions          p;
    assert_int_equal(bal_predictions_init(&p, names, 2, true), BAL_OK);
    for (int i = 0; i < 2 * n; i++) {
        double right = 0.5 + 0.4 * bal_random_uniform(&shared, (uint64_t)i) + shift;
        right += 0.05 * (bal_random_uniform(&mine, (uint64_t)i) - 0.5);
        double         both[] = {i % 2 ? 1 - right : right, i % 2 ? right : 1 - right};
        char           path[16];
        bal_prediction row = {.path = path, .label = i % 2, .predicted = i % 2, .probability = both};
        snprintf(path, sizeof path, "%d", i);
        assert_int_equal(bal_predictions_add(&p, &row), BAL_OK);
    }
    return p;
}

static void differences_are_paired(void **state)
{
    (void)state;
    enum { N = 150 };
    bal_predictions a = noisy(N, 0.02, 1), b = noisy(N, 0, 2);
    bal_paired      p;
    double          mean[2] = {0}, squares = 0;
    assert_int_equal(bal_paired_make(&p, (bal_named_predictions){"a", &a}, (bal_named_predictions){"b", &b}, 1),
                     BAL_OK);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < 2 * N; i++) {
            double d = log(b.row[i].probability[i % 2]) - log(a.row[i].probability[i % 2]);
            if (pass == 0) mean[i % 2] += d / N;
            else squares += pow(d - mean[i % 2], 2);
        }
    bal_interval i = p.differences.figure[BAL_FIGURE_LOSS];
    near((i.high - i.low) / (2 * BAL_Z95 * sqrt(squares) / (2 * N)), 1, 0.06);
    assert_true(i.high < 0);
    assert_true(isnan(p.differences.figure[BAL_FIGURE_ACCURACY].low)); /* both are always right */
    char *text;
    assert_int_equal(bal_paired_text(&text, &p), BAL_OK);
    assert_non_null(strstr(text,
                           "a against b, the same 300 images\n\nOnly the first has 0 of them right, only the second "
                           "0 (McNemar's test, exact, p = 1.000): no difference in accuracy is shown.\n"));
    assert_non_null(
        strstr(text, "  accuracy 1.00 against 1.00, difference +0.00, 95 % interval n/a: cannot be said\n"));
    assert_non_null(strstr(text, ": better\n"));
    assert_null(strstr(text, ": worse\n"));
    free(text);
    bal_paired_free(&p);
    bal_predictions_free(&a);
    bal_predictions_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mcnemar),
        cmocka_unit_test(rows_and_classes_are_matched),
        cmocka_unit_test(what_does_not_fit_is_named),
        cmocka_unit_test(differences_are_paired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
