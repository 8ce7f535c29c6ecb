/* Tests of src/data/phantom.c: counts, groups, the same pixels everywhere, at any size. How hard the images are cannot
 * be tested in seconds: tests/golden/phantom_difficulty.py measures it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ballast/data.h"

/* Changed only together with what is drawn; tests/golden/phantom_difficulty.py is then run again. */
#define XRAY_FOLD 0xa92bbcb0u
#define SKIN_FOLD 0xba461335u

extern const bal_data_def bal_data_source_phantom;

static void open_phantom(bal_data *d, const char *options, int size, uint64_t seed)
{
    const bal_data_def *def = &bal_data_source_phantom;
    bal_option_pool    *pool = NULL;
    *d = (bal_data){.def = def, .self = calloc(1, def->size), .seed = seed, .size = size};
    assert_non_null(d->self);
    assert_int_equal(BAL_OK,
                     bal_option_parse(def->options, d->self, &pool, "data phantom", options, (bal_where){"test", 0}));
    bal_option_pool_free(pool);
    assert_int_equal(BAL_OK, def->open(d));
}

static bal_image draw(const bal_data *d, int i)
{
    bal_image image;
    assert_int_equal(BAL_OK, d->def->read(d, i, &image));
    return image;
}

/* FNV-1a of the pixels in 8 bits. */
static uint32_t hash(const bal_image *image)
{
    uint32_t h = 2166136261u;
    for (int i = 0; i < image->width * image->height * image->channels; i++)
        h = (h ^ (uint32_t)(image->pixel[i] * 255 + 0.5f)) * 16777619u;
    return h;
}

static void expect_counts(const char *options, int classes, const char *const *names, const int *counts)
{
    bal_data d;
    int      seen[4] = {0};
    open_phantom(&d, options, 64, 1);
    assert_int_equal(classes, d.class_count);
    for (int i = 0; i < d.count; i++) seen[d.items[i].label]++;
    for (int i = 0; i < classes; i++) {
        assert_string_equal(names[i], d.classes[i]);
        assert_int_equal(counts[i], seen[i]);
    }
    bal_data_free(&d);
}

static void has_the_counts_of_the_paper(void **state)
{
    (void)state;
    static const char *const chest[] = {"NORMAL", "PNEUMONIA"};
    static const char *const lesion[] = {"benign", "malignant", "vascular_lesion", "dermatofibroma"};
    expect_counts("", 2, chest, (const int[]){235, 127});
    expect_counts("kind=skin", 4, lesion, (const int[]){1800, 1497, 142, 111});
    expect_counts("kind=xray scale=20", 2, chest, (const int[]){4700, 2540});
}

static void groups_are_a_few_images_of_one_class(void **state)
{
    (void)state;
    bal_data d;
    int      groups = 0, size = 0, most = 0;
    open_phantom(&d, "kind=skin", 64, 1);
    for (int i = 0; i < d.count; i++) {
        const bal_item *item = &d.items[i], *before = i > 0 ? item - 1 : NULL;
        bool            same = before && strcmp(item->group, before->group) == 0;
        size = same ? size + 1 : 1;
        groups += !same;
        most = size > most ? size : most;
        assert_non_null(strstr(item->path, item->group)); /* so that `group = (lesion[0-9]+)` finds it in files */
        if (same) assert_int_equal(item->label, before->label);
        if (before) assert_true(strcmp(item->group, before->group) >= 0); /* none comes back later */
        if (before) assert_string_not_equal(item->path, before->path);
    }
    assert_int_equal(5, most);
    assert_in_range(groups, 3550 / 4, 3550 / 2);
    bal_data_free(&d);
}

