/* net -- chains: several readers of a tensor, views, shared buffers, faults of from= and as=. Gradients of whole nets
 * are compared with differences along random directions (KANN's check). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/net.h"

static bal_device *dev;

static int open_device(void **state)
{
    (void)state;
    return bal_device_open(&dev, NULL) == BAL_OK ? 0 : -1;
}

static int close_device(void **state)
{
    (void)state;
    bal_device_close(dev);
    return 0;
}

static bal_status read_net(bal_net **net, const char *layers, bal_shape in)
{
    bal_config *c;
    char        text[2048];
    snprintf(text, sizeof text, "[classifier]\n%s", layers);
    assert_int_equal(bal_config_parse(&c, "net.ini", text), BAL_OK);
    bal_status st = bal_net_read(net, bal_config_find(c, "classifier"), in);
    bal_config_free(c);
    return st;
}

static void fill(const bal_tensor *t, uint32_t salt, float scale)
{
    bal_stream s = bal_stream_for(5, BAL_FOR_TEST, salt, 0);
    float     *host = malloc(bal_shape_size(t->shape) * sizeof *host);
    assert_non_null(host);
    for (int i = 0; i < bal_size(t); i++) host[i] = scale * bal_random_normal(&s, (uint64_t)i);
    assert_int_equal(bal_tensor_write(t, host), BAL_OK);
    free(host);
}

static double dot(const bal_tensor *a, const bal_tensor *b)
{
    size_t n = bal_shape_size(a->shape);
    float *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    double sum = 0;
    assert_true(x && y && n == bal_shape_size(b->shape));
    assert_int_equal(bal_tensor_read(a, x), BAL_OK);
    assert_int_equal(bal_tensor_read(b, y), BAL_OK);
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
    free(x);
    free(y);
    return sum;
}

/* t += step * direction */
static void move(const bal_tensor *t, const bal_tensor *direction, float step)
{
    size_t n = bal_shape_size(t->shape);
    float *x = malloc(n * sizeof *x), *d = malloc(n * sizeof *d);
    assert_true(x && d);
    assert_int_equal(bal_tensor_read(t, x), BAL_OK);
    assert_int_equal(bal_tensor_read(direction, d), BAL_OK);
    for (size_t i = 0; i < n; i++) x[i] += step * d[i];
    assert_int_equal(bal_tensor_write(t, x), BAL_OK);
    free(x);
    free(d);
}

static const bal_pass pass = {.training = true};

/* sum of y * r for random r: its gradient with respect to y is r. */
static double value(bal_net *net, const bal_tensor *x, const bal_tensor *r)
{
    bal_tensor y;
    assert_int_equal(bal_net_forward(net, &pass, x, &y), BAL_OK);
    return dot(&y, r);
}

static double slope(bal_net *net, const bal_tensor *x, const bal_tensor *r, const bal_tensor *moved,
                    const bal_tensor *direction)
{
    const float h = 1.0F / 256;
    move(moved, direction, h);
    double up = value(net, x, r);
    move(moved, direction, -2 * h);
    double down = value(net, x, r);
    move(moved, direction, h);
    return (up - down) / (2 * (double)h);
}

static void copy_of(bal_tensor *out, const bal_tensor *t, uint32_t salt)
{
    assert_int_equal(bal_tensor_init(out, dev, t->shape), BAL_OK);
    fill(out, salt, 1);
}

/* Whole gradient, with respect to weights and input, along two directions. The second backward pass must add the same
 * again. */
