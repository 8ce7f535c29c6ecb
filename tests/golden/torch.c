/* torch -- ten training steps of a small DCGAN and of a small CNN give the losses that PyTorch gave (make_golden.py).
 *
 * FIRST bounds the relative difference in the first step, TENTH in all ten. Measured on PoCL: see README.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/learner.h"
#include "ballast/pointwise.h"
#include "guarded.h"

enum { STEPS = 10, BATCH = 8, POOL = 24, LATENT = 8 };
static const double FIRST = 1e-5, TENTH = 2e-5;

static const char dcgan[] = "[generator]\n"
                            "layer = deconv filters=16 kernel=4 bias=off\n"
                            "layer = batch_norm\n"
                            "layer = relu\n"
                            "layer = deconv filters=8 kernel=4 stride=2 pad=1 bias=off\n"
                            "layer = batch_norm\n"
                            "layer = relu\n"
                            "layer = deconv filters=1 kernel=4 stride=2 pad=1 bias=off\n"
                            "layer = tanh\n"
                            "[discriminator]\n"
                            "layer = conv filters=8 kernel=4 stride=2 pad=1 bias=off\n"
                            "layer = leaky_relu\n"
                            "layer = conv filters=16 kernel=4 stride=2 pad=1 bias=off\n"
                            "layer = batch_norm\n"
                            "layer = leaky_relu\n"
                            "layer = conv filters=1 kernel=4 bias=off\n";
static const char cnn[] = "[classifier]\n"
                          "layer = conv filters=8 pad=1\n"
                          "layer = batch_norm\n"
                          "layer = relu\n"
                          "layer = max_pool kernel=2\n"
                          "layer = conv filters=12 pad=1 bias=off\n"
                          "layer = batch_norm\n"
                          "layer = relu\n"
                          "layer = global_avg_pool\n"
                          "layer = flatten\n"
                          "layer = dense units=4\n";

static const bal_where  here = {"golden", 0};

/* ---- what both trainings need ------------------------------------------------------------------------------------ */

static bal_checkpoint *golden(const char *name)
{
    const char     *source = getenv("BALLAST_SOURCE");
    char            path[512];
    bal_checkpoint *c;
    snprintf(path, sizeof path, "%s/tests/golden/%s", source ? source : ".", name);
    MUST(bal_checkpoint_read(&c, path));
    return c;
}

/* Floats of a tensor; malloc'd. */
static float *values(const bal_checkpoint *c, const char *name)
{
    const bal_saved *t = bal_checkpoint_find(c, name);
    assert_true(t && t->dtype == BAL_F32);
    float *out = malloc(t->size);
    memcpy(out, t->data, t->size);
    return out;
}

/* A net with what trains it. */
typedef struct {
    bal_net    *net;
    bal_learner learner;
} trained;

static void open_net(trained *t, bal_device *dev, const bal_config *config, const char *section, bal_shape in,
                     const bal_checkpoint *c, const char *optimizer)
{
    char                 prefix[32];
    bal_learner_settings settings = {.optimizer = optimizer, .total = STEPS};
    snprintf(prefix, sizeof prefix, "%s.", section);
    MUST(bal_net_read(&t->net, bal_config_find(config, section), in));
    MUST(bal_net_build(t->net, dev, true, 1, 0));
    MUST(bal_checkpoint_get_net(c, prefix, t->net, NULL, NULL));
    MUST(bal_learner_init(&t->learner, dev, t->net, &settings));
}

static void close_net(trained *t)
{
    bal_learner_free(&t->learner);
    bal_net_free(t->net);
}

static void open_loss(bal_loss *l, bal_option_pool **pool, bal_device *dev, const char *line, bool adversarial,
                      bal_shape y)
{
    MUST(bal_loss_read(l, pool, line, adversarial, here));
    MUST(bal_loss_build(l, dev, y, here));
}

static void close_loss(bal_loss *l, bal_option_pool *pool)
{
    bal_loss_free(l);
    bal_option_pool_free(pool);
}

/* The images of a step, as NHWC. */
static void write_batch(const bal_tensor *x, const float *images, int step)
{
    static float host[BATCH * 16 * 16 * 2];
    size_t       c = (size_t)x->shape.c, pixels = 16 * 16;
    for (size_t i = 0; i < BATCH; i++) {
        const float *image = images + ((size_t)step * BATCH + i) % POOL * pixels * c;
        for (size_t k = 0; k < c; k++)
            for (size_t p = 0; p < pixels; p++) host[(i * pixels + p) * c + k] = image[k * pixels + p];
    }
    MUST(bal_tensor_write(x, host));
}

