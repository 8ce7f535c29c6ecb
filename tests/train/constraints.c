/* constraints -- spectral normalisation: the largest singular value against the host's, plain weights back to the bit,
 * gradients against differences; R1: its gradient against differences of its value. */
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
#include "train/gradient_penalty.h"
#include "train/spectral.h"

static const char layers[] =
    "layer = conv filters=6 kernel=3 stride=2 pad=1\nlayer = tanh\nlayer = conv filters=9 kernel=3 bias=off\n"
    "layer = silu\nlayer = flatten\n";

static const bal_pass pass = {.training = true};
enum { BATCH = 5, CLASSES = 3 };

typedef struct {
    bal_net   *net;
    bal_tensor x, direction, label;
    bool       told; /* one output for all classes and one for each */
} bench;

static void fill(const bal_tensor *t, uint32_t salt)
{
    bal_stream s = bal_stream_for(5, BAL_FOR_TEST, salt, 0);
    float     *host = malloc(bal_shape_size(t->shape) * sizeof *host);
    assert_non_null(host);
    for (int i = 0; i < bal_size(t); i++) host[i] = bal_random_normal(&s, (uint64_t)i);
    MUST(bal_tensor_write(t, host));
    free(host);
}

static void open_bench(bench *b, bal_device *dev, bool told)
{
    static const float label[BATCH] = {2, 0, 0, 1, 2};
    bal_config        *c;
    bal_shape          in = {BATCH, 7, 7, 2};
    char               text[512];
    snprintf(text, sizeof text, "[discriminator]\n%slayer = dense units=%d\n", layers, told ? 1 + CLASSES : 1);
    MUST(bal_config_parse(&c, "net.ini", text));
    MUST(bal_net_read(&b->net, bal_config_find(c, "discriminator"), in));
    bal_config_free(c);
    MUST(bal_net_build(b->net, dev, true, 3, 0));
    MUST(bal_tensor_init(&b->x, dev, in));
    MUST(bal_tensor_init(&b->direction, dev, bal_net_weights(b->net)->shape));
    MUST(bal_tensor_init(&b->label, dev, (bal_shape){BATCH, 1, 1, 1}));
    MUST(bal_tensor_write(&b->label, label));
    b->told = told;
    fill(&b->x, 1);
    fill(&b->direction, 2);
}

static void close_bench(bench *b)
{
    bal_net_free(b->net);
    bal_tensor_free(&b->x);
    bal_tensor_free(&b->direction);
    bal_tensor_free(&b->label);
}

static float *read_all(const bal_tensor *t)
{
    float *host = malloc(bal_shape_size(t->shape) * sizeof *host);
    assert_non_null(host);
    MUST(bal_tensor_read(t, host));
    return host;
}

static double dot(const bal_tensor *a, const bal_tensor *b)
{
    float *x = read_all(a), *y = read_all(b);
    double sum = 0;
    for (int i = 0; i < bal_size(a); i++) sum += (double)x[i] * (double)y[i];
    free(x);
    free(y);
    return sum;
}

/* The weights, `step` along the direction. */
static void move(bench *b, float step)
{
    const bal_tensor *w = bal_net_weights(b->net);
    float            *x = read_all(w), *d = read_all(&b->direction);
    for (int i = 0; i < bal_size(w); i++) x[i] += step * d[i];
    MUST(bal_tensor_write(w, x));
    free(x);
    free(d);
}

static void near(const char *what, double got, double expected)
{
    if (fabs(got - expected) > 0.01 * fabs(expected) + 1e-4) fail_msg("%s: %g, should be %g", what, got, expected);
}

/* ---- spectral normalisation -------------------------------------------------------------------------------------- */

/* The largest singular value, by 500 iterations. */
static double largest(const bal_weight *w)
{
    int     columns = w->shape.c, rows = bal_size(&w->v) / columns;
    float  *m = read_all(&w->v);
    double *u = calloc((size_t)columns, sizeof *u), *v = calloc((size_t)rows, sizeof *v), sigma = 0;
    assert_true(u && v);
    for (int o = 0; o < columns; o++) u[o] = 1 + 0.1 * o;
    for (int t = 0; t < 500; t++) {
        double length = 0;
        for (int r = 0; r < rows; r++) {
            v[r] = 0;
            for (int o = 0; o < columns; o++) v[r] += (double)m[r * columns + o] * u[o];
            length += v[r] * v[r];
        }
        sigma = 0;
        for (int o = 0; o < columns; o++) {
            u[o] = 0;
            for (int r = 0; r < rows; r++) u[o] += (double)m[r * columns + o] * v[r] / sqrt(length);
            sigma += u[o] * u[o];
        }
        sigma = sqrt(sigma);
        for (int o = 0; o < columns; o++) u[o] /= sigma;
    }
    free(m);
    free(u);
    free(v);
    return sigma;
}

static double norm_of(const bench *b, int layer) { return largest(&bal_net_layer(b->net, layer)->weights[0]); }

/* Until u is the singular vector. */
static void settle(bal_spectral *s)
{
    for (int t = 0; t < 40; t++) {
        MUST(bal_spectral_apply(s));
        MUST(bal_spectral_restore(s, false));
    }
}

