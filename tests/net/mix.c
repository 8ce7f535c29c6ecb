/* mix -- nets whose activations are stored as half against the same nets in floats, GPU class: outputs and gradients
 * within what fp16 rounds off; which values are halves; the same bits twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/net.h"
#include "guarded.h"
#include "net/internal.h"

static bal_device *dev;

static bal_net *read_net(const char *layers, bal_shape in, bool mixed)
{
    bal_config *c;
    bal_net    *net;
    char        text[2048];
    snprintf(text, sizeof text, "[classifier]\n%s", layers);
    MUST(bal_config_parse(&c, "net.ini", text));
    MUST(bal_net_read(&net, bal_config_find(c, "classifier"), in));
    bal_config_free(c);
    bal_net_mix(net, mixed);
    return net;
}

static void fill(const bal_tensor *t, unsigned salt)
{
    size_t n = bal_shape_size(t->shape);
    float *host = malloc(n * sizeof *host);
    assert_non_null(host);
    bal_test_random(host, NULL, n, 1, salt);
    MUST(bal_tensor_write(t, host));
    free(host);
}

static float *read(const bal_tensor *t)
{
    float *host = malloc(bal_shape_size(t->shape) * sizeof *host);
    assert_non_null(host);
    MUST(bal_tensor_read(t, host));
    return host;
}

typedef struct {
    float *y, *dx, *dw;
    size_t sizes[3];
} result;

static result run(const char *layers, bal_shape in, bool mixed)
{
    static const bal_pass pass = {.training = true, .seed = 3};
    bal_net              *net = read_net(layers, in, mixed);
    bal_tensor            x, dx, y;
    MUST(bal_net_build(net, dev, true, 5, 0));
    MUST(bal_tensor_init(&x, dev, in));
    MUST(bal_tensor_init(&dx, dev, in));
    fill(&x, 1);
    MUST(bal_net_forward(net, &pass, &x, &y));
    bal_tensor dy = bal_net_output_gradient(net);
    fill(&dy, 2);
    MUST(bal_net_backward(net, &pass, &x, &dx));
    const bal_tensor *g = bal_net_gradients(net);
    result            r = {
                   read(&y), read(&dx), read(g),
                   {bal_shape_size(y.shape), bal_shape_size(dx.shape), bal_shape_size(g->shape)}};
    bal_tensor_free(&x);
    bal_tensor_free(&dx);
    bal_net_free(net);
    return r;
}

static void result_free(result *r)
{
    free(r->y);
    free(r->dx);
    free(r->dw);
}

static double distance(const float *a, const float *b, size_t n)
{
    double off = 0, norm = 1e-30;
    for (size_t i = 0; i < n; i++) {
        double d = (double)a[i] - (double)b[i];
        off += d * d;
        norm += (double)b[i] * (double)b[i];
    }
    return sqrt(off / norm);
}

/* Each of some ten roundings is half of 2^-10 at most, and a kink that is passed on the other side adds to a gradient.
 */
static void compare(const char *layers, bal_shape in)
{
    result r[3];
    for (int i = 0; i < 3; i++) r[i] = run(layers, in, i > 0);
    double y = distance(r[1].y, r[0].y, r[0].sizes[0]), dx = distance(r[1].dx, r[0].dx, r[0].sizes[1]);
    double dw = distance(r[1].dw, r[0].dw, r[0].sizes[2]);
    print_message("y %.1e, dx %.1e, dw %.1e\n", y, dx, dw);
    assert_true(y > 0 && dw > 0); /* halves were used */
    assert_true(y < 4e-3 && dx < 4e-2 && dw < 4e-2);
    assert_memory_equal(r[1].y, r[2].y, r[1].sizes[0] * sizeof(float));
    assert_memory_equal(r[1].dx, r[2].dx, r[1].sizes[1] * sizeof(float));
    assert_memory_equal(r[1].dw, r[2].dw, r[1].sizes[2] * sizeof(float));
    for (int i = 0; i < 3; i++) result_free(&r[i]);
}

