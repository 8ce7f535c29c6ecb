/* A trace is JSON with a row for each thread and the device, bounded, and nothing when it is off. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/files.h"
#include "ballast/trace.h"

static char path[64];

static cJSON *close_and_read(void)
{
    char  *text;
    size_t size;
    snprintf(path, sizeof path, "trace-test-%ld.json", (long)getpid());
    assert_int_equal(bal_trace_close(path), BAL_OK);
    assert_int_equal(bal_file_read(&text, &size, path, 0), BAL_OK);
    cJSON *root = cJSON_Parse(text);
    assert_non_null(root);
    free(text);
    remove(path);
    return cJSON_GetObjectItem(root, "traceEvents") ? root : NULL;
}

/* The event of this name; n counts all of them. */
static const cJSON *find(const cJSON *root, const char *name, int *n)
{
    const cJSON *e, *found = NULL;
    *n = 0;
    cJSON_ArrayForEach(e, cJSON_GetObjectItem(root, "traceEvents"))
    {
        if (strcmp(cJSON_GetObjectItem(e, "name")->valuestring, name) != 0) continue;
        found = e;
        (*n)++;
    }
    return found;
}

static double number(const cJSON *e, const char *key) { return cJSON_GetObjectItem(e, key)->valuedouble; }

static void *other(void *user)
{
    bal_trace_thread("other");
    bal_trace_span(user, bal_trace_clock());
    return NULL;
}

static void host_and_device(void **state)
{
    pthread_t thread;
    int       n;
    (void)state;
    bal_trace_span("before it is on", bal_trace_clock());
    assert_int_equal(bal_trace_open(), BAL_OK);
    uint64_t t = bal_trace_clock();
    bal_trace_span("own", t);
    pthread_create(&thread, NULL, other, "theirs");
    pthread_join(thread, NULL);
    bal_trace_launch("net 0 \"conv\" forward", "kernel", "direct", t + 2000, t + 5000);
    cJSON *root = close_and_read();
    assert_null(find(root, "before it is on", &n));
    const cJSON *own = find(root, "own", &n), *theirs = find(root, "theirs", &n);
    assert_true(number(own, "tid") != number(theirs, "tid"));
    const cJSON *launch = find(root, "net 0 \"conv\" forward", &n);
    assert_true(fabs(number(launch, "dur") - 3) < 1e-9);
    assert_true(fabs(number(launch, "ts") - number(own, "ts") - 2) < 1e-3);
    assert_string_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(launch, "args"), "algorithm")->valuestring, "direct");
    find(root, "thread_name", &n);
    assert_int_equal(n, 3);
    cJSON_Delete(root);
}

static void is_bounded(void **state)
{
    int n;
    (void)state;
    assert_int_equal(bal_trace_open(), BAL_OK);
    for (int i = 0; i < BAL_TRACE_SPANS + 7; i++) bal_trace_launch("", "kernel", NULL, 1, 2);
    cJSON *root = close_and_read();
    find(root, "kernel", &n);
    assert_int_equal(n, BAL_TRACE_SPANS);
    assert_int_equal((int)number(root, "dropped"), 7);
    cJSON_Delete(root);
}

static void off_does_nothing(void **state)
{
    (void)state;
    assert_false(bal_trace_is_on());
    assert_int_equal(bal_trace_close("never-written.json"), BAL_OK);
    assert_false(bal_file_exists("never-written.json"));
    assert_int_equal(bal_trace_open(), BAL_OK);
    assert_int_equal(bal_trace_close("no/such/folder.json"), BAL_EIO);
    assert_false(bal_trace_is_on());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_device),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(off_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
