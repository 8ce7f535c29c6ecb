/* heatmap -- Grad-CAM where it can be written down: a convolution of one pixel, then a mean and weights for each class.
 * Then it is the class activation map of Zhou et al. 2016: the weights' sum over the channels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/heatmap.h"
#include "guarded.h"

enum { SIZE = 8, PIXELS = SIZE * SIZE, IN = 2, MAPS = 3, CLASSES = 2 };

static const char layers[] = "[classifier]\nlayer = conv filters=3 kernel=1 as=map\nlayer = global_avg_pool\n"
                             "layer = flatten\nlayer = dense units=2 as=out\n";

static bal_net *open_net(bal_device *dev, const char *text)
{
    bal_config *c;
    bal_net    *net;
    MUST(bal_config_parse(&c, "net.ini", text));
    MUST(bal_net_read(&net, bal_config_find(c, "classifier"), (bal_shape){1, SIZE, SIZE, IN}));
    MUST(bal_net_build(net, dev, true, 7, 0));
    bal_config_free(c);
    return net;
}

static void read_weights(float *out, const bal_net *net, int layer, int weight)
{
    MUST(bal_tensor_read(&bal_net_layer(net, layer)->weights[weight].v, out));
}

static void random_image(float *pixel, uint32_t salt)
{
    bal_stream s = bal_stream_for(3, BAL_FOR_TEST, salt, 0);
    for (int i = 0; i < PIXELS * IN; i++) pixel[i] = bal_random_normal(&s, (uint64_t)i);
}

/* kernel [i][o], bias [o], dense [i][o], as they lie in memory. */
static void by_hand(double heat[PIXELS], const bal_net *net, const float *pixel, int class)
{
    float  kernel[IN * MAPS], bias[MAPS], dense[MAPS * CLASSES];
    double most = 0;
    read_weights(kernel, net, 0, 0);
    read_weights(bias, net, 0, 1);
    read_weights(dense, net, 3, 0);
    for (int p = 0; p < PIXELS; p++) {
        heat[p] = 0;
        for (int o = 0; o < MAPS; o++) {
            double a = (double)bias[o];
            for (int i = 0; i < IN; i++) a += (double)pixel[p * IN + i] * (double)kernel[i * MAPS + o];
            heat[p] += a * (double)dense[o * CLASSES + class];
        }
        heat[p] = fmax(heat[p], 0);
        most = fmax(most, heat[p]);
    }
    for (int p = 0; p < PIXELS; p++) heat[p] = most > 0 ? heat[p] / most : 0;
}

static void test_by_hand(void **state)
{
    (void)state;
    for (int d = 0; d < bal_test_all.count; d++) {
        bal_net     *net = open_net(bal_test_all.dev[d], layers);
        bal_heatmap *h;
        MUST(bal_heatmap_open_net(&h, net, bal_test_all.dev[d], NULL));
        uint64_t made = bal_device_count(bal_test_all.dev[d]).allocations;
        for (int i = 0; i < 4; i++) {
            float  pixel[PIXELS * IN], heat[PIXELS];
            double expected[PIXELS];
            random_image(pixel, (uint32_t)i);
            by_hand(expected, net, pixel, i % CLASSES);
            MUST(bal_heatmap_make(heat, h, pixel, i % CLASSES));
            for (int p = 0; p < PIXELS; p++)
                if (!(fabs((double)heat[p] - expected[p]) <= 1e-6))
                    fail_msg("image %d, pixel %d: %g, by hand %g", i, p, (double)heat[p], expected[p]);
        }
        assert_int_equal(bal_device_count(bal_test_all.dev[d]).allocations, made);
        bal_heatmap_close(h);
        bal_net_free(net);
    }
}

/* Nothing speaks for the class: no heat, and no division by it. */
static void test_nothing_speaks_for_it(void **state)
{
    (void)state;
    bal_net     *net = open_net(bal_test_all.dev[0], layers);
    bal_heatmap *h;
    float        pixel[PIXELS * IN], heat[PIXELS];
    MUST(bal_heatmap_open_net(&h, net, bal_test_all.dev[0], "map"));
    MUST(bal_tensor_fill(&bal_net_layer(net, 0)->weights[1].v, 1));
    MUST(bal_tensor_fill(&bal_net_layer(net, 3)->weights[0].v, -1));
    memset(pixel, 0, sizeof pixel);
    MUST(bal_heatmap_make(heat, h, pixel, 1));
    for (int p = 0; p < PIXELS; p++) assert_true(heat[p] == 0);
    bal_heatmap_close(h);
    bal_net_free(net);
}

static void assert_refused(const char *text, const char *layer, const char *message)
{
    bal_net     *net = open_net(bal_test_all.dev[0], text);
    bal_heatmap *h;
    assert_int_equal(bal_heatmap_open_net(&h, net, bal_test_all.dev[0], layer), BAL_ECONFIG);
    assert_null(h);
    assert_string_equal(bal_error(), message);
    bal_net_free(net);
}

static void test_faults(void **state)
{
    (void)state;
    assert_refused("[classifier]\nlayer = flatten\nlayer = dense units=2\n", NULL,
                   "no heat map: the net has no convolution whose output has more than one position");
    assert_refused(layers, "mapp", "no layer is named \"mapp\" by as=");
    assert_refused(layers, "out", "no heat map: layer \"out\" has one position only");
    assert_refused("[classifier]\nlayer = conv filters=2 kernel=3 as=out\n", "out",
                   "no heat map: layer \"out\" is the last of the net");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_nothing_speaks_for_it),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests_name("train/heatmap", tests, bal_test_setup, bal_test_teardown);
}
