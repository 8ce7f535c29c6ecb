/* imbalance -- curves over several experiments against numbers worked out by hand: ratios, arms that all have, what is
 * said of differences, the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/imbalance.h"
#include "scratch.h"

static const char *const classes[] = {"common", "<rare>"};

/* A part with `right[k]` of 10 images of class k found. */
static void add(bal_comparison *c, const char *arm, int seed, int common, int rare)
{
    bal_predictions p;
    bal_history     none = {0};
    bal_part_result like = {
        .arm = (char *)(uintptr_t)arm, .fold = -1, .seed = seed, .leaks = strcmp(arm, "paper") == 0};
    assert_int_equal(bal_predictions_init(&p, classes, 2, false), BAL_OK);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 10; i++) {
            bal_prediction row = {.label = k, .predicted = i < (k ? rare : common) ? k : 1 - k};
            assert_int_equal(bal_predictions_add(&p, &row), BAL_OK);
        }
    assert_int_equal(bal_comparison_add(c, &like, &p, &none), BAL_OK);
    bal_predictions_free(&p);
}

/* What `planned` adds to the rare class's recall with the seeds 1 and 2: balanced accuracy gains half of it. */
static void make(bal_comparison *c, int rare_images, int gain_1, int gain_2)
{
    assert_int_equal(bal_comparison_init(c, classes, 2, 0), BAL_OK);
    assert_int_equal(bal_comparison_trained_on(c, (const int[]){100, rare_images}), BAL_OK);
    add(c, "original", 1, 10, 2);
    add(c, "original", 2, 10, 2);
    add(c, "planned", 1, 10, 2 + gain_1);
    add(c, "planned", 2, 10, 2 + gain_2);
}

/* Ratios 100, 4 and 20; the arm `mine` is in one, `paper` in two of them, tested on generated images. */
typedef struct three {
    bal_comparison c[3];
    bal_imbalance  m;
} three;

static void begin(three *t)
{
    make(&t->c[0], 1, 6, 6);
    make(&t->c[1], 25, 1, 2);
    make(&t->c[2], 5, 4, 4);
    add(&t->c[1], "mine", 1, 10, 10);
    for (int i = 0; i < 3; i++) add(&t->c[i], "paper", 1, 10, 10);
    const bal_imbalance_point points[] = {
        {.name = "c", .found = &t->c[0]}, {.name = "a", .found = &t->c[1]}, {.name = "b", .found = &t->c[2]}};
    if (bal_imbalance_init(&t->m, points, 3) != BAL_OK) fail_msg("%s", bal_error());
}

static void end(three *t)
{
    bal_imbalance_free(&t->m);
    for (int i = 0; i < 3; i++) bal_comparison_free(&t->c[i]);
}

static void points_are_sorted_and_arms_shared(void **state)
{
    (void)state;
    three t;
    begin(&t);
    assert_int_equal(t.m.rare, 1);
    assert_true(t.m.point[0].ratio == 4 && t.m.point[1].ratio == 20 && t.m.point[2].ratio == 100);
    assert_string_equal(t.m.point[2].name, "c");
    assert_int_equal(t.m.arms.count, 2);
    assert_string_equal(t.m.arms.name[1], "planned");
    assert_int_equal(t.m.left_out.count, 2);
    assert_string_equal(t.m.left_out.name[0], "mine is not in b");
    assert_string_equal(t.m.left_out.name[1], "paper is tested on generated images");
    assert_int_equal(bal_imbalance_leave_out(&t.m, t.m.arms.name[0], "is another"), BAL_OK);
    assert_int_equal(t.m.arms.count, 1);
    assert_string_equal(t.m.arms.name[0], "planned");
    assert_string_equal(t.m.left_out.name[2], "original is another");
    end(&t);
}

/* planned - original at 4: balanced accuracy (.05 + .1) / 2 = .075, half of the interval 12.706 * .025, cut nowhere;
 * at 20 both seeds .2, at 100 both .3: no spread, so the whole interval is above 0. */
