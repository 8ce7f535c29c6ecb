/* The feeder: what it gives against the data set itself, in order, across epochs, after a resume, at the end, decoded
 * anew or kept; faults; and that it allocates nothing on the device while it runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "ballast/feeder.h"
#include "ballast/files.h"
#include "ballast/rng.h"
#include "scratch.h"

enum { SIZE = 16, PIXELS = SIZE * SIZE, BATCH = 32 };

static bal_device  *dev;
static bal_dataset *cached, *uncached;

static bal_dataset *open_data(const char *text)
{
    bal_config  *c;
    bal_dataset *ds = NULL;
    if (bal_config_parse(&c, "test.ini", text)) fail_msg("%s", bal_error());
    if (bal_dataset_open(&ds, c, 1)) fail_msg("%s", bal_error());
    bal_config_free(c);
    return ds;
}

static int setup(void **state)
{
    bal_device_settings settings = {0};
    if (scratch_setup(state) || bal_device_open(&dev, &settings)) return -1;
    cached = open_data("[data]\nsource = phantom\nsize = 16\nchannels = 1\n");
    uncached = open_data("[data]\nsource = phantom\nsize = 16\nchannels = 1\ncache = 0\n");
    return 0;
}

static int teardown(void **state)
{
    bal_dataset_close(cached);
    bal_dataset_close(uncached);
    bal_device_close(dev);
    return scratch_teardown(state);
}

static bal_feeder_settings settings(const bal_dataset *ds, bal_part part, bool shuffle, uint64_t start)
{
    const int *list;
    int        n = bal_dataset_part(ds, part, -1, &list);
    return (bal_feeder_settings){.data = ds,
                                 .index = list,
                                 .count = n,
                                 .batch = BATCH,
                                 .shuffle = shuffle,
                                 .seed = 7,
                                 .salt = 3,
                                 .scaling = bal_dataset_scaling(ds, true),
                                 .start = start};
}

static bal_feeder *open_feeder(const bal_feeder_settings *s)
{
    bal_feeder *f;
    if (bal_feeder_open(&f, dev, s)) fail_msg("%s", bal_error());
    return f;
}

/* Batch x, label holds the images at `first` and on of the stream that s describes. */
static void check_batch(const bal_feeder_settings *s, const bal_tensor *x, const bal_tensor *label, uint64_t first,
                        int n)
{
    static float pixel[BATCH * PIXELS], labels[BATCH], expected[PIXELS];
    static int   order[512];

    assert_int_equal(n, x->shape.n);
    assert_int_equal(n, label->shape.n);
    assert_true(x->shape.h == SIZE && x->shape.w == SIZE && x->shape.c == 1 && label->shape.c == 1);
    assert_int_equal(BAL_OK, bal_tensor_read(x, pixel));
    assert_int_equal(BAL_OK, bal_tensor_read(label, labels));
    for (int i = 0; i < n; i++) {
        uint64_t   at = first + (uint64_t)i;
        bal_stream stream = bal_stream_for(s->seed, BAL_FOR_SHUFFLE, s->salt, (uint32_t)(at / (uint64_t)s->count));
        bal_random_order(order, s->count, &stream);
        int image = s->index[s->shuffle ? order[at % (uint64_t)s->count] : (int)(at % (uint64_t)s->count)];
        assert_int_equal(BAL_OK, bal_dataset_fill(s->data, image, expected, &s->scaling));
        assert_memory_equal(expected, pixel + i * PIXELS, sizeof expected);
        assert_true(labels[i] == (float)bal_dataset_sample(s->data, image)->label);
    }
}

static void shuffled_across_epochs(void **state)
{
    bal_tensor x, label;

    (void)state;
    for (int k = 0; k < 2; k++) {
        bal_feeder_settings s = settings(k ? uncached : cached, BAL_TRAIN, true, 0);
        bal_feeder         *f = open_feeder(&s);
        for (uint64_t step = 0; step < 25; step++) { /* 25 x 32 images of 289: into the third epoch */
            assert_int_equal(BAL_OK, bal_feeder_next(f, &x, &label));
            check_batch(&s, &x, &label, step * BATCH, BATCH);
        }
        assert_true(bal_feeder_waited(f) >= 0);
        bal_feeder_close(f);
    }
}

