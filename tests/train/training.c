/* training -- GAN and classifier on tiny nets: the same seed gives the same bits, stopped and resumed or not; nothing
 * is allocated in a step; a NaN is named and leaves the last good checkpoint. */
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
#include "ballast/history.h"
#include "scratch.h"
#include "watched.h"

static const char config[] =
    "[run]\nseed = 3\n"
    "[data]\nsource = phantom kind=xray\ngroup = (patient[0-9]+)\nsize = 32\nchannels = 1\n"
    "[generator]\ninit = dcgan\nlatent = 8\n"
    "layer = deconv filters=8 kernel=4 bias=off\nlayer = batch_norm\nlayer = relu\nlayer = dropout rate=0.1\n"
    "layer = deconv filters=4 kernel=8 stride=8\nlayer = batch_norm\nlayer = relu\nlayer = conv filters=1 kernel=3 "
    "pad=1\nlayer = tanh\n"
    "[discriminator]\ninit = dcgan\n"
    "layer = conv filters=4 kernel=8 stride=8\nlayer = batch_norm\nlayer = leaky_relu\nlayer = dropout rate=0.2\n"
    "layer = minibatch_std\nlayer = conv filters=1 kernel=4\n"
    "[classifier]\n"
    "layer = conv filters=4 kernel=4 stride=4\nlayer = batch_norm\nlayer = relu\nlayer = dropout rate=0.1\nlayer = "
    "global_avg_pool\n"
    "layer = flatten\nlayer = dense units=2\n"
    "[train.gan]\nclasses = all\nsteps = 12\nbatch = 8\nd_steps = 2\nema = 0.9\nsample = 5\ncheckpoint = 4\nlog = "
    "5\nclip = 10\n"
    "[train.classifier]\nepochs = 3\nbatch = 32\nema = 0.9\nschedule = cosine warmup=4\naugment = classic\n";

static bal_device  *dev;
static bal_dataset *data;
static char        *folder; /* of scratch */

/* ---- watching --------------------------------------------------------------------------------------------------- */

static const char *features; /* of GANs: a classifier's folder */
/* ---- settings --------------------------------------------------------------------------------------------------- */

static bal_setup *open_setup(const char *const *sets, int count)
{
    bal_setup *s;
    char      *path = bal_path_join(folder, "config.ini");
    assert_int_equal(bal_file_write(path, config, strlen(config)), BAL_OK);
    assert_int_equal(bal_setup_open(&s, path, sets, count), BAL_OK);
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
    return st == BAL_OK && bal_device_open(&dev, NULL) == BAL_OK ? 0 : -1;
}

static int close_all(void **state)
{
    free(folder);
    bal_dataset_close(data);
    bal_device_close(dev);
    return scratch_teardown(state);
}

/* Train into folder/NAME, stopping after `stops` steps (0: not); returns the status. */
static bal_status train_gan(const char *name, int stops, const char *const *sets, int count)
{
    bal_setup *s = open_setup(sets, count);
    char      *out = bal_path_join(folder, name);
    bool       stopped;
    stop_after = stops;
    assert_int_equal(bal_folder_create(out), BAL_OK);
    bal_gan_job job = {s, data, dev, out, "gan/all", -1, &watch, features};
    bal_status  st = bal_gan_train(&job, &stopped);
    if (st == BAL_OK) assert_int_equal(stopped, stops > 0);
    free(out);
    bal_setup_close(s);
    return st;
}

static bal_status train_classifier(const char *name, int stops, const char *const *sets, int count)
{
    bal_setup *s = open_setup(sets, count);
    char      *out = bal_path_join(folder, name);
    bool       stopped;
    stop_after = stops;
    bal_classifier_job job = {s, data, dev, out, &watch, NULL};
    bal_status         st = bal_classifier_train(&job, &stopped);
    if (st == BAL_OK) assert_int_equal(stopped, stops > 0);
    free(out);
    bal_setup_close(s);
    return st;
}

static void assert_same_file(const char *a, const char *b, const char *name)
{
    char  *x, *y, *path_x = bal_format("%s/%s/%s", folder, a, name), *path_y = bal_format("%s/%s/%s", folder, b, name);
    size_t n, m;
    assert_int_equal(bal_file_read(&x, &n, path_x, 0), BAL_OK);
    assert_int_equal(bal_file_read(&y, &m, path_y, 0), BAL_OK);
    if (n != m || memcmp(x, y, n) != 0) fail_msg("%s and %s differ", path_x, path_y);
    free(x);
    free(y);
    free(path_x);
    free(path_y);
}

