/* layers_main -- the proof of every layer, one test a case and mode. Arguments: the layers to run (none: all).
 * BAL_TEST_SEED: another seed. BAL_TEST_SMALL=1: only small cases (for simulators such as oclgrind). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "layer_test.h"

enum { SMALL = 1200, MAX_CASES = 64 };

static bal_device *dev;
static uint64_t    seed = 1;
static bool        small_only;

typedef struct run {
    const bal_layer_test *test;
    const bal_layer_case *c;
    bool                  training;
    char                  name[160];
} run;

static void prove(void **state)
{
    const run *r = *state;
    char       message[512];
    if (small_only && bal_shape_size(r->c->x) > SMALL) {
        print_message("skipped: %s is not small\n", r->name);
        skip();
    }
    if (!bal_layer_prove(r->test, r->c, r->training, seed, dev, message, sizeof message)) fail_msg("%s", message);
}

static int open_device(void **state)
{
    (void)state;
    if (bal_device_open(&dev, NULL) == BAL_OK) return 0;
    print_error("%s\n", bal_error());
    return -1;
}

/* A suite in which no kernel ran proves nothing. */
static int close_device(void **state)
{
    (void)state;
    uint64_t launches = bal_device_count(dev).launches;
    print_message("%s, %s kernels, seed %llu, %llu launches\n", bal_device_describe(dev)->name,
                  bal_device_class(dev) == BAL_CPU ? "cpu" : "gpu", (unsigned long long)seed,
                  (unsigned long long)launches);
    bal_device_close(dev);
    return launches > 0 ? 0 : -1;
}

static void add(run *runs, struct CMUnitTest *tests, int *count, const bal_layer_test *test, const bal_layer_case *c,
                bool training)
{
    run      *r = &runs[*count];
    bal_shape x = c->x;
    *r = (run){.test = test, .c = c, .training = training};
    snprintf(r->name, sizeof r->name, "%s %s%s%dx%dx%dx%d%s", test->name, c->options, *c->options ? " " : "", x.n, x.h,
             x.w, x.c,
             !test->modes ? ""
             : training   ? " training"
                          : " inference");
    tests[(*count)++] = (struct CMUnitTest){.name = r->name, .test_func = prove, .initial_state = r};
}

static int run_layer(const bal_layer_test *test)
{
    static run               runs[2 * MAX_CASES];
    static struct CMUnitTest tests[2 * MAX_CASES];
    int                      count = 0;
    for (const bal_layer_case *c = test->cases; c->options && count < 2 * MAX_CASES - 1; c++) {
        add(runs, tests, &count, test, c, true);
        if (test->modes) add(runs, tests, &count, test, c, false);
    }
    return _cmocka_run_group_tests(test->name, tests, (size_t)count, open_device, close_device);
}

/* A layer without a test is a failure of the suite. */
static int find_untested(void)
{
    int missing = 0;
    for (const bal_layer_def *const *d = bal_layer_defs; *d; d++) {
        const bal_layer_test *const *t = bal_layer_tests;
        while (*t && strcmp((*t)->name, (*d)->name) != 0) t++;
        if (*t) continue;
        print_error("layer %s has no test: write tests/layers/%s.c\n", (*d)->name, (*d)->name);
        missing++;
    }
    return missing;
}

static bool wanted(const char *name, char **names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return true;
    return count == 0;
}

int main(int argc, char **argv)
{
    const char *text = getenv("BAL_TEST_SEED"), *small = getenv("BAL_TEST_SMALL");
    int         failed = find_untested(), ran = 0;
    if (text && *text) seed = strtoull(text, NULL, 10);
    small_only = small && *small && strcmp(small, "0") != 0;
    for (const bal_layer_test *const *t = bal_layer_tests; *t; t++) {
        if (!wanted((*t)->name, argv + 1, argc - 1)) continue;
        failed += run_layer(*t) != 0;
        ran++;
    }
    if (!ran) print_error("no such layer test\n");
    return failed || !ran ? 1 : 0;
}