static void check_gradients(const char *layers, bal_shape in, int batch)
{
    bal_net   *net;
    bal_tensor x, dx, r, along_x, along_w, y;
    assert_int_equal(read_net(&net, layers, in), BAL_OK);
    assert_int_equal(bal_net_build(net, dev, true, 11, 0), BAL_OK);
    in.n = batch;
    assert_int_equal(bal_tensor_init(&x, dev, in), BAL_OK);
    assert_int_equal(bal_tensor_init(&dx, dev, in), BAL_OK);
    fill(&x, 1, 1);
    fill(&dx, 2, NAN);
    assert_int_equal(bal_net_forward(net, &pass, &x, &y), BAL_OK);
    copy_of(&r, &y, 3);
    copy_of(&along_x, &x, 4);
    copy_of(&along_w, bal_net_weights(net), 5);
    bal_tensor dy = bal_net_output_gradient(net);
    for (int again = 1; again <= 2; again++) {
        assert_int_equal(bal_net_forward(net, &pass, &x, &y), BAL_OK);
        assert_int_equal(bal_tensor_copy(&dy, &r), BAL_OK);
        assert_int_equal(bal_net_backward(net, &pass, &x, &dx), BAL_OK);
        double by_w = dot(bal_net_gradients(net), &along_w) / again, by_x = dot(&dx, &along_x);
        double true_w = slope(net, &x, &r, bal_net_weights(net), &along_w), true_x = slope(net, &x, &r, &x, &along_x);
        if (fabs(by_w - true_w) > 2e-2 * (1 + fabs(true_w))) fail_msg("weights: %g, by differences %g", by_w, true_w);
        if (fabs(by_x - true_x) > 2e-2 * (1 + fabs(true_x))) fail_msg("input: %g, by differences %g", by_x, true_x);
    }
    bal_tensor *all[] = {&x, &dx, &r, &along_x, &along_w};
    for (int i = 0; i < 5; i++) bal_tensor_free(all[i]);
    bal_net_free(net);
}

/* Smooth layers, so that differences are true. */
static void test_residual(void **state)
{
    (void)state;
    check_gradients("layer = conv filters=4 kernel=3 pad=1 as=one\nlayer = silu\nlayer = conv filters=4 kernel=3 "
                    "pad=1\nlayer = add from=one\n"
                    "layer = tanh\nlayer = global_avg_pool\nlayer = flatten\nlayer = dense units=3\n",
                    (bal_shape){3, 6, 5, 2}, 3);
}

static void test_shortcut_by_convolution(void **state)
{
    (void)state;
    check_gradients("layer = conv filters=3 kernel=3 pad=1 as=in\nlayer = tanh\nlayer = conv filters=5 kernel=3 pad=1 "
                    "stride=2 as=long\n"
                    "layer = conv filters=5 kernel=1 stride=2 from=in\nlayer = add from=long\nlayer = silu\n",
                    (bal_shape){2, 6, 6, 2}, 1);
}

/* The same tensor read three times, once by both inputs of a layer, and the net's input read twice. */
static void test_many_readers(void **state)
{
    (void)state;
    check_gradients("layer = conv filters=2 kernel=1 as=a\nlayer = tanh as=b\nlayer = add from=b\nlayer = concat "
                    "from=a\nlayer = concat from=input\n"
                    "layer = conv filters=3 kernel=3 pad=1\nlayer = concat from=b\nlayer = sigmoid\n",
                    (bal_shape){2, 4, 3, 2}, 2);
}

static void test_views(void **state)
{
    (void)state;
    check_gradients("layer = dense units=24 as=d\nlayer = reshape h=2 w=3 c=4 as=map\nlayer = conv filters=4 kernel=3 "
                    "pad=1\nlayer = add from=map\n"
                    "layer = flatten\nlayer = dense units=24\nlayer = add from=d\nlayer = tanh\n",
                    (bal_shape){3, 1, 1, 5}, 3);
}