static const char *const gan_files[] = {"last.safetensors",       "generator.safetensors",   "log.csv",
                                        "progression.png",        "samples/step_000000.png", "samples/step_000010.png",
                                        "samples/step_000012.png"};
static const char *const classifier_files[] = {"last.safetensors", "best.safetensors", "log.csv", "curves.svg",
                                               "augmented.png"};
enum {
    GAN_FILES = sizeof gan_files / sizeof *gan_files,
    CLASSIFIER_FILES = sizeof classifier_files / sizeof *classifier_files
};

/* ---- GAN -------------------------------------------------------------------------------------------------------- */

static void test_gan_same_seed_same_bits(void **state)
{
    (void)state;
    assert_int_equal(train_gan("whole", 0, NULL, 0), BAL_OK);
    assert_int_equal(train_gan("again", 0, NULL, 0), BAL_OK);
    for (int i = 0; i < GAN_FILES; i++) assert_same_file("whole", "again", gan_files[i]);
}

static void test_gan_another_seed_other_bits(void **state)
{
    (void)state;
    const char *sets[] = {"run.seed=4"};
    char       *x, *y, *a = bal_format("%s/whole/log.csv", folder), *b = bal_format("%s/other/log.csv", folder);
    size_t      n, m;
    assert_int_equal(train_gan("other", 0, sets, 1), BAL_OK);
    assert_int_equal(bal_file_read(&x, &n, a, 0), BAL_OK);
    assert_int_equal(bal_file_read(&y, &m, b, 0), BAL_OK);
    assert_true(n != m || memcmp(x, y, n) != 0);
    free(x);
    free(y);
    free(a);
    free(b);
}

/* Stopped at steps that are no multiple of anything, twice. */
static void test_gan_resumed_same_bits(void **state)
{
    (void)state;
    assert_int_equal(train_gan("parts", 3, NULL, 0), BAL_OK);
    assert_int_equal(train_gan("parts", 4, NULL, 0), BAL_OK);
    assert_int_equal(train_gan("parts", 0, NULL, 0), BAL_OK);
    for (int i = 0; i < GAN_FILES; i++) assert_same_file("whole", "parts", gan_files[i]);
}

/* What a kill leaves: a checkpoint of step 8, and logs and samples that had gone further. */
static void test_gan_after_a_kill_same_bits(void **state)
{
    (void)state;
    const char *sets[] = {"train.gan.steps=8"};
    char       *from = bal_format("%s/early/last.safetensors", folder),
         *to = bal_format("%s/killed/last.safetensors", folder), *data_, *text;
    size_t n, m;
    assert_int_equal(train_gan("early", 0, sets, 1), BAL_OK);
    assert_int_equal(train_gan("killed", 0, NULL, 0), BAL_OK);
    assert_int_equal(bal_file_read(&data_, &n, from, 0), BAL_OK);
    assert_int_equal(bal_file_write(to, data_, n), BAL_OK);
    char *log = bal_format("%s/killed/log.csv", folder);
    assert_int_equal(bal_file_read(&text, &m, log, 0), BAL_OK);
    assert_int_equal(bal_file_write(log, text, m - 3), BAL_OK); /* the last line was cut */
    assert_int_equal(train_gan("killed", 0, NULL, 0), BAL_OK);
    for (int i = 0; i < GAN_FILES; i++) assert_same_file("whole", "killed", gan_files[i]);
    free(data_);
    free(text);
    free(log);
    free(from);
    free(to);
}

static void test_gan_extended_same_bits(void **state)
{
    (void)state;
    const char *sets[] = {"train.gan.steps=5"};
    assert_int_equal(train_gan("extended", 0, sets, 1), BAL_OK);
    assert_int_equal(train_gan("extended", 0, NULL, 0), BAL_OK);
    for (int i = 0; i < 3; i++) assert_same_file("whole", "extended", gan_files[i]);
}

/* What holds a discriminator back: another run than without, and stopped and resumed the same. */
static void check_gan_option(const char *name, const char *const *sets, int count)
{
    char  *whole = bal_format("%s-whole", name), *parts = bal_format("%s-parts", name);
    char  *a = bal_format("%s/whole/generator.safetensors", folder), *x, *y;
    char  *b = bal_format("%s/%s/generator.safetensors", folder, whole);
    size_t n, m;
    assert_int_equal(train_gan(whole, 0, sets, count), BAL_OK);
    assert_int_equal(train_gan(parts, 3, sets, count), BAL_OK);
    assert_int_equal(train_gan(parts, 4, sets, count), BAL_OK);
    assert_int_equal(train_gan(parts, 0, sets, count), BAL_OK);
    for (int i = 0; i < GAN_FILES; i++) assert_same_file(whole, parts, gan_files[i]);
    assert_int_equal(bal_file_read(&x, &n, a, 0), BAL_OK);
    assert_int_equal(bal_file_read(&y, &m, b, 0), BAL_OK);
    if (n == m && memcmp(x, y, n) == 0) fail_msg("%s changes nothing", name);
    char *owned[] = {whole, parts, a, b, x, y};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) free(owned[i]);
}