static void resumed_at_a_step(void **state)
{
    bal_feeder_settings s = settings(cached, BAL_TRAIN, true, 17 * BATCH);
    bal_feeder         *f = open_feeder(&s);
    bal_tensor          x, label;

    (void)state;
    for (uint64_t step = 17; step < 20; step++) {
        assert_int_equal(BAL_OK, bal_feeder_next(f, &x, &label));
        check_batch(&s, &x, &label, step * BATCH, BATCH);
    }
    bal_feeder_close(f);
}

static void a_batch_larger_than_the_part(void **state)
{
    bal_feeder_settings s = settings(cached, BAL_TRAIN, true, 0);
    bal_tensor          x, label;

    (void)state;
    s.count = 5;
    bal_feeder *f = open_feeder(&s);
    for (uint64_t step = 0; step < 3; step++) {
        assert_int_equal(BAL_OK, bal_feeder_next(f, &x, &label));
        check_batch(&s, &x, &label, step * BATCH, BATCH);
    }
    bal_feeder_close(f);
}

static void in_order_again_and_again(void **state)
{
    bal_feeder_settings s = settings(cached, BAL_TEST, false, 0);
    bal_feeder         *f = open_feeder(&s);
    bal_tensor          x, label;

    (void)state;
    for (uint64_t step = 0; step < 4; step++) { /* 4 x 32 images of fewer than 64 */
        assert_int_equal(BAL_OK, bal_feeder_next(f, &x, &label));
        check_batch(&s, &x, &label, step * BATCH, BATCH);
    }
    bal_feeder_close(f);
}

/* How many of the part's images have another label than their own; each the next one, in both epochs. */
static int count_wrong(float label_noise)
{
    bal_feeder_settings s = settings(cached, BAL_TRAIN, false, 0);
    bal_tensor          x, label;
    float               got[BATCH];
    int                 wrong[2] = {0};

    s.label_noise = label_noise;
    s.count = 8 * BATCH;
    bal_feeder *f = open_feeder(&s);
    for (int i = 0; i < 2 * s.count; i++) {
        if (i % BATCH == 0) {
            assert_int_equal(BAL_OK, bal_feeder_next(f, &x, &label));
            assert_int_equal(BAL_OK, bal_tensor_read(&label, got));
        }
        int own = bal_dataset_sample(cached, s.index[i % s.count])->label;
        wrong[i / s.count] += got[i % BATCH] == (float)(1 - own);
        assert_true(got[i % BATCH] == (float)own || got[i % BATCH] == (float)(1 - own));
    }
    bal_feeder_close(f);
    assert_int_equal(wrong[0], wrong[1]);
    return wrong[0];
}

static void labels_by_pair_flip(void **state)
{
    (void)state;
    assert_int_equal(count_wrong(0), 0);
    assert_int_equal(count_wrong(1), 8 * BATCH);
    assert_in_range(count_wrong(0.25f), 64 - 28, 64 + 28); /* four standard deviations */
}

/* A batch is still what it was after the thread has had time to run ahead; and a copy of it that was queued before the
 * next call is right. */
