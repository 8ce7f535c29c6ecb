/* Option tables: values, defaults, and the exact words of every fault. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "ballast/option.h"
#include "ballast/rng.h"

typedef struct box {
    int         filters, pad, seed;
    float       slope, lr;
    bool        bias;
    int         mode;
    const char *path, *from;
} box;

static const bal_option options[] = {
    BAL_OPT(box, filters, BAL_INT, BAL_REQUIRED, 1, 4096, "number of output channels"),
    BAL_OPT(box, pad, BAL_INT, 0, 0, 64, "pixels added on each side"),
    BAL_OPT(box, seed, BAL_INT, 1, -2147483648.0, 2147483647, "any"),
    BAL_OPT(box, slope, BAL_FLOAT, 0.2, 0, 1, "gradient for negative inputs"),
    BAL_OPT(box, lr, BAL_FLOAT, 2e-4, 0, 3.5e38, "learning rate"),
    BAL_OPT_BOOL(box, bias, 1, "add a bias"),
    BAL_OPT_CHOICE(box, mode, 0, "constant|step|cosine", "how it falls"),
    BAL_OPT_TEXT(box, path, "here", "where"),
    BAL_OPT_TEXT(box, from, NULL, "whence"),
    BAL_OPT_END,
};

static const bal_where at = {"x.ini", 12};

static box              b;
static bal_option_pool *pool;

static int clear(void **state)
{
    (void)state;
    bal_option_pool_free(pool);
    pool = NULL;
    return 0;
}

static bal_status parse(const char *text) { return bal_option_parse(options, &b, &pool, "layer conv", text, at); }

static void fails(const char *text, const char *message)
{
    assert_int_equal(parse(text), BAL_ECONFIG);
    assert_string_equal(bal_error(), message);
}

static void defaults(void **state)
{
    (void)state;
    memset(&b, 0xff, sizeof b);
    bal_option_defaults(options, &b);
    assert_int_equal(b.filters, 0);
    assert_int_equal(b.seed, 1);
    assert_true(b.slope == 0.2f && b.bias && b.mode == 0 && !b.from);
    assert_string_equal(b.path, "here");
    bal_option_defaults(NULL, NULL);
}

static void reads_values(void **state)
{
    (void)state;
    assert_int_equal(parse("  filters=32 pad = 1\tslope= 1e-3 bias =off mode=cosine path=a/b=c "), BAL_OK);
    assert_int_equal(b.filters, 32);
    assert_int_equal(b.pad, 1);
    assert_true(b.slope == 1e-3f && !b.bias && b.mode == 2);
    assert_string_equal(b.path, "a/b=c");
    assert_int_equal(parse("filters=+7 seed=-2147483648 bias=yes lr=.5"), BAL_OK);
    assert_true(b.filters == 7 && b.seed == INT32_MIN && b.bias && b.lr == .5f);
    assert_true(bal_option_number(options, &b, "filters") == 7 && bal_option_number(options, &b, "bias") == 1);
    assert_true(bal_option_number(options, &b, "lr") == .5);
}

static void names_unknown_options(void **state)
{
    (void)state;
    fails("filter=3", "x.ini:12: layer conv: no option \"filter\"; did you mean \"filters\"?");
    fails("flitres=3", "x.ini:12: layer conv: no option \"flitres\"; did you mean \"filters\"?");
    fails("elephant=3",
          "x.ini:12: layer conv: no option \"elephant\"; it has filters, pad, seed, slope, lr, bias, mode, path, from");
    assert_int_equal(bal_option_parse(NULL, NULL, &pool, "layer relu", "", at), BAL_OK);
    assert_int_equal(bal_option_parse(NULL, NULL, &pool, "layer relu", "a=1", at), BAL_ECONFIG);
    assert_string_equal(bal_error(), "x.ini:12: layer relu: no option \"a\"; it has none");
}

static void names_bad_values(void **state)
{
    (void)state;
    fails("filters=abc", "x.ini:12: layer conv filters: \"abc\" is not a whole number from 1 to 4096");
    fails("filters=0", "x.ini:12: layer conv filters: \"0\" is not a whole number from 1 to 4096");
    fails("filters=4097", "x.ini:12: layer conv filters: \"4097\" is not a whole number from 1 to 4096");
    fails("filters=3.0", "x.ini:12: layer conv filters: \"3.0\" is not a whole number from 1 to 4096");
    fails("filters=0x10", "x.ini:12: layer conv filters: \"0x10\" is not a whole number from 1 to 4096");
    fails("filters=99999999999999999999",
          "x.ini:12: layer conv filters: \"99999999999999999999\" is not a whole number from 1 to 4096");
    fails("filters=", "x.ini:12: layer conv filters: \"\" is not a whole number from 1 to 4096");
    fails("seed=2147483648",
          "x.ini:12: layer conv seed: \"2147483648\" is not a whole number from -2147483648 to 2147483647");
    fails("slope=1.5", "x.ini:12: layer conv slope: \"1.5\" is not a number from 0 to 1");
    fails("slope=nan", "x.ini:12: layer conv slope: \"nan\" is not a number from 0 to 1");
    fails("slope=0x1p-1", "x.ini:12: layer conv slope: \"0x1p-1\" is not a number from 0 to 1");
    fails("slope=1e", "x.ini:12: layer conv slope: \"1e\" is not a number from 0 to 1");
    fails("lr=inf", "x.ini:12: layer conv lr: \"inf\" is not a number of at least 0");
    fails("lr=1e39", "x.ini:12: layer conv lr: \"1e39\" is not a number of at least 0");
    fails("bias=maybe", "x.ini:12: layer conv bias: \"maybe\" is not on or off");
    fails("mode=stpe",
          "x.ini:12: layer conv mode: \"stpe\" is not one of constant, step, cosine; did you mean \"step\"?");
    fails("mode=step|cosine", "x.ini:12: layer conv mode: \"step|cosine\" is not one of constant, step, cosine");
    fails("mode=", "x.ini:12: layer conv mode: \"\" is not one of constant, step, cosine");
}

static void names_malformed_lines(void **state)
{
    (void)state;
    fails("", "x.ini:12: layer conv: filters is missing: a whole number from 1 to 4096 (number of output channels)");
    fails("filters", "x.ini:12: layer conv: \"filters\" is not of the form option=value");
    fails("filters=3 pad=1 pad=1", "x.ini:12: layer conv: pad is given twice");
    fails("=3", "x.ini:12: layer conv: no option \"\"; it has filters, pad, seed, slope, lr, bias, mode, path, from");
}

static void where_without_a_line(void **state)
{
    (void)state;
    assert_int_equal(bal_fail_at((bal_where){"--set run.seed", 0}, "is %s", "wrong"), BAL_ECONFIG);
    assert_string_equal(bal_error(), "--set run.seed: is wrong");
}

static void required_text(void **state)
{
    static const bal_option rows[] = {BAL_OPT_TEXT_REQUIRED(box, path, "folder of images"), BAL_OPT_END};

    (void)state;
    assert_int_equal(bal_option_set(rows, &b, "[data]", "path", "", at), BAL_ECONFIG);
    assert_string_equal(bal_error(), "x.ini:12: [data] path: is empty; it must be given: folder of images");
    assert_int_equal(bal_option_missing(rows, "[data]", at), BAL_ECONFIG);
    assert_string_equal(bal_error(), "x.ini:12: [data]: path is missing: a text (folder of images)");
}

static void prints_what_it_reads(void **state)
{
    char       text[64];
    bal_stream s = bal_stream_for(1, BAL_FOR_TEST, 0, 0);

    (void)state;
    assert_int_equal(parse("filters=32 slope=0.2 bias=no mode=step path=x"), BAL_OK);
    static const char *const expected[] = {"32", "0", "1", "0.2", "0.0002", "off", "step", "x", ""};
    for (int i = 0; i < 9; i++) {
        assert_int_equal(bal_option_print(text, sizeof text, &options[i], &b), strlen(expected[i]));
        assert_string_equal(text, expected[i]);
    }
    for (uint64_t i = 0; i < 1000; i++) { /* all magnitudes, to the bit */
        uint32_t bits = bal_random_bits(&s, i) & 0x7f7fffff;
        memcpy(&b.lr, &bits, sizeof b.lr);
        bal_option_print(text, sizeof text, &options[4], &b);
        float before = b.lr;
        assert_int_equal(bal_option_set(options, &b, "x", "lr", text, at), BAL_OK);
        assert_memory_equal(&b.lr, &before, sizeof before);
    }
}

