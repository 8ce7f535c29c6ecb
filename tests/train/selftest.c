/* Every plug-in has known answers (the fault of a kernel is shown by tests/cli/selftest.sh). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "train/selftest_parts.h"

static bool answered(bal_trial_kind kind, const char *name)
{
    for (const bal_answer *a = bal_answers; a->name; a++)
        if (a->kind == kind && strcmp(a->name, name) == 0) return true;
    print_error("%s has no known answer: build/release/tests/known_answers >src/train/known_answers.c\n", name);
    return false;
}

static void every_plugin_is_covered(void **state)
{
    bool all = true;

    (void)state;
    for (const bal_layer_def *const *d = bal_layer_defs; *d; d++)
        if (!(*d)->view) all &= answered(BAL_TRY_LAYER, (*d)->name);
    for (const bal_loss_def *const *d = bal_loss_defs; *d; d++) all &= answered(BAL_TRY_LOSS, (*d)->name);
    for (const bal_optim_def *const *d = bal_optim_defs; *d; d++) all &= answered(BAL_TRY_OPTIM, (*d)->name);
    assert_true(all);
}

/* An answer for a plug-in that has gone would be a fault on every device. */
static void every_answer_opens(void **state)
{
    (void)state;
    for (const bal_answer *a = bal_answers; a->name; a++) {
        bal_trial t;
        if (bal_trial_open(&t, a)) fail_msg("%s %s: %s", a->name, a->options, bal_error());
        bal_trial_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_plugin_is_covered), cmocka_unit_test(every_answer_opens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