static void test_gan_augmented(void **state)
{
    (void)state;
    const char *diff[] = {"train.gan.augment=diff"};
    const char *ada[] = {"train.gan.augment=ada target=-1 images=400"};
    check_gan_option("diff", diff, 1);
    check_gan_option("ada", ada, 1);
}

/* Column 16, counted from 0, of the line of a step; NaN: empty or no such line. */
static double kid_of(const char *name, int step)
{
    char  *text, *path = bal_format("%s/%s/log.csv", folder, name), *start = bal_format("\n%d,", step), *at;
    size_t size;
    assert_int_equal(bal_file_read(&text, &size, path, 0), BAL_OK);
    at = strstr(text, start);
    for (int i = 0; at && i < 16; i++) at = strchr(at + 1, ',');
    double kid = at && at[1] != '\n' && at[1] != ',' ? strtod(at + 1, NULL) : (double)NAN;
    free(text);
    free(path);
    free(start);
    return kid;
}

static int kept_step(const char *name)
{
    bal_checkpoint *c;
    char           *path = bal_format("%s/%s/generator.safetensors", folder, name);
    assert_int_equal(bal_checkpoint_read(&c, path), BAL_OK);
    int step = (int)strtol(bal_checkpoint_find_note(c, "step"), NULL, 10);
    bal_checkpoint_free(c);
    free(path);
    return step;
}

/* Each checkpoint (4, 8, 12) is judged, no other step; the best one is kept; the same bits however it was stopped. */
static void test_gan_keeps_the_nearest(void **state)
{
    (void)state;
    const char *judged[] = {"train.gan.optimizer=adam lr=0.02"}; /* moves enough to get worse, too */
    assert_int_equal(train_classifier("features", 0, NULL, 0), BAL_OK);
    features = scratch("features");
    check_gan_option("kid", judged, 1);
    features = NULL;
    double best = HUGE_VAL;
    int    at = 0;
    for (int step = 1; step <= 12; step++) {
        double kid = kid_of("kid-whole", step);
        assert_int_equal(isfinite(kid) != 0, step % 4 == 0);
        if (!(kid < best)) continue;
        best = kid;
        at = step;
    }
    assert_int_equal(kept_step("kid-whole"), at);
    assert_int_equal(kept_step("whole"), 12);
    assert_true(isnan(kid_of("whole", 12)));
}

static void test_gan_lecam(void **state)
{
    (void)state;
    const char *lecam[] = {"train.gan.lecam=0.3", "train.gan.lecam_start=5"};
    check_gan_option("lecam", lecam, 2);
}

static void test_gan_constrained(void **state)
{
    (void)state;
    const char *spectral[] = {"train.gan.spectral_norm=on"};
    const char *r1[] = {"train.gan.r1=10", "train.gan.r1_every=3"};
    check_gan_option("spectral", spectral, 1);
    check_gan_option("r1", r1, 2);
}

static void test_gan_all_at_once(void **state)
{
    (void)state;
    const char *all[] = {"train.gan.spectral_norm=on", "train.gan.r1=1",          "train.gan.augment=ada target=0",
                         "train.gan.lecam=0.1",        "train.gan.lecam_start=2", "train.gan.loss=hinge"};
    check_gan_option("all", all, 6);
}

static void change_checkpoint(const char *name, const char *key, const char *value)
{
    char           *path = bal_format("%s/%s/last.safetensors", folder, name);
    bal_checkpoint *c;
    assert_int_equal(bal_checkpoint_read(&c, path), BAL_OK);
    assert_non_null(bal_checkpoint_find_note(c, key));
    assert_int_equal(bal_checkpoint_note(c, key, value), BAL_OK);
    assert_int_equal(bal_checkpoint_write(c, path), BAL_OK);
    bal_checkpoint_free(c);
    free(path);
}

static char *read_text(const char *name, const char *file)
{
    char  *text, *path = bal_format("%s/%s/%s", folder, name, file);
    size_t n;
    assert_int_equal(bal_file_read(&text, &n, path, 0), BAL_OK);
    free(path);
    return text;
}

