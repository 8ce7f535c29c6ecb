/* conditional -- one GAN for all classes: what it is told and what of its outputs counts, against the host; gradients
 * against differences; the same bits, stopped or not; images of the class that is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/experiment.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "guarded.h"
#include "scratch.h"
#include "train/condition.h"
#include "watched.h"

static const char config[] =
    "[run]\nseed = 3\n"
    "[data]\nsource = phantom kind=skin\nsize = 16\nchannels = 3\n"
    "[generator]\ninit = dcgan\nlatent = 8\n"
    "layer = deconv filters=32 kernel=4 bias=off\nlayer = batch_norm\nlayer = relu\n"
    "layer = deconv filters=16 kernel=4 stride=2 pad=1 bias=off\nlayer = batch_norm\nlayer = relu\n"
    "layer = deconv filters=3 kernel=4 stride=2 pad=1\nlayer = tanh\n"
    "[discriminator]\ninit = dcgan\n"
    "layer = conv filters=16 kernel=4 stride=2 pad=1\nlayer = leaky_relu\n"
    "layer = conv filters=32 kernel=4 stride=2 pad=1 bias=off\nlayer = batch_norm\nlayer = leaky_relu\n"
    "layer = conv filters=5 kernel=4\n"
    "[train.gan]\nclasses = conditional\nsteps = 7\nbatch = 16\nema = 0.9\nlog = 3\nsample = 4\ncheckpoint = 3\n";

/* ---- what it is told, and what counts ---------------------------------------------------------------------------- */

enum { N = 5, LATENT = 9, CLASSES = 3 };

static const float label[N] = {2, 0, -1, 1, 2};

static bal_tensor tensor(bal_device *dev, int c, const float *values)
{
    bal_tensor t;
    MUST(bal_tensor_init(&t, dev, (bal_shape){N, 1, 1, c}));
    MUST(bal_tensor_write(&t, values));
    return t;
}

static void random_values(float *out, int count, uint32_t salt)
{
    bal_stream s = bal_stream_for(5, BAL_FOR_TEST, salt, 0);
    for (int i = 0; i < count; i++) out[i] = bal_random_normal(&s, (uint64_t)i);
}

static void check_latent(bal_device *dev)
{
    float before[N * (LATENT + CLASSES)], z[N * (LATENT + CLASSES)];
    random_values(before, N * (LATENT + CLASSES), 1);
    bal_tensor t = tensor(dev, LATENT + CLASSES, before), l = tensor(dev, 1, label);
    MUST(bal_condition_latent(&t, &l, CLASSES));
    MUST(bal_tensor_read(&t, z));
    for (int i = 0; i < N; i++)
        for (int k = 0; k < LATENT + CLASSES; k++) {
            float want = k < LATENT ? before[i * (LATENT + CLASSES) + k] : k - LATENT == (int)label[i] ? 3 : 0;
            assert_memory_equal(&z[i * (LATENT + CLASSES) + k], &want, sizeof want);
        }
    bal_tensor_free(&t);
    bal_tensor_free(&l);
}

static double sum_of_scores(bal_tensor *y, const float *values, bal_tensor *score, const bal_tensor *l,
                            const float *weight)
{
    float  out[N];
    double sum = 0;
    MUST(bal_tensor_write(y, values));
    MUST(bal_condition_score(score, y, l));
    MUST(bal_tensor_read(score, out));
    for (int i = 0; i < N; i++) sum += (double)out[i] * (double)weight[i];
    return sum;
}

/* The scores against the host's, their gradient against central differences. */
static void check_score(bal_device *dev)
{
    enum { C = CLASSES + 1 };
    float values[N * C], dy[N * C], score[N], weight[N];
    random_values(values, N * C, 2);
    random_values(weight, N, 3);
    bal_tensor y = tensor(dev, C, values), l = tensor(dev, 1, label), s = tensor(dev, 1, label),
               slope = tensor(dev, 1, weight), d = tensor(dev, C, values);
    sum_of_scores(&y, values, &s, &l, weight);
    MUST(bal_tensor_read(&s, score));
    for (int i = 0; i < N; i++) {
        float own = label[i] >= 0 ? values[i * C + 1 + (int)label[i]] : 0;
        assert_true(fabsf(score[i] - values[i * C] - own) < 1e-6F);
    }
    MUST(bal_condition_gradient(&d, &slope, &l));
    MUST(bal_tensor_read(&d, dy));
    for (int k = 0; k < N * C; k++) {
        float  at = values[k];
        double difference;
        values[k] = at + 0.25F;
        difference = sum_of_scores(&y, values, &s, &l, weight);
        values[k] = at - 0.25F;
        difference = (difference - sum_of_scores(&y, values, &s, &l, weight)) / 0.5;
        values[k] = at;
        if (fabs(difference - (double)dy[k]) > 1e-5) fail_msg("%d: %g, not %g", k, (double)dy[k], difference);
    }
    bal_tensor *all[] = {&y, &l, &s, &slope, &d};
    for (int i = 0; i < 5; i++) bal_tensor_free(all[i]);
}

