/* setup_differ -- the settings that two arms do not share, in words and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/setup.h"
#include "scratch.h"

/* What the experiment of the tests gets besides. */
static const char arms[] = "[arm.planned]\nimages = original\ntrain.classifier.ema = 0.99\n"
                           "train.classifier.sampler = balanced\n"
                           "[arm.slower]\ntrain.classifier.ema = 0.9\ntrain.classifier.sampler = balanced\n"
                           "[arm.half]\ngenerated = 0.5\n"
                           "[arm.rare]\ndata.imbalance = 10\ndata.folds = 5\n";

static bal_setup *open_arm(const char *arm)
{
    bal_setup *s;
    if (bal_setup_open_arm(&s, scratch("arms.ini"), NULL, 0, arm) != BAL_OK) fail_msg("%s", bal_error());
    return s;
}

static int begin(void **state)
{
    char  *text;
    size_t size;
    if (scratch_setup(state) != 0 || bal_file_read(&text, &size, "tests/cli/good/experiment.ini", 0) != BAL_OK)
        return -1;
    char *all = bal_format("%s%s", text, arms);
    scratch_text("arms.ini", all);
    free(all);
    free(text);
    return 0;
}

static void assert_differs(const char *arm, const char *other, const char *expected, int settings)
{
    bal_setup *a = open_arm(arm), *b = open_arm(other);
    char      *words;
    int        count;
    assert_int_equal(bal_setup_differs(&words, &count, a, b), BAL_OK);
    assert_string_equal(words, expected);
    assert_int_equal(count, settings);
    free(words);
    bal_setup_close(a);
    bal_setup_close(b);
}

static void settings_are_named(void **state)
{
    (void)state;
    assert_differs("original", "original", "", 0);
    assert_differs("classic", "original", "with `augment = classic`", 1);
    assert_differs("planned", "original", "with `ema = 0.99`, `sampler = balanced`", 2);
    assert_differs("original", "planned", "without `ema = 0.99`, `sampler = balanced`", 2);
    assert_differs("slower", "planned", "`ema = 0.9` instead of `0.99`", 1);
    assert_differs("classic", "planned", "with `augment = classic`, without `ema = 0.99`, `sampler = balanced`", 3);
}

static void images_are_named(void **state)
{
    (void)state;
    assert_differs("balanced_classic", "classic", "with `images = balanced`", 1);
    assert_differs("gated", "balanced_classic", "`images = gated` instead of `balanced`", 1);
    assert_differs("half", "original", "with `generated = 0.5`", 1);
    assert_differs("original", "half", "without `generated = 0.5`", 1);
    assert_differs("paper", "original", "with `images = paper`", 1);
}

/* How rare a class is made is no setting of the arm, how it is split is. */
static void data_counts_but_for_its_imbalance(void **state)
{
    (void)state;
    assert_differs("rare", "original", "`data.folds = 5` instead of `3`", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(settings_are_named), cmocka_unit_test(images_are_named),
                                       cmocka_unit_test(data_counts_but_for_its_imbalance)};
    return cmocka_run_group_tests_name("train/setup_differ", tests, begin, scratch_teardown);
}