/* The sum of the outputs with normalised weights, whose gradient is left in the net. */
static double value(bench *b, bal_spectral *s)
{
    bal_tensor y, dy;
    double     sum = 0;
    settle(s);
    MUST(bal_net_zero_gradients(b->net));
    MUST(bal_spectral_apply(s));
    MUST(bal_net_forward(b->net, &pass, &b->x, &y));
    float *host = read_all(&y);
    for (int i = 0; i < BATCH; i++) sum += (double)host[i];
    dy = bal_net_output_gradient(b->net);
    MUST(bal_tensor_fill(&dy, 1));
    MUST(bal_net_backward(b->net, &pass, &b->x, NULL));
    MUST(bal_spectral_restore(s, true));
    free(host);
    return sum;
}

static void check_spectral(bal_device *dev)
{
    bench        b;
    bal_spectral s;
    open_bench(&b, dev, false);
    MUST(bal_spectral_init(&s, dev, b.net, 3));
    move(&b, 0.2F);
    settle(&s);
    float *before = read_all(bal_net_weights(b.net));
    MUST(bal_spectral_apply(&s));
    for (int layer = 0; layer < 6; layer += layer == 2 ? 3 : 2) near("sigma", norm_of(&b, layer), 1);
    MUST(bal_spectral_restore(&s, false));
    assert_true(norm_of(&b, 0) > 1.1 && norm_of(&b, 2) > 1.1);
    float *after = read_all(bal_net_weights(b.net));
    assert_memory_equal(before, after, (size_t)bal_size(bal_net_weights(b.net)) * sizeof *after);
    free(before);
    free(after);
    value(&b, &s);
    double slope = dot(bal_net_gradients(b.net), &b.direction), more, less;
    move(&b, 0.004F);
    more = value(&b, &s);
    move(&b, -0.008F);
    less = value(&b, &s);
    near("gradient", slope, (more - less) / 0.008);
    bal_spectral_free(&s);
    close_bench(&b);
}

static void test_spectral(void **state)
{
    (void)state;
    for (int d = 0; d < bal_test_all.count; d++) check_spectral(bal_test_all.dev[d]);
}

/* What a checkpoint has to keep. */
static void test_spectral_kept(void **state)
{
    bench           b;
    bal_spectral    s, again;
    bal_checkpoint *c;
    float          *x, *y;
    (void)state;
    open_bench(&b, bal_test_all.dev[0], false);
    MUST(bal_spectral_init(&s, bal_test_all.dev[0], b.net, 3));
    MUST(bal_spectral_init(&again, bal_test_all.dev[0], b.net, 4));
    MUST(bal_spectral_apply(&s));
    MUST(bal_spectral_restore(&s, false));
    MUST(bal_checkpoint_new(&c));
    MUST(bal_spectral_put(&s, c, "spectral."));
    MUST(bal_spectral_get(&again, c, "spectral."));
    assert_int_equal(bal_spectral_get(&again, c, "other."), BAL_EIO);
    bal_checkpoint_free(c);
    MUST(bal_spectral_apply(&s));
    x = read_all(bal_net_weights(b.net));
    MUST(bal_spectral_restore(&s, false));
    MUST(bal_spectral_apply(&again));
    y = read_all(bal_net_weights(b.net));
    assert_memory_equal(x, y, (size_t)bal_size(bal_net_weights(b.net)) * sizeof *x);
    free(x);
    free(y);
    bal_spectral_free(&s);
    bal_spectral_free(&again);
    close_bench(&b);
}

/* ---- R1 ---------------------------------------------------------------------------------------------------------- */

static double penalty(bench *b, const bal_gradient_penalty *p, const bal_tensor *x)
{
    float value_;
    MUST(bal_net_zero_gradients(b->net));
    MUST(bal_gradient_penalty_add(p, b->net, &pass, x, b->told ? &b->label : NULL));
    MUST(bal_tensor_read(&p->value, &value_));
    return (double)value_;
}

static void check_r1(bal_device *dev, int images, bool told)
{
    bench                b;
    bal_gradient_penalty p;
    open_bench(&b, dev, told);
    bal_tensor x = b.x;
    x.shape.n = images;
    MUST(bal_gradient_penalty_init(&p, dev, b.x.shape, 3, 2));
    move(&b, 0.2F);
    penalty(&b, &p, &x);
    double slope = dot(bal_net_gradients(b.net), &b.direction), more, less;
    move(&b, 0.002F);
    more = penalty(&b, &p, &x);
    move(&b, -0.004F);
    less = penalty(&b, &p, &x);
    near("R1", slope, 3 * 2 * 0.5 * (more - less) / 0.004);
    bal_gradient_penalty_free(&p);
    close_bench(&b);
}

static void test_r1(void **state)
{
    (void)state;
    for (int d = 0; d < bal_test_all.count; d++) {
        check_r1(bal_test_all.dev[d], BATCH, false);
        check_r1(bal_test_all.dev[d], 2, false);
        check_r1(bal_test_all.dev[d], BATCH, true);
        check_r1(bal_test_all.dev[d], 2, true);
    }
}

static void test_r1_due(void **state)
{
    bal_gradient_penalty off = {.every = 4}, on = {.gamma = 1, .every = 4};
    (void)state;
    for (int t = 0; t < 9; t++) {
        assert_false(bal_gradient_penalty_due(&off, t));
        assert_true(bal_gradient_penalty_due(&on, t) == (t % 4 == 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spectral),
        cmocka_unit_test(test_spectral_kept),
        cmocka_unit_test(test_r1),
        cmocka_unit_test(test_r1_due),
    };
    return cmocka_run_group_tests_name("train/constraints", tests, bal_test_setup, bal_test_teardown);
}