/* One kind of a step's losses against the file's. */
static void compare(bal_device *dev, const bal_checkpoint *c, int columns, float got[STEPS][3])
{
    float *expected = values(c, "losses");
    double worst[2] = {0};
    for (int t = 0; t < STEPS; t++)
        for (int k = 0; k < columns; k++) {
            double e = (double)expected[t * columns + k], off = fabs((double)got[t][k] - e) / fabs(e);
            if (!(off <= (t ? TENTH : FIRST)))
                fail_msg("%s, step %d, loss %d: %.8g, PyTorch has %.8g", bal_test_class(dev), t + 1, k,
                         (double)got[t][k], e);
            worst[t > 0] = fmax(worst[t > 0], off);
        }
    print_message("%s: off by %.1e in the first step, at most %.1e later\n", bal_test_class(dev), worst[0], worst[1]);
    free(expected);
}

/* ---- the DCGAN --------------------------------------------------------------------------------------------------- */

typedef struct {
    trained    g, d;
    bal_loss   loss;
    bal_tensor real, both, latent, figures;
} gan;

static void run_loss(gan *a, bal_target target, const bal_tensor *y, int slot)
{
    bal_tensor dy = bal_net_output_gradient(a->d.net);
    MUST(a->loss.def->run(&a->loss, target, y, NULL, &dy, &a->figures, slot));
}

/* As PyTorch does it: D on the real batch, then on the generated one. */
static void pass_apart(gan *a, const bal_pass *pass, const bal_tensor *fake)
{
    bal_tensor y;
    MUST(bal_net_forward(a->d.net, pass, &a->real, &y));
    run_loss(a, BAL_REAL, &y, 0);
    MUST(bal_net_backward(a->d.net, pass, &a->real, NULL));
    MUST(bal_net_forward(a->d.net, pass, fake, &y));
    run_loss(a, BAL_FAKE, &y, 1);
    MUST(bal_net_backward(a->d.net, pass, fake, NULL));
}

/* As ballast does it: both in one pass. */
static void pass_together(gan *a, const bal_pass *pass, const bal_tensor *fake)
{
    bal_tensor y;
    bal_pass   two = *pass;
    two.batches = 2;
    MUST(bal_join(&a->both, &a->real, fake));
    MUST(bal_net_forward(a->d.net, &two, &a->both, &y));
    run_loss(a, BAL_BOTH, &y, 0);
    MUST(bal_net_backward(a->d.net, &two, &a->both, NULL));
}

/* The real batch and the latents are written; figures: three losses, three scores, two norms. */
static void step_gan(gan *a, int t, bool together)
{
    bal_pass   pass = {.training = true, .seed = 1, .draw = (uint32_t)t}, frozen = pass;
    bal_tensor y, fake, gradient;
    frozen.frozen = true;
    MUST(bal_net_zero_gradients(a->d.net));
    MUST(bal_net_forward(a->g.net, &pass, &a->latent, &fake));
    (together ? pass_together : pass_apart)(a, &pass, &fake);
    MUST(bal_learner_step(&a->d.learner, &a->figures, 6));

    MUST(bal_net_zero_gradients(a->g.net));
    MUST(bal_net_forward(a->d.net, &frozen, &fake, &y));
    run_loss(a, BAL_GENERATE, &y, 2);
    gradient = bal_net_output_gradient(a->g.net);
    MUST(bal_net_backward(a->d.net, &frozen, &fake, &gradient));
    MUST(bal_net_backward(a->g.net, &pass, &a->latent, NULL));
    MUST(bal_learner_step(&a->g.learner, &a->figures, 7));
}

static void open_gan(gan *a, bal_device *dev, const bal_checkpoint *c, bal_option_pool **pool)
{
    const char *adam = "adam lr=2e-4 beta1=0.5";
    bal_config *config;
    memset(a, 0, sizeof *a);
    MUST(bal_config_parse(&config, "golden", dcgan));
    open_net(&a->g, dev, config, "generator", (bal_shape){BATCH, 1, 1, LATENT}, c, adam);
    open_net(&a->d, dev, config, "discriminator", (bal_shape){2 * BATCH, 16, 16, 1}, c, adam);
    open_loss(&a->loss, pool, dev, "non_saturating", true, bal_net_out(a->d.net));
    MUST(bal_tensor_init(&a->real, dev, (bal_shape){BATCH, 16, 16, 1}));
    MUST(bal_tensor_init(&a->both, dev, (bal_shape){2 * BATCH, 16, 16, 1}));
    MUST(bal_tensor_init(&a->latent, dev, (bal_shape){BATCH, 1, 1, LATENT}));
    MUST(bal_tensor_init(&a->figures, dev, (bal_shape){1, 1, 1, 8}));
    bal_config_free(config);
}