/* Frozen: no weight gradient, the same input gradient. */
static void test_frozen(void **state)
{
    (void)state;
    bal_net   *net;
    bal_tensor x, y, dx, through;
    bal_pass   frozen = pass;
    frozen.frozen = true;
    assert_int_equal(read_net(&net,
                              "layer = conv filters=3 kernel=3\nlayer = batch_norm\nlayer = conv filters=1 kernel=2\n",
                              (bal_shape){4, 5, 5, 2}),
                     BAL_OK);
    assert_int_equal(bal_net_build(net, dev, true, 1, 0), BAL_OK);
    assert_int_equal(bal_tensor_init(&x, dev, bal_net_in(net)), BAL_OK);
    fill(&x, 1, 1);
    copy_of(&dx, &x, 2);
    copy_of(&through, &x, 3);
    assert_int_equal(bal_net_forward(net, &frozen, &x, &y), BAL_OK);
    bal_tensor dy = bal_net_output_gradient(net);
    fill(&dy, 4, 1);
    assert_int_equal(bal_net_backward(net, &frozen, &x, &through), BAL_OK);
    assert_true(dot(bal_net_gradients(net), bal_net_gradients(net)) == 0);
    assert_int_equal(bal_net_forward(net, &pass, &x, &y), BAL_OK);
    fill(&dy, 4, 1);
    assert_int_equal(bal_net_backward(net, &pass, &x, &dx), BAL_OK);
    assert_true(dot(bal_net_gradients(net), bal_net_gradients(net)) > 0);
    assert_true(dot(&dx, &dx) == dot(&through, &through) && dot(&dx, &dx) == dot(&dx, &through));
    bal_tensor_free(&x);
    bal_tensor_free(&dx);
    bal_tensor_free(&through);
    bal_net_free(net);
}

/* The weights and states of layer i of `from` into layer j of `to`. */
static void copy_layer(bal_net *to, int j, const bal_net *from, int i)
{
    const bal_layer *a = bal_net_layer(from, i), *b = bal_net_layer(to, j);
    assert_int_equal(a->weight_count, b->weight_count);
    for (int k = 0; k < a->weight_count; k++)
        assert_int_equal(bal_tensor_copy(&b->weights[k].v, &a->weights[k].v), BAL_OK);
}

/* Outside training, back to the feature map: what a net gives that has the map as its input. The map is read twice, and
 * so is a tensor before it. */
static void test_back_to_a_layer(void **state)
{
    (void)state;
    static const char body[] = "layer = conv filters=4 pad=1 as=early\nlayer = batch_norm\nlayer = silu\n"
                               "layer = conv filters=4 kernel=1\nlayer = add from=early as=map\n";
    static const char head[] =
        "layer = tanh\nlayer = max_pool kernel=2\nlayer = conv filters=6 kernel=3\n"
        "layer = batch_norm\nlayer = dropout\nlayer = flatten\nlayer = dense units=5\nlayer = dense units=3\n";
    const bal_pass look = {.frozen = true};
    bal_shape      in = {2, 8, 8, 3}, at = {2, 8, 8, 4};
    bal_net       *whole, *part;
    bal_tensor     x, y, dy, map, dmap, dx;
    int            layer;
    char          *text = bal_format("%s%s", body, head);
    assert_int_equal(read_net(&whole, text, in), BAL_OK);
    assert_int_equal(read_net(&part, head, at), BAL_OK);
    free(text);
    assert_int_equal(bal_net_build(whole, dev, true, 3, 0), BAL_OK);
    assert_int_equal(bal_net_build(part, dev, true, 4, 0), BAL_OK);
    assert_int_equal(bal_tensor_init(&x, dev, in), BAL_OK);
    assert_int_equal(bal_tensor_init(&dx, dev, at), BAL_OK);
    fill(&x, 1, 2);
    for (int i = 0; i < 3; i++) assert_int_equal(bal_net_forward(whole, &pass, &x, &y), BAL_OK);
    for (int i = 0; i < bal_net_count(part); i++) copy_layer(part, i, whole, i + 5);
    assert_int_equal(bal_net_find_layer(&layer, whole, "map"), BAL_OK);
    assert_int_equal(layer, 4);

    assert_int_equal(bal_net_forward(whole, &look, &x, &y), BAL_OK);
    dy = bal_net_output_gradient(whole);
    fill(&dy, 2, 1);
    assert_int_equal(bal_net_backward_to(whole, &look, &x, layer, &map, &dmap), BAL_OK);
    assert_true(dot(bal_net_gradients(whole), bal_net_gradients(whole)) == 0);
    assert_int_equal(bal_net_forward(part, &look, &map, &y), BAL_OK);
    dy = bal_net_output_gradient(part);
    fill(&dy, 2, 1);
    assert_int_equal(bal_net_backward(part, &look, &map, &dx), BAL_OK);
    assert_true(bal_shape_equal(dmap.shape, at));
    assert_true(dot(&dx, &dx) > 0 && dot(&dx, &dx) == dot(&dmap, &dmap) && dot(&dx, &dmap) == dot(&dx, &dx));
    assert_int_equal(bal_net_find_layer(&layer, whole, "mapp"), BAL_ECONFIG);
    assert_string_equal(bal_error(), "no layer is named \"mapp\" by as=");
    bal_tensor_free(&x);
    bal_tensor_free(&dx);
    bal_net_free(whole);
    bal_net_free(part);
}

