/* candidates -- noise, copies, one repeated image and the wrong class are dropped for what they are, and unseen images
 * like the real ones are kept; from made-up numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "ballast/candidates.h"
#include "ballast/rng.h"

enum { WIDTH = 6, REAL = 60, SEEN = 20, NEW = 40 };

static float  real[2][REAL * WIDTH], validation[2][SEEN * WIDTH], made[2][NEW * WIDTH];
static float  plain[REAL], detail[NEW];
static double p_validation[SEEN], p_made[NEW];

/* Rows around 1, alike in both spaces, with another unit in the second. */
static void draw(float *thumb, float *feature, int count, uint32_t stream)
{
    bal_stream s = bal_stream_for(7, BAL_FOR_TEST, stream, 0);
    for (int i = 0; i < count * WIDTH; i++) {
        thumb[i] = 1 + bal_random_normal(&s, (uint64_t)i);
        feature[i] = 30 * thumb[i];
    }
}

static void set_up(void)
{
    draw(real[0], real[1], REAL, 1);
    draw(validation[0], validation[1], SEEN, 2);
    draw(made[0], made[1], NEW, 3);
    for (int i = 0; i < SEEN; i++) p_validation[i] = 0.5 + 0.02 * i;
    for (int i = 0; i < NEW; i++) p_made[i] = 0.8;
    for (int i = 0; i < REAL; i++) plain[i] = 0.1F + 0.001F * (float)i;
    for (int i = 0; i < NEW; i++) detail[i] = 0.12F;
}

static void count(int counts[BAL_VERDICTS], int reals, int seen)
{
    bal_verdict          verdict[NEW];
    const bal_candidates c = {{{real[0], reals, WIDTH}, {real[1], reals, WIDTH}, plain},
                              {{validation[0], seen, WIDTH}, {validation[1], seen, WIDTH}, plain},
                              {{made[0], NEW, WIDTH}, {made[1], NEW, WIDTH}, detail},
                              p_validation,
                              p_made};
    assert_int_equal(bal_candidates_judge(verdict, &c), BAL_OK);
    memset(counts, 0, BAL_VERDICTS * sizeof *counts);
    for (int i = 0; i < NEW; i++) counts[verdict[i]]++;
}

static void set_row(int i, const float *thumb, float shift)
{
    for (int k = 0; k < WIDTH; k++) {
        made[0][i * WIDTH + k] = thumb[k] + shift;
        made[1][i * WIDTH + k] = 30 * made[0][i * WIDTH + k];
    }
}

static void unseen_ones_are_kept(void **state)
{
    int counts[BAL_VERDICTS];
    (void)state;
    set_up();
    count(counts, REAL, SEEN);
    assert_in_range(counts[BAL_KEPT], NEW * 3 / 4, NEW);
    assert_int_equal(counts[BAL_WRONG_CLASS], 0);
}

static void copies_are_dropped(void **state)
{
    int counts[BAL_VERDICTS];
    (void)state;
    set_up();
    for (int i = 0; i < NEW; i++) set_row(i, real[0] + i * WIDTH, 0.01F);
    count(counts, REAL, SEEN);
    assert_int_equal(counts[BAL_COPY], NEW);
    for (int i = 0; i < NEW; i++) set_row(i, real[0] + i % 10 * WIDTH, 1e-5F);
    count(counts, 10, SEEN); /* too few to know how near is too near: what is equal still is */
    assert_int_equal(counts[BAL_COPY], NEW);
}

static void one_repeated_image_counts_once(void **state)
{
    int   counts[BAL_VERDICTS];
    float one[WIDTH];
    (void)state;
    set_up();
    for (int k = 0; k < WIDTH; k++) one[k] = (real[0][k] + real[0][WIDTH + k]) / 2;
    for (int i = 0; i < NEW; i++) set_row(i, one, 0.001F * (float)i);
    count(counts, REAL, SEEN);
    assert_int_equal(counts[BAL_KEPT], 1);
    assert_int_equal(counts[BAL_REPEATED], NEW - 1);
    for (int i = 0; i < NEW; i++) set_row(i, one, 0);
    count(counts, 10, SEEN);
    assert_int_equal(counts[BAL_KEPT], 1);
}