static void close_gan(gan *a, bal_option_pool *pool)
{
    close_net(&a->g);
    close_net(&a->d);
    close_loss(&a->loss, pool);
    bal_tensor_free(&a->real);
    bal_tensor_free(&a->both);
    bal_tensor_free(&a->latent);
    bal_tensor_free(&a->figures);
}

static void test_dcgan(void **state)
{
    (void)state;
    bal_checkpoint *c = golden("dcgan16.safetensors");
    float          *images = values(c, "images"), *latents = values(c, "latents"), losses[STEPS][3], figures[8];
    for (int d = 0; d < 2 * bal_test_all.count; d++) {
        bal_option_pool *pool = NULL;
        gan              a;
        open_gan(&a, bal_test_all.dev[d / 2], c, &pool);
        for (int t = 0; t < STEPS; t++) {
            write_batch(&a.real, images, t);
            MUST(bal_tensor_write(&a.latent, latents + (size_t)t * BATCH * LATENT));
            step_gan(&a, t, d % 2);
            MUST(bal_tensor_read(&a.figures, figures));
            for (int k = 0; k < 3; k++) losses[t][k] = figures[2 * k];
        }
        compare(bal_test_all.dev[d / 2], c, 3, losses);
        close_gan(&a, pool);
    }
    free(images);
    free(latents);
    bal_checkpoint_free(c);
}

/* ---- the CNN ----------------------------------------------------------------------------------------------------- */

typedef struct {
    trained    net;
    bal_loss   loss;
    bal_tensor x, label, figures;
} classifier;

static void step_classifier(classifier *a, int t)
{
    bal_pass   pass = {.training = true, .seed = 1, .draw = (uint32_t)t};
    bal_tensor y, dy;
    MUST(bal_net_zero_gradients(a->net.net));
    MUST(bal_net_forward(a->net.net, &pass, &a->x, &y));
    dy = bal_net_output_gradient(a->net.net);
    MUST(a->loss.def->run(&a->loss, BAL_LABELS, &y, &a->label, &dy, &a->figures, 0));
    MUST(bal_net_backward(a->net.net, &pass, &a->x, NULL));
    MUST(bal_learner_step(&a->net.learner, &a->figures, 2));
}

static void open_classifier(classifier *a, bal_device *dev, const bal_checkpoint *c, bal_option_pool **pool)
{
    bal_config *config;
    memset(a, 0, sizeof *a);
    MUST(bal_config_parse(&config, "golden", cnn));
    open_net(&a->net, dev, config, "classifier", (bal_shape){BATCH, 16, 16, 2}, c, "adam");
    open_loss(&a->loss, pool, dev, "cross_entropy", false, bal_net_out(a->net.net));
    MUST(bal_tensor_init(&a->x, dev, (bal_shape){BATCH, 16, 16, 2}));
    MUST(bal_tensor_init(&a->label, dev, (bal_shape){BATCH, 1, 1, 1}));
    MUST(bal_tensor_init(&a->figures, dev, (bal_shape){1, 1, 1, 3}));
    bal_config_free(config);
}

static void close_classifier(classifier *a, bal_option_pool *pool)
{
    close_net(&a->net);
    close_loss(&a->loss, pool);
    bal_tensor_free(&a->x);
    bal_tensor_free(&a->label);
    bal_tensor_free(&a->figures);
}

static void test_cnn(void **state)
{
    (void)state;
    bal_checkpoint  *c = golden("cnn16.safetensors");
    float           *images = values(c, "images"), losses[STEPS][3], label[BATCH];
    int64_t          labels[POOL];
    const bal_saved *saved = bal_checkpoint_find(c, "labels");
    assert_true(saved && saved->dtype == BAL_I64 && saved->size == sizeof labels);
    memcpy(labels, saved->data, sizeof labels);
    for (int d = 0; d < bal_test_all.count; d++) {
        bal_option_pool *pool = NULL;
        classifier       a;
        open_classifier(&a, bal_test_all.dev[d], c, &pool);
        for (int t = 0; t < STEPS; t++) {
            for (int i = 0; i < BATCH; i++) label[i] = (float)labels[(t * BATCH + i) % POOL];
            write_batch(&a.x, images, t);
            MUST(bal_tensor_write(&a.label, label));
            step_classifier(&a, t);
            MUST(bal_tensor_read_part(&a.figures, 0, 1, losses[t]));
        }
        compare(bal_test_all.dev[d], c, 1, losses);
        close_classifier(&a, pool);
    }
    free(images);
    bal_checkpoint_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dcgan), cmocka_unit_test(test_cnn)};
    return cmocka_run_group_tests(tests, bal_test_setup, bal_test_teardown);
}
