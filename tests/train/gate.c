/* gate -- with a rare class of drawn images, an opacity or a shadow somewhere on a wavy ground: noise, copies, one
 * repeated image and images of the other class given as generated ones are refused, and unseen real ones are accepted;
 * with two rare classes each is decided by itself; what was decided is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/gate.h"
#include "ballast/image.h"
#include "ballast/rng.h"
#include "guarded.h"
#include "scratch.h"
#include "train/dataset_parts.h"
#include "watched.h"

enum {
    SIDE = 32,
    NORMAL = 0,
    PNEUMONIA = 1,
    FIBROSIS = 2, /* in a set of its own: a bright band, of twice as many training images */
    NORMALS = 160,
    PNEUMONIAS = 120,
    FIBROSES = 140,
    RARE = 8,
    CANDIDATES = 60,
    UNUSED = 1000
};
#define LIGHT 0.45F

static const char config[] = "[run]\nname = gate\n"
                             "[data]\nsource = folder\npath = %s\n"
                             "size = 32\nchannels = 1\nsplit = 5:5\n"
                             "[classifier]\n"
                             "layer = conv filters=8 kernel=5 stride=2 pad=2\nlayer = batch_norm\nlayer = relu\n"
                             "layer = conv filters=16 kernel=3 stride=2 pad=1\nlayer = batch_norm\nlayer = relu\n"
                             "layer = global_avg_pool\nlayer = flatten\nlayer = dense units=%d\n"
                             "[train.classifier]\nsteps = 300\nbatch = 32\noptimizer = adam lr=3e-3\n"
                             "[train.gate]\nseeds = 2\nratios = 6\nbudget = 0.5\n";

typedef struct fixture {
    bal_setup   *setup;
    bal_device  *dev;
    bal_dataset *data;
} fixture;

/* As none of the others is drawn. */
static void draw(float *pixel, int label, uint32_t image)
{
    bal_stream s = bal_stream_for(11, BAL_FOR_TEST, image, (uint32_t)label);
    float      r[9], light = label == NORMAL ? -LIGHT : LIGHT, wide = label == FIBROSIS ? 0.02F : 1;
    for (int i = 0; i < 9; i++) r[i] = (float)(bal_random_bits(&s, (uint64_t)i) % 1000) / 1000;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float dx = (float)x - 6 - 20 * r[0], dy = (float)y - 6 - 20 * r[1], at = (float)(y * SIDE + x);
            float waves = cosf(0.4F * r[2] * (float)x + 0.4F * r[3] * (float)y + 6 * r[4]) +
                          cosf(0.4F * r[5] * (float)x - 0.4F * r[6] * (float)y + 6 * r[7]);
            float grain = 0.03F * bal_random_normal(&s, 9 + (uint64_t)at);
            float v = 0.35F + 0.3F * r[8] + 0.1F * waves + light * expf(-(wide * dx * dx + dy * dy) / 18) + grain;
            pixel[y * SIDE + x] = fminf(1, fmaxf(0, v));
        }
}

static const char *const names[] = {"NORMAL", "PNEUMONIA", "FIBROSIS"};

static void draw_files(const char *folder, int classes)
{
    static const int counts[] = {NORMALS, PNEUMONIAS, FIBROSES};
    static float     pixel[SIDE * SIDE];
    char             keep[64];
    uint32_t         image = 0;
    for (int label = 0; label < classes; label++) {
        snprintf(keep, sizeof keep, "%s/%s/.keep", folder, names[label]);
        scratch_text(keep, "");
        for (int i = 0; i < counts[label]; i++, image++) {
            char *path = bal_format("%s/%s/%s/%03d.png", scratch(""), folder, names[label], (int)image);
            draw(pixel, label, image);
            MUST(bal_image_write_png(path, pixel, SIDE, SIDE, 1));
            free(path);
        }
    }
}

/* All but `most` of the training images of a class are taken out. */
static void make_rare(bal_dataset *ds, const char *class, int most)
{
    int kept = 0, label = bal_dataset_find_class(ds, class);
    for (int i = 0; i < ds->count; i++)
        if (ds->sample[i].part == BAL_TRAIN && ds->sample[i].label == label && kept++ >= most)
            ds->sample[i].part = BAL_NO_PART;
}

static void open_fixture(fixture *f, const char *folder, int classes, const char *set)
{
    char *text = bal_format(config, folder, classes);
    draw_files(folder, classes);
    scratch_text("gate.ini", text);
    MUST(bal_setup_open(&f->setup, scratch("gate.ini"), &set, set ? 1 : 0));
    MUST(bal_setup_device(&f->dev, f->setup, NULL));
    MUST(bal_dataset_open(&f->data, f->setup->config, 1));
    make_rare(f->data, "PNEUMONIA", RARE);
    free(text);
}

