/* feeder -- a thread prepares batches ahead of the device and uploads them; others help it where images are decoded
 * anew.
 *
 * Batch k lies in slot k % SLOTS. The caller may use one batch, so the thread may be one ahead, with one more ready in
 * the host's memory. It uploads through the device's own queue, in order: what was queued before on a slot's last batch
 * is done by then. */
#include "ballast/feeder.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "ballast/rng.h"
#include "ballast/trace.h"
#include "dataset_parts.h"

enum { SLOTS = 2, AHEAD = SLOTS - 1, MOST_HELPERS = 15 };

typedef struct {
    bal_tensor x, label;
    double     prepared; /* when its images were ready to be uploaded */
} slot;

/* Filling one batch, shared out among threads by image. */
typedef struct {
    pthread_t       thread[MOST_HELPERS];
    int             count; /* helpers that run */
    pthread_mutex_t lock;
    pthread_cond_t  begin, end;
    int             batch; /* rises by one for each batch to fill */
    int             busy;  /* helpers at work on it */
    bool            stop;
    atomic_int      next; /* image to take */
    int             n;
} crew;

struct bal_feeder {
    bal_feeder_settings settings;
    bal_sampler        *sampler;
    int                *index, *order, *chosen; /* the images; those of a pass; those of the batch being filled */
    uint64_t            pass;                   /* that `order` is for */
    size_t              pixels;                 /* floats of an image */
    float              *x, *label;              /* the batch being filled */
    slot                slot[SLOTS];
    crew                crew;