/* Good at step 5, said to be so at 7; at 10 its images are as those of an untrained generator. */
static void collapse_gan(const char *name, const char *const *sets, int count)
{
    assert_int_equal(train_gan(name, 7, sets, count), BAL_OK);
    change_checkpoint(name, "health", "0.1 0.9 0.9 0 0 0");
}

static void test_gan_collapse(void **state)
{
    const char *sets[] = {"train.gan.rescue=on"};
    (void)state;
    collapse_gan("rescued", sets, 1);
    assert_int_equal(train_gan("rescued", 0, sets, 1), BAL_OK);
    char *events = read_text("rescued", "collapse.csv"), *log = read_text("rescued", "log.csv");
    assert_non_null(strstr(events, "\n5,one_image,10,0."));
    assert_non_null(strstr(events, ",0.5\n"));
    assert_non_null(strstr(log, "\n5,0.000199999"));
    assert_non_null(strstr(log, "\n10,9.9999"));
    collapse_gan("stopped", sets, 1);
    assert_int_equal(train_gan("stopped", 5, sets, 1), BAL_OK); /* two steps behind the rescue */
    assert_int_equal(train_gan("stopped", 0, sets, 1), BAL_OK);
    for (int i = 0; i < GAN_FILES; i++) assert_same_file("rescued", "stopped", gan_files[i]);
    assert_same_file("rescued", "stopped", "collapse.csv");
    free(events);
    free(log);
}

/* A number of the optimizer goes bad behind a good state. */
static void test_gan_nan_is_rescued(void **state)
{
    const char *sets[] = {"train.gan.rescue=on"};
    const float nan = (float)NAN;
    char       *path = bal_format("%s/mended/last.safetensors", folder), *bytes;
    size_t      n;
    (void)state;
    assert_int_equal(train_gan("mended", 7, sets, 1), BAL_OK);
    assert_int_equal(bal_file_read(&bytes, &n, path, 0), BAL_OK);
    memcpy(bytes + n - sizeof nan, &nan, sizeof nan);
    assert_int_equal(bal_file_write(path, bytes, n), BAL_OK);
    if (train_gan("mended", 0, sets, 1) != BAL_OK) fail_msg("%s", bal_error());
    char *events = read_text("mended", "collapse.csv");
    assert_non_null(strstr(events, "\n5,not_finite,"));
    free(events);
    free(bytes);
    free(path);
}

static void test_gan_collapse_is_said(void **state)
{
    (void)state;
    collapse_gan("said", NULL, 0);
    assert_int_equal(train_gan("said", 0, NULL, 0), BAL_OK);
    char *events = read_text("said", "collapse.csv");
    assert_non_null(strstr(events, "\n10,one_image,10,0."));
    assert_null(strstr(events, "\n12,"));
    assert_same_file("whole", "said", "generator.safetensors");
    free(events);
}

static void test_gan_nan_is_named(void **state)
{
    (void)state;
    const char *sets[] = {"train.gan.optimizer=sgd lr=100", "train.gan.loss=least_squares", "train.gan.checkpoint=1",
                          "train.gan.clip=0", "train.gan.steps=300"};
    char       *path = bal_format("%s/nan/last.safetensors", folder);
    assert_int_equal(train_gan("nan", 0, sets, 5), BAL_ENAN);
    assert_non_null(
        strstr(bal_error(), "gan/all: step 1: generator, the gradient is not finite; the last good state is in"));
    if (bal_file_exists(path)) {
        char  *bytes;
        size_t n, header;
        assert_int_equal(bal_file_read(&bytes, &n, path, 0), BAL_OK);
        memcpy(&header, bytes, sizeof header);
        for (size_t at = 8 + header; at + sizeof(float) <= n; at += sizeof(float)) {
            float v;
            memcpy(&v, bytes + at, sizeof v);
            assert_true(isfinite(v));
        }
        free(bytes);
    }
    free(path);
}

static bal_status count_images(void *user, int first, int count, const float *pixel, const bal_scaling *scaling)
{
    int *sum = user;
    (void)first;
    assert_true(fabsf(scaling->mean[0] - 0.5F) < 1e-6F && fabsf(scaling->deviation[0] - 0.5F) < 1e-6F);
    for (int i = 0; i < count * 32 * 32; i++) assert_true(pixel[i] >= -1 && pixel[i] <= 1);
    *sum += count;
    return BAL_OK;
}