static void test_kernels(void **state)
{
    (void)state;
    for (int i = 0; i < bal_test_all.count; i++) {
        check_latent(bal_test_all.dev[i]);
        check_score(bal_test_all.dev[i]);
    }
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

static bal_setup *open_setup(const char *const *sets, int count)
{
    bal_setup *s;
    scratch_text("config.ini", config);
    MUST(bal_setup_open(&s, scratch("config.ini"), sets, count));
    return s;
}

static bal_dataset *open_data(const bal_setup *s)
{
    bal_dataset *data;
    MUST(bal_dataset_open(&data, s->config, 3));
    return data;
}

static void train(const char *name, const bal_setup *s, const bal_dataset *data, int stops)
{
    char *out = bal_format("%s", scratch(name));
    bool  stopped;
    stop_after = stops;
    MUST(bal_folder_create(out));
    bal_gan_job job = {.setup = s,
                       .data = data,
                       .dev = bal_test_all.dev[0],
                       .folder = out,
                       .what = name,
                       .label = -1,
                       .watch = &watch};
    MUST(bal_gan_train(&job, &stopped));
    assert_int_equal(stopped, stops > 0);
    free(out);
}

static void test_resumed_same_bits(void **state)
{
    (void)state;
    static const char *const files[] = {"last.safetensors", "generator.safetensors", "log.csv",
                                        "samples/step_000004.png", "samples/step_000007.png"};
    static const char *const r1[] = {"train.gan.r1=1", "train.gan.r1_every=2"};
    bal_setup               *s = open_setup(r1, 2);
    bal_dataset             *data = open_data(s);
    bal_image                grid = {0};
    train("whole", s, data, 0);
    train("parts", s, data, 2);
    train("parts", s, data, 3);
    train("parts", s, data, 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) scratch_same("whole", "parts", files[i]);
    MUST(bal_image_read(&grid, scratch("whole/real.png")));
    assert_int_equal(grid.height, 4 * 16); /* a row for each class */
    assert_int_equal(grid.width, 8 * 16);
    bal_image_free(&grid);
    bal_dataset_close(data);
    bal_setup_close(s);
}

/* ---- images of a class ------------------------------------------------------------------------------------------- */

enum { PIXELS = 16 * 16 * 3, DRAWN = 64, KINDS = 4 };

typedef struct {
    double sum[KINDS][PIXELS];
    int    hits, seen;
    int    label;
} centres;

/* The class whose mean image is nearest. */
static int nearest(const centres *c, const float *pixel)
{
    int    best = 0;
    double least = INFINITY;
    for (int k = 0; k < KINDS; k++) {
        double d = 0;
        for (int i = 0; i < PIXELS; i++) d += pow((double)pixel[i] - c->sum[k][i], 2);
        if (d < least) least = d, best = k;
    }
    return best;
}

static void find_centres(centres *c, const bal_dataset *data)
{
    static float      pixel[PIXELS];
    const bal_scaling scaling = bal_dataset_scaling(data, true);
    for (int k = 0; k < KINDS; k++) {
        const int *index;
        int        count = bal_dataset_part(data, BAL_TRAIN, k, &index);
        for (int i = 0; i < count; i++) {
            MUST(bal_dataset_fill(data, index[i], pixel, &scaling));
            for (int j = 0; j < PIXELS; j++) c->sum[k][j] += (double)pixel[j] / count;
        }
    }
}

static bal_status judge(void *user, int first, int count, const float *pixel, const bal_scaling *scaling)
{
    centres *c = user;
    (void)first;
    (void)scaling;
    for (int i = 0; i < count; i++) c->hits += nearest(c, pixel + (size_t)i * PIXELS) == c->label;
    c->seen += count;
    return BAL_OK;
}

/* Told a class, the generator makes images that a classifier of real images (the nearest mean) takes for it. */
static void test_images_of_a_class(void **state)
{
    (void)state;
    static const char *const sets[] = {"train.gan.steps=250", "train.gan.sample=0", "train.gan.checkpoint=0",
                                       "train.gan.optimizer=adam lr=1e-3 beta1=0.5", "train.gan.ema=0.98"};
    bal_setup               *s = open_setup(sets, 5);
    bal_dataset             *data = open_data(s);
    centres                 *c = calloc(1, sizeof *c);
    char                    *weights = bal_format("%s", scratch("told/generator.safetensors"));
    assert_non_null(c);
    train("told", s, data, 0);
    find_centres(c, data);
    for (int k = 0; k < KINDS; k++) {
        int label_of;
        MUST(bal_gan_find_class(&label_of, weights, bal_dataset_class(data, k)));
        assert_int_equal(label_of, k);
        c->label = k;
        int before = c->hits;
        MUST(bal_gan_generate(&(bal_gan_request){s, bal_test_all.dev[0], weights, 1, k, DRAWN, NULL}, judge, c));
        print_message("%s: %d of %d\n", bal_dataset_class(data, k), c->hits - before, DRAWN);
    }
    assert_int_equal(c->seen, KINDS * DRAWN);
    assert_true(c->hits > KINDS * DRAWN * 2 / 5); /* chance: a quarter */
    int none;
    assert_int_equal(bal_gan_find_class(&none, weights, "nowhere"), BAL_EIO);
    assert_non_null(strstr(bal_error(), "has no class \"nowhere\"; it has "));
    free(weights);
    free(c);
    bal_dataset_close(data);
    bal_setup_close(s);
}

/* ---- in an experiment -------------------------------------------------------------------------------------------- */

/* A row for each class but the largest, the rarest first. */
static void check_gates(void)
{
    static const char *const classes[] = {"dermatofibroma", "vascular_lesion", "malignant"};
    char                    *text, *at;
    size_t                   size;
    MUST(bal_file_read(&text, &size, scratch("experiment/experiment.txt"), 0));
    at = strstr(text, "gated: what the gate decided on validation images");
    for (int i = 0; i < 3; i++) {
        assert_non_null(at);
        at = strstr(at, "\n");
        at = at ? strstr(at, classes[i]) : NULL;
    }
    assert_non_null(at);
    free(text);
    MUST(bal_file_read(&text, &size, scratch("experiment/report.html"), 0));
    assert_non_null(strstr(text, "Whether synthetic images helped"));
    free(text);
}

static void test_experiment(void **state)
{
    (void)state;
    size_t size;
    char  *page, *text, *path = bal_format("%s", scratch("experiment.ini")),
                       *folder = bal_format("%s", scratch("experiment"));
    int             failed, count;
    bool            stopped;
    bal_experiment *e;
    text = bal_format("%s[classifier]\nlayer = conv filters=4 kernel=4 stride=4\nlayer = relu\nlayer = flatten\n"
                      "layer = dense units=4\n[train.classifier]\nepochs = 1\n"
                      "[train.gate]\nratios = 1\nseeds = 1\n[experiment]\narms = balanced gated\n",
                      config);
    MUST(bal_file_write(path, text, strlen(text)));
    MUST(bal_folder_create(folder));
    bal_experiment_job job = {.config = path, .folder = folder, .watch = &watch};
    stop_after = 0;
    MUST(bal_experiment_open(&e, &job));
    const bal_experiment_task *t = bal_experiment_tasks(e, &count);
    assert_int_equal(count, 4);
    assert_string_equal(t[0].name, "split/seed3/original");
    assert_true(t[0].judges && !t[0].tested);
    assert_string_equal(t[1].name, "split/gan/conditional");
    bal_experiment_close(e);
    MUST(bal_experiment_run(&job, &failed, &stopped));
    assert_int_equal(failed, 0);
    assert_true(bal_file_exists(scratch("experiment/split/seed3/balanced/report.json")));
    assert_true(bal_file_exists(scratch("experiment/split/gan/conditional/quality.json")));
    assert_true(bal_file_exists(scratch("experiment/split/gan/conditional/classes/malignant/nearest.png")));
    MUST(bal_file_read(&page, &size, scratch("experiment/report.html"), 0));
    assert_non_null(strstr(page, "How good the generated images are"));
    assert_non_null(strstr(page, "malignant: generated images that are nearest to a training image"));
    free(page);
    check_gates();
    free(text);
    free(path);
    free(folder);
}

static int set_up(void **state) { return scratch_setup(state) || bal_test_setup(state); }
static int tear_down(void **state) { return bal_test_teardown(state) || scratch_teardown(state); }

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kernels), cmocka_unit_test(test_resumed_same_bits),
                                       cmocka_unit_test(test_images_of_a_class), cmocka_unit_test(test_experiment)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