static void valid_until_the_next_call(void **state)
{
    bal_feeder_settings s = settings(cached, BAL_TRAIN, true, 0);
    bal_feeder         *f = open_feeder(&s);
    bal_tensor          x, label, copy[8], labels[8];
    struct timespec     pause = {0, 20000000};

    (void)state;
    for (uint64_t step = 0; step < 8; step++) {
        assert_int_equal(BAL_OK, bal_feeder_next(f, &x, &label));
        assert_int_equal(BAL_OK, bal_tensor_init(&copy[step], dev, x.shape));
        assert_int_equal(BAL_OK, bal_tensor_init(&labels[step], dev, label.shape));
        if (step % 2) nanosleep(&pause, NULL);
        if (step % 2) check_batch(&s, &x, &label, step * BATCH, BATCH);
        assert_int_equal(BAL_OK, bal_tensor_copy(&copy[step], &x));
        assert_int_equal(BAL_OK, bal_tensor_copy(&labels[step], &label));
    }
    for (uint64_t step = 0; step < 8; step++) {
        check_batch(&s, &copy[step], &labels[step], step * BATCH, BATCH);
        bal_tensor_free(&copy[step]);
        bal_tensor_free(&labels[step]);
    }
    bal_feeder_close(f);
}

static void allocates_nothing(void **state)
{
    bal_feeder_settings s = settings(cached, BAL_TRAIN, true, 0);
    bal_feeder         *f = open_feeder(&s);
    bal_tensor          x, label;
    uint64_t            before = bal_device_count(dev).allocations;

    (void)state;
    for (int i = 0; i < 20; i++) assert_int_equal(BAL_OK, bal_feeder_next(f, &x, &label));
    assert_int_equal(before, bal_device_count(dev).allocations);
    bal_feeder_close(f);
}

static void closed_at_any_time(void **state)
{
    bal_tensor x, label;

    (void)state;
    for (int taken = 0; taken < 6; taken++) {
        bal_feeder_settings s = settings(taken % 2 ? cached : uncached, BAL_TRAIN, true, 0);
        bal_feeder         *f = open_feeder(&s);
        for (int i = 0; i < taken; i++) assert_int_equal(BAL_OK, bal_feeder_next(f, &x, &label));
        bal_feeder_close(f);
    }
    bal_feeder_close(NULL);
}

static void an_image_that_has_gone(void **state)
{
    char       name[64], *text;
    bal_tensor x, label;
    bal_status st = BAL_OK;
    int        given = 0;

    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "gone/%s/%03d.png", i % 2 ? "a" : "b", i);
        scratch_image(name, 16, (unsigned)i + 1);
    }
    text = bal_format("[data]\nsource = folder\nsize = 16\nchannels = 1\ncache = 0\nsplit = 1\npath = %s\n",
                      scratch("gone"));
    bal_dataset *ds = open_data(text);
    free(text);
    assert_int_equal(0, unlink(scratch("gone/b/198.png"))); /* the last of all, in the seventh batch */
    bal_feeder_settings s = settings(ds, BAL_TRAIN, false, 0);
    bal_feeder         *f = open_feeder(&s);
    while (!(st = bal_feeder_next(f, &x, &label)))
        check_batch(&s, &x, &label, (uint64_t)BATCH * (uint64_t)given++, BATCH);
    assert_int_equal(6, given);
    assert_int_equal(BAL_EIO, st);
    assert_non_null(strstr(bal_error(), "gone/b/198.png: cannot be opened"));
    assert_int_equal(BAL_EIO, bal_feeder_next(f, &x, &label)); /* and again */
    bal_feeder_close(f);
    bal_dataset_close(ds);
}

static void no_images(void **state)
{
    bal_feeder_settings s = settings(cached, BAL_TRAIN, true, 0);
    bal_feeder         *f;

    (void)state;
    s.count = 0;
    assert_int_equal(BAL_ECONFIG, bal_feeder_open(&f, dev, &s));
    assert_null(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffled_across_epochs),
        cmocka_unit_test(resumed_at_a_step),
        cmocka_unit_test(a_batch_larger_than_the_part),
        cmocka_unit_test(in_order_again_and_again),
        cmocka_unit_test(labels_by_pair_flip),
        cmocka_unit_test(valid_until_the_next_call),
        cmocka_unit_test(allocates_nothing),
        cmocka_unit_test(closed_at_any_time),
        cmocka_unit_test(an_image_that_has_gone),
        cmocka_unit_test(no_images),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
