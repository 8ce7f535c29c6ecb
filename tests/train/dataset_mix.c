/* dataset_mix -- parts made of real and generated images: counts, never shared, read back, gone with a split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/dataset.h"

enum { SIZE = 28, REAL = 362 };

static const char        config[] = "[data]\nsource = phantom kind=xray\nsize = 28\nchannels = 1\nsplit = 8:1:1\n";
static const bal_scaling tanh_scaling = {{0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F}};

static int open_data(void **state)
{
    bal_config *c;
    if (bal_config_parse(&c, "mix.ini", config) != BAL_OK) return -1;
    bal_status st = bal_dataset_open((bal_dataset **)state, c, 1);
    bal_config_free(c);
    return st == BAL_OK ? 0 : -1;
}

static int close_data(void **state)
{
    bal_dataset_close(*state);
    return 0;
}

/* Generated image i of a class is flat: `label` and i can be read off it. */
static float level(int label, int i) { return -0.9F + 0.5F * (float)label + 0.001F * (float)i; }

static void add(bal_dataset *ds, int label, int count)
{
    static float pixel[SIZE * SIZE];
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < SIZE * SIZE; k++) pixel[k] = level(label, i);
        assert_int_equal(bal_dataset_add_generated(ds, label, pixel, 1, &tanh_scaling), BAL_OK);
    }
}

static int count(const bal_dataset *ds, bal_part part, int label)
{
    const int *list;
    return bal_dataset_part(ds, part, label, &list);
}

static void test_fill_up(void **state)
{
    bal_dataset    *ds = *state;
    bal_composition c = {.real = {true, true, true}, .generated = {[BAL_TRAIN] = BAL_GENERATED_FILL}};
    int             many = count(ds, BAL_TRAIN, 0), few = count(ds, BAL_TRAIN, 1), test = count(ds, BAL_TEST, -1);
    assert_true(many > few);
    assert_int_equal(bal_dataset_needs(ds, &c, 0), 0);
    assert_int_equal(bal_dataset_needs(ds, &c, 1), many - few);
    add(ds, 1, many - few - 1);
    assert_int_equal(bal_dataset_compose(ds, &c), BAL_ECONFIG);
    assert_string_equal(bal_error(), "class PNEUMONIA lacks 1 generated images");
    add(ds, 1, 1);
    assert_int_equal(bal_dataset_compose(ds, &c), BAL_OK);
    assert_int_equal(count(ds, BAL_TRAIN, 0), many);
    assert_int_equal(count(ds, BAL_TRAIN, 1), many);
    assert_int_equal(count(ds, BAL_TEST, -1), test);
}

/* A quarter as many as real ones, of the rarer class; what is barred is passed over, and too few are then no error. */
static void test_ratio(void **state)
{
    bal_dataset    *ds = *state;
    bal_composition c = {.real = {true, true, true}, .generated = {[BAL_TRAIN] = BAL_GENERATED_RATIO}, .ratio = 0.25};
    int             many = count(ds, BAL_TRAIN, 0), few = count(ds, BAL_TRAIN, 1), needed;
    bool            barred[REAL] = {true, false, true};
    needed = bal_dataset_needs(ds, &c, 1);
    bal_dataset_drop_generated(ds);
    assert_int_equal(bal_dataset_needs(ds, &c, 0), 0);
    assert_int_equal(needed, (few + 2) / 4);
    add(ds, 1, needed);
    assert_int_equal(bal_dataset_compose(ds, &c), BAL_OK);
    assert_int_equal(count(ds, BAL_TRAIN, 0), many);
    assert_int_equal(count(ds, BAL_TRAIN, 1), few + needed);
    c.barred = barred;
    assert_int_equal(bal_dataset_compose(ds, &c), BAL_OK);
    assert_int_equal(count(ds, BAL_TRAIN, 1), few + needed - 2);
    c.ratio = 0;
    assert_int_equal(bal_dataset_compose(ds, &c), BAL_OK);
    assert_int_equal(count(ds, BAL_TRAIN, -1), many + few);
    bal_dataset_drop_generated(ds);
}

/* As in the paper: every part generated, no image in two parts, pixels as they were given. */
static void test_all_generated(void **state)
{
    bal_dataset          *ds = *state;
    const bal_composition c = {
        .generated = {BAL_GENERATED_AS_REAL, BAL_GENERATED_AS_REAL, BAL_GENERATED_AS_REAL}};
    static float          pixel[SIZE * SIZE];
    bool                  seen[2 * REAL] = {false};
    int                   before[BAL_PARTS], needed[2] = {bal_dataset_needs(ds, &c, 0), bal_dataset_needs(ds, &c, 1)};
    assert_int_equal(needed[0], 235);
    assert_int_equal(needed[1], 127);
    for (int p = 0; p < BAL_PARTS; p++) before[p] = count(ds, (bal_part)p, -1);
    for (int label = 0; label < 2; label++) add(ds, label, needed[label]);
    assert_int_equal(bal_dataset_compose(ds, &c), BAL_OK);
    for (int p = 0; p < BAL_PARTS; p++) {
        const int *list;
        int        n = bal_dataset_part(ds, (bal_part)p, -1, &list);
        assert_int_equal(n, before[p]);
        for (int i = 0; i < n; i++) {
            const bal_sample *s = bal_dataset_sample(ds, list[i]);
            assert_true(list[i] >= REAL && list[i] < 2 * REAL && !seen[list[i]]);
            seen[list[i]] = true;
            assert_memory_equal(s->path, "generated/", 10);
            assert_int_equal(bal_dataset_fill(ds, list[i], pixel, &tanh_scaling), BAL_OK);
            int number = list[i] - REAL - (s->label ? needed[0] : 0);
            for (int k = 0; k < SIZE * SIZE; k++) assert_true(fabsf(pixel[k] - level(s->label, number)) < 1e-4F);
        }
    }
}

static void test_split_forgets(void **state)
{
    bal_dataset          *ds = *state;
    const bal_composition real = {.real = {true, true, true}};
    int                   train = count(ds, BAL_TRAIN, -1), first[REAL], n;
    const int            *list;
    n = bal_dataset_part(ds, BAL_TRAIN, -1, &list);
    memcpy(first, list, (size_t)n * sizeof *first);
    add(ds, 0, 3);
    assert_int_equal(bal_dataset_compose(ds, &real), BAL_OK); /* only real ones: the split itself */
    assert_int_equal(bal_dataset_part(ds, BAL_TRAIN, -1, &list), train);
    assert_memory_equal(first, list, (size_t)n * sizeof *first);
    assert_int_equal(bal_dataset_split(ds, 1, -1), BAL_OK);
    assert_int_equal(bal_dataset_part(ds, BAL_TRAIN, -1, &list), train);
    assert_memory_equal(first, list, (size_t)n * sizeof *first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fill_up, open_data, close_data),
        cmocka_unit_test_setup_teardown(test_ratio, open_data, close_data),
        cmocka_unit_test_setup_teardown(test_all_generated, open_data, close_data),
        cmocka_unit_test_setup_teardown(test_split_forgets, open_data, close_data),
    };
    return cmocka_run_group_tests_name("train/dataset_mix", tests, NULL, NULL);
}