static const char residual[] =
    "layer = conv filters=8 kernel=3 pad=1\nlayer = batch_norm\nlayer = leaky_relu as=a\n"
    "layer = conv filters=8 kernel=3 pad=1\nlayer = batch_norm\nlayer = add from=a\n"
    "layer = relu\nlayer = max_pool kernel=2\nlayer = conv filters=12 kernel=3 stride=2 pad=1\n"
    "layer = sigmoid\nlayer = global_avg_pool\nlayer = dense units=3\n";

/* Every layer, those without kernels for halves between the others. */
static const char all_layers[] =
    "layer = conv filters=8 kernel=3 pad=1\nlayer = group_norm groups=2\nlayer = silu\nlayer = conv filters=8 kernel=3 "
    "pad=1 groups=2\n"
    "layer = layer_norm\nlayer = gelu as=a\nlayer = deconv filters=8 kernel=3 pad=1\nlayer = tanh\nlayer = concat "
    "from=a\n"
    "layer = conv filters=8 kernel=1\nlayer = batch_norm\nlayer = upsample factor=2\nlayer = avg_pool kernel=2\n"
    "layer = conv filters=8 kernel=4 stride=2 pad=1\nlayer = relu\nlayer = dropout rate=0.2\nlayer = flatten\n"
    "layer = dense units=32\nlayer = reshape h=2 w=2 c=8\nlayer = deconv filters=6 kernel=4 stride=2 pad=1\n"
    "layer = batch_norm\nlayer = leaky_relu\nlayer = max_pool kernel=2\nlayer = sigmoid\nlayer = conv filters=4 "
    "kernel=2\n"
    "layer = global_avg_pool\n";

static void test_residual(void **state)
{
    (void)state;
    compare(residual, (bal_shape){4, 10, 12, 3});
}

static void test_all_layers(void **state)
{
    (void)state;
    compare(all_layers, (bal_shape){4, 8, 8, 2});
}

static void test_choice(void **state)
{
    (void)state;
    bal_net *net = read_net("layer = conv filters=4 kernel=3 pad=1\nlayer = batch_norm\nlayer = relu\nlayer = conv "
                            "filters=4 kernel=3 pad=1 as=a\nlayer = silu\nlayer = add from=a\nlayer = conv filters=2 "
                            "kernel=3\n",
                            (bal_shape){2, 32, 32, 3}, true);
    /* input; conv; batch_norm and relu; conv, which silu reads; silu; add; output */
    static const bool want[] = {false, true, true, true, false, false, true, false};
    for (int i = 0; i <= bal_net_count(net); i++) assert_int_equal(net->values[i].half, want[i]);
    size_t mixed = bal_net_memory(net, true);
    bal_net_mix(net, false);
    for (int i = 0; i <= bal_net_count(net); i++) assert_false(net->values[i].half);
    assert_true(bal_net_memory(net, true) > mixed);
    bal_net_free(net);
}

static void test_cpu_class(void **state)
{
    (void)state;
    bal_device *cpu;
    bal_net    *net = read_net(residual, (bal_shape){4, 10, 12, 3}, true);
    MUST(bal_device_open(&cpu, &(bal_device_settings){.kernels = "cpu"}));
    assert_int_equal(bal_net_build(net, cpu, true, 1, 0), BAL_ECONFIG);
    assert_non_null(strstr(bal_error(), "precision = mixed needs the GPU class of kernels"));
    bal_net_free(net);
    bal_device_close(cpu);
}

static int open_device(void **state)
{
    (void)state;
    return bal_device_open(&dev, &(bal_device_settings){.kernels = "gpu"}) == BAL_OK ? 0 : -1;
}

static int close_device(void **state)
{
    (void)state;
    bal_device_close(dev);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_all_layers),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_cpu_class),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
