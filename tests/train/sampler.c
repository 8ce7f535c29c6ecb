/* sampler -- a class's share of each pass worked out by hand; every image equally often; a pass asked for anew, or
 * first, is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/rng.h"
#include "ballast/sampler.h"

enum { COUNT = 100, CLASSES = 4 };
static int labels[COUNT]; /* 81, 16, none, 3; mixed */

static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++) labels[i] = i % 33 == 5 ? 3 : i % 6 == 1 ? 1 : 0;
    int n[CLASSES] = {0};
    for (int i = 0; i < COUNT; i++) n[labels[i]]++;
    for (int i = 0; i < COUNT && n[1] > 16; i++)
        if (labels[i] == 1) labels[i] = 0, n[1]--;
    for (int i = 0; i < COUNT && n[1] < 16; i++)
        if (labels[i] == 0) labels[i] = 1, n[1]++;
    return 0;
}

static bal_sampler *open_sampler(bal_sampling how, uint64_t begin, uint64_t end)
{
    bal_sampler_settings s = {how, true, labels, COUNT, CLASSES, 5, 2, begin, end};
    bal_sampler         *sampler;
    assert_int_equal(bal_sampler_open(&sampler, &s), BAL_OK);
    return sampler;
}

static void check_quotas(bal_sampling how, uint64_t pass, const int *expected)
{
    bal_sampler *s = open_sampler(how, 0, 4);
    int          got[CLASSES];
    bal_sampler_quotas(s, got, pass);
    assert_memory_equal(got, expected, sizeof got);
    bal_sampler_close(s);
}

static void test_quotas(void **state)
{
    (void)state;
    const int instance[] = {81, 16, 0, 3}, balanced[] = {34, 33, 0, 33};
    const int root[] = {61, 27, 0, 12}; /* 9, 4, sqrt 3 of 14.732: 61.09, 27.15, 11.76 */
    const int half[] = {57, 25, 0, 18}; /* 57.17, 24.67, 18.17 */
    check_quotas(BAL_SAMPLE_INSTANCE, 3, instance);
    check_quotas(BAL_SAMPLE_BALANCED, 3, balanced);
    check_quotas(BAL_SAMPLE_SQRT, 3, root);
    check_quotas(BAL_SAMPLE_PROGRESSIVE, 0, instance);
    check_quotas(BAL_SAMPLE_PROGRESSIVE, 2, half);
    check_quotas(BAL_SAMPLE_PROGRESSIVE, 4, balanced);
    check_quotas(BAL_SAMPLE_PROGRESSIVE, 9, balanced);
}

/* After so many passes the images of a class differ by at most one in how often they came. */
static void test_equally_often(void **state)
{
    (void)state;
    static const bal_sampling all[] = {BAL_SAMPLE_BALANCED, BAL_SAMPLE_SQRT, BAL_SAMPLE_PROGRESSIVE};
    for (int k = 0; k < 3; k++) {
        bal_sampler *s = open_sampler(all[k], 0, 4);
        int          times[COUNT] = {0}, order[COUNT], quota[CLASSES];
        for (uint64_t pass = 0; pass < 7; pass++) {
            int drawn[CLASSES] = {0};
            bal_sampler_pass(s, order, pass);
            bal_sampler_quotas(s, quota, pass);
            for (int i = 0; i < COUNT; i++) {
                times[order[i]]++;
                drawn[labels[order[i]]]++;
            }
            assert_memory_equal(drawn, quota, sizeof drawn);
            for (int i = 0; i < COUNT; i++)
                for (int j = 0; j < i; j++)
                    if (labels[i] == labels[j]) assert_true(abs(times[i] - times[j]) <= 1);
        }
        bal_sampler_close(s);
    }
}

/* The order of a pass is no class after class: the first half has a fair part of the rarest. */
static void test_mixed_within_a_pass(void **state)
{
    (void)state;
    bal_sampler *s = open_sampler(BAL_SAMPLE_BALANCED, 0, 0);
    int          order[COUNT], rare = 0;
    bal_sampler_pass(s, order, 0);
    for (int i = 0; i < COUNT / 2; i++) rare += labels[order[i]] == 3;
    assert_in_range(rare, 8, 25);
    bal_sampler_close(s);
}

static void test_same_from_anywhere(void **state)
{
    (void)state;
    for (int how = BAL_SAMPLE_INSTANCE; how <= BAL_SAMPLE_PROGRESSIVE; how++) {
        bal_sampler *one = open_sampler((bal_sampling)how, 2, 6), *other = open_sampler((bal_sampling)how, 2, 6);
        int          a[COUNT], b[COUNT], before[COUNT];
        for (uint64_t pass = 0; pass <= 5; pass++) {
            memcpy(before, a, sizeof a);
            bal_sampler_pass(one, a, pass);
        }
        bal_sampler_pass(other, b, 5);
        assert_memory_equal(a, b, sizeof a);
        bal_sampler_pass(other, b, 4);
        assert_memory_equal(before, b, sizeof b);
        assert_memory_not_equal(a, b, sizeof b);
        bal_sampler_close(one);
        bal_sampler_close(other);
    }
}

/* Before `begin` every sampler is INSTANCE, which is the permutation of (seed, BAL_FOR_SHUFFLE, salt, pass). */
static void test_begins_late(void **state)
{
    (void)state;
    bal_sampler *s = open_sampler(BAL_SAMPLE_BALANCED, 3, 9);
    bal_stream   stream = bal_stream_for(5, BAL_FOR_SHUFFLE, 2, 2);
    int          order[COUNT], expected[COUNT];
    bal_random_order(expected, COUNT, &stream);
    bal_sampler_pass(s, order, 2);
    assert_memory_equal(order, expected, sizeof order);
    stream = bal_stream_for(5, BAL_FOR_SHUFFLE, 2, 3);
    bal_random_order(expected, COUNT, &stream);
    bal_sampler_pass(s, order, 3);
    assert_memory_not_equal(order, expected, sizeof order);
    bal_sampler_close(s);
}

static void test_nothing_labelled(void **state)
{
    (void)state;
    int                  none[5] = {-1, -1, -1, -1, -1}, order[5], sum = 0;
    bal_sampler_settings settings = {BAL_SAMPLE_BALANCED, true, none, 5, 2, 5, 2, 0, 0};
    bal_sampler         *s;
    assert_int_equal(bal_sampler_open(&s, &settings), BAL_OK);
    bal_sampler_pass(s, order, 0);
    for (int i = 0; i < 5; i++) sum += 1 << order[i];
    assert_int_equal(sum, 31);
    bal_sampler_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotas),
        cmocka_unit_test(test_equally_often),
        cmocka_unit_test(test_mixed_within_a_pass),
        cmocka_unit_test(test_same_from_anywhere),
        cmocka_unit_test(test_begins_late),
        cmocka_unit_test(test_nothing_labelled),
    };
    return cmocka_run_group_tests_name("train/sampler", tests, setup, NULL);
}