static void draws_the_same_for_a_seed(void **state)
{
    (void)state;
    bal_data a, b;
    open_phantom(&a, "kind=skin", 32, 7);
    open_phantom(&b, "kind=skin", 32, 8);
    bal_image first = draw(&a, 5), other = draw(&a, 6), again = draw(&a, 5), seed = draw(&b, 5);
    assert_memory_equal(first.pixel, again.pixel, 32 * 32 * 3 * sizeof(float));
    assert_int_not_equal(hash(&first), hash(&other));
    assert_int_not_equal(hash(&first), hash(&seed));
    bal_image_free(&first);
    bal_image_free(&other);
    bal_image_free(&again);
    bal_image_free(&seed);
    bal_data_free(&a);
    bal_data_free(&b);
}

/* All images at 28 pixels, folded into one number. */
static uint32_t fold(const char *options)
{
    bal_data d;
    uint32_t sum = 0;
    open_phantom(&d, options, 28, 1);
    for (int i = 0; i < d.count; i++) {
        bal_image image = draw(&d, i);
        sum = sum * 31 + hash(&image);
        bal_image_free(&image);
    }
    bal_data_free(&d);
    return sum;
}

static void draws_the_same_on_every_machine(void **state)
{
    (void)state;
    assert_int_equal(XRAY_FOLD, fold("kind=xray"));
    assert_int_equal(SKIN_FOLD, fold("kind=skin"));
}

static void expect_image(const char *options, int channels, int size)
{
    bal_data d;
    double   sum = 0, squares = 0;
    open_phantom(&d, options, size, 3);
    bal_image image = draw(&d, d.count / 2);
    int       count = size * size * channels;
    assert_int_equal(size, image.width);
    assert_int_equal(size, image.height);
    assert_int_equal(channels, image.channels);
    for (int i = 0; i < count; i++) {
        double value = image.pixel[i];
        assert_true(value >= 0 && value <= 1);
        sum += value;
        squares += value * value;
    }
    assert_true(squares / count - sum * sum / count / count > 1e-3); /* it shows something */
    bal_image_free(&image);
    bal_data_free(&d);
}

static void draws_at_any_size(void **state)
{
    (void)state;
    static const int sizes[] = {28, 31, 64, 100, 256};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        expect_image("kind=xray", 1, sizes[i]);
        expect_image("kind=skin", 3, sizes[i]);
    }
}

/* The mean difference of an item drawn small and the same item drawn large, then shrunk. */
static double shrunk_difference(const bal_data *large, const bal_data *small, int i)
{
    double    sum = 0;
    bal_image x = draw(large, i), y = draw(small, i), shrunk;
    int       count = y.width * y.height * y.channels;
    assert_int_equal(BAL_OK, bal_image_resize(&shrunk, &x, y.width, y.channels, BAL_STRETCH));
    for (int j = 0; j < count; j++) {
        float gap = shrunk.pixel[j] - y.pixel[j];
        sum += gap < 0 ? -gap : gap;
    }
    bal_image_free(&x);
    bal_image_free(&y);
    bal_image_free(&shrunk);
    return sum / count;
}

static void expect_antialiased(const char *options)
{
    bal_data large, small;
    double   sum = 0;
    open_phantom(&large, options, 256, 2);
    open_phantom(&small, options, 32, 2);
    for (int i = 0; i < 40; i++) sum += shrunk_difference(&large, &small, i * (large.count / 40));
    print_message("%s: mean difference %.4f\n", options, sum / 40);
    assert_true(sum / 40 < 0.03); /* about 0.012 of it is grain, which is each size's own */
    bal_data_free(&large);
    bal_data_free(&small);
}

static void small_images_are_large_ones_shrunk(void **state)
{
    (void)state;
    expect_antialiased("kind=xray");
    expect_antialiased("kind=skin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_counts_of_the_paper), cmocka_unit_test(groups_are_a_few_images_of_one_class),
        cmocka_unit_test(draws_the_same_for_a_seed),   cmocka_unit_test(draws_the_same_on_every_machine),
        cmocka_unit_test(draws_at_any_size),           cmocka_unit_test(small_images_are_large_ones_shrunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
