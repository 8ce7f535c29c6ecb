/* losses_main -- runs the losses named as arguments, or all: see support/loss_test.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/rng.h"
#include "guarded.h"
#include "loss_test.h"

enum { SLOT = 1, FIGURES = 6 };

/* One target and batch of a case. */
typedef struct {
    const bal_loss_test *test;
    const bal_loss_case *c;
    bal_device          *dev;
    bal_loss            *l;
    bal_target           target;
    bal_shape            shape;
    float               *y, *label, *weight;
    double              *exact;            /* y */
    int                  columns, classes; /* of label; of weight */
    bal_loss_labels      labels;
} trial;

static void fault(const trial *t, const char *what, double got, double expected)
{
    static const char *const targets[] = {"labels", "real", "fake", "generate", "both"};
    fail_msg("%s \"%s\" %dx%dx%dx%d spread %g, %s%s, %s: %s is %.9g, should be %.9g", t->test->name, t->c->options,
             t->shape.n, t->shape.h, t->shape.w, t->shape.c, t->c->spread, targets[t->target],
             t->columns > 1 ? " mixed" : "", bal_test_class(t->dev), what, got, expected);
}

/* Run once; copies figures, and the gradient where dy is given. */
static void run(const trial *t, float figures[FIGURES], float *dy)
{
    bal_guarded y, label, gradient, result, scratch;
    float       before[FIGURES] = {7, 7, 7, 7, 7, 7};
    bal_tensor  none = {0};
    MUST(bal_guarded_init(&y, t->dev, t->shape, t->y));
    MUST(bal_guarded_init(&label, t->dev, (bal_shape){t->shape.n, 1, 1, t->columns}, t->label));
    MUST(bal_guarded_init(&gradient, t->dev, t->shape, NULL));
    MUST(bal_guarded_init(&result, t->dev, (bal_shape){1, 1, 1, FIGURES}, before));
    MUST(bal_guarded_init(&scratch, t->dev, t->l->workspace.shape, NULL));
    bal_tensor own = t->l->workspace;
    t->l->workspace = scratch.t;
    bal_device_counts counts = bal_device_count(t->dev);
    MUST(t->l->def->run(t->l, t->target, &y.t, t->target == BAL_LABELS ? &label.t : NULL, dy ? &gradient.t : &none,
                        &result.t, SLOT));
    assert_int_equal(bal_device_count(t->dev).allocations, counts.allocations);
    t->l->workspace = own;
    assert_true(bal_guarded_read(&y) && bal_guarded_read(&label) && bal_guarded_read(&gradient) &&
                bal_guarded_read(&result) && bal_guarded_read(&scratch));
    assert_memory_equal(y.host, t->y, bal_shape_size(t->shape) * sizeof(float));
    memcpy(figures, result.host, FIGURES * sizeof(float));
    if (dy) memcpy(dy, gradient.host, bal_shape_size(t->shape) * sizeof(float));
    bal_guarded_free(&y);
    bal_guarded_free(&label);
    bal_guarded_free(&gradient);
    bal_guarded_free(&result);
    bal_guarded_free(&scratch);
}

static double value(const trial *t, double *score)
{
    return t->test->value(t->l, t->target, t->shape, t->exact, &t->labels, score);
}

static double slope(const trial *t, size_t i)
{
    double unused, y = t->exact[i], h = 1e-5 * fmax(1, fabs(y));
    t->exact[i] = y + h;
    double above = value(t, &unused);
    t->exact[i] = y - h;
    double below = value(t, &unused);
    t->exact[i] = y;
    return (above - below) / (2 * h);
}

static void check_trial(const trial *t)
{
    size_t n = bal_shape_size(t->shape);
    float  figures[FIGURES], again[FIGURES], *dy = malloc(n * sizeof *dy), *second = malloc(n * sizeof *second);
    double score, loss = value(t, &score);
    run(t, figures, dy);
    for (int i = 0; i < FIGURES; i++)
        if (i / 2 != SLOT) assert_true(figures[i] == 7);
    double got = (double)figures[2 * SLOT];
    if (!(fabs(got - loss) <= 1e-5 * fabs(loss) + 1e-6 * fmin(1, t->c->spread))) fault(t, "the loss", got, loss);
    if (!(fabs((double)figures[2 * SLOT + 1] - score) <= 1e-6))
        fault(t, "the score", (double)figures[2 * SLOT + 1], score);
    for (size_t i = 0; i < n; i++) {
        double expected = slope(t, i);
        if (!(fabs((double)dy[i] - expected) <= 2e-5 * fabs(expected) + 1e-6 / (double)n))
            fault(t, "a gradient", (double)dy[i], expected);
    }
    run(t, again, second);
    assert_memory_equal(figures, again, sizeof figures);
    assert_memory_equal(dy, second, n * sizeof *dy);
    run(t, again, NULL);
    assert_memory_equal(figures, again, sizeof figures);
    free(dy);
    free(second);
}

/* A label for each sample, or two of them with shares. */
static void fill_labels(trial *t, bool mixed)
{
    int *class = (int *)(uintptr_t)t->labels.class;
    double    *share = (double *)(uintptr_t)t->labels.share, *weight = (double *)(uintptr_t)t->labels.weight;
    bal_stream s = bal_stream_for(20, BAL_FOR_TEST, 7, 7);
    t->columns = mixed ? 3 : 1;
    for (int i = 0; i < t->c->y.n; i++) {
        for (int j = 0; j < 2; j++)
            class[2 * i + j] = (int)(bal_random_bits(&s, (uint64_t)(i + 1000 * j)) % (uint32_t)t->classes);
        float first = mixed ? bal_random_uniform(&s, (uint64_t)i + 2000) : 1;
        share[2 * i] = (double)first;
        share[2 * i + 1] = 1 - (double)first;
        for (int j = 0; j < t->columns; j++) t->label[i * t->columns + j] = j == 2 ? first : (float)class[2 * i + j];
    }
    for (int k = 0; k < t->classes; k++) weight[k] = (double)(t->weight[k] = mixed ? 0.25F * (float)(1 + k % 7) : 1);
}

