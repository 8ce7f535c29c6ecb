/* diff_augment -- images against the formulas of Zhao et al. 2020 in double; the gradient as the adjoint of what was
 * done to the images; how often and how far; the same from the same stream; the faults of a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/diff_augment.h"
#include "guarded.h"

static const bal_where here = {"test.ini", 7};

enum { N = 6, SIZE = 9, MOST = N * SIZE * SIZE * 3, ROW = 8 };
enum { ADD, COLOUR, FACTOR, DOWN, RIGHT, TOP, LEFT, SIDE };

typedef struct {
    bal_diff_augmenter a;
    bal_guarded        x, y;
    bal_tensor         p;
    float              drawn[N * ROW];
    int                c;
} bench;

static bal_diff parse(const char *line)
{
    bal_diff d;
    if (bal_diff_parse(&d, line, here) != BAL_OK) fail_msg("%s", bal_error());
    return d;
}

static void open_bench(bench *b, bal_device *dev, const char *line, int c, float p)
{
    float     x[MOST];
    bal_diff  what = parse(line);
    bal_shape shape = {N, SIZE, SIZE, c};
    bal_test_random(x, NULL, bal_shape_size(shape), 1, 3);
    b->c = c;
    MUST(bal_diff_augmenter_init(&b->a, dev, &what, shape, 0.5F));
    MUST(bal_guarded_init(&b->x, dev, shape, x));
    MUST(bal_guarded_init(&b->y, dev, shape, NULL));
    MUST(bal_tensor_init(&b->p, dev, (bal_shape){1, 1, 1, 1}));
    MUST(bal_tensor_write(&b->p, &p));
}

static void run(bench *b, uint32_t draw)
{
    bal_stream s = bal_stream_for(5, BAL_FOR_DIFF, 0, draw);
    MUST(bal_diff_augmenter_run(&b->a, &b->y.t, &b->x.t, &b->p, &s));
    MUST(bal_tensor_read(&b->a.drawn, b->drawn));
    assert_true(bal_guarded_read(&b->y) && bal_guarded_read(&b->x));
}

static void close_bench(bench *b)
{
    bal_diff_augmenter_free(&b->a);
    bal_guarded_free(&b->x);
    bal_guarded_free(&b->y);
    bal_tensor_free(&b->p);
}

static const float *values(const bal_guarded *g, int image, int c)
{
    return g->host + (size_t)image * SIZE * SIZE * (size_t)c;
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

static double mean(const float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)x[i] / n;
    return sum;
}

/* The three changes of color one after the other, as the authors' program has them. */
static double coloured(const float *x, int at, int c, const float *p)
{
    double b = (double)p[ADD], all = mean(x, SIZE * SIZE * c) + b, pixel = mean(x + at / c * c, c) + b;
    double v = ((double)x[at] + b - pixel) * (double)p[COLOUR] + pixel;
    return (v - all) * (double)p[FACTOR] + all;
}

static double expected(const float *x, int at, int c, const float *p)
{
    int row = at / c / SIZE, column = at / c % SIZE, top = (int)p[TOP], left = (int)p[LEFT], side = (int)p[SIDE];
    if (row >= top && row < top + side && column >= left && column < left + side) return 0;
    row += (int)p[DOWN];
    column += (int)p[RIGHT];
    if (row < 0 || row >= SIZE || column < 0 || column >= SIZE) return 0;
    return coloured(x, (row * SIZE + column) * c + at % c, c, p);
}

static void check_images(bal_device *dev, const char *line, int c)
{
    bench b;
    open_bench(&b, dev, line, c, 1);
    for (uint32_t draw = 0; draw < 20; draw++) {
        run(&b, draw);
        for (int i = 0; i < N; i++)
            for (int at = 0; at < SIZE * SIZE * c; at++) {
                double e = expected(values(&b.x, i, c), at, c, b.drawn + (size_t)i * ROW);
                if (fabs((double)values(&b.y, i, c)[at] - e) > 1e-5) fail_msg("%s: image %d, %d", line, i, at);
            }
    }
    close_bench(&b);
}

static void test_images(void **state)
{
    (void)state;
    for (int d = 0; d < bal_test_all.count; d++)
        for (int c = 1; c <= 3; c += 2) {
            check_images(bal_test_all.dev[d], "diff", c);
            check_images(bal_test_all.dev[d], "diff color=0.5 translation=0 cutout=0", c);
            check_images(bal_test_all.dev[d], "ada translation=1 cutout=0.3", c);
        }
}

