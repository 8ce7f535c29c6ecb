/* What a finished classifier keeps beside its weights: the same bits back, and nothing that is none; and test-time
 * augmentation, which makes all views of an image one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/model.h"
#include "ballast/stored.h"
#include "guarded.h"

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

static void a_decision_is_kept(void **state)
{
    (void)state;
    static const double offset[] = {1.0 / 3, -0.1, 0};
    double              t, *back;
    bal_checkpoint     *c;
    assert_int_equal(bal_checkpoint_new(&c), BAL_OK);
    assert_int_equal(bal_stored_get_decision(&t, &back, c, 3, "x"), BAL_OK);
    assert_true(t == 1 && !back);
    assert_int_equal(bal_stored_put_decision(c, 2.0 / 3, offset, 3), BAL_OK);
    assert_int_equal(bal_stored_get_decision(&t, &back, c, 3, "x"), BAL_OK);
    assert_true(t == 2.0 / 3 && memcmp(back, offset, sizeof offset) == 0);
    free(back);
    assert_int_equal(bal_stored_get_decision(&t, &back, c, 4, "x"), BAL_EIO); /* of three classes, not four */
    assert_int_equal(bal_stored_put_decision(c, 0.5, NULL, 3), BAL_OK);
    assert_int_equal(bal_stored_get_decision(&t, &back, c, 3, "x"), BAL_OK);
    assert_true(t == 0.5 && !back);
    static const char *const damaged_notes[] = {"0", "-1 0 0 0", "1 0 0", "1 0 0 nan", "1 0 0 0 0", "t"};
    for (size_t i = 0; i < sizeof damaged_notes / sizeof *damaged_notes; i++) {
        assert_int_equal(bal_checkpoint_note(c, "decision", damaged_notes[i]), BAL_OK);
        assert_int_equal(bal_stored_get_decision(&t, &back, c, 3, "x"), BAL_EIO);
    }
    bal_checkpoint_free(c);
}

/* ---- test-time augmentation -------------------------------------------------------------------------------------- */

enum { SIDE = 6, PIXELS = SIDE * SIDE * 2, VIEWS = 8 };

/* Image i: view i of one random image, and behind them the same with noise. */
static bal_status fill_view(void *user, int i, float *pixel)
{
    const float *image = user;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int a = i & 4 ? x : y, b = i & 4 ? y : x;
            if (i & 1) b = SIDE - 1 - b;
            if (i & 2) a = SIDE - 1 - a;
            for (int c = 0; c < 2; c++) pixel[(y * SIDE + x) * 2 + c] = image[(a * SIDE + b) * 2 + c];
        }
    return BAL_OK;
}

static double spread(bal_device *dev, bal_net *net, bal_views views, int count)
{
    float            image[PIXELS];
    double           p[VIEWS * 3], most = 0;
    bal_stream       s = bal_stream_for(5, BAL_FOR_TEST, 0, 0);
    const bal_scorer scorer = {net, dev, views};
    for (int i = 0; i < PIXELS; i++) image[i] = bal_random_normal(&s, (uint64_t)i);
    MUST(bal_probabilities(p, &scorer, count, fill_view, image));
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < 3; k++) most = fmax(most, fabs(p[i * 3 + k] - p[k]));
        assert_true(fabs(p[i * 3] + p[i * 3 + 1] + p[i * 3 + 2] - 1) < 1e-9);
    }
    return most;
}

static void views_become_one(void **state)
{
    static const char text[] = "[classifier]\nlayer = conv filters=4 kernel=3 pad=1\nlayer = relu\n"
                               "layer = flatten\nlayer = dense units=3\n";
    bal_device       *dev;
    bal_config       *config;
    bal_net          *net;
    (void)state;
    MUST(bal_device_open(&dev, NULL));
    MUST(bal_config_parse(&config, "net.ini", text));
    MUST(bal_net_read(&net, bal_config_find(config, "classifier"), (bal_shape){5, SIDE, SIDE, 2}));
    MUST(bal_net_build(net, dev, false, 7, 0));
    assert_true(spread(dev, net, BAL_VIEWS_ONE, 2) > .01);
    assert_true(spread(dev, net, BAL_VIEWS_FLIP, 2) < 1e-6);
    assert_true(spread(dev, net, BAL_VIEWS_FLIP, VIEWS) > .01);
    assert_true(spread(dev, net, BAL_VIEWS_TURNS, VIEWS) < 1e-6);
    bal_net_free(net);
    bal_config_free(config);
    bal_device_close(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_and_read), cmocka_unit_test(damaged),
                                       cmocka_unit_test(a_decision_is_kept), cmocka_unit_test(views_become_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