    pthread_t       thread;
    bool            running;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t  changed;
    uint64_t        made, taken; /* batches */
    bool            stop;
    bal_status      status; /* of the threads; the first fault counts */
    char            fault[1024];
    double          waited;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void note_fault(bal_feeder *f, bal_status st)
{
    pthread_mutex_lock(&f->lock);
    if (!f->status) {
        size_t n = strlen(bal_error());
        if (n >= sizeof f->fault) n = sizeof f->fault - 1;
        memcpy(f->fault, bal_error(), n);
        f->fault[n] = '\0';
        f->status = st;
    }
    pthread_mutex_unlock(&f->lock);
}

/* ---- one batch --------------------------------------------------------------------------------------------------- */

static int label_of(const bal_feeder *f, int image)
{
    const bal_feeder_settings *s = &f->settings;
    bal_stream                 stream = bal_stream_for(s->seed, BAL_FOR_LABEL, 0, 0);
    int                        own = bal_dataset_sample(s->data, image)->label;
    if (own < 0 || bal_random_uniform(&stream, (uint64_t)image) >= s->label_noise) return own;
    return (own + 1) % bal_dataset_class_count(s->data);
}

/* Images still untaken, until there are none. */
static void fill_some(bal_feeder *f)
{
    for (int i; (i = atomic_fetch_add(&f->crew.next, 1)) < f->crew.n;) {
        bal_status st =
            bal_dataset_fill(f->settings.data, f->chosen[i], f->x + (size_t)i * f->pixels, &f->settings.scaling);
        f->label[i] = (float)label_of(f, f->chosen[i]);
        if (st) note_fault(f, st);
    }
}

static void *help(void *user)
{
    bal_feeder *f = user;
    crew       *c = &f->crew;

    bal_trace_thread("feeder's helper");
    pthread_mutex_lock(&c->lock);
    for (int seen = 0;;) {
        while (!c->stop && c->batch == seen) pthread_cond_wait(&c->begin, &c->lock);
        if (c->stop) break;
        seen = c->batch;
        pthread_mutex_unlock(&c->lock);
        uint64_t begin = bal_trace_clock();
        fill_some(f);
        bal_trace_span("decode", begin);
        pthread_mutex_lock(&c->lock);
        if (--c->busy == 0) pthread_cond_signal(&c->end);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static void fill_batch(bal_feeder *f, int n)
{
    crew *c = &f->crew;

    pthread_mutex_lock(&c->lock);
    atomic_store(&c->next, 0);
    c->n = n;
    c->busy = c->count;
    c->batch++;
    pthread_cond_broadcast(&c->begin);
    pthread_mutex_unlock(&c->lock);
    fill_some(f);
    pthread_mutex_lock(&c->lock);
    while (c->busy > 0) pthread_cond_wait(&c->end, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

/* The images of batch k. */
static void choose(bal_feeder *f, uint64_t k)
{
    const bal_feeder_settings *s = &f->settings;
    uint64_t                   count = (uint64_t)s->count, first = s->start + k * (uint64_t)s->batch;

    for (int i = 0; i < s->batch; i++) {
        uint64_t at = first + (uint64_t)i, pass = at / count;
        if (pass != f->pass) bal_sampler_pass(f->sampler, f->order, pass);
        f->pass = pass;
        f->chosen[i] = f->index[f->order[at % count]];
    }
}

static bal_status upload(bal_feeder *f, slot *to)
{
    BAL_TRY(bal_tensor_write(&to->x, f->x));
    return bal_tensor_write(&to->label, f->label);
}

/* Wait until the slot of batch k is free; false when there is nothing more to do. */
static bool wait_for_slot(bal_feeder *f, uint64_t k)
{
    pthread_mutex_lock(&f->lock);
    while (!f->stop && !f->status && k >= f->taken + AHEAD) pthread_cond_wait(&f->changed, &f->lock);
    bool go_on = !f->stop && !f->status;
    pthread_mutex_unlock(&f->lock);
    return go_on;
}

static void *prepare(void *user)
{
    bal_feeder *f = user;

    bal_trace_thread("feeder");
    for (uint64_t k = 0;; k++) {
        uint64_t begin = bal_trace_clock();
        choose(f, k);
        fill_batch(f, f->settings.batch);
        bal_trace_span("prepare a batch", begin);
        double prepared = now();
        if (!wait_for_slot(f, k)) break;
        slot      *to = &f->slot[k % SLOTS];
        bal_status st = upload(f, to);
        if (st) note_fault(f, st);
        pthread_mutex_lock(&f->lock);
        to->prepared = prepared;
        if (!f->status) f->made = k + 1;
        pthread_cond_signal(&f->changed);
        pthread_mutex_unlock(&f->lock);
        if (st) break;
    }
    pthread_mutex_lock(&f->lock); /* whoever waits sees the fault */
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* ---- opening ------------------------------------------------------------------------------------------------------
 */

static bal_status make_sampler(bal_feeder *f)
{
    const bal_feeder_settings *s = &f->settings;
    bal_sampler_settings       how = {.how = s->sampler, .shuffle = s->shuffle, .seed = s->seed, .salt = s->salt};
    int                       *label = malloc((size_t)s->count * sizeof *label);

    if (!label) return bal_fail(BAL_ENOMEM, "no memory for labels");
    for (int i = 0; i < s->count; i++) label[i] = bal_dataset_sample(s->data, s->index[i])->label;
    how.label = label;
    how.count = s->count;
    how.classes = bal_dataset_class_count(s->data);
    how.begin = s->begin;
    how.end = s->end;
    bal_status st = bal_sampler_open(&f->sampler, &how);
    free(label);
    return st;
}

static bal_status ask_for_memory(bal_feeder *f, bal_device *dev)
{
    const bal_feeder_settings *s = &f->settings;
    int                        size = bal_dataset_settings(s->data)->size, c = bal_dataset_settings(s->data)->channels;

    f->pixels = bal_dataset_pixels(bal_dataset_settings(s->data));
    f->index = malloc((size_t)s->count * sizeof *f->index);
    f->order = malloc((size_t)s->count * sizeof *f->order);
    f->chosen = malloc((size_t)s->batch * sizeof *f->chosen);
    f->x = malloc((size_t)s->batch * f->pixels * sizeof *f->x);
    f->label = malloc((size_t)s->batch * sizeof *f->label);
    if (!f->index || !f->order || !f->chosen || !f->x || !f->label)
        return bal_fail(BAL_ENOMEM, "no memory for batches of %d images", s->batch);
    memcpy(f->index, s->index, (size_t)s->count * sizeof *f->index);
    for (int i = 0; i < SLOTS; i++) {
        BAL_TRY(bal_tensor_init(&f->slot[i].x, dev, (bal_shape){s->batch, size, size, c}));
        BAL_TRY(bal_tensor_init(&f->slot[i].label, dev, (bal_shape){s->batch, 1, 1, 1}));
    }
    return BAL_OK;
}

/* Helpers where images must be decoded; fewer than wanted is no fault. */
static void hire(bal_feeder *f)
{
    int wanted = f->settings.data->cached < f->settings.data->count ? (int)sysconf(_SC_NPROCESSORS_ONLN) - 1 : 0;

    if (wanted > MOST_HELPERS) wanted = MOST_HELPERS;
    for (crew *c = &f->crew; c->count < wanted; c->count++)
        if (pthread_create(&c->thread[c->count], NULL, help, f) != 0) return;
}

bal_status bal_feeder_open(bal_feeder **out, bal_device *dev, const bal_feeder_settings *settings)
{
    bal_feeder *f = calloc(1, sizeof *f);
    bal_status  st;

    *out = NULL;
    if (!f) return bal_fail(BAL_ENOMEM, "no memory for a feeder");
    f->settings = *settings;
    f->pass = UINT64_MAX;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    pthread_mutex_init(&f->crew.lock, NULL);
    pthread_cond_init(&f->crew.begin, NULL);
    pthread_cond_init(&f->crew.end, NULL);
    if (settings->count < 1) BAL_TRY_OR(fail, st, bal_fail(BAL_ECONFIG, "no images to make batches of"));
    BAL_TRY_OR(fail, st, make_sampler(f));
    BAL_TRY_OR(fail, st, ask_for_memory(f, dev));
    hire(f);
    f->running = pthread_create(&f->thread, NULL, prepare, f) == 0;
    if (!f->running) BAL_TRY_OR(fail, st, bal_fail(BAL_ENOMEM, "no thread to be had for preparing batches"));
    *out = f;
    return BAL_OK;
fail:
    bal_feeder_close(f);
    return st;
}

static void send_home(crew *c)
{
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_broadcast(&c->begin);
    pthread_mutex_unlock(&c->lock);
    while (c->count > 0) pthread_join(c->thread[--c->count], NULL);
}

void bal_feeder_close(bal_feeder *f)
{
    if (!f) return;
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
    if (f->running) pthread_join(f->thread, NULL);
    send_home(&f->crew);
    for (int i = 0; i < SLOTS; i++) {
        bal_tensor_free(&f->slot[i].x);
        bal_tensor_free(&f->slot[i].label);
    }
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->crew.lock);
    pthread_cond_destroy(&f->crew.begin);
    pthread_cond_destroy(&f->crew.end);
    free(f->index);
    bal_sampler_close(f->sampler);
    free(f->order);
    free(f->chosen);
    free(f->x);
    free(f->label);
    free(f);
}

bal_status bal_feeder_next(bal_feeder *f, bal_tensor *x, bal_tensor *label)
{
    double   asked = now();
    uint64_t begin = bal_trace_clock();

    pthread_mutex_lock(&f->lock);
    while (f->made <= f->taken && !f->status) pthread_cond_wait(&f->changed, &f->lock);
    bool        is_there = f->made > f->taken;
    const slot *s = &f->slot[f->taken % SLOTS];
    if (is_there) {
        if (s->prepared > asked) f->waited += s->prepared - asked; /* the rest of the wait is the device's */
        f->taken++;
        pthread_cond_signal(&f->changed);
    }
    pthread_mutex_unlock(&f->lock);
    bal_trace_span("wait for the feeder", begin);
    if (!is_there) return bal_fail(f->status, "%s", f->fault);
    *x = s->x;
    *label = s->label;
    return BAL_OK;
}

double bal_feeder_waited(const bal_feeder *f) { return f->waited; }