static void figures_and_words(void **state)
{
    (void)state;
    three t;
    char *text, *csv, *json;
    begin(&t);
    assert_int_equal(bal_imbalance_text(&text, &t.m), BAL_OK);
    assert_int_equal(bal_imbalance_csv(&csv, &t.m), BAL_OK);
    assert_int_equal(bal_imbalance_json(&json, &t.m), BAL_OK);
    const char better[] = "better at 2 of 3 ratios (1:20, 1:100)";
    char *answer = bal_format("3 experiments, the same test images: from 4 to 100 training images of common for each "
                              "of <rare>.\nplanned against original in balanced accuracy, by more than chance: by "
                              "the test images %s; by how trainings scatter %s.\n"
                              "Left out: mine is not in b.\nLeft out: paper is tested on generated images.\n",
                              better, better);
    assert_memory_equal(text, answer, strlen(answer));
    free(answer);
    assert_non_null(strstr(text, "\n      4       25  0.675 [ 0.357,  0.993]  0.350 [ 0.000,  0.985]"
                                 "  0.075 [-0.243,  0.393]  0.150 [-0.485,  0.785]  0.075 [-0.243,  0.393]\n"));
    assert_non_null(strstr(csv, "\na,4,25,original,2,0.6,0.6,0.6,0.2,0.2,0.2,,,,,,,,,,,,\n"));
    assert_non_null(strstr(csv, "\nc,100,1,planned,2,0.9,0.9,0.9,0.8,0.8,0.8,0.3"));
    assert_non_null(strstr(json, "\"rare\":\t\"<rare>\""));
    assert_non_null(strstr(json, "\"ratio\":\t20,\n\t\t\t\"training_images\":\t{\n\t\t\t\t\"common\":\t100,"));
    free(text);
    free(csv);
    free(json);
    end(&t);
}

static int count_of(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) n++;
    return n;
}

static void page_and_plot(void **state)
{
    (void)state;
    three t;
    char *html, *svg;
    begin(&t);
    assert_int_equal(bal_folder_create(scratch("curve")), BAL_OK);
    assert_int_equal(bal_imbalance_save(&t.m, scratch("curve")), BAL_OK);
    assert_int_equal(bal_imbalance_html(&html, &t.m), BAL_OK);
    assert_int_equal(bal_imbalance_svg(&svg, &t.m), BAL_OK);
    assert_null(strstr(html, "<rare>"));
    assert_null(strstr(svg, "<rare>"));
    assert_int_equal(count_of(svg, "class=\"title\""), 4);
    assert_int_equal(count_of(svg, "class=\"line s0\""), 2 * 4); /* and in legends */
    /* Whiskers of 3 points: of both in two panels, of planned alone in two more. */
    assert_int_equal(count_of(svg, "class=\"whisker s0\""), 3 * 2);
    assert_int_equal(count_of(svg, "class=\"whisker s1\""), 3 * 4);
    assert_int_equal(count_of(svg, "class=\"mark s0\""), 3 * 4 + 4); /* at 0 where differences are drawn */
    assert_non_null(strstr(svg, ">50</text>"));
    assert_non_null(strstr(html, "<p>Left out: mine is not in b.</p>"));
    assert_non_null(strstr(html, "<th scope=\"row\">100</th><td>1</td><td>0.900<small>[0.900,&#8239;0.900]</small>"));
    assert_non_null(strstr(html, "<code>ballast report a b c --out FOLDER\n</code>"));
    assert_non_null(strstr(html, "planned: at 4 0.675 (0.357 to 0.993); at 20 0.800"));
    assert_true(bal_file_exists(scratch("curve/imbalance.csv")));
    free(html);
    free(svg);
    end(&t);
}

static void faults(void **state)
{
    (void)state;
    bal_comparison c[2];
    bal_imbalance  m;
    make(&c[0], 10, 1, 1);
    make(&c[1], 10, 1, 1);
    const bal_imbalance_point points[] = {{.name = "a", .found = &c[0]}, {.name = "b", .found = &c[1]}};
    assert_int_equal(bal_imbalance_init(&m, points, 2), BAL_EIO);
    assert_string_equal(bal_error(),
                        "a and b: have the same imbalance, 10 to 1; one experiment with more seeds is what "
                        "tells more");
    c[1].trained[1] = 0;
    assert_int_equal(bal_imbalance_init(&m, points, 2), BAL_EIO);
    assert_string_equal(bal_error(), "b: has no training image of some class");
    bal_comparison_free(&c[0]);
    bal_comparison_free(&c[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(points_are_sorted_and_arms_shared),
                                       cmocka_unit_test(figures_and_words), cmocka_unit_test(page_and_plot),
                                       cmocka_unit_test(faults)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