static void test_feature_map(void **state)
{
    (void)state;
    static const struct {
        const char *layers;
        int         map;
    } cases[] = {
        {"layer = conv filters=4 pad=1\nlayer = relu\nlayer = max_pool kernel=2\nlayer = flatten\nlayer = dense "
         "units=2\n",
         1},
        {"layer = conv filters=4 pad=1 as=a\nlayer = relu\nlayer = conv filters=4 pad=1\nlayer = batch_norm\n"
         "layer = add from=a\nlayer = relu\nlayer = global_avg_pool\nlayer = flatten\nlayer = dense units=2\n",
         5},
        {"layer = conv filters=4 kernel=2 stride=2\nlayer = leaky_relu\nlayer = conv filters=1 kernel=4\n", 1},
        {"layer = conv filters=4 kernel=2 stride=2\n", -1},
        {"layer = flatten\nlayer = dense units=8\nlayer = relu\nlayer = dense units=2\n", -1},
        {"layer = avg_pool kernel=2\nlayer = flatten\nlayer = dense units=2\n", -1},
        {"layer = conv filters=2 kernel=3\nlayer = relu\nlayer = conv filters=2 kernel=3\nlayer = sigmoid\n", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bal_net *net;
        assert_int_equal(read_net(&net, cases[i].layers, (bal_shape){2, 8, 8, 3}), BAL_OK);
        assert_int_equal(bal_net_feature_map(net), cases[i].map);
        bal_net_free(net);
    }
}

/* Looking without training needs buffers for what is alive only, and gives what training memory gives. */
static void test_output_bias(void **state)
{
    (void)state;
    static const struct {
        const char *layers;
        int         line; /* of the layer looked at */
        bool        there;
    } cases[] = {{"layer = flatten\nlayer = dense units=3\n", 3, true},
                 {"layer = flatten\nlayer = dense units=3 bias=off\n", 3, false},
                 {"layer = flatten\nlayer = dense units=3\nlayer = relu\n", 4, false},
                 {"layer = conv filters=3\nlayer = global_avg_pool\nlayer = flatten\n", 2, true},
                 {"layer = conv filters=3\nlayer = batch_norm\nlayer = global_avg_pool\n", 3, false},
                 {"layer = flatten\n", 2, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bal_net  *net;
        bal_where at;
        assert_int_equal(read_net(&net, cases[i].layers, (bal_shape){2, 6, 6, 1}), BAL_OK);
        const bal_weight *bias = bal_net_output_bias(net, &at);
        assert_true((bias != NULL) == cases[i].there);
        assert_int_equal(at.line, cases[i].line);
        if (bias) assert_string_equal(bias->name, "bias");
        bal_net_free(net);
    }
}

static void test_shared_buffers(void **state)
{
    (void)state;
    static const char layers[] = "layer = conv filters=8 kernel=3 pad=1 as=one\nlayer = relu\nlayer = conv filters=8 "
                                 "kernel=3 pad=1\nlayer = relu\n"
                                 "layer = conv filters=8 kernel=3 pad=1\nlayer = add from=one\nlayer = relu\n";
    const bal_pass    look = {.training = false};
    bal_net          *small, *large;
    bal_tensor        x, a, b;
    assert_int_equal(read_net(&small, layers, (bal_shape){2, 8, 8, 3}), BAL_OK);
    assert_int_equal(read_net(&large, layers, (bal_shape){2, 8, 8, 3}), BAL_OK);
    size_t one = 2 * 8 * 8 * 8 * sizeof(float), weights = 4 * 2 * 6 * BAL_ALIGN;
    assert_true(bal_net_memory(small, false) <= 3 * one + weights); /* one, and the two ends of a layer */
    assert_true(bal_net_memory(small, true) >= 7 * one);
    assert_int_equal(bal_net_build(small, dev, false, 2, 0), BAL_OK);
    assert_int_equal(bal_net_build(large, dev, true, 2, 0), BAL_OK);
    assert_int_equal(bal_tensor_init(&x, dev, bal_net_in(small)), BAL_OK);
    fill(&x, 1, 1);
    assert_int_equal(bal_net_forward(small, &look, &x, &a), BAL_OK);
    assert_int_equal(bal_net_forward(large, &look, &x, &b), BAL_OK);
    assert_true(dot(&a, &a) > 0 && dot(&a, &a) == dot(&b, &b) && dot(&a, &b) == dot(&a, &a));
    bal_tensor_free(&x);
    bal_net_free(small);
    bal_net_free(large);
}

/* One pass both ways; the two ends of a net, of which so many layers are absorbed, its gradients and states into `out`
 * (4 tensors). */
static void run_once(const char *layers, int absorbed, bal_tensor out[4], uint64_t *launches, size_t *memory)
{
    static const bal_pass two = {.training = true, .batches = 2};
    bal_net              *net;
    bal_tensor            x, y;
    bal_shape             in = {4, 9, 7, 3};
    assert_int_equal(read_net(&net, layers, in), BAL_OK);
    for (int i = 0; i < bal_net_count(net); i++) absorbed -= bal_net_layer(net, i)->absorbed;
    assert_int_equal(absorbed, 0);
    *memory = bal_net_memory(net, true);
    assert_int_equal(bal_net_build(net, dev, true, 9, 0), BAL_OK);
    assert_int_equal(bal_tensor_init(&x, dev, in), BAL_OK);
    assert_int_equal(bal_tensor_init(&out[1], dev, in), BAL_OK);
    fill(&x, 1, 1);
    uint64_t before = bal_device_count(dev).launches;
    assert_int_equal(bal_net_forward(net, &two, &x, &y), BAL_OK);
    bal_tensor dy = bal_net_output_gradient(net);
    fill(&dy, 2, 1);
    assert_int_equal(bal_net_backward(net, &two, &x, &out[1]), BAL_OK);
    *launches = bal_device_count(dev).launches - before;
    const bal_tensor *kept[] = {&y, NULL, bal_net_gradients(net), bal_net_states(net)};
    for (int i = 0; i < 4; i++) {
        if (!kept[i] || !bal_has(kept[i])) continue;
        assert_int_equal(bal_tensor_init(&out[i], dev, kept[i]->shape), BAL_OK);
        assert_int_equal(bal_tensor_copy(&out[i], kept[i]), BAL_OK);
    }
    bal_tensor_free(&x);
    bal_net_free(net);
}

static void assert_same(bal_tensor a[4], bal_tensor b[4])
{
    for (int i = 0; i < 4; i++) {
        double size = dot(&b[i], &b[i]), along = dot(&a[i], &b[i]), own = dot(&a[i], &a[i]);
        assert_true(size > 0 && fabs(own - 2 * along + size) < 1e-9 * size);
        bal_tensor_free(&a[i]);
        bal_tensor_free(&b[i]);
    }
}

/* A name keeps a layer from absorbing what is behind it. */
static void test_absorbed(void **state)
{
    (void)state;
    static const char fused[] = "layer = conv filters=5 kernel=3 pad=1\nlayer = batch_norm\nlayer = relu\n"
                                "layer = batch_norm\nlayer = leaky_relu slope=0.3\nlayer = batch_norm\nlayer = tanh\n"
                                "layer = batch_norm\nlayer = sigmoid\nlayer = conv filters=2 kernel=2\n";
    static const char plain[] =
        "layer = conv filters=5 kernel=3 pad=1\nlayer = batch_norm as=a\nlayer = relu\n"
        "layer = batch_norm as=b\nlayer = leaky_relu slope=0.3\nlayer = batch_norm as=c\nlayer = tanh\n"
        "layer = batch_norm as=d\nlayer = sigmoid\nlayer = conv filters=2 kernel=2\n";
    bal_tensor a[4], b[4];
    uint64_t   few, many;
    size_t     small, large;
    run_once(fused, 4, a, &few, &small);
    run_once(plain, 0, b, &many, &large);
    assert_int_equal(many - few, 8);
    assert_true(large - small >= 4 * bal_align(4 * 9 * 7 * 5) * sizeof(float));
    assert_same(a, b);
}

/* Batch norm takes the largest of windows too, and then writes its gradient over its input; not where windows leave
 * something out. */
static void test_pooled(void **state)
{
    (void)state;
    static const char *const layers[] = {
        "layer = conv filters=16 kernel=2\nlayer = batch_norm\nlayer = relu\nlayer = max_pool kernel=2\n"
        "layer = conv filters=16 kernel_h=1 kernel_w=2\nlayer = batch_norm\nlayer = batch_norm\n"
        "layer = max_pool kernel=2\nlayer = conv filters=2 kernel=1\n",
        "layer = conv filters=16 kernel=2\nlayer = batch_norm as=a\nlayer = relu as=b\nlayer = max_pool kernel=2\n"
        "layer = conv filters=16 kernel_h=1 kernel_w=2\nlayer = batch_norm\nlayer = batch_norm as=c\n"
        "layer = max_pool kernel=2\nlayer = conv filters=2 kernel=1\n"};
    bal_tensor a[4], b[4];
    uint64_t   few, many;
    size_t     small, large;
    bal_net   *net;
    run_once(layers[0], 3, a, &few, &small);
    run_once(layers[1], 0, b, &many, &large);
    assert_int_equal(many - few, 6);
    assert_true(large - small >= 2 * (4 * 8 * 6 * 16) * sizeof(float));
    assert_same(a, b);
    assert_int_equal(read_net(&net, layers[0], (bal_shape){4, 9, 8, 3}), BAL_OK); /* maps 7 wide */
    assert_true(!bal_net_layer(net, 1)->pool && bal_net_layer(net, 1)->activation && bal_net_layer(net, 6)->pool);
    bal_net_free(net);
}

/* Batch norm writes a gradient over the one that it follows from; not where another layer adds to it. */
static void test_over_gradient(void **state)
{
    (void)state;
    static const char *const layers[] = {
        "layer = conv filters=5 pad=1 as=a\nlayer = batch_norm as=n\nlayer = conv filters=5 pad=1 from=a\n"
        "layer = add from=n\nlayer = conv filters=2\n",
        "layer = conv filters=5 pad=1 as=a\nlayer = leaky_relu slope=1 as=same\nlayer = batch_norm as=n\n"
        "layer = conv filters=5 pad=1 from=a\nlayer = add from=n\nlayer = conv filters=2\n"};
    bal_tensor a[4], b[4];
    uint64_t   few, many;
    size_t     small, large;
    run_once(layers[0], 0, a, &few, &small);
    run_once(layers[1], 0, b, &many, &large);
    assert_same(a, b);
}

/* An activation behind a layer that does not look back at its output is written over it; not behind a named one. */
static void test_in_place(void **state)
{
    (void)state;
    static const char *const layers[] = {
        "layer = conv filters=5 pad=1\nlayer = leaky_relu\nlayer = conv filters=5 pad=1\nlayer = tanh as=t\n"
        "layer = conv filters=5 pad=1\nlayer = sigmoid\nlayer = add from=t\nlayer = conv filters=2\n",
        "layer = conv filters=5 pad=1 as=a\nlayer = leaky_relu\nlayer = conv filters=5 pad=1 as=b\nlayer = tanh as=t\n"
        "layer = conv filters=5 pad=1 as=c\nlayer = sigmoid\nlayer = add from=t\nlayer = conv filters=2\n"};
    bal_tensor a[4] = {{0}}, b[4] = {{0}};
    uint64_t   few, many;
    size_t     small, large;
    run_once(layers[0], 0, a, &few, &small);
    run_once(layers[1], 0, b, &many, &large);
    assert_int_equal(many - few, bal_device_class(dev) == BAL_CPU); /* a convolution that does it on the way */
    assert_true(large - small >= 3 * 4 * 9 * 7 * 5 * sizeof(float));
    for (int i = 0; i < 3; i++) {
        assert_true(dot(&b[i], &b[i]) > 0 && dot(&a[i], &b[i]) == dot(&b[i], &b[i]));
        assert_true(dot(&a[i], &a[i]) == dot(&b[i], &b[i]));
        bal_tensor_free(&a[i]);
        bal_tensor_free(&b[i]);
    }
    check_gradients(layers[0], (bal_shape){3, 6, 5, 2}, 3);
}

enum { PAIR_STEPS = 3, PAIR_ENDS = 4 };

/* Steps of a generator and its discriminator, which runs between the passes of the generator: real images of the same
 * noise, then images through to the generator. Gradients and outputs of the last step into `out`; the device memory
 * that both take. */
static size_t run_pair(bool pair, bal_tensor out[PAIR_ENDS])
{
    static const char make[] = "layer = deconv filters=9 kernel=4\nlayer = batch_norm\nlayer = relu\n"
                               "layer = deconv filters=3 kernel=4 stride=2 pad=1\nlayer = tanh\n";
    static const char judge[] = "layer = conv filters=6 kernel=4 stride=2 pad=1\nlayer = leaky_relu\n"
                                "layer = conv filters=9 kernel=3 pad=1\nlayer = batch_norm\nlayer = leaky_relu\n"
                                "layer = conv filters=1 kernel=4\n";
    size_t            before = bal_device_count(dev).bytes, held = 0;
    bal_pass          frozen = pass;
    bal_net          *g, *d;
    bal_tensor        z, fake, y, dy;
    frozen.frozen = true;
    assert_int_equal(read_net(&g, make, (bal_shape){5, 1, 1, 7}), BAL_OK);
    assert_int_equal(read_net(&d, judge, (bal_shape){5, 8, 8, 3}), BAL_OK);
    if (pair) assert_int_equal(bal_net_build_pair(g, d, dev, 21, 4), BAL_OK);
    else {
        assert_int_equal(bal_net_build(g, dev, true, 21, 4), BAL_OK);
        assert_int_equal(bal_net_build(d, dev, true, 21, 5), BAL_OK);
    }
    assert_int_equal(bal_tensor_init(&z, dev, bal_net_in(g)), BAL_OK);
    fill(&z, 1, 1);
    for (int i = 0; i < PAIR_STEPS; i++) {
        bal_tensor through = bal_net_output_gradient(g);
        assert_int_equal(bal_net_forward(g, &pass, &z, &fake), BAL_OK);
        assert_int_equal(bal_net_zero_gradients(d), BAL_OK);
        assert_int_equal(bal_net_forward(d, &pass, &fake, &y), BAL_OK);
        dy = bal_net_output_gradient(d);
        fill(&dy, 2, 1);
        assert_int_equal(bal_net_backward(d, &pass, &fake, NULL), BAL_OK);
        assert_int_equal(bal_net_forward(d, &frozen, &fake, &y), BAL_OK);
        fill(&dy, 3, 1);
        through.shape.n = 5;
        assert_int_equal(bal_net_backward(d, &frozen, &fake, &through), BAL_OK);
        assert_int_equal(bal_net_zero_gradients(g), BAL_OK);
        assert_int_equal(bal_net_backward(g, &pass, &z, NULL), BAL_OK);
        if (held) assert_int_equal(bal_device_count(dev).bytes, held); /* no step asks for more */
        held = bal_device_count(dev).bytes;
    }
    const bal_tensor *ends[PAIR_ENDS] = {&fake, bal_net_gradients(g), bal_net_gradients(d), bal_net_states(d)};
    for (int i = 0; i < PAIR_ENDS; i++) {
        assert_int_equal(bal_tensor_init(&out[i], dev, ends[i]->shape), BAL_OK);
        assert_int_equal(bal_tensor_copy(&out[i], ends[i]), BAL_OK);
    }
    bal_tensor_free(&z);
    bal_net_free(g);
    bal_net_free(d);
    return held - before;
}

/* Nets that share memory do what they do apart, to the bit, and take less of it. */
static void test_pair(void **state)
{
    (void)state;
    bal_tensor a[PAIR_ENDS], b[PAIR_ENDS];
    size_t     apart = run_pair(false, a), together = run_pair(true, b);
    assert_true(together < apart);
    for (int i = 0; i < PAIR_ENDS; i++) {
        double size = dot(&a[i], &a[i]);
        assert_true(size > 0 && dot(&a[i], &b[i]) == size && dot(&b[i], &b[i]) == size);
        bal_tensor_free(&a[i]);
        bal_tensor_free(&b[i]);
    }
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *layers, *message;
    } faults[] = {
        {"layer = relu as=one\nlayer = tanh from=onne\n",
         "net.ini:3: no earlier layer is named \"onne\" by as=; did you mean \"one\"?"},
        {"layer = relu as=one\nlayer = tanh as=one\n", "net.ini:3: the name \"one\" is taken already"},
        {"layer = add\n", "net.ini:2: layer add takes 2 inputs: name the other one by from="},
        {"layer = relu as=a\nlayer = relu as=b from=a,a\n", "net.ini:3: layer relu takes at most 1 input"},
        {"layer = relu\nlayer = tanh from=input\n",
         "net.ini:2: layer relu: no later layer uses its output; name it by as= and take it by from="},
        {"layer = conv filters=3 kernel=9\n", NULL},
        {"init = dcgan\n", "net.ini:1: [classifier] has no layers"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        bal_net *net;
        assert_int_equal(read_net(&net, faults[i].layers, (bal_shape){2, 4, 4, 2}), BAL_ECONFIG);
        assert_null(net);
        if (faults[i].message) assert_string_equal(bal_error(), faults[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_residual),     cmocka_unit_test(test_shortcut_by_convolution),
        cmocka_unit_test(test_many_readers), cmocka_unit_test(test_views),
        cmocka_unit_test(test_frozen),       cmocka_unit_test(test_shared_buffers),
        cmocka_unit_test(test_faults),       cmocka_unit_test(test_back_to_a_layer),
        cmocka_unit_test(test_output_bias),  cmocka_unit_test(test_feature_map),
        cmocka_unit_test(test_absorbed),     cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_pair),         cmocka_unit_test(test_over_gradient),
        cmocka_unit_test(test_pooled),
    };
    return cmocka_run_group_tests_name("net/net", tests, open_device, close_device);
}
