/* mixed -- precision = mixed in the GPU class: classifiers end at the loss of full precision, a scale that is too large
 * costs some steps and nothing else, stopped and resumed runs have the same bits, the scale is in the log. */
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
#include "ballast/classifier.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "ballast/scaler.h"
#include "guarded.h"
#include "scratch.h"
#include "watched.h"

static const char config[] =
    "[run]\nseed = 3\nprecision = mixed\n"
    "[data]\nsource = phantom kind=xray\ngroup = (patient[0-9]+)\nsize = 32\nchannels = 1\n"
    "[generator]\ninit = dcgan\nlatent = 8\n"
    "layer = deconv filters=16 kernel=4 bias=off\nlayer = batch_norm\nlayer = relu\n"
    "layer = deconv filters=4 kernel=8 stride=8\nlayer = batch_norm\nlayer = relu\nlayer = conv filters=1 kernel=3 "
    "pad=1\nlayer = tanh\n"
    "[discriminator]\ninit = dcgan\n"
    "layer = conv filters=4 kernel=8 stride=8\nlayer = batch_norm\nlayer = leaky_relu\n"
    "layer = conv filters=8 kernel=3 pad=1\nlayer = leaky_relu\nlayer = conv filters=1 kernel=4\n"
    "[classifier]\n"
    "layer = conv filters=8 kernel=4 stride=4\nlayer = batch_norm\nlayer = relu as=a\n"
    "layer = conv filters=8 kernel=3 pad=1\nlayer = batch_norm\nlayer = relu\nlayer = add from=a\n"
    "layer = max_pool kernel=2\nlayer = global_avg_pool\nlayer = flatten\nlayer = dense units=2\n"
    "[train.gan]\nclasses = all\nsteps = 8\nbatch = 8\nema = 0.9\nsample = 0\ncheckpoint = 4\nlog = 4\n"
    "[train.classifier]\nepochs = 4\nbatch = 16\noptimizer = adam lr=3e-3\n";

static bal_device  *dev;
static bal_dataset *data;
static char        *folder;     /* of scratch */
static bal_setup *open_setup(const char *const *sets, int count)
{
    bal_setup *s;
    char      *path = bal_path_join(folder, "config.ini");
    MUST(bal_file_write(path, config, strlen(config)));
    MUST(bal_setup_open(&s, path, sets, count));
    free(path);
    return s;
}

static int open_all(void **state)
{
    if (scratch_setup(state) != 0) return -1;
    folder = bal_format("%s", scratch(""));
    bal_setup *s = open_setup(NULL, 0);
    bal_status st = bal_dataset_open(&data, s->config, 3);
    bal_setup_close(s);
    return st == BAL_OK && bal_device_open(&dev, &(bal_device_settings){.kernels = "gpu"}) == BAL_OK ? 0 : -1;
}

static int close_all(void **state)
{
    free(folder);
    bal_dataset_close(data);
    bal_device_close(dev);
    return scratch_teardown(state);
}

/* Train into folder/NAME, stopping after `stops` steps (0: not). */
static void train(const char *name, bool gan, int stops, const char *set)
{
    bal_setup *s = open_setup(&set, set != NULL);
    char      *out = bal_path_join(folder, name);
    bool       stopped;
    stop_after = stops;
    MUST(bal_folder_create(out));
    if (gan) MUST(bal_gan_train(&(bal_gan_job){s, data, dev, out, "gan/all", -1, &watch, NULL}, &stopped));
    else MUST(bal_classifier_train(&(bal_classifier_job){s, data, dev, out, &watch, NULL}, &stopped));
    assert_int_equal(stopped, stops > 0);
    free(out);
    bal_setup_close(s);
}

static char *read_file(const char *name, const char *file, size_t *size)
{
    char *text, *path = bal_format("%s/%s/%s", folder, name, file);
    MUST(bal_file_read(&text, size, path, 0));
    free(path);
    return text;
}

