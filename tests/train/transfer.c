/* transfer -- a discriminator's frozen layers, and each class going on from what all classes together have learned: the
 * same bits, stopped or not; which weights stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/checkpoint.h"
#include "ballast/experiment.h"
#include "ballast/files.h"
#include "ballast/gan.h"
#include "guarded.h"
#include "scratch.h"
#include "watched.h"

static const char config[] =
    "[run]\nseed = 3\n"
    "[data]\nsource = phantom kind=xray\ngroup = (patient[0-9]+)\nsize = 32\nchannels = 1\n"
    "[generator]\ninit = dcgan\nlatent = 8\n"
    "layer = deconv filters=8 kernel=4 bias=off\nlayer = batch_norm\nlayer = relu\n"
    "layer = deconv filters=1 kernel=8 stride=8\nlayer = tanh\n"
    "[discriminator]\ninit = dcgan\n"
    "layer = conv filters=4 kernel=4 stride=4\nlayer = batch_norm\nlayer = leaky_relu\n"
    "layer = conv filters=6 kernel=3\nlayer = leaky_relu\nlayer = conv filters=1 kernel=6\n"
    "[train.gan]\nsteps = 6\nbatch = 8\nd_steps = 2\nema = 0.9\nlog = 4\ncheckpoint = 3\npretrain = 5\nfreeze = 1\n";

/* ---- frozen layers ---------------------------------------------------------------------------------------------- */

enum { BATCH = 3, SIZE = 9 };

static const char chain[] =
    "[classifier]\nlayer = conv filters=4 kernel=3 as=a\nlayer = batch_norm\nlayer = leaky_relu\n"
    "layer = conv filters=5 kernel=3 bias=off\nlayer = relu\nlayer = conv filters=2 kernel=5\n";

static void fill(const bal_tensor *t, uint32_t salt)
{
    float     *host = malloc(bal_shape_size(t->shape) * sizeof *host);
    bal_stream s = bal_stream_for(5, BAL_FOR_TEST, salt, 0);
    assert_non_null(host);
    for (int i = 0; i < bal_size(t); i++) host[i] = bal_random_normal(&s, (uint64_t)i);
    MUST(bal_tensor_write(t, host));
    free(host);
}

/* Gradients of the weights, and dx if it is not NULL, with so many layers frozen; the caller's. */
static float *gradients(bal_net *net, int frozen, const bal_tensor *x, const bal_tensor *dx)
{
    const bal_pass pass = {.training = true};
    bal_tensor     y, dy;
    float         *out = malloc(bal_shape_size(bal_net_gradients(net)->shape) * sizeof *out);
    assert_non_null(out);
    MUST(bal_net_freeze(net, frozen));
    MUST(bal_net_zero_gradients(net));
    MUST(bal_net_forward(net, &pass, x, &y));
    dy = bal_net_output_gradient(net);
    fill(&dy, 2);
    MUST(bal_net_backward(net, &pass, x, dx));
    MUST(bal_tensor_read(bal_net_gradients(net), out));
    return out;
}

/* Those of frozen layers are zero, the others the same to the bit. */
static void check_frozen(const bal_net *net, const float *all, const float *some, int first)
{
    for (int i = 0; i < bal_net_count(net); i++)
        for (int j = 0; j < bal_net_layer(net, i)->weight_count; j++) {
            const bal_weight *w = &bal_net_layer(net, i)->weights[j];
            for (int k = 0; w->role != BAL_STATE && k < bal_size(&w->v); k++) {
                float want = i < first ? 0 : all[w->offset + (size_t)k];
                if (memcmp(&some[w->offset + (size_t)k], &want, sizeof want) != 0)
                    fail_msg("layer %d, weight %d, %d: %g, not %g", i, j, k, (double)some[w->offset + (size_t)k],
                             (double)want);
            }
        }
}