static void allowed(void **state)
{
    char text[64];

    (void)state;
    bal_option_allowed(text, sizeof text, &options[0]);
    assert_string_equal(text, "a whole number from 1 to 4096");
    assert_int_equal(bal_option_allowed(text, 4, &options[6]), strlen("one of constant, step, cosine"));
    assert_string_equal(text, "one");
}

static void nearest(void **state)
{
    static const char *const names[] = {"conv", "deconv", "batch_norm", "relu", "leaky_relu", NULL};
    char                     longest[200];

    (void)state;
    assert_string_equal(bal_nearest("cnov", names), "conv");
    assert_string_equal(bal_nearest("batchnorm", names), "batch_norm");
    assert_string_equal(bal_nearest("rleu", names), "relu");
    assert_null(bal_nearest("zzzz", names));
    assert_null(bal_nearest("", names));
    assert_null(bal_nearest("conv", (const char *const[]){NULL}));
    assert_null(bal_nearest("b", (const char *const[]){"a", NULL}));
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_null(bal_nearest(longest, names));
    assert_null(bal_nearest("x", (const char *const[]){longest, NULL}));
}

/* No text may crash the parser; what it accepts is in range. */
static void random_text(void **state)
{
    static const char alphabet[] = "filterspadslopebiasmode==  01.-+e9\xc3\x28|";
    bal_stream        s = bal_stream_for(2, BAL_FOR_TEST, 0, 0);
    uint64_t          k = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[40];
        int  n = (int)(bal_random_bits(&s, k++) % (sizeof text - 1));
        for (int j = 0; j < n; j++) text[j] = alphabet[bal_random_bits(&s, k++) % (sizeof alphabet - 1)];
        text[n] = '\0';
        if (parse(text) == BAL_OK) assert_in_range(b.filters, 1, 4096);
        clear(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test_teardown(reads_values, clear),
        cmocka_unit_test_teardown(names_unknown_options, clear),
        cmocka_unit_test_teardown(names_bad_values, clear),
        cmocka_unit_test_teardown(names_malformed_lines, clear),
        cmocka_unit_test(where_without_a_line),
        cmocka_unit_test(required_text),
        cmocka_unit_test_teardown(prints_what_it_reads, clear),
        cmocka_unit_test(allowed),
        cmocka_unit_test(nearest),
        cmocka_unit_test(random_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