static void test_gan_generates(void **state)
{
    (void)state;
    bal_setup *s = open_setup(NULL, 0);
    char      *path = bal_format("%s/whole/generator.safetensors", folder);
    int        sum = 0;
    assert_int_equal(bal_gan_generate(&(bal_gan_request){s, dev, path, 1, -1, 70, NULL}, count_images, &sum), BAL_OK);
    assert_int_equal(sum, 70);
    free(path);
    bal_setup_close(s);
}

/* ---- classifier ------------------------------------------------------------------------------------------------- */

static void test_classifier_same_seed_same_bits(void **state)
{
    (void)state;
    assert_int_equal(train_classifier("c-whole", 0, NULL, 0), BAL_OK);
    assert_int_equal(train_classifier("c-again", 0, NULL, 0), BAL_OK);
    for (int i = 0; i < CLASSIFIER_FILES; i++) assert_same_file("c-whole", "c-again", classifier_files[i]);
}

/* In the middle of an epoch, and at the end of one. */
static void test_classifier_resumed_same_bits(void **state)
{
    (void)state;
    int steps = 10; /* of an epoch: 289 images in batches of 32 */
    assert_int_equal(train_classifier("c-parts", 4, NULL, 0), BAL_OK);
    assert_int_equal(train_classifier("c-parts", steps - 4, NULL, 0), BAL_OK);
    assert_int_equal(train_classifier("c-parts", 0, NULL, 0), BAL_OK);
    for (int i = 0; i < CLASSIFIER_FILES; i++) assert_same_file("c-whole", "c-parts", classifier_files[i]);
}

/* What there is against classes of unequal size: whole, and stopped before and behind the step at which it begins. */
static void check_resumed(const char *name, const char *const *sets, int count)
{
    char *whole = bal_format("c-%s-whole", name), *parts = bal_format("c-%s-parts", name);
    assert_int_equal(train_classifier(whole, 0, sets, count), BAL_OK);
    assert_int_equal(train_classifier(parts, 4, sets, count), BAL_OK);
    assert_int_equal(train_classifier(parts, 13, sets, count), BAL_OK);
    assert_int_equal(train_classifier(parts, 0, sets, count), BAL_OK);
    for (int i = 0; i < CLASSIFIER_FILES; i++) assert_same_file(whole, parts, classifier_files[i]);
    free(whole);
    free(parts);
}

/* The loss of a step is another one from `first` on, and the same before. */
static void check_differs_from(int first, const char *const *sets, int count)
{
    bal_history plain, other;
    char       *a = bal_format("%s/c-whole/log.csv", folder), *b = bal_format("%s/c-other/log.csv", folder);
    char       *out = bal_path_join(folder, "c-other/last.safetensors");
    remove(out);
    remove(b);
    assert_int_equal(train_classifier("c-other", 0, sets, count), BAL_OK);
    assert_int_equal(bal_history_read(&plain, a), BAL_OK);
    assert_int_equal(bal_history_read(&other, b), BAL_OK);
    assert_int_equal(plain.count, other.count);
    for (int i = 0; i < plain.count; i++) {
        bool same = memcmp(&plain.epoch[i].train_loss, &other.epoch[i].train_loss, sizeof(double)) == 0;
        assert_int_equal(same, i < first);
    }
    bal_history_free(&plain);
    bal_history_free(&other);
    free(a);
    free(b);
    free(out);
}

static void test_classifier_weights(void **state)
{
    (void)state;
    const char *sets[] = {"train.classifier.weights=effective power=0.5", "train.classifier.defer=0.5"};
    check_differs_from(0, sets, 1);
    check_differs_from(1, sets, 2); /* of three epochs */
    check_resumed("weights", sets, 2);
}

static void test_classifier_sampler(void **state)
{
    (void)state;
    const char *balanced[] = {"train.classifier.sampler=balanced", "train.classifier.defer=0.5"};
    const char *progressive[] = {"train.classifier.sampler=progressive"};
    check_differs_from(0, balanced, 1);
    check_differs_from(1, balanced, 2); /* of three epochs */
    check_resumed("balanced", balanced, 2);
    check_resumed("progressive", progressive, 1);
}

static void test_classifier_nan_is_named(void **state)
{
    (void)state;
    const float nan = (float)NAN;
    char  *from = bal_format("%s/c-whole/best.safetensors", folder), *to = bal_format("%s/nan.safetensors", folder);
    char  *set = bal_format("train.classifier.init=%s", to), *bytes;
    size_t n;
    assert_int_equal(bal_file_read(&bytes, &n, from, 0), BAL_OK);
    memcpy(bytes + n - sizeof nan, &nan, sizeof nan); /* the last number of the last tensor */
    assert_int_equal(bal_file_write(to, bytes, n), BAL_OK);
    assert_int_equal(train_classifier("c-nan", 0, (const char *const *)&set, 1), BAL_ENAN);
    assert_non_null(strstr(bal_error(), "classifier: step 1: layer "));
    free(bytes);
    free(set);
    free(from);
    free(to);
}