static void check_freeze(bal_device *dev)
{
    static const int first[] = {0, 3, 5};
    bal_config      *c;
    bal_net         *net;
    bal_tensor       x, dx;
    bal_shape        in = {BATCH, SIZE, SIZE, 2};
    MUST(bal_config_parse(&c, "net.ini", chain));
    MUST(bal_net_read(&net, bal_config_find(c, "classifier"), in));
    bal_config_free(c);
    MUST(bal_net_build(net, dev, true, 3, 0));
    MUST(bal_tensor_init(&x, dev, in));
    MUST(bal_tensor_init(&dx, dev, in));
    fill(&x, 1);
    size_t bytes = bal_shape_size(in) * sizeof(float);
    float *all = gradients(net, 0, &x, &dx), *a = malloc(bytes), *b = malloc(bytes);
    MUST(bal_tensor_read(&dx, a));
    for (int k = 1; k <= 2; k++) {
        float *alone = gradients(net, k, &x, NULL), *with = gradients(net, k, &x, &dx);
        check_frozen(net, all, alone, first[k]);
        check_frozen(net, all, with, first[k]);
        MUST(bal_tensor_read(&dx, b));
        assert_memory_equal(a, b, bytes);
        free(alone);
        free(with);
    }
    assert_int_equal(bal_net_freeze(net, 3), BAL_ECONFIG);
    assert_non_null(strstr(bal_error(), "the net has 3 layers with kernels: 2 of them at most can be frozen"));
    free(all);
    free(a);
    free(b);
    bal_tensor_free(&x);
    bal_tensor_free(&dx);
    bal_net_free(net);
}

static void test_freeze(void **state)
{
    (void)state;
    for (int i = 0; i < bal_test_all.count; i++) check_freeze(bal_test_all.dev[i]);
}

/* ---- pretraining ------------------------------------------------------------------------------------------------ */

static void train(const char *run, const bal_dataset *data, const bal_setup *s, int label, int stops)
{
    char  name[64];
    char *out = bal_format("%s/gan/%s", scratch(run), bal_gan_name(name, sizeof name, s, data, label));
    bool  stopped;
    stop_after = stops;
    MUST(bal_folder_create(out));
    bal_gan_job job = {.setup = s,
                       .data = data,
                       .dev = bal_test_all.dev[0],
                       .folder = out,
                       .what = name,
                       .label = label,
                       .watch = &watch};
    MUST(bal_gan_train(&job, &stopped));
    assert_int_equal(stopped, stops > 0);
    free(out);
}

/* Whether a weight is the same in two files. */
static bool kept(const char *before, const char *after, const char *name, const char *later_name)
{
    bal_checkpoint *a, *b;
    MUST(bal_checkpoint_read(&a, scratch(before)));
    MUST(bal_checkpoint_read(&b, scratch(after)));
    const bal_saved *x = bal_checkpoint_find(a, name), *y = bal_checkpoint_find(b, later_name);
    assert_non_null(x);
    assert_non_null(y);
    assert_int_equal(x->size, y->size);
    bool same = memcmp(x->data, y->data, x->size) == 0;
    bal_checkpoint_free(a);
    bal_checkpoint_free(b);
    return same;
}

static void test_classes_go_on(void **state)
{
    (void)state;
    static const char all[] = "whole/gan/all/discriminator.safetensors", one[] = "whole/gan/NORMAL/last.safetensors";
    bal_setup        *s;
    bal_dataset      *data;
    scratch_text("config.ini", config);
    MUST(bal_setup_open(&s, scratch("config.ini"), NULL, 0));
    MUST(bal_dataset_open(&data, s->config, 3));
    assert_int_equal(bal_gan_budget(s, data, -1), 5);
    assert_int_equal(bal_gan_budget(s, data, 0), 6);
    train("whole", data, s, -1, 0);
    train("whole", data, s, 0, 0);
    train("parts", data, s, -1, 2);
    train("parts", data, s, -1, 0);
    train("parts", data, s, 0, 4);
    train("parts", data, s, 0, 0);
    scratch_same("whole", "parts", "gan/all/discriminator.safetensors");
    scratch_same("whole", "parts", "gan/NORMAL/last.safetensors");
    scratch_same("whole", "parts", "gan/NORMAL/generator.safetensors");
    assert_true(kept(all, one, "main.0.weight", "discriminator.main.0.weight"));
    assert_true(kept(all, one, "main.1.weight", "discriminator.main.1.weight"));
    assert_false(kept(all, one, "main.3.weight", "discriminator.main.3.weight"));
    bal_dataset_close(data);
    bal_setup_close(s);
}

