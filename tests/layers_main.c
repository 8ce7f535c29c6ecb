/* layers_main -- the proof of every layer, one test a case, mode and class of kernels. Arguments: the layers to run
 * (none: all). BAL_TEST_SEED: another seed. BAL_TEST_SMALL=1: only small cases (for simulators such as oclgrind). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guarded.h"
#include "layer_test.h"

enum { SMALL = 1200, MAX_TESTS = 256 };

static bal_test_devices devices;
static uint64_t         seed = 1;

typedef struct run {
    const bal_layer_test *test;
    const bal_layer_case *c;
    int                   device;
    bool                  training;
    char                  name[160];
} run;

static void prove(void **state)
{
    const run *r = *state;
    char       message[512];
    if (bal_test_small() && bal_shape_size(r->c->x) > SMALL) {
        print_message("skipped: %s is not small\n", r->name);
        skip();
    }
    if (!bal_layer_prove(r->test, r->c, r->training, seed, devices.dev[r->device], message, sizeof message))
        fail_msg("%s", message);
}

/* A suite in which no kernel ran proves nothing. */
static int close_devices(void)
{
    int idle = 0;
    for (int i = 0; i < devices.count; i++) {
        uint64_t launches = bal_device_count(devices.dev[i]).launches;
        print_message("%s, %s: %llu launches, seed %llu\n", bal_device_describe(devices.dev[i])->name,
                      bal_test_class(devices.dev[i]), (unsigned long long)launches, (unsigned long long)seed);
        idle += launches == 0;
    }
    bal_test_devices_close(&devices);
    return idle;
}

static void add(run *r, struct CMUnitTest *entry, const bal_layer_test *test, const bal_layer_case *c, int mode)
{
    bal_shape x = c->x;
    *r = (run){.test = test, .c = c, .training = !(mode & 1), .device = mode >> 1};
    char more[64] = "";
    if (c->pool) snprintf(more, sizeof more, "%s ", c->pool);
    if (c->batches) snprintf(more + strlen(more), sizeof more - strlen(more), "%d batches ", c->batches);
    snprintf(r->name, sizeof r->name, "%s %s%s%s%s%s%dx%dx%dx%d%s, %s", test->name, c->options, *c->options ? " " : "",
             c->activation ? c->activation : "", c->activation ? " " : "", more, x.n, x.h, x.w, x.c,
             !test->modes  ? ""
             : r->training ? " training"
                           : " inference",
             bal_test_class(devices.dev[r->device]));
    *entry = (struct CMUnitTest){.name = r->name, .test_func = prove, .initial_state = r};
}

static int run_layer(const bal_layer_test *test)
{
    static run               runs[MAX_TESTS];
    static struct CMUnitTest tests[MAX_TESTS];
    size_t                   count = 0;
    for (int mode = 0; mode < 2 * devices.count; mode++)
        for (const bal_layer_case *c = test->cases; c->options && count < MAX_TESTS; c++) {
            if (mode & 1 && !test->modes) continue;
            add(&runs[count], &tests[count], test, c, mode);
            count++;
        }
    return _cmocka_run_group_tests(test->name, tests, count, NULL, NULL);
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
    const char *text = getenv("BAL_TEST_SEED");
    int         failed = find_untested(), ran = 0;
    if (text && *text) seed = strtoull(text, NULL, 10);
    if (bal_test_devices_open(&devices) != BAL_OK) {
        print_error("%s\n", bal_error());
        return 1;
    }
    for (const bal_layer_test *const *t = bal_layer_tests; *t; t++) {
        if (!wanted((*t)->name, argv + 1, argc - 1)) continue;
        failed += run_layer(*t) != 0;
        ran++;
    }
    if (!ran) print_error("no such layer test\n");
    return close_devices() || failed || !ran ? 1 : 0;
}