/* With a learning rate of 0 no epoch after the first is better (running statistics still move a little). */
static void test_classifier_patience(void **state)
{
    (void)state;
    const char *sets[] = {"train.classifier.patience=1", "train.classifier.epochs=40",
                          "train.classifier.optimizer=sgd lr=0"};
    char       *path = bal_format("%s/c-patience/log.csv", folder);
    bal_history h;
    assert_int_equal(train_classifier("c-patience", 0, sets, 3), BAL_OK);
    assert_int_equal(bal_history_read(&h, path), BAL_OK);
    assert_in_range(h.count, 2, 5);
    bal_history_free(&h);
    free(path);
}

static void test_classifier_wrong_classes(void **state)
{
    (void)state;
    char *text = bal_format("%s", config), *units = strstr(text, "units=2"), *path = bal_path_join(folder, "three.ini");
    bal_setup *s;
    bool       stopped;
    units[6] = '3';
    assert_int_equal(bal_file_write(path, text, strlen(text)), BAL_OK);
    assert_int_equal(bal_setup_open(&s, path, NULL, 0), BAL_OK);
    bal_classifier_job job = {s, data, dev, NULL, &watch, NULL};
    assert_int_equal(bal_classifier_train(&job, &stopped), BAL_ESHAPE);
    assert_string_equal(bal_error(), "[classifier] ends in 3 outputs; the data has 2 classes");
    bal_setup_close(s);
    free(text);
    free(path);
}

static void test_classifier_mix(void **state)
{
    (void)state;
    const char *names[] = {"mixup", "cutmix", "balanced_mixup"};
    for (int i = 0; i < 3; i++) {
        char *set = bal_format("train.classifier.mix=%s alpha=0.7", names[i]);
        check_differs_from(0, (const char *const *)&set, 1);
        check_resumed(names[i], (const char *const *)&set, 1);
        free(set);
    }
}

/* One step at a rate of 0 leaves the first bias in last.safetensors: the natural logarithms of the shares or odds. */
static void check_bias(const char *dense, const char *const *sets, int count, const double *expected, int outputs)
{
    char *at = strstr(config, "units=2"), *text = bal_format("%.*s%s%s", (int)(at - config), config, dense, at + 7);
    char *path = bal_path_join(folder, "bias.ini"), *out = bal_path_join(folder, "c-bias");
    char *last = bal_path_join(out, "last.safetensors"), *log = bal_path_join(out, "log.csv");
    bal_setup      *s;
    bal_checkpoint *c;
    bool            stopped;
    float           bias[2];
    remove(last);
    remove(log);
    stop_after = 0;
    assert_int_equal(bal_file_write(path, text, strlen(text)), BAL_OK);
    if (bal_setup_open(&s, path, sets, count) != BAL_OK) fail_msg("%s", bal_error());
    bal_classifier_job job = {s, data, dev, out, &watch, NULL};
    assert_int_equal(bal_classifier_train(&job, &stopped), BAL_OK);
    assert_int_equal(bal_checkpoint_read(&c, last), BAL_OK);
    const bal_saved *saved = bal_checkpoint_find(c, "main.6.bias");
    assert_true(saved && saved->size == (size_t)outputs * sizeof *bias);
    memcpy(bias, saved->data, saved->size);
    for (int k = 0; k < outputs; k++) assert_true(fabs((double)bias[k] - expected[k]) < 1e-6);
    bal_checkpoint_free(c);
    bal_setup_close(s);
    free(text);
    free(path);
    free(out);
    free(last);
    free(log);
}

static void test_classifier_prior_bias(void **state)
{
    (void)state;
    const int  *unused;
    const char *sets[] = {"train.classifier.epochs=0",
                          "train.classifier.steps=1",
                          "train.classifier.optimizer=sgd lr=0",
                          "train.classifier.prior_bias=on",
                          "train.classifier.loss=binary_cross_entropy",
                          "train.classifier.weights=inverse"};
    const char *weighted[] = {sets[0], sets[1], sets[2],
                              sets[3], sets[5], "train.classifier.weights=inverse power=0.5"};
    double      n[2], all = 0;
    for (int k = 0; k < 2; k++) all += n[k] = bal_dataset_part(data, BAL_TRAIN, k, &unused);
    assert_true(n[0] > n[1]);
    const double shares[] = {log(n[0] / all), log(n[1] / all)}, odds[] = {log(n[0] / n[1]), log(n[1] / n[0])};
    const double even[] = {log(0.5), log(0.5)}, root = sqrt(n[1]) / (sqrt(n[0]) + sqrt(n[1]));
    const double roots[] = {log(1 - root), log(root)};
    check_bias("units=2", sets, 4, shares, 2);
    check_bias("units=1", sets, 5, odds + 1, 1);
    check_bias("units=2", sets, 5, odds, 2);
    check_bias("units=2", weighted, 5, even, 2);
    check_bias("units=2", weighted, 6, roots, 2);
}