static void fill(trial *t)
{
    size_t n = bal_shape_size(t->c->y), samples = (size_t)t->c->y.n;
    t->classes = t->c->y.c > 1 ? t->c->y.c : 2;
    t->y = malloc(n * sizeof *t->y);
    t->exact = malloc(n * sizeof *t->exact);
    t->label = malloc(3 * samples * sizeof *t->label);
    t->weight = malloc((size_t)t->classes * sizeof *t->weight);
    t->labels.class = malloc(2 * samples * sizeof(int));
    t->labels.share = malloc(2 * samples * sizeof(double));
    t->labels.weight = malloc((size_t)t->classes * sizeof(double));
    bal_test_random(t->y, t->exact, n, t->c->spread, 6);
    fill_labels(t, false);
}

static void release(trial *t)
{
    free(t->y);
    free(t->exact);
    free(t->label);
    free(t->weight);
    free((void *)(uintptr_t)t->labels.class);
    free((void *)(uintptr_t)t->labels.share);
    free((void *)(uintptr_t)t->labels.weight);
}

/* Both halves at once give what each gives alone. */
static void check_both(trial *t)
{
    size_t n = bal_shape_size(t->shape), half = n / 2;
    float  together[FIGURES], alone[FIGURES], *dy = malloc(n * sizeof *dy), *part = malloc(n * sizeof *part);
    float *y = t->y;
    assert_true(dy && part);
    t->target = BAL_BOTH;
    run(t, together, dy);
    t->shape.n /= 2;
    for (int k = 0; k < 2; k++) {
        t->target = k ? BAL_FAKE : BAL_REAL;
        t->y = y + (size_t)k * half;
        run(t, alone, part);
        assert_memory_equal(together + 2 * (SLOT + k), alone + 2 * SLOT, 2 * sizeof *alone);
        assert_memory_equal(dy + (size_t)k * half, part, half * sizeof *part);
    }
    t->y = y;
    free(dy);
    free(part);
}

/* Weights of classes, and two labels a sample. */
static void check_mixed(trial *t)
{
    t->shape.n = t->c->y.n;
    fill_labels(t, true);
    MUST(bal_tensor_write(&t->l->weight, t->weight));
    check_trial(t);
}

static void check_case(const bal_loss_test *test, const bal_loss_case *c, bal_device *dev)
{
    bal_loss         l;
    bal_option_pool *pool;
    trial            t = {.test = test, .c = c, .dev = dev, .l = &l, .target = BAL_LABELS, .shape = c->y};
    MUST(bal_loss_open(&l, &pool, dev, test->name, c->options, c->y));
    fill(&t);
    for (int target = l.def->adversarial ? BAL_REAL : BAL_LABELS;
         target <= (l.def->adversarial ? BAL_GENERATE : BAL_LABELS); target++)
        for (int less = 0; less < (c->y.n > 1 ? 2 : 1); less++) {
            t.target = (bal_target)target;
            t.shape.n = c->y.n - less;
            check_trial(&t);
        }
    if (!l.def->adversarial) check_mixed(&t);
    t.shape.n = c->y.n / 2 * 2;
    if (l.def->adversarial && t.shape.n) check_both(&t);
    release(&t);
    bal_loss_close(&l, pool);
}

static void check_fault(const bal_loss_test *test, const bal_loss_fault *f)
{
    bal_loss         l;
    bal_option_pool *pool;
    assert_true(bal_loss_open(&l, &pool, bal_test_all.dev[0], test->name, f->options, f->y) != BAL_OK);
    assert_string_equal(bal_error(), f->message);
    bal_loss_close(&l, pool);
}

static void test_loss(void **state)
{
    const bal_loss_test *test = *state;
    for (const bal_loss_fault *f = test->faults; f->options; f++) check_fault(test, f);
    for (int d = 0; d < bal_test_all.count; d++)
        for (const bal_loss_case *c = test->cases; c->options; c++)
            if (!bal_test_small() || bal_shape_size(c->y) <= 300) check_case(test, c, bal_test_all.dev[d]);
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0) return true;
    return argc < 2;
}

static bool known(const char *name)
{
    for (int i = 0; bal_loss_tests[i]; i++)
        if (strcmp(bal_loss_tests[i]->name, name) == 0) return true;
    fprintf(stderr, "no test of a loss is called %s\n", name);
    return false;
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[64];
    size_t            count = 0;
    for (int i = 1; i < argc; i++)
        if (!known(argv[i])) return 1;
    memset(tests, 0, sizeof tests);
    for (int i = 0; bal_loss_tests[i] && count < 64; i++) {
        if (!wanted(bal_loss_tests[i]->name, argc, argv)) continue;
        tests[count].name = bal_loss_tests[i]->name;
        tests[count].test_func = test_loss;
        tests[count++].initial_state = (void *)(uintptr_t)bal_loss_tests[i];
    }
    return _cmocka_run_group_tests("losses", tests, count, bal_test_setup, bal_test_teardown);
}
