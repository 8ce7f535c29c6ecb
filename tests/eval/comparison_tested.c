/* comparison_tested -- intervals over test images: an image with the answers of four seeds counts once. */
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

enum { IMAGES = 100, SEEDS = 4, FOUND = 80 }; /* images of each class; the same answers by each seed */

static const char *const classes[] = {"a", "b"};

/* Of class a FOUND images are found, of b all; `groups`: so many images in each group. */
static void add_rows(bal_predictions *all, int groups)
{
    char path[16], group[16], seed[8];
    for (int i = 0; i < 2 * IMAGES * SEEDS; i++) {
        int            image = i / SEEDS, label = image / IMAGES;
        bal_prediction row = {path, groups ? group : NULL, NULL, seed, "original", label, 0, NULL};
        row.predicted = label || image >= FOUND;
        snprintf(path, sizeof path, "%d", image);
        snprintf(group, sizeof group, "g%d", groups ? image / groups : 0);
        snprintf(seed, sizeof seed, "%d", i % SEEDS);
        assert_int_equal(bal_predictions_add(all, &row), BAL_OK);
    }
}

static const bal_tested *begin(bal_comparison *c, int groups)
{
    bal_predictions all;
    bal_history     none = {0};
    char            arm[] = "original";
    assert_int_equal(bal_comparison_init(c, classes, 2, 0), BAL_OK);
    assert_int_equal(bal_predictions_init(&all, classes, 2, false), BAL_OK);
    add_rows(&all, groups);
    for (int seed = 0; seed < SEEDS; seed++) {
        bal_part_result like = {.arm = arm, .fold = -1, .seed = seed};
        assert_int_equal(bal_comparison_add(c, &like, &all, &none), BAL_OK);
    }
    assert_int_equal(bal_comparison_test_together(c, &all), BAL_OK);
    bal_predictions_free(&all);
    assert_int_equal(c->tested_count, 1);
    return &c->tested[0];
}

/* The normal approximation's interval: half its width. */
static double half(double p, int n) { return 1.96 * sqrt(p * (1 - p) / n); }

static void about(bal_estimate e, double mean, double half_width)
{
    assert_true(fabs(e.mean - mean) < 1e-12);
    assert_true(fabs((e.high - e.low) / 2 - half_width) < 0.15 * half_width);
    assert_true(fabs((e.high + e.low) / 2 - mean) < 0.2 * half_width);
}

static void an_image_counts_once(void **state)
{
    bal_comparison    c;
    const bal_tested *t = begin(&c, 0);
    (void)state;
    assert_int_equal(t->drawn, 2 * IMAGES);
    assert_int_equal(t->figure[0].n, 2 * IMAGES * SEEDS);
    about(t->figure[BAL_TESTED_RECALL], 0.8, half(0.8, IMAGES));
    about(t->figure[BAL_TESTED_LOWEST_RECALL], 0.8, half(0.8, IMAGES));
    about(t->figure[BAL_TESTED_BALANCED_ACCURACY], 0.9, half(0.8, IMAGES) / 2);
    assert_true(isnan(t->figure[BAL_TESTED_RECALL + 1].low)); /* all are found: no spread */
    bal_comparison_free(&c);
}

/* Four images that stand together count as one. */
static void groups_stay_together(void **state)
{
    bal_comparison    c;
    const bal_tested *t = begin(&c, 4);
    (void)state;
    assert_int_equal(t->drawn, 2 * IMAGES / 4);
    about(t->figure[BAL_TESTED_RECALL], 0.8, half(0.8, IMAGES / 4));
    bal_comparison_free(&c);
}

static void text_and_json_have_them(void **state)
{
    bal_comparison c;
    char          *text, *json;
    (void)state;
    begin(&c, 0);
    assert_int_equal(bal_comparison_text(&text, &c), BAL_OK);
    assert_non_null(strstr(text, "original                200  0.900 ["));
    assert_non_null(strstr(text, "]  a 0.80, b 1.00\n"));
    assert_int_equal(bal_comparison_json(&json, &c), BAL_OK);
    assert_non_null(strstr(json, "\"pooled\":\t{\n\t\t\t\t\"drawn\":\t200,\n\t\t\t\t\"balanced_accuracy\":\t{"));
    free(text);
    free(json);
    bal_comparison_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_counts_once),
        cmocka_unit_test(groups_stay_together),
        cmocka_unit_test(text_and_json_have_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
