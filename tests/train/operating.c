/* The operating point in a checkpoint's strings: the same bits back, and nothing that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>
#include "ballast/stored.h"

static void kept_and_read(void **state)
{
    (void)state;
    const bal_threshold t = {{BAL_WANT_PRECISION, 0.9}, 1, 0.1 + 0.2, 1.0 / 3, 2.0 / 3, (double)NAN, 17, 0};
    bal_threshold       back;
    bal_checkpoint     *c;
    bool                there = true;
    assert_int_equal(bal_checkpoint_new(&c), BAL_OK);
    assert_int_equal(bal_stored_get_point(&back, &there, c, 2, "x"), BAL_OK);
    assert_false(there);
    assert_int_equal(bal_stored_put_point(c, &t), BAL_OK);
    assert_int_equal(bal_stored_get_point(&back, &there, c, 2, "x"), BAL_OK);
    assert_true(there && back.goal.want == t.goal.want && back.goal.value == t.goal.value && back.positive == 1);
    assert_true(back.threshold == t.threshold && back.recall == t.recall && back.precision == t.precision);
    assert_true(isnan(back.specificity) && back.positives == 17 && back.negatives == 0);
    assert_int_equal(bal_stored_put_point(c, NULL), BAL_OK); /* taken back */
    assert_int_equal(bal_stored_get_point(&back, &there, c, 2, "x"), BAL_OK);
    assert_false(there);
    bal_checkpoint_free(c);
}

static void damaged(void **state)
{
    (void)state;
    static const char *const notes[] = {
        "1 0.9 1 0.3 1 1 1 5",   "1 0.9 2 0.3 1 1 1 5 5", "0 0.9 1 0.3 1 1 1 5 5",  "1 0.9 1 1.3 1 1 1 5 5",
        "1 0.9 1 nan 1 1 1 5 5", "3 0.9 1 0.3 1 1 1 5 5", "1 0.9 1 0.3 1 1 1 -5 5", "none",
    };
    bal_threshold   t;
    bal_checkpoint *c;
    bool            there;
    assert_int_equal(bal_checkpoint_new(&c), BAL_OK);
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        assert_int_equal(bal_checkpoint_note(c, "operating_point", notes[i]), BAL_OK);
        assert_int_equal(bal_stored_get_point(&t, &there, c, 2, "run/best.safetensors"), BAL_EIO);
    }
    assert_string_equal(bal_error(), "run/best.safetensors: its operating point is damaged; ballast did not write it");
    bal_checkpoint_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_and_read), cmocka_unit_test(damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
