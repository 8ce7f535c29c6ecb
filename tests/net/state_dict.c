/* state_dict -- names, shapes and layouts of PyTorch; round trips to the same bits; what does not fit, by its message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/checkpoint.h"
#include "guarded.h"

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

static const char chain[] = "[net]\n"
                            "layer = conv filters=6 kernel_h=3 kernel_w=2 groups=3\n"
                            "layer = batch_norm\n"
                            "layer = relu\n"
                            "layer = deconv filters=4 kernel=2 stride=2 groups=2 bias=off\n"
                            "layer = flatten\n"
                            "layer = dense units=5\n";
static const char smaller[] = "[net]\n"
                              "layer = conv filters=6 kernel_h=3 kernel_w=2\n"
                              "layer = batch_norm affine=off\n";

static bal_net *make_net(const char *text, uint64_t seed)
{
    bal_config *config;
    bal_net    *net;
    MUST(bal_config_parse(&config, "net.ini", text));
    MUST(bal_net_read(&net, bal_config_find(config, "net"), (bal_shape){2, 6, 5, 3}));
    MUST(bal_net_build(net, dev, true, seed, 0));
    bal_config_free(config);
    return net;
}

static float *read_arena(const bal_tensor *t)
{
    float *host = malloc(bal_shape_size(t->shape) * sizeof *host);
    MUST(bal_tensor_read(t, host));
    return host;
}

/* States that are not the first ones: 1, 2, 3, ... */
static void number_states(bal_net *net)
{
    float *host = read_arena(bal_net_states(net));
    for (int i = 0; i < bal_size(bal_net_states(net)); i++)
        if (host[i] != 0 || i % BAL_ALIGN < 6) host[i] = (float)(i % BAL_ALIGN + i / BAL_ALIGN + 1);
    for (int i = 0; i < bal_size(bal_net_states(net)); i++)
        if (i >= 2 * BAL_ALIGN + 1) host[i] = 0; /* padding behind num_batches_tracked */
    MUST(bal_tensor_write(bal_net_states(net), host));
    free(host);
}

static const bal_saved *must_find(const bal_checkpoint *c, const char *name, bal_dtype dtype, int rank, const int *dim)
{
    const bal_saved *t = bal_checkpoint_find(c, name);
    if (!t) fail_msg("%s is missing", name);
    assert_true(t->dtype == dtype && t->rank == rank);
    for (int i = 0; i < rank; i++) assert_int_equal(t->dim[i], dim[i]);
    return t;
}

static float value(const bal_saved *t, size_t i)
{
    float v;
    memcpy(&v, (const char *)t->data + i * sizeof v, sizeof v);
    return v;
}

/* Weight j of layer i in memory layout. */
static float *weight(const bal_net *net, int i, int j) { return read_arena(&bal_net_layer(net, i)->weights[j].v); }

static void test_names_and_layouts(void **state)
{
    (void)state;
    bal_net        *net = make_net(chain, 1);
    bal_checkpoint *c;
    int64_t         count;
    number_states(net);
    MUST(bal_checkpoint_new(&c));
    MUST(bal_checkpoint_put_net(c, "", net, NULL, NULL));
    assert_int_equal(bal_checkpoint_count(c), 10);

    const bal_saved *t = must_find(c, "main.0.weight", BAL_F32, 4, (int[]){6, 1, 3, 2});
    float           *w = weight(net, 0, 0); /* [kh 3][kw 2][i 1][o 6] */
    for (size_t o = 0; o < 6; o++)
        for (size_t h = 0; h < 3; h++)
            for (size_t k = 0; k < 2; k++) assert_true(value(t, (o * 3 + h) * 2 + k) == w[(h * 2 + k) * 6 + o]);
    free(w);
    t = must_find(c, "main.3.weight", BAL_F32, 4, (int[]){6, 2, 2, 2});
    w = weight(net, 3, 0); /* [kh 2][kw 2][o 2][i 6] */
    for (size_t i = 0; i < 6; i++)
        for (size_t o = 0; o < 2; o++)
            for (size_t k = 0; k < 4; k++) assert_true(value(t, (i * 2 + o) * 4 + k) == w[(k * 2 + o) * 6 + i]);
    free(w);
    int inputs = bal_net_layer(net, 5)->in[0].c;
    t = must_find(c, "main.5.weight", BAL_F32, 2, (int[]){5, inputs});
    w = weight(net, 5, 0); /* [i][o 5] */
    for (size_t o = 0; o < 5; o++)
        for (size_t i = 0; i < (size_t)inputs; i++) assert_true(value(t, o * (size_t)inputs + i) == w[i * 5 + o]);
    free(w);
    must_find(c, "main.0.bias", BAL_F32, 1, (int[]){6});
    must_find(c, "main.5.bias", BAL_F32, 1, (int[]){5});
    must_find(c, "main.1.weight", BAL_F32, 1, (int[]){6});
    must_find(c, "main.1.bias", BAL_F32, 1, (int[]){6});
    t = must_find(c, "main.1.running_mean", BAL_F32, 1, (int[]){6});
    assert_true(value(t, 0) == 1 && value(t, 5) == 6);
    t = must_find(c, "main.1.running_var", BAL_F32, 1, (int[]){6});
    assert_true(value(t, 0) == 2 && value(t, 5) == 7);
    t = must_find(c, "main.1.num_batches_tracked", BAL_I64, 0, NULL);
    memcpy(&count, t->data, sizeof count);
    assert_int_equal(count, 3);
    bal_checkpoint_free(c);
    bal_net_free(net);
}

