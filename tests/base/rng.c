/* Philox against the published known answers (Random123, kat_vectors), and what is drawn from it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "ballast/rng.h"

static void known_answers(void **state)
{
    static const struct {
        bal_stream s;
        uint64_t   i;
        uint32_t   out[4];
    } cases[] = {
        {{{0, 0}, {0, 0}}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{{0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}},
         0xffffffffffffffff,
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{{0xa4093822, 0x299f31d0}, {0x13198a2e, 0x03707344}},
         0x85a308d3243f6a88,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t out[4];
        bal_philox(out, &cases[i].s, cases[i].i);
        assert_memory_equal(out, cases[i].out, sizeof out);
    }
}

static void streams_differ_by_what_they_are_for(void **state)
{
    bal_stream all[] = {bal_stream_for(1, BAL_FOR_INIT, 0, 0),    bal_stream_for(2, BAL_FOR_INIT, 0, 0),
                        bal_stream_for(1, BAL_FOR_SHUFFLE, 0, 0), bal_stream_for(1, BAL_FOR_INIT, 1, 0),
                        bal_stream_for(1, BAL_FOR_INIT, 0, 1),    bal_stream_for((1ull << 32) + 1, BAL_FOR_INIT, 0, 0)};

    (void)state;
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++) assert_int_not_equal(bal_random_bits(&all[i], 0), bal_random_bits(&all[j], 0));
    assert_int_equal(all[0].key[0], 1);
    assert_int_equal(all[0].key[1], BAL_FOR_INIT);
    assert_int_equal(all[3].block[0], 1);
    assert_int_equal(all[4].block[1], 1);
}

static void bits_are_philox_in_order(void **state)
{
    bal_stream s = bal_stream_for(7, BAL_FOR_TEST, 3, 4);
    uint32_t   four[4];

    (void)state;
    for (uint64_t i = 0; i < 40; i++) {
        bal_philox(four, &s, i / 4);
        assert_int_equal(bal_random_bits(&s, i), four[i % 4]);
    }
}

static void uniform_is_uniform(void **state)
{
    enum { N = 100000 };
    bal_stream s = bal_stream_for(7, BAL_FOR_TEST, 0, 0);
    double     sum = 0;
    int        bins[10] = {0};

    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        float u = bal_random_uniform(&s, i);
        assert_true(u >= 0 && u < 1);
        sum += (double)u;
        bins[(int)(u * 10)]++;
    }
    assert_true(fabs(sum / N - .5) < .005);
    for (int i = 0; i < 10; i++) assert_in_range(bins[i], N / 10 - 400, N / 10 + 400);
}

static void normal_is_normal(void **state)
{
    enum { N = 100000 };
    bal_stream s = bal_stream_for(7, BAL_FOR_TEST, 1, 0);
    double     m1 = 0, m2 = 0, m4 = 0, pairs = 0;

    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        double x = (double)bal_random_normal(&s, i);
        assert_true(isfinite(x));
        m1 += x;
        m2 += x * x;
        m4 += x * x * x * x;
        if (i % 2) pairs += x * (double)bal_random_normal(&s, i - 1);
    }
    assert_true(fabs(m1 / N) < .015);
    assert_true(fabs(m2 / N - 1) < .02);
    assert_true(fabs(m4 / N - 3) < .15);
    assert_true(fabs(pairs / N) < .01);
}

static void order_is_a_permutation(void **state)
{
    enum { N = 257 };
    int        order[N], again[N], fixed = 0;
    char       seen[N] = {0};
    bal_stream s = bal_stream_for(7, BAL_FOR_SHUFFLE, 2, 0);

    (void)state;
    bal_random_order(order, N, &s);
    bal_random_order(again, N, &s);
    assert_memory_equal(order, again, sizeof order);
    for (int i = 0; i < N; i++) {
        assert_in_range(order[i], 0, N - 1);
        assert_false(seen[order[i]]);
        seen[order[i]] = 1;
        fixed += order[i] == i;
    }
    assert_true(fixed < 10);
    bal_random_order(order, 0, &s);
    bal_random_order(order, 1, &s);
    assert_int_equal(order[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers),
                                       cmocka_unit_test(streams_differ_by_what_they_are_for),
                                       cmocka_unit_test(bits_are_philox_in_order),
                                       cmocka_unit_test(uniform_is_uniform),
                                       cmocka_unit_test(normal_is_normal),
                                       cmocka_unit_test(order_is_a_permutation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
