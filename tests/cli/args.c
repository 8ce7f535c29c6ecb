/* The argument parser on a verb made up for it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cli/args.c"

typedef struct own {
    int  count, only;
    bool grid;
    const char *class;
} own;

static const bal_option rows[] = {
    BAL_OPT(own, count, BAL_INT, 16, 1, 1000, "images"),
    BAL_OPT_CHOICE(own, only, 0, "all|gan|classifier", "what to train"),
    BAL_OPT_BOOL(own, grid, 0, "one picture"),
    BAL_OPT_TEXT(own, class, NULL, "which class"),
    BAL_OPT_END,
};
static const bal_verb verb = {.name = "make",
                              .usage = "RUN",
                              .takes = BAL_TAKES_SEED | BAL_TAKES_SET | BAL_TAKES_DRY_RUN,
                              .min_words = 1,
                              .max_words = 2,
                              .size = sizeof(own),
                              .options = rows};

static bal_args args;

static bal_status parse_words(char **argv)
{
    int argc = 0;

    while (argv[argc]) argc++;
    bal_args_free(&args);
    return bal_args_parse(&args, &verb, argc, argv);
}
#define PARSE(...) parse_words((char *[]){__VA_ARGS__, NULL})
#define FAILS(message, ...) \
    do { \
        assert_int_equal(PARSE(__VA_ARGS__), BAL_ECONFIG); \
        assert_string_equal(bal_error(), message); \
    } while (0)

static int clear(void **state)
{
    (void)state;
    bal_args_free(&args);
    return 0;
}

static void any_order(void **state)
{
    const own *o;

    (void)state;
    assert_int_equal(PARSE("--count=7", "runs/a", "--grid", "--set", "a.b=1", "--only", "gan", "--set=c.d=2=3", "more",
                           "--dry-run", "--seed", "9"),
                     BAL_OK);
    o = args.own;
    assert_true(o->count == 7 && o->grid && o->only == 1 && !o->class);
    assert_true(args.seed == 9 && args.dry_run && !args.quiet && args.word_count == 2 && args.set_count == 2);
    assert_string_equal(args.word[1], "more");
    assert_string_equal(args.set[0], "a.b=1");
    assert_string_equal(args.set[1], "c.d=2=3");
    assert_int_equal(PARSE("x", "--grid=off", "--quiet", "--json"), BAL_OK);
    o = args.own;
    assert_true(o->count == 16 && !o->grid && args.quiet && args.json && args.seed == -1);
}

static void words_that_look_like_options(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--", "--grid", "-x"), BAL_OK);
    assert_int_equal(args.word_count, 2);
    assert_string_equal(args.word[0], "--grid");
    assert_int_equal(PARSE("-"), BAL_OK);
    assert_string_equal(args.word[0], "-");
    assert_int_equal(PARSE("x", "--class", "-1"), BAL_OK);
    assert_string_equal(((own *)args.own)->class, "-1");
    assert_int_equal(PARSE("x", "--class=--grid"), BAL_OK);
}

static void help_needs_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--help"), BAL_OK);
    assert_true(args.help);
    assert_int_equal(PARSE("-h"), BAL_OK);
    assert_true(args.help);
}

static void faults(void **state)
{
    (void)state;
    FAILS("ballast make: RUN is missing", "--grid");
    FAILS("ballast make: \"c\" is one argument too many", "a", "b", "c");
    FAILS("ballast make: no option \"--gird\"; did you mean \"--grid\"?", "a", "--gird");
    FAILS("ballast make: no option \"--dry_run\"; did you mean \"--dry-run\"?", "a", "--dry_run");
    FAILS("ballast make: no option \"--device\"", "a", "--device=0");
    FAILS("ballast make: no option \"-x\"", "a", "-x");
    FAILS("ballast make: no option \"--\"", "a", "--=x");
    FAILS("ballast make: --count needs a value: images", "a", "--count");
    FAILS("ballast make: --count needs a value: images", "a", "--count", "--grid");
    FAILS("ballast make: --grid is given twice", "a", "--grid", "--grid");
    FAILS("ballast make: option count: \"0\" is not a whole number from 1 to 1000", "a", "--count=0");
    FAILS("ballast make: option only: \"gna\" is not one of all, gan, classifier; did you mean \"gan\"?", "a", "--only",
          "gna");
    FAILS("ballast make: option seed: \"-1\" is not a whole number from 0 to 2147483647", "a", "--seed=-1");
    FAILS("ballast make: option grid: \"2\" is not on or off", "a", "--grid=2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(any_order, clear), cmocka_unit_test_teardown(words_that_look_like_options, clear),
        cmocka_unit_test_teardown(help_needs_nothing_else, clear), cmocka_unit_test_teardown(faults, clear)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