static void same_arena(const bal_tensor *a, const bal_tensor *b)
{
    float *x = read_arena(a), *y = read_arena(b);
    assert_int_equal(bal_size(a), bal_size(b));
    assert_memory_equal(x, y, bal_shape_size(a->shape) * sizeof *x);
    free(x);
    free(y);
}

static void test_round_trip(void **state)
{
    (void)state;
    bal_net        *net = make_net(chain, 1), *other = make_net(chain, 2);
    bal_tensor      states;
    bal_checkpoint *c;
    number_states(net);
    MUST(bal_tensor_init(&states, dev, bal_net_states(net)->shape));
    MUST(bal_tensor_copy(&states, bal_net_states(net)));
    MUST(bal_checkpoint_new(&c));
    MUST(bal_checkpoint_put_net(c, "a.", net, NULL, NULL));
    MUST(bal_checkpoint_put_net(c, "a.ema.", net, bal_net_weights(net), &states));
    MUST(bal_checkpoint_put_arena(c, "moment.", net, bal_net_weights(net)));
    assert_int_equal(bal_checkpoint_count(c), 10 + 10 + 7);
    assert_null(bal_checkpoint_find(c, "moment.main.1.running_mean"));
    must_find(c, "a.ema.main.1.num_batches_tracked", BAL_F32, 0, NULL); /* may be an average */

    MUST(bal_checkpoint_get_net(c, "a.", other, NULL, NULL));
    same_arena(bal_net_weights(net), bal_net_weights(other));
    same_arena(bal_net_states(net), bal_net_states(other));
    MUST(bal_checkpoint_get_arena(c, "moment.", other, bal_net_gradients(other)));
    same_arena(bal_net_weights(net), bal_net_gradients(other));
    MUST(bal_tensor_fill(&states, 0));
    MUST(bal_checkpoint_get_net(c, "a.ema.", other, bal_net_gradients(other), &states));
    same_arena(&states, bal_net_states(net));
    bal_tensor_free(&states);
    bal_checkpoint_free(c);
    bal_net_free(net);
    bal_net_free(other);
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    bal_net        *net = make_net(chain, 1), *small = make_net(smaller, 1);
    float          *before = read_arena(bal_net_weights(small)), *after;
    bal_checkpoint *c;
    MUST(bal_checkpoint_new(&c));
    MUST(bal_checkpoint_put_net(c, "", net, NULL, NULL));
    assert_int_equal(bal_checkpoint_get_net(c, "", small, NULL, NULL), BAL_ESHAPE);
    assert_string_equal(bal_error(),
                        "a checkpoint does not fit the net: main.0.weight is F32 [6,1,3,2], should be F32 [6,3,3,2]; "
                        "main.1.weight is unknown; main.1.bias is unknown; main.3.weight is unknown; "
                        "main.5.weight is unknown; main.5.bias is unknown");
    after = read_arena(bal_net_weights(small));
    assert_memory_equal(before, after, bal_shape_size(bal_net_weights(small)->shape) * sizeof *before);
    assert_int_equal(bal_checkpoint_get_net(c, "g.", small, NULL, NULL), BAL_ESHAPE);
    assert_string_equal(bal_error(),
                        "a checkpoint does not fit the net: g.main.0.weight is missing; g.main.0.bias is missing; "
                        "g.main.1.running_mean is missing; g.main.1.running_var is missing; "
                        "g.main.1.num_batches_tracked is missing");
    assert_int_equal(bal_checkpoint_get_arena(c, "g.", net, bal_net_weights(net)), BAL_ESHAPE);
    bal_checkpoint_free(c);
    free(before);
    free(after);
    bal_net_free(net);
    bal_net_free(small);
}

static void test_many_faults_keep_to_a_line(void **state)
{
    (void)state;
    bal_net        *net = make_net(smaller, 1);
    bal_checkpoint *c;
    char            name[128];
    MUST(bal_checkpoint_new(&c));
    MUST(bal_checkpoint_put_net(c, "", net, NULL, NULL));
    for (int i = 10; i < 50; i++) {
        snprintf(name, sizeof name, "main.%d.%090d", i, i);
        MUST(bal_checkpoint_put(c, name, BAL_U8, 0, NULL, "x"));
    }
    assert_int_equal(bal_checkpoint_get_net(c, "", net, NULL, NULL), BAL_ESHAPE);
    assert_non_null(strstr(bal_error(), "; and 28 more"));
    bal_checkpoint_free(c);
    bal_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names_and_layouts), cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_what_does_not_fit),
                                       cmocka_unit_test(test_many_faults_keep_to_a_line)};
    return cmocka_run_group_tests(tests, open_device, close_device);
}
