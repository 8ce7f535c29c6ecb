/* gradcam -- heat maps of two small nets are those of PyTorch's gradients (make_gradcam.py), of every class, for the
 * layer taken by default and for a named one. Measured on PoCL, both kernel classes: see README.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/checkpoint.h"
#include "ballast/heatmap.h"
#include "guarded.h"

enum { IMAGES = 3, SIZE = 16, CHANNELS = 2, PIXELS = SIZE * SIZE };
static const double TOLERANCE = 2e-5;

static bal_test_devices devices;
static bal_checkpoint  *golden;
static bal_config      *config;

static int open_all(void **state)
{
    (void)state;
    const char *source = getenv("BALLAST_SOURCE");
    char        path[512];
    if (!source) source = ".";
    snprintf(path, sizeof path, "%s/tests/golden/gradcam.ini", source);
    if (bal_config_read(&config, path) != BAL_OK) return -1;
    snprintf(path, sizeof path, "%s/tests/golden/gradcam16.safetensors", source);
    if (bal_checkpoint_read(&golden, path) != BAL_OK) return -1;
    return bal_test_devices_open(&devices) == BAL_OK ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    bal_test_devices_close(&devices);
    bal_checkpoint_free(golden);
    bal_config_free(config);
    return 0;
}

/* Of a tensor of `count` floats. */
static const float *values(const char *name, size_t count)
{
    const bal_saved *t = bal_checkpoint_find(golden, name);
    assert_true(t && t->dtype == BAL_F32 && t->size == count * sizeof(float));
    return (const float *)t->data;
}

/* Image i as NHWC. */
static void take_image(float *out, int i)
{
    const float *image = values("images", IMAGES * CHANNELS * PIXELS) + (size_t)i * CHANNELS * PIXELS;
    for (int k = 0; k < CHANNELS; k++)
        for (int p = 0; p < PIXELS; p++) out[p * CHANNELS + k] = image[k * PIXELS + p];
}

static double worst_of(bal_heatmap *h, const char *name, int classes)
{
    const float *expected = values(name, (size_t)IMAGES * (size_t)classes * PIXELS);
    double       worst = 0;
    for (int i = 0; i < IMAGES; i++)
        for (int k = 0; k < classes; k++, expected += PIXELS) {
            float pixel[PIXELS * CHANNELS], heat[PIXELS], again[PIXELS];
            take_image(pixel, i);
            MUST(bal_heatmap_make(heat, h, pixel, k));
            for (int p = 0; p < PIXELS; p++) worst = fmax(worst, fabs((double)heat[p] - (double)expected[p]));
            MUST(bal_heatmap_make(again, h, pixel, k));
            assert_memory_equal(heat, again, sizeof heat);
        }
    return worst;
}

static void check(const char *section, int classes, const char *layer)
{
    char prefix[32], name[32];
    snprintf(prefix, sizeof prefix, "%s.", section);
    snprintf(name, sizeof name, "%s.%s", section, layer ? layer : "map");
    for (int d = 0; d < devices.count; d++) {
        bal_net     *net;
        bal_heatmap *h;
        MUST(bal_net_read(&net, bal_config_find(config, section), (bal_shape){1, SIZE, SIZE, CHANNELS}));
        MUST(bal_net_build(net, devices.dev[d], true, 1, 0));
        MUST(bal_checkpoint_get_net(golden, prefix, net, NULL, NULL));
        MUST(bal_heatmap_open_net(&h, net, devices.dev[d], layer));
        double worst = worst_of(h, name, classes);
        print_message("%s, %s: off by %.1e\n", name, bal_test_class(devices.dev[d]), worst);
        if (!(worst <= TOLERANCE)) fail_msg("%s: off by %g, allowed %g", name, worst, TOLERANCE);
        bal_heatmap_close(h);
        bal_net_free(net);
    }
}

static void test_several_classes(void **state)
{
    (void)state;
    check("several", 4, NULL);
}

static void test_named_layer(void **state)
{
    (void)state;
    check("several", 4, "middle");
}

static void test_single_output(void **state)
{
    (void)state;
    check("single", 2, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_classes),
        cmocka_unit_test(test_named_layer),
        cmocka_unit_test(test_single_output),
    };
    return cmocka_run_group_tests_name("golden/gradcam", tests, open_all, close_all);
}