static void close_fixture(fixture *f)
{
    bal_dataset_close(f->data);
    bal_device_close(f->dev);
    bal_setup_close(f->setup);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f || scratch_setup(state) != 0) return -1;
    open_fixture(f, "images", 2, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    close_fixture(*state);
    free(*state);
    return scratch_teardown(state);
}

/* Training image i of pneumonia. */
static void find(float *pixel, const bal_dataset *ds, int i, const bal_scaling *scaling)
{
    int at = 0;
    for (;; at++) {
        const bal_sample *s = bal_dataset_sample(ds, at);
        if (s->label == PNEUMONIA && s->part == BAL_TRAIN && i-- == 0) break;
    }
    MUST(bal_dataset_fill(ds, at, pixel, scaling));
}

typedef enum { UNSEEN, NOISE, COPIES, REPEATED, WRONG } given;

static void give(fixture *f, given what)
{
    static float      pixel[SIDE * SIDE];
    bal_stream        s = bal_stream_for(3, BAL_FOR_TEST, 0, 0);
    const bal_scaling scaling = bal_dataset_scaling(f->data, false);
    bal_dataset_drop_generated(f->data);
    for (int i = 0; i < CANDIDATES; i++) {
        if (what == NOISE)
            for (int k = 0; k < SIDE * SIDE; k++)
                pixel[k] = (float)(bal_random_bits(&s, (uint64_t)(i * SIDE * SIDE + k)) % 256) / 255;
        else if (what == COPIES) find(pixel, f->data, i % RARE, &scaling);
        else draw(pixel, what == WRONG ? NORMAL : PNEUMONIA, UNUSED + (uint32_t)(what == REPEATED ? 0 : i));
        MUST(bal_dataset_add_generated(f->data, PNEUMONIA, pixel, 1, &scaling));
    }
}

/* The decision on them, in a folder of its own. */
static void decide(bal_gate *g, fixture *f, given what)
{
    char folder[16] = {(char)('a' + what)};
    bool stopped;
    give(f, what);
    const bal_gate_job job = {f->setup, f->data, f->dev, scratch(folder), &watch};
    MUST(bal_gate_decide(g, &job, &stopped));
    assert_false(stopped);
    assert_int_equal(g->of[PNEUMONIA].real, RARE);
    assert_int_equal(g->of[PNEUMONIA].candidates, CANDIDATES);
    char *words;
    MUST(bal_gate_words(&words, g));
    print_message("%s\n", words);
    free(words);
}

static void unseen_real_ones_are_accepted(void **state)
{
    fixture   *f = *state;
    bal_gate   g, again;
    bool       stopped;
    const int *unused;
    decide(&g, f, UNSEEN);
    assert_true(g.of[PNEUMONIA].ratio > 0 && g.trial[g.trials - 1].interval.low > 0);
    assert_true(g.trial[g.trials - 1].images > 0);
    MUST(bal_gate_compose(&g, f->data));
    assert_int_equal(bal_dataset_part(f->data, BAL_TRAIN, PNEUMONIA, &unused), RARE + g.trial[g.trials - 1].images);
    const bal_gate_job job = {f->setup, f->data, f->dev, scratch("a"), &watch};
    MUST(bal_gate_decide(&again, &job, &stopped)); /* read from gate.json */
    assert_true(again.without == g.without && again.trials == g.trials);
    assert_true(again.of[PNEUMONIA].ratio == g.of[PNEUMONIA].ratio && again.of[NORMAL].ratio == 0);
    assert_string_equal(again.of[PNEUMONIA].verdicts, g.of[PNEUMONIA].verdicts);
    assert_memory_equal(again.trial, g.trial, (size_t)g.trials * sizeof *g.trial);
    bal_gate_free(&again);
    bal_gate_free(&g);
}

static void refused(void **state, given what, int kept_at_most)
{
    bal_gate g;
    char    *words;
    decide(&g, *state, what);
    assert_true(g.of[PNEUMONIA].ratio == 0);
    assert_in_range(g.of[PNEUMONIA].count[BAL_KEPT], 0, kept_at_most);
    MUST(bal_gate_words(&words, &g));
    assert_true(strncmp(words, "Generated images did not help", 29) == 0 ||
                strncmp(words, "Generated images are not used: no candidate was fit.", 52) == 0);
    free(words);
    bal_gate_free(&g);
}