static void assert_same_file(const char *a, const char *b, const char *file)
{
    size_t n, m;
    char  *x = read_file(a, file, &n), *y = read_file(b, file, &m);
    if (n != m || memcmp(x, y, n) != 0) fail_msg("%s: %s and %s differ", file, a, b);
    free(x);
    free(y);
}

/* Column `column` of the last line of log.csv, whose header ends in `tail`. */
static double logged(const char *name, const char *tail, int column)
{
    size_t n;
    char  *text = read_file(name, "log.csv", &n), *line = text + n - 1, *eol = strchr(text, '\n');
    assert_true(n > strlen(tail) && strncmp(eol - strlen(tail), tail, strlen(tail)) == 0);
    while (line > text && line[-1] != '\n') line--;
    for (; column > 0; column--) line = strchr(line, ',') + 1;
    double v = strtod(line, NULL);
    free(text);
    return v;
}

static void test_same_loss(void **state)
{
    (void)state;
    train("mixed", false, 0, NULL);
    train("full", false, 0, "run.precision=full");
    double mixed = logged("mixed", ",gradient_norm,alarm,loss_scale,skipped", 3);
    double full = logged("full", ",gradient_norm,alarm", 3);
    print_message("training loss of the last epoch: mixed %.4f, full %.4f\n", mixed, full);
    assert_true(fabs(mixed - full) < 0.03);
    assert_true(logged("mixed", ",loss_scale,skipped", 10) >= 1024 && logged("mixed", ",loss_scale,skipped", 11) < 6);
}

static void test_resumed_same_bits(void **state)
{
    (void)state;
    static const char *const files[] = {"last.safetensors", "log.csv"};
    train("gan", true, 0, NULL);
    train("gan-stopped", true, 3, NULL);
    train("gan-stopped", true, 0, NULL);
    train("stopped", false, 5, NULL);
    train("stopped", false, 0, NULL);
    for (int i = 0; i < 2; i++) {
        assert_same_file("gan", "gan-stopped", files[i]);
        assert_same_file("mixed", "stopped", files[i]);
    }
    assert_true(logged("gan", ",d_loss_scale,d_skipped,g_loss_scale,g_skipped", 17) >= 1024);
}

/* The scale in a checkpoint, changed to one at which gradients overflow. */
static void test_overflow_is_left_out(void **state)
{
    (void)state;
    bal_checkpoint *from, *to;
    char           *path = bal_format("%s/over/last.safetensors", folder);
    float           scale[BAL_SCALER_STATE] = {0x1p24F, 0, 0};
    train("over", false, 5, NULL);
    MUST(bal_checkpoint_read(&from, path));
    MUST(bal_checkpoint_new(&to));
    for (int i = 0; i < bal_checkpoint_count(from); i++) {
        const bal_saved *t = bal_checkpoint_tensor(from, i);
        bool             scaler = strcmp(t->name, "scaler") == 0;
        MUST(bal_checkpoint_put(to, t->name, t->dtype, t->rank, t->dim, scaler ? scale : t->data));
    }
    static const char *const notes[] = {"step", "figures"};
    for (int i = 0; i < 2; i++)
        if (bal_checkpoint_find_note(from, notes[i]))
            MUST(bal_checkpoint_note(to, notes[i], bal_checkpoint_find_note(from, notes[i])));
    MUST(bal_checkpoint_write(to, path));
    bal_checkpoint_free(from);
    bal_checkpoint_free(to);
    free(path);
    train("over", false, 0, NULL);
    double left = logged("over", ",loss_scale,skipped", 9), skipped = logged("over", ",loss_scale,skipped", 10);
    print_message("scale %g, %g steps left out\n", left, skipped);
    assert_true(skipped >= 1 && left == 0x1p24 / exp2(skipped));
    assert_true(fabs(logged("over", ",loss_scale,skipped", 3) - logged("mixed", ",loss_scale,skipped", 3)) < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_loss),
        cmocka_unit_test(test_resumed_same_bits),
        cmocka_unit_test(test_overflow_is_left_out),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
