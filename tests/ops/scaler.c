/* scaler -- the state machine of loss scaling, step by step, and optimizers that leave a step out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "ballast/plugin.h"
#include "ballast/scaler.h"
#include "guarded.h"

typedef struct {
    bal_scaler s;
    bal_tensor figures, factor;
} bench;

static void open_bench(bench *b, bal_device *dev)
{
    MUST(bal_scaler_init(&b->s, dev));
    MUST(bal_tensor_init(&b->figures, dev, (bal_shape){1, 1, 1, 4}));
    MUST(bal_tensor_init(&b->factor, dev, (bal_shape){1, 1, 1, 1}));
}

static void close_bench(bench *b)
{
    bal_scaler_free(&b->s);
    bal_tensor_free(&b->figures);
    bal_tensor_free(&b->factor);
}

/* A step whose scaled gradients have this norm; the figure and the factor that it gives. */
static void step(bench *b, float norm, float limit, float got[2])
{
    float figures[4] = {7, 8, norm, 9};
    MUST(bal_tensor_write(&b->figures, figures));
    MUST(bal_scaler_update(&b->s, &b->figures, 2, limit, &b->factor));
    MUST(bal_tensor_read(&b->figures, figures));
    MUST(bal_tensor_read(&b->factor, got + 1));
    got[0] = figures[2];
    assert_true(figures[0] == 7 && figures[1] == 8 && figures[3] == 9);
}

static void state_is(const bench *b, float scale, float good, float skipped)
{
    float got[BAL_SCALER_STATE];
    MUST(bal_tensor_read(&b->s.state, got));
    if (got[0] != scale || got[1] != good || got[2] != skipped)
        fail_msg("scale %g, good %g, skipped %g; not %g, %g, %g", (double)got[0], (double)got[1], (double)got[2],
                 (double)scale, (double)good, (double)skipped);
}

static void check_machine(bal_device *dev)
{
    bench b;
    float got[2];
    open_bench(&b, dev);
    state_is(&b, 32768, 0, 0);
    step(&b, 65536, 0, got);
    assert_true(got[0] == 2 && got[1] == 1.0F / 32768);
    step(&b, 65536, 0.5F, got); /* clipped */
    assert_true(got[0] == 2 && fabs((double)got[1] * 32768 - 0.25) < 1e-6);
    state_is(&b, 32768, 2, 0);
    step(&b, INFINITY, 0, got); /* left out */
    assert_true(got[0] == 0 && got[1] == 0);
    state_is(&b, 16384, 0, 1);
    step(&b, NAN, 0.5F, got);
    assert_true(got[0] == 0 && got[1] == 0);
    state_is(&b, 8192, 0, 2);
    MUST(bal_tensor_write(&b.s.state, (float[]){8192, BAL_SCALER_GROWTH - 2, 2}));
    step(&b, 8192, 0, got);
    state_is(&b, 8192, BAL_SCALER_GROWTH - 1, 2);
    step(&b, 8192, 0, got); /* grows from the next step on */
    assert_true(got[0] == 1 && got[1] == 1.0F / 8192);
    state_is(&b, 16384, 0, 2);
    MUST(bal_tensor_write(&b.s.state, (float[]){16777216, BAL_SCALER_GROWTH - 1, 2}));
    step(&b, 1, 0, got); /* no further */
    state_is(&b, 16777216, 0, 2);
    MUST(bal_tensor_write(&b.s.state, (float[]){1, 5, 2}));
    step(&b, INFINITY, 0, got); /* no scale helps: the host sees it */
    assert_true(isinf(got[0]) && got[1] == 0);
    state_is(&b, 1, 0, 3);
    close_bench(&b);
}

static void test_machine(void **state)
{
    (void)state;
    for (int i = 0; i < bal_test_all.count; i++) check_machine(bal_test_all.dev[i]);
}

static void test_apply(void **state)
{
    (void)state;
    for (int i = 0; i < bal_test_all.count; i++) {
        bench      b;
        bal_tensor dy;
        float      x[19], y[19];
        open_bench(&b, bal_test_all.dev[i]);
        MUST(bal_tensor_init(&dy, bal_test_all.dev[i], (bal_shape){1, 1, 1, 19}));
        bal_test_random(x, NULL, 19, 1, 1);
        MUST(bal_tensor_write(&dy, x));
        MUST(bal_scaler_apply(&b.s, &dy));
        MUST(bal_tensor_read(&dy, y));
        for (int k = 0; k < 19; k++) assert_true(y[k] == 32768 * x[k]);
        bal_tensor_free(&dy);
        close_bench(&b);
    }
}

/* Every optimizer, with decay and moments, at a factor of 0 and gradients that are not numbers. */
static void check_left_out(bal_device *dev, const char *line)
{
    enum { N = 32 };
    bal_optim        o = {0};
    bal_option_pool *pool = NULL;
    float            w[N], m[N], after[N], nan[N];
    MUST(bal_optim_read(&o, &pool, line, (bal_where){"test", 0}));
    MUST(o.def->build(&o, dev));
    bal_optim_step s = {.decayed = 16, .t = 1, .lr = 0.1F};
    bal_tensor    *all[] = {&s.w, &s.g, &s.moment[0], &s.moment[1]};
    bal_test_random(w, NULL, N, 1, 2);
    bal_test_random(m, NULL, N, 1, 3);
    for (int i = 0; i < N; i++) nan[i] = NAN;
    for (int i = 0; i < 4; i++) {
        MUST(bal_tensor_init(all[i], dev, (bal_shape){1, 1, 1, N}));
        MUST(bal_tensor_write(all[i], i == 0 ? w : i == 1 ? nan : m));
    }
    MUST(bal_tensor_init(&s.factor, dev, (bal_shape){1, 1, 1, 1}));
    MUST(o.def->step(&o, &s));
    for (int i = 0; i < 4; i++) {
        if (i == 1) continue;
        MUST(bal_tensor_read(all[i], after));
        assert_memory_equal(after, i == 0 ? w : m, sizeof after);
    }
    for (int i = 0; i < 4; i++) bal_tensor_free(all[i]);
    bal_tensor_free(&s.factor);
    bal_optim_free(&o);
    bal_option_pool_free(pool);
}

static void test_left_out(void **state)
{
    (void)state;
    static const char *const lines[] = {"adam weight_decay=0.1", "adamw weight_decay=0.1",
                                        "sgd momentum=0.9 weight_decay=0.1", "rmsprop momentum=0.9 weight_decay=0.1"};
    for (int i = 0; i < bal_test_all.count; i++)
        for (int k = 0; k < 4; k++) check_left_out(bal_test_all.dev[i], lines[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_left_out),
    };
    return cmocka_run_group_tests(tests, bal_test_setup, bal_test_teardown);
}
