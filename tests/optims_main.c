/* optims_main -- runs the optimizers named as arguments, or all: see support/optim_test.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guarded.h"
#include "optim_test.h"

/* An arena: decayed weights, padding, other weights, padding. */
enum { STEPS = 10, SIZE = 4 * BAL_ALIGN, DECAYED = 2 * BAL_ALIGN, FIRST = 1500, SECOND = 3000 };

static bool padding(int i) { return (i >= FIRST && i < DECAYED) || i >= SECOND; }

typedef struct {
    const bal_optim_test *test;
    const char           *options;
    bal_device           *dev;
    bal_optim            *o;
    bool                  clipped;
} trial;

static float gradients[STEPS][SIZE], start[SIZE];
static float rate(int t) { return t <= 5 ? 0.01F : 0.003F; }
static float factor_of(int t) { return t % 2 ? 0.37F : 1; }

static void fill(void)
{
    bal_test_random(start, NULL, SIZE, 1, 1);
    for (int t = 0; t < STEPS; t++) bal_test_random(gradients[t], NULL, SIZE, 0.2, (unsigned)t + 2);
    for (int i = 0; i < SIZE; i++)
        if (padding(i)) {
            start[i] = 0;
            for (int t = 0; t < STEPS; t++) gradients[t][i] = 0;
        }
}

/* Ten steps on the device; result[0] gets the weights, then the moments. */
static void run(const trial *r, float *result[3])
{
    static const float zero[SIZE];
    bal_guarded        w, g, moment[2], factor;
    int                moments = r->o->def->moments;
    MUST(bal_guarded_init(&w, r->dev, (bal_shape){1, 1, 1, SIZE}, start));
    MUST(bal_guarded_init(&g, r->dev, (bal_shape){1, 1, 1, SIZE}, zero));
    MUST(bal_guarded_init(&factor, r->dev, (bal_shape){1, 1, 1, 1}, NULL));
    for (int j = 0; j < moments; j++) MUST(bal_guarded_init(&moment[j], r->dev, (bal_shape){1, 1, 1, SIZE}, zero));
    for (int t = 1; t <= STEPS; t++) {
        bal_optim_step s = {.w = w.t, .g = g.t, .decayed = DECAYED, .t = t, .lr = rate(t)};
        for (int j = 0; j < moments; j++) s.moment[j] = moment[j].t;
        if (r->clipped) s.factor = factor.t;
        MUST(bal_tensor_write(&g.t, gradients[t - 1]));
        MUST(bal_tensor_fill(&factor.t, factor_of(t)));
        bal_device_counts before = bal_device_count(r->dev);
        MUST(r->o->def->step(r->o, &s));
        assert_int_equal(bal_device_count(r->dev).allocations, before.allocations);
        assert_int_equal(bal_device_count(r->dev).launches, before.launches + 1);
    }
    assert_true(bal_guarded_read(&w) && bal_guarded_read(&g) && bal_guarded_read(&factor));
    assert_memory_equal(g.host, gradients[STEPS - 1], sizeof start);
    memcpy(result[0], w.host, sizeof start);
    for (int j = 0; j < moments; j++) {
        assert_true(bal_guarded_read(&moment[j]));
        memcpy(result[1 + j], moment[j].host, sizeof start);
        bal_guarded_free(&moment[j]);
    }
    bal_guarded_free(&w);
    bal_guarded_free(&g);
    bal_guarded_free(&factor);
}

static void compare(const trial *r, const char *what, int i, double got, double expected, double scale)
{
    if (fabs(got - expected) <= 1e-6 * scale) return;
    fail_msg("%s \"%s\", %s, %s: %s[%d] is %.9g after %d steps, should be %.9g", r->test->name, r->options,
             r->clipped ? "clipped" : "not clipped", bal_test_class(r->dev), what, i, got, STEPS, expected);
}

static void check_element(const trial *r, int i, float *const result[3])
{
    double            w = (double)start[i], moment[2] = {0}, most[2] = {0};
    bal_optim_element e = {.w = &w, .moment = {&moment[0], &moment[1]}, .decayed = i < DECAYED};
    for (e.t = 1; e.t <= STEPS; e.t++) {
        e.g = (double)gradients[e.t - 1][i] * (r->clipped ? (double)factor_of(e.t) : 1);
        e.lr = (double)rate(e.t);
        r->test->step(r->o, &e);
        for (int j = 0; j < 2; j++) most[j] = fmax(most[j], fabs(moment[j]));
    }
    compare(r, "w", i, (double)result[0][i], w, 1);
    for (int j = 0; j < r->o->def->moments; j++)
        compare(r, j ? "moment 1" : "moment 0", i, (double)result[1 + j][i], moment[j], 3 * most[j]);
    if (!padding(i)) return;
    for (int j = 0; j <= r->o->def->moments; j++) assert_true(result[j][i] == 0);
}

static void check(const trial *r)
{
    static float first[3][SIZE], second[3][SIZE];
    float       *a[3] = {first[0], first[1], first[2]}, *b[3] = {second[0], second[1], second[2]};
    run(r, a);
    for (int i = 0; i < SIZE; i++) check_element(r, i, a);
    run(r, b);
    for (int j = 0; j <= r->o->def->moments; j++) assert_memory_equal(a[j], b[j], sizeof start);
}

static bal_test_devices devices;

static void test_optim(void **state)
{
    const bal_optim_test *test = *state;
    for (int d = 0; d < devices.count; d++)
        for (const char *const *c = test->cases; *c; c++)
            for (int clipped = bal_test_small() ? 1 : 0; clipped < 2; clipped++) {
                bal_optim        o;
                bal_option_pool *pool;
                MUST(bal_optim_open(&o, &pool, devices.dev[d], test->name, *c));
                check(&(trial){test, *c, devices.dev[d], &o, clipped});
                bal_optim_close(&o, pool);
            }
}

static int open_devices(void **state)
{
    (void)state;
    fill();
    return bal_test_devices_open(&devices) == BAL_OK ? 0 : -1;
}

static int close_devices(void **state)
{
    (void)state;
    bal_test_devices_close(&devices);
    return 0;
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0) return true;
    return argc < 2;
}

static bool known(const char *name)
{
    for (int i = 0; bal_optim_tests[i]; i++)
        if (strcmp(bal_optim_tests[i]->name, name) == 0) return true;
    fprintf(stderr, "no test of an optimizer is called %s\n", name);
    return false;
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[64];
    size_t            count = 0;
    for (int i = 1; i < argc; i++)
        if (!known(argv[i])) return 1;
    memset(tests, 0, sizeof tests);
    for (int i = 0; bal_optim_tests[i] && count < 64; i++) {
        if (!wanted(bal_optim_tests[i]->name, argc, argv)) continue;
        tests[count].name = bal_optim_tests[i]->name;
        tests[count].test_func = test_optim;
        tests[count++].initial_state = (void *)(uintptr_t)bal_optim_tests[i];
    }
    return _cmocka_run_group_tests("optims", tests, count, open_devices, close_devices);
}