static void noise_is_refused(void **state) { refused(state, NOISE, 0); }
static void copies_are_refused(void **state) { refused(state, COPIES, 0); }
/* Whether the one that is left helps, chance decides: it is a real one that training has not seen. */
static void a_repeated_image_counts_once(void **state)
{
    bal_gate g;
    decide(&g, *state, REPEATED);
    assert_int_equal(g.of[PNEUMONIA].count[BAL_KEPT], 1);
    for (int i = 0; i < g.trials; i++) assert_in_range(g.trial[i].images, 0, 1);
    bal_gate_free(&g);
}
static void the_wrong_class_is_refused(void **state) { refused(state, WRONG, CANDIDATES); }

/* Unseen real ones of the rarest class, which are taken, and for the next one images of the largest. */
static void each_class_has_its_own_ratio(void **state)
{
    fixture      f;
    bal_gate     g, again;
    bool         stopped;
    static float pixel[SIDE * SIDE];
    (void)state;
    open_fixture(&f, "three", 3, "train.classifier.sampler=balanced");
    int rare = bal_dataset_find_class(f.data, "PNEUMONIA"), next = bal_dataset_find_class(f.data, "FIBROSIS");
    const bal_scaling scaling = bal_dataset_scaling(f.data, false);
    make_rare(f.data, "FIBROSIS", 2 * RARE);
    for (int i = 0; i < CANDIDATES; i++) {
        draw(pixel, NORMAL, UNUSED + (uint32_t)i);
        MUST(bal_dataset_add_generated(f.data, next, pixel, 1, &scaling));
        draw(pixel, PNEUMONIA, UNUSED + (uint32_t)i);
        MUST(bal_dataset_add_generated(f.data, rare, pixel, 1, &scaling));
    }
    const bal_gate_job job = {f.setup, f.data, f.dev, scratch("each"), &watch};
    MUST(bal_gate_decide(&g, &job, &stopped));
    char *words;
    MUST(bal_gate_words(&words, &g));
    print_message("%s\n", words);
    assert_non_null(strstr(words, "Generated images helped: 6 for each real image of PNEUMONIA, none of FIBROSIS."));
    free(words);
    assert_true(g.of[rare].ratio == 6 && g.of[next].ratio == 0);
    assert_int_equal(g.trial[0].label, rare);
    MUST(bal_gate_read(&again, scratch("each/gate.json")));
    assert_int_equal(again.trials, g.trials);
    assert_memory_equal(again.trial, g.trial, (size_t)g.trials * sizeof *g.trial);
    assert_true(again.of[rare].ratio == 6 && again.of[next].ratio == 0);
    const int *unused;
    MUST(bal_gate_compose(&again, f.data));
    assert_int_equal(bal_dataset_part(f.data, BAL_TRAIN, rare, &unused), RARE + g.trial[0].images);
    assert_int_equal(bal_dataset_part(f.data, BAL_TRAIN, next, &unused), 2 * RARE);
    bal_gate_free(&again);
    bal_gate_free(&g);
    close_fixture(&f);
}

/* The rarest first, of equal size the first; without candidates never. */
static void rarer_classes_come_first(void **state)
{
    bal_gate_class of[] = {
        {.real = 5, .candidates = 9}, {.real = 2}, {.real = 3, .candidates = 9}, {.real = 5, .candidates = 9}};
    bal_gate g = {.of = of, .class_count = 4};
    (void)state;
    assert_int_equal(bal_gate_next(&g, -1), 2);
    assert_int_equal(bal_gate_next(&g, 2), 0);
    assert_int_equal(bal_gate_next(&g, 0), 3);
    assert_int_equal(bal_gate_next(&g, 3), -1);
}

static void a_damaged_decision_is_named(void **state)
{
    bal_gate g;
    (void)state;
    scratch_text("damaged.json",
                 "{\"ratio\": 1, \"seeds\": 2, \"steps\": 3, \"classes\": {\"A\": {\"verdicts\": \"kx\"}}}");
    assert_int_equal(bal_gate_read(&g, scratch("damaged.json")), BAL_EIO);
    assert_non_null(strstr(bal_error(), "damaged.json: is no gate's decision"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unseen_real_ones_are_accepted),
        cmocka_unit_test(noise_is_refused),
        cmocka_unit_test(copies_are_refused),
        cmocka_unit_test(a_repeated_image_counts_once),
        cmocka_unit_test(the_wrong_class_is_refused),
        cmocka_unit_test(each_class_has_its_own_ratio),
        cmocka_unit_test(rarer_classes_come_first),
        cmocka_unit_test(a_damaged_decision_is_named),
    };
    return cmocka_run_group_tests_name("train/gate", tests, set_up, tear_down);
}
