/* A generator that has one training image by heart: its images are taken for copies, by pixels, and shown beside that
 * image; one of noise is not, and its images are far from real ones, which are near. The same bits twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/classifier.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "ballast/generators.h"
#include "generator.h"
#include "scratch.h"
#include "watched.h"

enum { SIDE = 16, LATENT = 4, LABEL = 1 };
static const char config[] =
    "[run]\nseed = 3\n[data]\nsource = phantom kind=xray\nsize = 16\nchannels = 1\nscale = unit\n"
    "[generator]\nlatent = 4\nlayer = dense units=256\nlayer = reshape h=16 w=16 c=1\n"
    "[discriminator]\nlayer = flatten\nlayer = dense units=1\n"
    "[classifier]\nlayer = conv filters=8 kernel=3 stride=2 pad=1\nlayer = batch_norm\nlayer = relu\n"
    "layer = global_avg_pool\nlayer = dense units=2\n"
    "[train.gan]\nsteps = 1\nbatch = 8\n[train.classifier]\nepochs = 3\nbatch = 16\n";

static bal_device  *dev;
static bal_dataset *data;
static bal_setup   *setup;
static char        *features;

static int open_all(void **state)
{
    bool stopped;
    if (scratch_setup(state) != 0) return -1;
    const char *path = scratch("config.ini");
    if (bal_file_write(path, config, strlen(config)) != BAL_OK) return -1;
    if (bal_setup_open(&setup, path, NULL, 0) != BAL_OK) return -1;
    if (bal_dataset_open(&data, setup->config, 3) != BAL_OK || bal_device_open(&dev, NULL) != BAL_OK) return -1;
    features = bal_format("%s", scratch("classifier"));
    bal_classifier_job job = {.setup = setup, .data = data, .dev = dev, .folder = features, .watch = &watch};
    return bal_classifier_train(&job, &stopped) == BAL_OK ? 0 : -1;
}

static int close_all(void **state)
{
    free(features);
    bal_dataset_close(data);
    bal_device_close(dev);
    bal_setup_close(setup);
    return scratch_teardown(state);
}

static bal_generator_quality measure(const char *name, const float *image, float noise, char **text)
{
    bal_generator_quality q;
    char                 *folder = bal_format("%s", scratch(name)), *path = bal_path_join(folder, "quality.json");
    size_t                size;
    write_generator(folder, data, image, LATENT, noise);
    bal_gan_job job = {setup, data, dev, folder, "gan/PNEUMONIA", LABEL, &watch, features};
    assert_int_equal(bal_gan_measure(&job), BAL_OK);
    assert_int_equal(bal_generator_read(&q, path, name), BAL_OK);
    assert_int_equal(bal_file_read(text, &size, path, 0), BAL_OK);
    char *picture = bal_path_join(folder, "nearest.png");
    assert_true(bal_file_exists(picture));
    free(picture);
    free(folder);
    free(path);
    free(q.name);
    return q;
}

static void copies_are_seen(void **state)
{
    const int        *index;
    float             image[SIDE * SIDE];
    const bal_scaling scaling = bal_dataset_scaling(data, false);
    char             *text, *again;
    (void)state;
    assert_true(bal_dataset_part(data, BAL_TRAIN, LABEL, &index) > 20);
    assert_int_equal(bal_dataset_fill(data, index[5], image, &scaling), BAL_OK);
    bal_generator_quality q = measure("copies", image, 0, &text), same = measure("again", image, 0, &again);
    assert_int_equal(q.step, 7);
    assert_int_equal(q.copies[BAL_IN_PIXELS].count, q.generated);
    assert_true(bal_copies_alarm(&q.copies[BAL_IN_PIXELS]));
    assert_int_equal(q.copies[BAL_IN_FEATURES].count, q.generated);
    assert_true(q.of_generated[BAL_TRAINED_FEATURES].prdc.recall < 0.1); /* one image only */
    assert_string_equal(text, again);
    assert_int_equal(same.step, q.step);
    free(text);
    free(again);
}

static void noise_is_far_and_no_copy(void **state)
{
    float image[SIDE * SIDE];
    char *text;
    (void)state;
    for (int i = 0; i < SIDE * SIDE; i++) image[i] = 0.5F;
    bal_generator_quality q = measure("noise", image, 0.5F, &text);
    assert_int_equal(q.copies[BAL_IN_PIXELS].count, 0);
    assert_false(bal_copies_alarm(&q.copies[BAL_IN_PIXELS]));
    for (int k = 0; k < BAL_FEATURE_KINDS; k++) {
        const bal_likeness *noise = &q.of_generated[k], *real = &q.of_real[k];
        assert_true(noise->kid.value > real->kid.value + 2 * (noise->kid.error + real->kid.error));
        assert_true(noise->fid > real->fid);
    }
    assert_true(q.of_generated[0].prdc.coverage < q.of_real[0].prdc.coverage - 0.3);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_are_seen),
        cmocka_unit_test(noise_is_far_and_no_copy),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