/* ---- a collapse and its rescue ---------------------------------------------------------------------------------- */

static const char *const far_too_high[] = {
    "train.classifier.epochs=20", "train.classifier.batch=8",      "train.classifier.optimizer=adam lr=3",
    "train.classifier.ema=0",     "train.classifier.augment=none", "train.classifier.schedule=constant",
    "train.classifier.rescue=on"};
enum { FAR_TOO_HIGH = sizeof far_too_high / sizeof *far_too_high };

/* What collapse.csv says in a row that begins so. */
static void assert_row(const char *run, const char *begin, const char *says)
{
    char  *text, *path = bal_format("%s/%s/collapse.csv", folder, run);
    size_t size;
    assert_int_equal(bal_file_read(&text, &size, path, 0), BAL_OK);
    char *row = strstr(text, begin);
    assert_non_null(row);
    *strchr(row + 1, '\n') = '\0';
    if (!strstr(row, says)) fail_msg("%s: %s", path, row);
    free(text);
    free(path);
}

/* Of `steps` the net of a run has taken all but those before its restart, which came at step `from` or later. */
static void assert_restarted(const char *run, int steps, int from)
{
    bal_checkpoint *c;
    char           *path = bal_format("%s/%s/last.safetensors", folder, run);
    assert_int_equal(bal_checkpoint_read(&c, path), BAL_OK);
    const char *taken = bal_checkpoint_find_note(c, "step"), *rescue = bal_checkpoint_find_note(c, "rescue");
    assert_non_null(rescue);
    long behind = strtol(strchr(rescue, ' '), NULL, 10);
    assert_true(behind >= from);
    assert_int_equal(strtol(taken, NULL, 10) + behind, steps);
    bal_checkpoint_free(c);
    free(path);
}

/* The first alarm comes after 200 updates, in epoch 6; one run is stopped in the middle of epoch 9, another in 5. */
static void test_classifier_rescue_resumed_same_bits(void **state)
{
    (void)state;
    static const char *const names[] = {"rescue-stopped", "rescue-early"};
    static const int         stops[] = {310, 170};
    assert_int_equal(train_classifier("rescue", 0, far_too_high, FAR_TOO_HIGH), BAL_OK);
    assert_row("rescue", "\n6,222,", ",one answer,rate too high,restart lower bias,");
    assert_row("rescue", "\n7,259,", "7,259,0.3000000");
    assert_restarted("rescue", 740, 222);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(train_classifier(names[i], stops[i], far_too_high, FAR_TOO_HIGH), BAL_OK);
        assert_int_equal(train_classifier(names[i], 0, far_too_high, FAR_TOO_HIGH), BAL_OK);
        for (int k = 0; k < 4; k++) assert_same_file("rescue", names[i], classifier_files[k]);
        assert_same_file("rescue", names[i], "collapse.csv");
    }
}

/* An alarm because the training ends is none when it goes on. */
static void test_classifier_alarm_at_the_end(void **state)
{
    (void)state;
    const char *sets[FAR_TOO_HIGH];
    memcpy(sets, far_too_high, sizeof sets);
    sets[0] = "train.classifier.epochs=3";
    assert_int_equal(train_classifier("ends", 0, sets, FAR_TOO_HIGH), BAL_OK);
    assert_row("ends", "\n3,111,", ",0.5,one answer,rate too high,,");
    sets[0] = "train.classifier.epochs=4";
    assert_int_equal(train_classifier("ends", 0, sets, FAR_TOO_HIGH), BAL_OK);
    assert_row("ends", "\n3,111,", ",0.5,,,,");
    assert_row("ends", "\n4,148,", ",0.5,one answer,rate too high,,");
}