/* The classes' learning rates in those of the optimizers, which all together keep. */
static void test_fine_tune_rate(void **state)
{
    (void)state;
    static const char *const lower[] = {"train.gan.fine_tune_rate=0.25"};
    static const char *const same[] = {"train.gan.optimizer=adam lr=5e-5 beta1=0.5"};
    bal_setup               *plain, *tuned, *by_hand;
    bal_dataset             *data;
    scratch_text("config.ini", config);
    MUST(bal_setup_open(&plain, scratch("config.ini"), NULL, 0));
    MUST(bal_setup_open(&tuned, scratch("config.ini"), lower, 1));
    MUST(bal_setup_open(&by_hand, scratch("config.ini"), same, 1));
    MUST(bal_dataset_open(&data, plain->config, 3));
    train("tuned", data, tuned, -1, 0);
    train("tuned", data, tuned, 0, 3); /* the rate holds after a stop too */
    train("tuned", data, tuned, 0, 0);
    train("by_hand", data, plain, -1, 0);
    train("by_hand", data, by_hand, 0, 0);
    scratch_same("tuned", "by_hand", "gan/all/last.safetensors");
    scratch_same("tuned", "by_hand", "gan/NORMAL/last.safetensors");
    scratch_same("tuned", "by_hand", "gan/NORMAL/generator.safetensors");
    bal_dataset_close(data);
    bal_setup_close(plain);
    bal_setup_close(tuned);
    bal_setup_close(by_hand);
}

/* ---- in an experiment ------------------------------------------------------------------------------------------- */

static void test_experiment(void **state)
{
    (void)state;
    static const char *const sets[] = {"train.gan.pretrain=4", "train.gan.freeze=1", "data.folds=0"};
    char                    *folder = bal_format("%s", scratch("experiment"));
    bal_experiment_job       job = {.config = "tests/cli/good/experiment.ini", .sets = sets, .set_count = 3};
    int                      failed, count;
    bool                     stopped;
    bal_experiment          *e;
    job.folder = folder;
    job.arms = "synthetic";
    job.seeds = "1";
    job.watch = &watch;
    stop_after = 0;
    MUST(bal_folder_create(folder));
    MUST(bal_experiment_open(&e, &job));
    const bal_experiment_task *t = bal_experiment_tasks(e, &count);
    assert_int_equal(count, 5);
    assert_string_equal(t[1].name, "split/gan/all");
    assert_string_equal(t[2].name, "split/gan/NORMAL");
    bal_experiment_task *first = bal_experiment_next(e);
    assert_ptr_equal(first, &t[0]);
    first->state = BAL_TASK_RUNNING; /* by another process: what it is to judge waits for it */
    assert_null(bal_experiment_next(e));
    first->state = BAL_TASK_DONE;
    first = bal_experiment_next(e);
    assert_ptr_equal(first, &t[1]);
    first->state = BAL_TASK_RUNNING; /* the classes wait for it */
    assert_null(bal_experiment_next(e));
    bal_experiment_close(e);
    MUST(bal_experiment_run(&job, &failed, &stopped));
    assert_int_equal(failed, 0);
    assert_true(bal_file_exists(scratch("experiment/split/seed1/synthetic/report.json")));
    assert_true(kept("experiment/split/gan/all/discriminator.safetensors",
                     "experiment/split/gan/PNEUMONIA/last.safetensors", "main.0.weight",
                     "discriminator.main.0.weight"));
    free(folder);
}

static int set_up(void **state) { return scratch_setup(state) || bal_test_setup(state); }
static int tear_down(void **state) { return bal_test_teardown(state) || scratch_teardown(state); }

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_freeze), cmocka_unit_test(test_classes_go_on),
                                       cmocka_unit_test(test_fine_tune_rate), cmocka_unit_test(test_experiment)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