static void noise_is_out_of_reach(void **state)
{
    int counts[BAL_VERDICTS];
    (void)state;
    set_up();
    for (int i = 0; i < NEW; i++) set_row(i, made[0] + i * WIDTH, i % 2 ? 9.0F : -9.0F);
    count(counts, REAL, SEEN);
    assert_int_equal(counts[BAL_OUTLIER], NEW);
    count(counts, REAL, 0);
    assert_int_equal(counts[BAL_OUTLIER], NEW);
}

/* From half the least to twice the most of real images. */
static void another_amount_of_detail(void **state)
{
    int counts[BAL_VERDICTS], other[BAL_VERDICTS];
    (void)state;
    set_up();
    count(counts, REAL, SEEN);
    for (int i = 0; i < NEW; i++) detail[i] = i % 2 ? 0.051F : 0.317F;
    count(other, REAL, SEEN);
    assert_memory_equal(other, counts, sizeof counts);
    for (int i = 0; i < NEW; i++) detail[i] = i % 2 ? 0.049F : 0.319F;
    count(other, REAL, SEEN);
    assert_int_equal(other[BAL_OUTLIER], NEW);
    const float checks[] = {0, 1, 1, 0};
    assert_true(bal_detail(checks, 2, 1) == 1 && bal_detail(checks, 1, 1) == 0);
}

/* Nine tenths of the validation images have at least 0.54. */
static void wrong_class(void **state)
{
    int counts[BAL_VERDICTS];
    (void)state;
    set_up();
    for (int i = 0; i < NEW; i++) p_made[i] = i % 2 ? 0.539 : 0.2;
    count(counts, REAL, SEEN);
    assert_int_equal(counts[BAL_WRONG_CLASS], NEW);
    for (int i = 0; i < NEW; i++) p_made[i] = 0.541;
    count(counts, REAL, SEEN);
    assert_int_equal(counts[BAL_WRONG_CLASS], 0);
    for (int i = 0; i < NEW; i++) p_made[i] = 0.499;
    count(counts, REAL, 0);
    assert_int_equal(counts[BAL_WRONG_CLASS], NEW);
}

static void small_images(void **state)
{
    static float pixel[40 * 40 * 3], out[BAL_THUMB_SIDE * BAL_THUMB_SIDE * 3];
    (void)state;
    for (int i = 0; i < 40 * 40 * 3; i++) pixel[i] = (float)(i % 3) + (float)(i / 3 / 40 / 20);
    assert_int_equal(bal_thumb_size(40, 3), BAL_THUMB_SIDE * BAL_THUMB_SIDE * 3);
    bal_thumb(out, pixel, 40, 3);
    for (int i = 0; i < BAL_THUMB_SIDE * BAL_THUMB_SIDE * 3; i++)
        assert_true(out[i] == (float)(i % 3) + (float)(i / 3 / BAL_THUMB_SIDE / (BAL_THUMB_SIDE / 2)));
    assert_int_equal(bal_thumb_size(5, 1), 25);
    bal_thumb(out, pixel, 5, 1);
    for (int i = 0; i < 25; i++) assert_true(out[i] == pixel[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unseen_ones_are_kept),
        cmocka_unit_test(copies_are_dropped),
        cmocka_unit_test(one_repeated_image_counts_once),
        cmocka_unit_test(noise_is_out_of_reach),
        cmocka_unit_test(wrong_class),
        cmocka_unit_test(another_amount_of_detail),
        cmocka_unit_test(small_images),
    };
    return cmocka_run_group_tests_name("train/candidates", tests, NULL, NULL);
}