/* ---- gradient ---------------------------------------------------------------------------------------------------- */

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* What is added is the image of zeros: (A x - A 0) . g = x . (A' g). */
static void check_adjoint(bal_device *dev, int c, uint32_t draw)
{
    bench       b;
    bal_guarded g, dx;
    float       gradient[MOST], zero[MOST] = {0}, linear[MOST];
    bal_shape   shape = {N, SIZE, SIZE, c};
    size_t      n = bal_shape_size(shape);
    bal_stream  s = bal_stream_for(5, BAL_FOR_DIFF, 0, draw);
    bal_test_random(gradient, NULL, n, 1, 4);
    open_bench(&b, dev, "diff", c, 0.7F);
    MUST(bal_guarded_init(&g, dev, shape, gradient));
    MUST(bal_guarded_init(&dx, dev, shape, NULL));
    run(&b, draw);
    memcpy(linear, values(&b.y, 0, c), n * sizeof *linear);
    MUST(bal_diff_augmenter_back(&b.a, &dx.t, &g.t));
    assert_true(bal_guarded_read(&dx) && bal_guarded_read(&g) && bal_guarded_read(&b.x));
    double back = dot(values(&b.x, 0, c), values(&dx, 0, c), n);
    MUST(bal_tensor_write(&b.x.t, zero));
    MUST(bal_diff_augmenter_run(&b.a, &b.y.t, &b.x.t, &b.p, &s));
    assert_true(bal_guarded_read(&b.y));
    for (size_t i = 0; i < n; i++) linear[i] -= values(&b.y, 0, c)[i];
    double forth = dot(linear, gradient, n);
    if (fabs(forth - back) > 1e-4) fail_msg("%d channels, draw %u: %g and %g", c, draw, forth, back);
    bal_guarded_free(&g);
    bal_guarded_free(&dx);
    close_bench(&b);
}

static void test_gradient(void **state)
{
    (void)state;
    for (int d = 0; d < bal_test_all.count; d++)
        for (uint32_t draw = 0; draw < 10; draw++) {
            check_adjoint(bal_test_all.dev[d], 1, draw);
            check_adjoint(bal_test_all.dev[d], 3, draw);
        }
}

/* ---- draws ------------------------------------------------------------------------------------------------------- */

static void test_draws(void **state)
{
    enum { DRAWS = 300 };
    bench b;
    float lowest[ROW], highest[ROW];
    int   cut = 0;
    (void)state;
    open_bench(&b, bal_test_all.dev[0], "diff translation=0.22 cutout=0.5", 3, 1);
    for (int k = 0; k < ROW; k++) lowest[k] = 1e9F, highest[k] = -1e9F;
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        run(&b, draw);
        for (int i = 0; i < N * ROW; i++) {
            lowest[i % ROW] = fminf(lowest[i % ROW], b.drawn[i]);
            highest[i % ROW] = fmaxf(highest[i % ROW], b.drawn[i]);
        }
    }
    /* brightness +-0.5 of -1 to 1; saturation 0 to 2; contrast 0.5 to 1.5; 2 pixels of 9; a square of 5 */
    const double low[ROW] = {-0.5, 0, 0.5, -2, -2, -2, -2, 5}, high[ROW] = {0.5, 2, 1.5, 2, 2, 6, 6, 5};
    for (int k = 0; k < ROW; k++) {
        assert_true((double)lowest[k] >= low[k] && (double)lowest[k] < low[k] + 0.02 * (high[k] - low[k]) + 1e-6);
        assert_true((double)highest[k] <= high[k] && (double)highest[k] > high[k] - 0.02 * (high[k] - low[k]) - 1e-6);
    }
    MUST(bal_tensor_write(&b.p, (float[]){0.3F}));
    for (uint32_t draw = 0; draw < DRAWS; draw++) {
        run(&b, draw);
        for (int i = 0; i < N; i++) cut += b.drawn[i * ROW + SIDE] > 0;
    }
    assert_true(fabs(cut / (double)(N * DRAWS) - 0.3) < 5 * sqrt(0.21 / (N * DRAWS)));
    MUST(bal_tensor_write(&b.p, (float[]){0}));
    run(&b, 0);
    for (int i = 0; i < N; i++)
        for (int at = 0; at < SIZE * SIZE * 3; at++)
            assert_true(fabsf(values(&b.x, i, 3)[at] - values(&b.y, i, 3)[at]) < 1e-6F);
    close_bench(&b);
}

static void test_keyed(void **state)
{
    bench b;
    float first[MOST];
    (void)state;
    open_bench(&b, bal_test_all.dev[0], "diff", 3, 1);
    run(&b, 1);
    memcpy(first, values(&b.y, 0, 3), sizeof first);
    run(&b, 2);
    assert_memory_not_equal(first, values(&b.y, 0, 3), sizeof first);
    run(&b, 1);
    assert_memory_equal(first, values(&b.y, 0, 3), sizeof first);
    close_bench(&b);
}

static void test_lines(void **state)
{
    bal_diff d;
    (void)state;
    assert_int_equal(parse(NULL).kind, BAL_DIFF_NONE);
    assert_true(parse("diff").translation == 0.125F && parse("ada").target == 0.6F);
    assert_int_equal(bal_diff_parse(&d, "adda", here), BAL_ECONFIG);
    assert_string_equal(bal_error(), "test.ini:7: there is no augment \"adda\"; did you mean \"ada\"?");
    assert_int_equal(bal_diff_parse(&d, "diff target=0.5", here), BAL_ECONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images), cmocka_unit_test(test_gradient), cmocka_unit_test(test_draws),
        cmocka_unit_test(test_keyed),  cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests_name("ops/diff_augment", tests, bal_test_setup, bal_test_teardown);
}
