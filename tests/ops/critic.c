/* critic -- LeCam's value by central differences and its averages, the probability of augmentation, the figures:
 * against the host, over many steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "ballast/critic.h"
#include "guarded.h"

enum { HALF = 6, N = 2 * HALF };

typedef struct {
    bal_critic  c;
    bal_tensor  y, figures;
    bal_guarded dy;
} bench;

static void open_bench(bench *b, bal_device *dev, const bal_critic_settings *s)
{
    MUST(bal_critic_init(&b->c, dev, s));
    MUST(bal_tensor_init(&b->y, dev, (bal_shape){N, 1, 1, 1}));
    MUST(bal_guarded_init(&b->dy, dev, (bal_shape){N, 1, 1, 1}, NULL));
    MUST(bal_tensor_init(&b->figures, dev, (bal_shape){1, 1, 1, 8}));
}

static void close_bench(bench *b)
{
    bal_critic_free(&b->c);
    bal_tensor_free(&b->y);
    bal_tensor_free(&b->figures);
    bal_guarded_free(&b->dy);
}

/* One step on outputs y, whose gradient was `before` everywhere. */
static void step(bench *b, const float *y, float before, int number, float figures[4])
{
    float gradient[N], all[8];
    for (int i = 0; i < N; i++) gradient[i] = before;
    MUST(bal_tensor_write(&b->y, y));
    MUST(bal_tensor_write(&b->dy.t, gradient));
    MUST(bal_tensor_fill(&b->figures, 7));
    MUST(bal_critic_run(&b->c, &b->y, &b->dy.t, number, &b->figures, 2));
    MUST(bal_tensor_read(&b->figures, all));
    assert_true(bal_guarded_read(&b->dy));
    assert_true(all[0] == 7 && all[1] == 7 && all[6] == 7);
    for (int i = 0; i < 4; i++) figures[i] = all[2 + i];
}

static double mean(const double *y)
{
    double sum = 0;
    for (int i = 0; i < HALF; i++) sum += y[i] / HALF;
    return sum;
}

static double square(double v) { return v > 0 ? v * v : 0; }

static double lecam(const double *y, double weight, double real, double fake)
{
    double sum = 0;
    for (int i = 0; i < HALF; i++) sum += square(y[i] - fake) + square(real - y[HALF + i]);
    return weight * sum / HALF;
}

static void check_lecam(bal_device *dev)
{
    bal_critic_settings s = {.lecam = 0.3F, .decay = 0.75F, .start = 3, .every = 4};
    double              real = 0, fake = 0, exact[N];
    float               y[N], figures[4];
    bench               b;
    open_bench(&b, dev, &s);
    for (int t = 0; t < 8; t++) {
        double decay = t < 3 ? 0 : 0.75;
        bal_test_random(y, exact, N, 2, 10 + (unsigned)t);
        real = decay * real + (1 - decay) * mean(exact);
        fake = decay * fake + (1 - decay) * mean(exact + HALF);
        step(&b, y, 0.5F, t, figures);
        for (int i = 0; i < N; i++) {
            double h = 1e-5, kept = exact[i], expected = 0.5;
            exact[i] = kept + h;
            double more = lecam(exact, 0.3, real, fake);
            exact[i] = kept - h;
            if (t >= 3) expected += (more - lecam(exact, 0.3, real, fake)) / (2 * h);
            exact[i] = kept;
            if (fabs((double)b.dy.host[i] - expected) > 1e-5) fail_msg("step %d, output %d", t, i);
        }
    }
    close_bench(&b);
}

static void test_lecam(void **state)
{
    (void)state;
    for (int d = 0; d < bal_test_all.count; d++) check_lecam(bal_test_all.dev[d]);
}

/* Outputs of which `right` on either side are right; the boundary is 0.5. */
static void outputs(float y[N], int right)
{
    for (int i = 0; i < N; i++) y[i] = (i % HALF < right) == (i < HALF) ? 0.6F : 0.4F;
}

static void test_adaptation(void **state)
{
    const bal_critic_settings s = {.boundary = 0.5F, .adaptive = true, .target = 0.4F, .pace = 0.3F, .every = 2};
    const int                 right[] = {6, 6, 6, 5, 6, 2, 3, 4, 6, 6, 6, 6, 6, 6, 6, 6};
    /* signs of a pair: 1, 0.833, 0.333 (below 0.4), 0.167, then 1: up, up, down, down, up to the limit */
    const float p[] = {0, 0.3F, 0.3F, 0.6F, 0.6F, 0.3F, 0.3F, 0, 0, 0.3F, 0.3F, 0.6F, 0.6F, 0.9F, 0.9F, 1};
    float       y[N], figures[4];
    bench       b;
    (void)state;
    open_bench(&b, bal_test_all.dev[0], &s);
    for (int t = 0; t < 16; t++) {
        outputs(y, right[t]);
        step(&b, y, 0, t, figures);
        assert_true(fabs((double)figures[0] - right[t] / 6.0) < 1e-6 && fabsf(figures[0] - figures[1]) < 1e-6F);
        if (fabsf(figures[2] - p[t]) > 1e-6F) fail_msg("step %d: p is %g, not %g", t, (double)figures[2], (double)p[t]);
        for (int i = 0; i < N; i++) assert_true(b.dy.host[i] == 0);
    }
    assert_true(figures[3] == 1);
    close_bench(&b);
}

static void test_fixed(void **state)
{
    const bal_critic_settings s = {.every = 1, .target = 0.6F, .pace = 0.3F};
    float                     y[N], figures[4];
    bench                     b;
    (void)state;
    open_bench(&b, bal_test_all.dev[0], &s);
    outputs(y, 1);
    step(&b, y, 0, 0, figures);
    assert_true(figures[2] == 1);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lecam),
        cmocka_unit_test(test_adaptation),
        cmocka_unit_test(test_fixed),
    };
    return cmocka_run_group_tests_name("ops/critic", tests, bal_test_setup, bal_test_teardown);
}