/* Where the beginning itself is not finite, three restarts end as none would. */
static void test_classifier_rescue_gives_up(void **state)
{
    (void)state;
    char       *set = bal_format("train.classifier.init=%s/nan.safetensors", folder); /* of the test above */
    const char *sets[] = {set, "train.classifier.rescue=on", "train.classifier.epochs=9"};
    assert_int_equal(train_classifier("rescue-nan", 0, sets, 3), BAL_ENAN);
    assert_row("rescue-nan", "\n1,", ",not finite,rate too high,restart lower bias,");
    assert_row("rescue-nan", "\n2,", ",not finite,rate too high,restart lower bias sampler,");
    assert_row("rescue-nan", "\n3,", ",not finite,rate too high,restart lower bias,");
    free(set);
}

/* ---- steps allocate nothing ------------------------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static volatile int host_allocations; /* by the library and this test; the linker's --wrap redirects their calls */

void *__wrap_malloc(size_t size)
{
    host_allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    host_allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    host_allocations++;
    return __real_realloc(old, size);
}

static void test_gan_step_allocates_nothing(void **state)
{
    (void)state;
    bal_setup  *s = open_setup(NULL, 0);
    bal_gan_job job = {s, data, dev, NULL, "gan/all", -1, &watch, NULL};
    bal_gan    *gan;
    assert_int_equal(bal_gan_open(&gan, &job), BAL_OK);
    for (int i = 0; i < 2; i++) assert_int_equal(bal_gan_step(gan), BAL_OK);
    bal_device_counts before = bal_device_count(dev);
    int               host = host_allocations;
    assert_true(host > 0); /* the counter works */
    for (int i = 0; i < 5; i++) assert_int_equal(bal_gan_step(gan), BAL_OK);
    assert_int_equal(host_allocations, host);
    assert_int_equal(bal_device_count(dev).allocations, before.allocations);
    assert_true(bal_device_count(dev).launches > before.launches);
    bal_gan_close(gan);
    bal_setup_close(s);
}

static void test_classifier_step_allocates_nothing(void **state)
{
    (void)state;
    const char        *mixed[] = {"train.classifier.mix=balanced_mixup", "train.classifier.weights=inverse"};
    bal_setup         *s = open_setup(mixed, 2);
    bal_classifier_job job = {s, data, dev, NULL, &watch, NULL};
    bal_classifier    *c;
    assert_int_equal(bal_classifier_open(&c, &job), BAL_OK);
    for (int i = 0; i < 2; i++) assert_int_equal(bal_classifier_step(c), BAL_OK);
    bal_device_counts before = bal_device_count(dev);
    int               host = host_allocations;
    for (int i = 0; i < 5; i++) assert_int_equal(bal_classifier_step(c), BAL_OK);
    assert_int_equal(host_allocations, host);
    assert_int_equal(bal_device_count(dev).allocations, before.allocations);
    bal_classifier_close(c);
    bal_setup_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gan_same_seed_same_bits),
        cmocka_unit_test(test_gan_another_seed_other_bits),
        cmocka_unit_test(test_gan_resumed_same_bits),
        cmocka_unit_test(test_gan_after_a_kill_same_bits),
        cmocka_unit_test(test_gan_extended_same_bits),
        cmocka_unit_test(test_gan_augmented),
        cmocka_unit_test(test_gan_lecam),
        cmocka_unit_test(test_gan_constrained),
        cmocka_unit_test(test_gan_all_at_once),
        cmocka_unit_test(test_gan_keeps_the_nearest),
        cmocka_unit_test(test_gan_collapse),
        cmocka_unit_test(test_gan_nan_is_rescued),
        cmocka_unit_test(test_gan_collapse_is_said),
        cmocka_unit_test(test_gan_nan_is_named),
        cmocka_unit_test(test_gan_generates),
        cmocka_unit_test(test_classifier_same_seed_same_bits),
        cmocka_unit_test(test_classifier_resumed_same_bits),
        cmocka_unit_test(test_classifier_weights),
        cmocka_unit_test(test_classifier_sampler),
        cmocka_unit_test(test_classifier_mix),
        cmocka_unit_test(test_classifier_prior_bias),
        cmocka_unit_test(test_classifier_rescue_resumed_same_bits),
        cmocka_unit_test(test_classifier_alarm_at_the_end),
        cmocka_unit_test(test_classifier_nan_is_named),
        cmocka_unit_test(test_classifier_rescue_gives_up),
        cmocka_unit_test(test_classifier_patience),
        cmocka_unit_test(test_classifier_wrong_classes),
        cmocka_unit_test(test_gan_step_allocates_nothing),
        cmocka_unit_test(test_classifier_step_allocates_nothing),
    };
    return cmocka_run_group_tests_name("train/training", tests, open_all, close_all);
}
