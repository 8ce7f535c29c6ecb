/* Images on both sides of what must be apart, as far as predictions show it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "ballast/leaks.h"

static bal_predictions parse(const char *text)
{
    bal_predictions p;
    assert_int_equal(bal_predictions_parse(&p, "t.csv", text, strlen(text)), BAL_OK);
    return p;
}

static void expect_within(const char *text, int repeated, int folds)
{
    bal_predictions p = parse(text);
    int             leaks[BAL_LEAKS];
    assert_int_equal(bal_leaks_within(leaks, &p), BAL_OK);
    assert_int_equal(leaks[BAL_LEAK_REPEATED], repeated);
    assert_int_equal(leaks[BAL_LEAK_FOLDS], folds);
    bal_predictions_free(&p);
}

static void within(void **state)
{
    (void)state;
    expect_within("label,predicted\na,a\na,a\n", 0, 0); /* nothing is known of them */
    expect_within("path,label,predicted\nx,a,a\ny,a,a\nx,a,b\nx,b,b\n,a,a\n,a,a\n", 2, 0);
    expect_within("path,label,predicted,fold\nx,a,a,0\nx,a,a,1\nx,a,a,0\n", 1, 0);
    expect_within("path,label,predicted,seed,arm\nx,a,a,1,p\nx,a,a,2,p\nx,a,a,1,q\nx,a,a,1,q\n", 1, 0);
    /* g is in folds 0, 1, 2: one group; h is in one fold; of seed 2, g is in one. */
    expect_within(
        "path,label,predicted,group,fold,seed\n1,a,a,g,0,1\n2,a,a,g,1,1\n3,a,a,g,2,1\n4,a,a,h,0,1\n5,a,a,h,0,1\n"
        "6,a,a,g,0,2\n7,a,a,,0,1\n8,a,a,,1,1\n",
        0, 1);
}

static void between(void **state)
{
    (void)state;
    bal_predictions p = parse("path,label,predicted,group\n1,a,a,g\n2,a,a,h\n3,a,a,\n4,a,a,\n");
    bal_predictions chosen = parse("path,label,predicted,group\n2,a,a,x\n9,a,a,g\n8,a,a,g\n3,a,a,\n");
    bal_predictions blank = parse("label,predicted\na,a\n");
    int             rows;
    assert_int_equal(bal_leaks_between(&rows, &p, &chosen), BAL_OK);
    assert_int_equal(rows, 3); /* 1 by its group, 2 and 3 by their paths */
    assert_int_equal(bal_leaks_between(&rows, &p, &blank), BAL_OK);
    assert_int_equal(rows, 0);
    bal_predictions_free(&p), bal_predictions_free(&chosen), bal_predictions_free(&blank);
}

/* The table grows with the rows and finds each again. */
static void many(void **state)
{
    (void)state;
    static const char *const classes[] = {"a"};
    bal_predictions          p;
    char                     path[16];
    int                      leaks[BAL_LEAKS];
    assert_int_equal(bal_predictions_init(&p, classes, 1, false), BAL_OK);
    for (int i = 0; i < 3000; i++) {
        snprintf(path, sizeof path, "%d", i % 2000);
        assert_int_equal(bal_predictions_add(&p, &(bal_prediction){.path = path}), BAL_OK);
    }
    assert_int_equal(bal_leaks_within(leaks, &p), BAL_OK);
    assert_int_equal(leaks[BAL_LEAK_REPEATED], 1000);
    bal_predictions_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(within), cmocka_unit_test(between), cmocka_unit_test(many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
