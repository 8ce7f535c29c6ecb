/* trace -- see ballast/trace.h. */
#include "ballast/trace.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ballast/files.h"

enum { DEVICE, FIRST_THREAD, MOST_THREADS = 64 };

typedef struct {
    const char *name;
    char       *scope, *detail; /* of a launch; owned, as is its name then */
    int         thread;
    uint64_t    begin, end;
} span;

static struct {
    pthread_mutex_t lock; /* of all below */
    atomic_bool     on;
    span           *spans;
    int             count, dropped, threads, opened;
    const char     *names[MOST_THREADS];
} trace = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A thread's number, and the trace that it is for. */
static _Thread_local int         own, own_trace;
static _Thread_local const char *own_name;

bool bal_trace_is_on(void) { return atomic_load(&trace.on); }
void bal_trace_thread(const char *name) { own_name = name; }

uint64_t bal_trace_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void forget(void)
{
    for (int i = 0; i < trace.count; i++) {
        if (trace.spans[i].thread == DEVICE) free((char *)trace.spans[i].name);
        free(trace.spans[i].scope);
        free(trace.spans[i].detail);
    }
    free(trace.spans);
    trace.spans = NULL;
    trace.count = trace.dropped = 0;
    trace.threads = FIRST_THREAD;
}

bal_status bal_trace_open(void)
{
    pthread_mutex_lock(&trace.lock);
    forget();
    trace.opened++;
    trace.spans = calloc(BAL_TRACE_SPANS, sizeof *trace.spans);
    atomic_store(&trace.on, trace.spans != NULL);
    pthread_mutex_unlock(&trace.lock);
    return bal_trace_is_on() ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a trace");
}

/* The calling thread's number in this trace. */
static int thread_number(void)
{
    if (own_trace == trace.opened) return own;
    own_trace = trace.opened;
    own = trace.threads < MOST_THREADS ? trace.threads++ : MOST_THREADS - 1;
    trace.names[own] = own_name ? own_name : own == FIRST_THREAD ? "host" : "thread";
    return own;
}

static void add(span s, bool device)
{
    pthread_mutex_lock(&trace.lock);
    bool keep = atomic_load(&trace.on) && trace.count < BAL_TRACE_SPANS;
    if (keep) {
        s.thread = device ? DEVICE : thread_number();
        trace.spans[trace.count++] = s;
    } else if (atomic_load(&trace.on)) trace.dropped++;
    pthread_mutex_unlock(&trace.lock);
    if (keep || !device) return;
    free((char *)s.name);
    free(s.scope);
    free(s.detail);
}

void bal_trace_span(const char *name, uint64_t begin)
{
    if (bal_trace_is_on()) add((span){.name = name, .begin = begin, .end = bal_trace_clock()}, false);
}

void bal_trace_launch(const char *scope, const char *kernel, const char *detail, uint64_t begin, uint64_t end)
{
    if (!bal_trace_is_on()) return;
    add((span){.name = bal_format("%s", kernel),
               .scope = bal_format("%s", scope),
               .detail = detail ? bal_format("%s", detail) : NULL,
               .begin = begin,
               .end = end},
        true);
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static cJSON *event(cJSON *list, const char *phase, const char *name, int thread)
{
    cJSON *e = cJSON_CreateObject();
    cJSON_AddStringToObject(e, "ph", phase);
    cJSON_AddStringToObject(e, "name", name ? name : "");
    cJSON_AddNumberToObject(e, "pid", 1);
    cJSON_AddNumberToObject(e, "tid", thread);
    cJSON_AddItemToArray(list, e);
    return e;
}

static void add_name(cJSON *list, int thread, const char *name)
{
    cJSON *e = event(list, "M", "thread_name", thread);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(e, "args"), "name", name);
}

/* Microseconds since `start`. */
static void add_span(cJSON *list, const span *s, uint64_t start)
{
    bool   device = s->thread == DEVICE;
    cJSON *e = event(list, "X", device && s->scope && *s->scope ? s->scope : s->name, s->thread);
    cJSON_AddNumberToObject(e, "ts", (double)(s->begin - start) * 1e-3);
    cJSON_AddNumberToObject(e, "dur", s->end > s->begin ? (double)(s->end - s->begin) * 1e-3 : 0);
    if (!device) return;
    cJSON *args = cJSON_AddObjectToObject(e, "args");
    cJSON_AddStringToObject(args, "kernel", s->name ? s->name : "");
    if (s->detail) cJSON_AddStringToObject(args, "algorithm", s->detail);
}

static char *print(void)
{
    cJSON   *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "traceEvents");
    uint64_t start = UINT64_MAX;
    cJSON_AddStringToObject(root, "displayTimeUnit", "ms");
    cJSON_AddNumberToObject(root, "dropped", trace.dropped);
    add_name(list, DEVICE, "device");
    for (int i = FIRST_THREAD; i < trace.threads; i++) add_name(list, i, trace.names[i]);
    for (int i = 0; i < trace.count; i++)
        if (trace.spans[i].begin < start) start = trace.spans[i].begin;
    for (int i = 0; i < trace.count; i++) add_span(list, &trace.spans[i], start);
    char *text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return text;
}

bal_status bal_trace_close(const char *path)
{
    if (!bal_trace_is_on()) return BAL_OK;
    pthread_mutex_lock(&trace.lock);
    atomic_store(&trace.on, false);
    char *text = print();
    forget();
    pthread_mutex_unlock(&trace.lock);
    bal_status st = text ? bal_file_write(path, text, strlen(text)) : bal_fail(BAL_ENOMEM, "no memory for a trace");
    free(text);
    return st;
}
