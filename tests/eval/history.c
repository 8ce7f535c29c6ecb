/* The history of a training: which epoch is kept, log.csv read back, the curves drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ballast/files.h"
#include "ballast/history.h"

static bal_history make(const double *balanced, const double *loss, int count)
{
    bal_history h = {0};
    for (int i = 0; i < count; i++) {
        bal_epoch e = {i + 1, 1.0 / (i + 1), 0.5, loss[i], 0.5, balanced[i]};
        assert_int_equal(bal_history_add(&h, &e), BAL_OK);
    }
    return h;
}

static void expect_best(const double *balanced, const double *loss, int count, int best)
{
    bal_history h = make(balanced, loss, count);
    assert_int_equal(bal_history_best(&h), best);
    bal_history_free(&h);
}

static void the_kept_epoch(void **state)
{
    (void)state;
    const double nan = (double)NAN, same[] = {1, 1, 1, 1}, falling[] = {4, 3, 2, 2}, none[] = {nan, nan, nan, nan};
    const double balanced[] = {0.5, 0.7, 0.6, 0.7}, late[] = {nan, 0.5, 0.5, 0.5};
    expect_best(balanced, same, 4, 1);
    expect_best(balanced, falling, 4, 3);
    expect_best(late, same, 4, 1);
    expect_best(late, falling, 4, 2);
    expect_best(none, same, 4, -1);
    expect_best(none, same, 0, -1);
}

static void read_text(bal_history *h, bal_status expected, const char *text)
{
    char name[] = "/tmp/ballast-history-XXXXXX";
    close(mkstemp(name));
    assert_int_equal(bal_file_write(name, text, strlen(text)), BAL_OK);
    assert_int_equal(bal_history_read(h, name), expected);
    remove(name);
}

#define HEAD "epoch,lr,train_loss,train_accuracy,validation_loss,validation_accuracy,validation_balanced_accuracy\n"

static void log_is_read(void **state)
{
    (void)state;
    bal_history h;
    read_text(&h, BAL_OK, HEAD "1,x,0.7,0.5,0.8,0.4,\n3,x,0.6,0.625,,,0.25\n");
    assert_int_equal(h.count, 2);
    assert_int_equal(h.epoch[1].epoch, 3);
    assert_true(h.epoch[0].train_loss == 0.7 && h.epoch[0].train_accuracy == 0.5);
    assert_true(h.epoch[0].validation_loss == 0.8 && h.epoch[0].validation_accuracy == 0.4);
    assert_true(isnan(h.epoch[0].validation_balanced_accuracy) && isnan(h.epoch[1].validation_loss));
    assert_true(h.epoch[1].validation_balanced_accuracy == 0.25);
    bal_history_free(&h);
    bal_history_free(NULL);
}

static void expect_fault(const char *text, const char *message)
{
    bal_history h;
    read_text(&h, BAL_ECONFIG, text);
    if (!strstr(bal_error(), message)) fail_msg("'%s' is not in '%s'", message, bal_error());
    assert_null(h.epoch);
}

static void bad_logs(void **state)
{
    (void)state;
    expect_fault("epoch,train_loss\n", ":1: no column \"train_accuracy\"; there are: epoch, train_loss");
    expect_fault(HEAD "1,x,0.7,0.5,0.8,0.4,nan\n", ":2: validation_balanced_accuracy is \"nan\", not a number");
    expect_fault(HEAD "2,x,1,1,1,1,1\n2,x,1,1,1,1,1\n", ":3: epoch is \"2\", not a whole number above 2");
    expect_fault(HEAD "1.5,x,1,1,1,1,1\n", ":2: epoch is \"1.5\", not a whole number above 0");
    expect_fault(HEAD ",x,1,1,1,1,1\n", ":2: epoch is \"\", not a whole number above 0");
    expect_fault(HEAD "1e10,x,1,1,1,1,1\n", ":2: epoch is \"1e10\", not a whole number above 0");
}

static char *drawn(const bal_history *h)
{
    char   name[] = "/tmp/ballast-curves-XXXXXX", *svg;
    size_t size;
    close(mkstemp(name));
    assert_int_equal(bal_history_plot(h, name), BAL_OK);
    assert_int_equal(bal_file_read(&svg, &size, name, 0), BAL_OK);
    remove(name);
    return svg;
}

static void curves(void **state)
{
    (void)state;
    const double balanced[] = {0.5, 0.7, 0.6}, loss[] = {1, 0.8, 0.9};
    bal_history  h = make(balanced, loss, 3), empty = {0};
    char        *svg = drawn(&h);
    assert_non_null(strstr(svg, "<title>Loss, Accuracy</title>"));
    assert_non_null(strstr(svg, ">validation, balanced</text>"));
    assert_non_null(strstr(svg, ">kept: epoch 2</text>"));
    free(svg);
    svg = drawn(&empty);
    assert_null(strstr(svg, "kept"));
    free(svg);
    bal_history_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kept_epoch),
        cmocka_unit_test(log_is_read),
        cmocka_unit_test(bad_logs),
        cmocka_unit_test(curves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
