/* layer_test -- the proof of a layer. Faults are reported as the library reports its own: bal_fail and a status. */
#include "layer_test.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/config.h"
#include "guarded.h"

enum { SLACK = 2, DIRECTIONS = 2, FEWEST = 6 };
static const double step = 1e-7;     /* of the central differences: double leaves 1e-9, and few kinks lie within it */
static const double smallest = 1e-3; /* of a scale that errors are relative to */
static const double full_work = 4e6, sampled_work = 2e6;

/* A tensor between guards, and what it should hold. */
typedef struct guarded {
    bal_guarded g;
    float      *host;
    size_t      size;
} guarded;

typedef struct rig {
    const bal_layer_test *test;
    const bal_layer_case *c;
    bal_device           *dev;
    bal_layer             l;
    bal_layer             after[2]; /* what it absorbs, and their tests */
    const bal_layer_test *after_test[2];
    int                   afters;
    bal_option_pool      *pool, *after_pool[2];
    bal_pass              pass;
    int                   batch, forwards, backwards; /* passes run */
    guarded               x[BAL_MAX_INPUTS], dx[BAL_MAX_INPUTS], y, dy, w[BAL_MAX_WEIGHTS], g[BAL_MAX_WEIGHTS], scratch;
    double               *xd[BAL_MAX_INPUTS], *wd[BAL_MAX_WEIGHTS], *states[BAL_MAX_WEIGHTS], *yd[2];
} rig;

double bal_layer_option(const bal_layer *l, const char *name)
{
    return bal_option_number(l->def->options, l->self, name);
}

/* ---- guarded tensors --------------------------------------------------------------------------------- */

static bal_status guarded_init(guarded *t, bal_device *dev, bal_shape shape)
{
    t->size = bal_shape_size(shape);
    t->host = malloc(t->size * sizeof *t->host);
    if (!t->host) return bal_fail(BAL_ENOMEM, "no memory for a test");
    for (size_t i = 0; i < t->size; i++) t->host[i] = NAN;
    return bal_guarded_init(&t->g, dev, shape, t->host);
}

static void guarded_free(guarded *t)
{
    bal_guarded_free(&t->g);
    free(t->host);
}

static bal_status upload(const guarded *t) { return t->size ? bal_tensor_write(&t->g.t, t->host) : BAL_OK; }

static bal_status fill(const guarded *t, float value)
{
    for (size_t i = 0; i < t->size; i++) t->host[i] = value;
    return upload(t);
}

/* What surrounds the tensor must be as it was; so must the tensor, unless it is an output: that is kept. */
static bal_status check(guarded *t, const char *what, int index, bool output)
{
    if (!t->size) return BAL_OK;
    if (!bal_guarded_read(&t->g))
        return bal_fail(BAL_EIO, "%s[%d] was written at %ld of %zu", what, index, t->g.hit, t->size);
    if (output) memcpy(t->host, t->g.host, t->size * sizeof *t->host);
    for (size_t i = 0; i < t->size; i++)
        if (memcmp(&t->g.host[i], &t->host[i], sizeof *t->host) != 0)
            return bal_fail(BAL_EIO, "%s[%d] was changed at %zu of %zu", what, index, i, t->size);
    return BAL_OK;
}

static bal_status keep(float **copy, const guarded *t)
{
    *copy = malloc((t->size + 1) * sizeof **copy);
    if (!*copy) return bal_fail(BAL_ENOMEM, "no memory for a test");
    if (t->size) memcpy(*copy, t->host, t->size * sizeof **copy); /* a state has no gradient */
    return BAL_OK;
}

static bal_status same_bits(const guarded *t, const float *before, const char *what, int index, const char *when)
{
    for (size_t i = 0; i < t->size; i++)
        if (memcmp(&t->host[i], &before[i], sizeof *before) != 0)
            return bal_fail(BAL_EIO, "%s: %s[%d] differs at %zu of %zu: %.9g, before %.9g", when, what, index, i,
                            t->size, (double)t->host[i], (double)before[i]);
    return BAL_OK;
}

/* ---- numbers ----------------------------------------------------------------------------------------- */

static double rms_float(const float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)v[i] * (double)v[i];
    return n ? sqrt(sum / (double)n) : 0;
}

static double rms_double(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i] * v[i];
    return n ? sqrt(sum / (double)n) : 0;
}

/* |a - b| relative to the larger of |b| and the tensor's typical size; written so that a NaN fails. */
static bal_status close_to(double a, double b, double typical, double tolerance, const char *what, int index, size_t i,
                           size_t n)
{
    double error = fabs(a - b) / (fmax(fabs(b), typical) + smallest);
    if (error <= tolerance) return BAL_OK;
    return bal_fail(BAL_ENAN, "%s[%d], element %zu of %zu: %.9g, should be %.9g (error %.1e, allowed %.1e)", what,
                    index, i, n, a, b, error, tolerance);
}

static bal_status all_close(const guarded *t, const double *reference, double tolerance, const char *what, int index)
{
    double typical = rms_double(reference, t->size);
    for (size_t i = 0; i < t->size; i++)
        BAL_TRY(close_to((double)t->host[i], reference[i], typical, tolerance, what, index, i, t->size));
    return BAL_OK;
}

static double forward_tolerance(const rig *r) { return r->test->tolerance > 0 ? r->test->tolerance : 1e-5; }
static double gradient_tolerance(const rig *r) { return 10 * forward_tolerance(r); }

/* Magnitudes of .05 to 1, or (states) positive ones of .5 to 1.5. */
static void randomize(const guarded *t, uint64_t seed, uint32_t id, bool positive)
{
    bal_stream s = bal_stream_for(seed, BAL_FOR_TEST, id, (uint32_t)t->size);
    for (size_t i = 0; i < t->size; i++) {
        float u = bal_random_uniform(&s, 2 * i), v = bal_random_uniform(&s, 2 * i + 1);
        t->host[i] = positive ? .5F + u : (.05F + .95F * u) * (v < .5F ? -1.0F : 1.0F);
    }
}

/* One of `levels` integers about 0. */
static void round_to_levels(const guarded *t, int levels)
{
    for (size_t i = 0; i < t->size; i++)
        t->host[i] = floorf((t->host[i] + 1) / 2 * (float)levels * .999F) - (float)(levels / 2);
}

/* ---- setting up -------------------------------------------------------------------------------------- */

static bal_status widen(double **out, const guarded *t)
{
    *out = malloc((t->size + 1) * sizeof **out);
    if (!*out) return bal_fail(BAL_ENOMEM, "no memory for a test");
    for (size_t i = 0; i < t->size; i++) (*out)[i] = (double)t->host[i];
    return BAL_OK;
}

static const bal_layer_def *find_def(const char *name)
{
    const bal_layer_def *const *d = bal_layer_defs;
    while (*d && strcmp((*d)->name, name) != 0) d++;
    return *d;
}

/* The next layer that it absorbs, into *out; NULL: none. */
static bal_status read_after(rig *r, const bal_layer **out, const char *line)
{
    char        name[64];
    const char *options;
    int         i = r->afters;
    bal_layer  *l = &r->after[i];
    if (!line) return BAL_OK;
    bal_line_split(line, name, sizeof name, &options);
    for (const bal_layer_test *const *t = bal_layer_tests; *t; t++)
        if (strcmp((*t)->name, name) == 0) r->after_test[i] = *t;
    l->def = find_def(name);
    if (!l->def || !r->after_test[i]) return bal_fail(BAL_ECONFIG, "there is no layer %s", name);
    l->self = calloc(1, l->def->size + 1);
    if (!l->self) return bal_fail(BAL_ENOMEM, "no memory for a test");
    BAL_TRY(bal_option_parse(l->def->options, l->self, &r->after_pool[i], name, options, r->l.at));
    l->in[0] = r->l.out;
    l->inputs = 1;
    r->afters++;
    *out = l;
    return l->def->shape(l);
}

static bal_status read_absorbed(rig *r, const bal_layer_case *c)
{
    const bal_layer *a = NULL, *p = NULL;
    BAL_TRY(read_after(r, &a, c->activation));
    BAL_TRY(read_after(r, &p, c->pool));
    bool takes = (!a || (a->def->absorbed && r->l.def->absorbs)) &&
                 (!p || (p->def->window && p->def->window(p) && r->l.def->pools));
    r->l.activation = a;
    r->l.pool = p;
    return takes ? BAL_OK : bal_fail(BAL_ECONFIG, "%s cannot absorb these", r->test->name);
}

static bal_status read_layer(rig *r, const bal_layer_case *c, int largest)
{
    bal_layer *l = &r->l;
    l->def = find_def(r->test->name);
    if (!l->def) return bal_fail(BAL_ECONFIG, "there is no layer %s", r->test->name);
    l->at = (bal_where){"case", 0};
    l->index = 7;
    l->self = calloc(1, l->def->size ? l->def->size : 1);
    if (!l->self) return bal_fail(BAL_ENOMEM, "no memory for a test");
    BAL_TRY(bal_option_parse(l->def->options, l->self, &r->pool, r->test->name, c->options, l->at));
    l->in[l->inputs++] = c->x;
    for (int i = 0; i < BAL_MAX_INPUTS - 1 && c->more[i].n; i++) l->in[l->inputs++] = c->more[i];
    for (int i = 0; i < l->inputs; i++) l->in[i].n = largest;
    BAL_TRY(l->def->shape(l));
    if (l->out.n != largest) return bal_fail(BAL_ESHAPE, "the output's batch is %d, not %d", l->out.n, largest);
    return read_absorbed(r, c);
}

static bal_shape with_batch(bal_shape s, int n)
{
    s.n = n;
    return s;
}

static bal_status make_weight(rig *r, int i, uint64_t seed)
{
    bal_weight *w = &r->l.weights[i];
    BAL_TRY(guarded_init(&r->w[i], r->dev, w->shape));
    randomize(&r->w[i], seed, 20 + (uint32_t)i, w->role == BAL_STATE);
    if (w->layout == BAL_COUNT) r->w[i].host[0] = 3;
    BAL_TRY(upload(&r->w[i]));
    BAL_TRY(widen(&r->wd[i], &r->w[i]));
    BAL_TRY(widen(&r->states[i], &r->w[i]));
    w->v = r->w[i].g.t;
    if (w->role == BAL_STATE) return BAL_OK;
    BAL_TRY(guarded_init(&r->g[i], r->dev, w->shape));
    w->g = r->g[i].g.t;
    return BAL_OK;
}

static bal_status make_tensors(rig *r, uint64_t seed)
{
    for (int i = 0; i < r->l.inputs; i++) {
        bal_shape s = with_batch(r->l.in[i], r->batch);
        BAL_TRY(guarded_init(&r->x[i], r->dev, s));
        BAL_TRY(guarded_init(&r->dx[i], r->dev, s));
        randomize(&r->x[i], seed, (uint32_t)i, false);
        if (r->c->levels) round_to_levels(&r->x[i], r->c->levels);
        BAL_TRY(upload(&r->x[i]));
        BAL_TRY(widen(&r->xd[i], &r->x[i]));
    }
    BAL_TRY(guarded_init(&r->y, r->dev, with_batch(bal_layer_given(&r->l), r->batch)));
    BAL_TRY(guarded_init(&r->dy, r->dev, with_batch(bal_layer_given(&r->l), r->batch)));
    randomize(&r->dy, seed, 10, false);
    BAL_TRY(upload(&r->dy));
    for (int i = 0; i < 2; i++) BAL_TRY(widen(&r->yd[i], &r->y));
    for (int i = 0; i < r->l.weight_count; i++) BAL_TRY(make_weight(r, i, seed));
    return BAL_OK;
}

static bal_status rig_open(rig *r, const bal_layer_test *test, const bal_layer_case *c, bool training, int slack,
                           uint64_t seed, bal_device *dev)
{
    *r = (rig){.test = test,
               .c = c,
               .dev = dev,
               .batch = c->x.n,
               .pass = {.training = training, .batches = c->batches, .seed = seed, .draw = 5}};
    BAL_TRY(read_layer(r, c, c->x.n + slack));
    BAL_TRY(make_tensors(r, seed));
    if (r->l.def->build) BAL_TRY(r->l.def->build(&r->l, dev));
    if (r->l.scratch) BAL_TRY(guarded_init(&r->scratch, dev, (bal_shape){1, 1, 1, (int)r->l.scratch}));
    r->l.workspace = r->scratch.g.t;
    return BAL_OK;
}

static void rig_close(rig *r)
{
    if (r->l.def && r->l.def->free) r->l.def->free(&r->l);
    for (int i = 0; i < 2; i++) {
        free(r->after[i].self);
        bal_option_pool_free(r->after_pool[i]);
    }
    for (int i = 0; i < BAL_MAX_INPUTS; i++) {
        guarded_free(&r->x[i]);
        guarded_free(&r->dx[i]);
        free(r->xd[i]);
    }
    for (int i = 0; i < BAL_MAX_WEIGHTS; i++) {
        guarded_free(&r->w[i]);
        guarded_free(&r->g[i]);
        free(r->wd[i]);
        free(r->states[i]);
    }
    guarded_free(&r->y);
    guarded_free(&r->dy);
    guarded_free(&r->scratch);
    free(r->yd[0]);
    free(r->yd[1]);
    free(r->l.self);
    bal_option_pool_free(r->pool);
}

/* ---- the passes -------------------------------------------------------------------------------------- */

/* The first pass may still get kernels of shared operations. */
static bal_status no_allocation(const rig *r, uint64_t before, int runs, const char *what)
{
    uint64_t now = bal_device_count(r->dev).allocations;
    return now == before || runs == 1
               ? BAL_OK
               : bal_fail(BAL_ENOMEM, "%s makes %llu allocations", what, (unsigned long long)(now - before));
}

/* Only outputs may have changed; `states`: whether states may have. */
static bal_status check_all(rig *r, bool forward)
{
    for (int i = 0; i < r->l.inputs; i++) {
        BAL_TRY(check(&r->x[i], "x", i, false));
        BAL_TRY(check(&r->dx[i], "dx", i, !forward));
    }
    for (int i = 0; i < r->l.weight_count; i++) {
        BAL_TRY(check(&r->w[i], "weight", i, forward && r->pass.training && r->l.weights[i].role == BAL_STATE));
        BAL_TRY(check(&r->g[i], "weight gradient", i, !forward));
    }
    BAL_TRY(check(&r->y, "y", 0, forward));
    BAL_TRY(check(&r->dy, "dy", 0, false));
    return check(&r->scratch, "scratch", 0, true);
}

static bal_status run_forward(rig *r)
{
    bal_tensor x[BAL_MAX_INPUTS];
    for (int i = 0; i < r->l.inputs; i++) x[i] = r->x[i].g.t;
    for (int i = 0; i < r->l.weight_count; i++) { /* states as they were */
        for (size_t j = 0; j < r->w[i].size; j++) r->w[i].host[j] = (float)r->wd[i][j];
        BAL_TRY(upload(&r->w[i]));
    }
    BAL_TRY(fill(&r->y, NAN));
    BAL_TRY(fill(&r->scratch, NAN));
    uint64_t before = bal_device_count(r->dev).allocations;
    BAL_TRY(r->l.def->forward(&r->l, &r->pass, x, &r->y.g.t));
    BAL_TRY(no_allocation(r, before, ++r->forwards, "forward"));
    return check_all(r, true);
}

/* skip: bit i set: without dx[i]. */
static bal_status run_backward(rig *r, unsigned skip, bool frozen)
{
    bal_tensor x[BAL_MAX_INPUTS], dx[BAL_MAX_INPUTS];
    bal_pass   pass = r->pass;
    pass.frozen = frozen;
    for (int i = 0; i < r->l.inputs; i++) {
        x[i] = r->x[i].g.t;
        dx[i] = r->dx[i].g.t;
        if (skip >> i & 1) dx[i].mem = NULL;
        BAL_TRY(fill(&r->dx[i], NAN));
    }
    BAL_TRY(fill(&r->scratch, NAN));
    uint64_t before = bal_device_count(r->dev).allocations;
    BAL_TRY(r->l.def->backward(&r->l, &pass, x, &r->y.g.t, &r->dy.g.t, dx));
    BAL_TRY(no_allocation(r, before, ++r->backwards, "backward"));
    return check_all(r, false);
}

static bal_status clear_gradients(rig *r)
{
    for (int i = 0; i < r->l.weight_count; i++) BAL_TRY(fill(&r->g[i], 0));
    return BAL_OK;
}

/* ---- the reference ----------------------------------------------------------------------------------- */

static bal_layer layer_with_batch(const bal_layer *layer, int batch)
{
    bal_layer l = *layer;
    for (int i = 0; i < l.inputs; i++) l.in[i].n = batch;
    l.out.n = batch;
    return l;
}

/* The forward pass of the i-th layer that is absorbed, written over its input, which is no smaller than its output. */
static void absorb(const rig *r, int i, int batch, double *y)
{
    bal_layer l = layer_with_batch(&r->after[i], batch);
    double   *x = malloc((bal_shape_size(l.in[0]) + 1) * sizeof *x);
    if (!x) abort();
    memcpy(x, y, bal_shape_size(l.in[0]) * sizeof *x);
    r->after_test[i]->forward(&l, &r->pass, (const double *const[]){x}, NULL, y);
    free(x);
}

static void reference(rig *r, double *y)
{
    int           batches = r->c->batches ? r->c->batches : 1;
    bal_layer     l = layer_with_batch(&r->l, r->batch / batches);
    size_t        given = r->y.size / (size_t)batches;
    double       *whole = malloc((bal_shape_size(l.out) + 1) * sizeof *whole);
    double       *w[BAL_MAX_WEIGHTS];
    const double *x[BAL_MAX_INPUTS];
    if (!whole) abort();
    for (int i = 0; i < l.weight_count; i++) {
        bool state = l.weights[i].role == BAL_STATE;
        if (state) memcpy(r->states[i], r->wd[i], r->w[i].size * sizeof *r->wd[i]);
        w[i] = state ? r->states[i] : r->wd[i];
    }
    for (int b = 0; b < batches; b++, y += given) {
        for (int i = 0; i < l.inputs; i++) x[i] = r->xd[i] + (size_t)b * bal_shape_size(l.in[i]);
        r->test->forward(&l, &r->pass, x, w, whole);
        for (int i = 0; i < r->afters; i++) absorb(r, i, l.out.n, whole);
        memcpy(y, whole, given * sizeof *y);
    }
    free(whole);
}

/* Where v is NULL: along element i; else along v. */
static void move(double *t, size_t n, const double *v, size_t i, double by)
{
    if (!v) t[i] += by;
    for (size_t j = 0; v && j < n; j++) t[j] += by * v[j];
}

/* d(sum of dy * y) / dt in that direction. */
static double difference(rig *r, double *t, size_t n, const double *v, size_t i)
{
    double *saved = malloc(n * sizeof *saved), sum = 0;
    if (!saved) return NAN;
    memcpy(saved, t, n * sizeof *t);
    move(t, n, v, i, step);
    reference(r, r->yd[0]);
    memcpy(t, saved, n * sizeof *t);
    move(t, n, v, i, -step);
    reference(r, r->yd[1]);
    memcpy(t, saved, n * sizeof *t);
    free(saved);
    for (size_t j = 0; j < r->y.size; j++) sum += (double)r->dy.host[j] * (r->yd[0][j] - r->yd[1][j]);
    return sum / (2 * step);
}

static bal_status check_direction(rig *r, const guarded *gradient, double *t, const char *what, int index,
                                  int direction)
{
    size_t     n = gradient->size;
    bal_stream s = bal_stream_for(r->pass.seed, BAL_FOR_TEST, 100 + (uint32_t)direction, (uint32_t)n);
    double    *v = malloc(n * sizeof *v), sum = 0, squares = 0;
    if (!v) return bal_fail(BAL_ENOMEM, "no memory for a test");
    for (size_t i = 0; i < n; i++) {
        v[i] = 2 * (double)bal_random_uniform(&s, i) - 1;
        double term = v[i] * (double)gradient->host[i];
        sum += term;
        squares += term * term;
    }
    double expected = difference(r, t, n, v, 0);
    free(v);
    return close_to(sum, expected, sqrt(squares), gradient_tolerance(r), what, index, (size_t)direction, n);
}

/* The gradient of one tensor: all of it where that is cheap, else some elements and a few directions (as KANN does). */
static bal_status check_gradient(rig *r, const guarded *gradient, double *t, const char *what, int index)
{
    size_t n = gradient->size;
    double work = (double)(r->x[0].size + r->y.size) + r->l.flops * r->batch, typical = rms_float(gradient->host, n);
    bool   all = 2 * (double)n * work <= full_work;
    size_t count = all ? n : (size_t)fmin((double)n, fmax(FEWEST, sampled_work / work));
    bal_stream s = bal_stream_for(r->pass.seed, BAL_FOR_TEST, 200, (uint32_t)n);
    for (size_t k = 0; k < count; k++) {
        size_t i = all ? k : bal_random_bits(&s, k) % n;
        BAL_TRY(close_to((double)gradient->host[i], difference(r, t, n, NULL, i), typical, gradient_tolerance(r), what,
                         index, i, n));
    }
    if (all || r->test->backward) return BAL_OK; /* a direction would cross some kinks of a large maximum */
    for (int d = 0; d < DIRECTIONS; d++) BAL_TRY(check_direction(r, gradient, t, what, index, d));
    return BAL_OK;
}

/* ---- the proof --------------------------------------------------------------------------------------- */

static bal_status prove_forward(rig *r)
{
    float *before;
    BAL_TRY(run_forward(r));
    reference(r, r->yd[0]);
    BAL_TRY(all_close(&r->y, r->yd[0], forward_tolerance(r), "y", 0));
    for (int i = 0; i < r->l.weight_count; i++)
        if (r->l.weights[i].role == BAL_STATE)
            BAL_TRY(all_close(&r->w[i], r->states[i], forward_tolerance(r), "state", i));
    BAL_TRY(keep(&before, &r->y));
    bal_status st = run_forward(r);
    if (st == BAL_OK) st = same_bits(&r->y, before, "y", 0, "second forward pass");
    free(before);
    return st;
}

/* Against the test's own backward pass. */
static bal_status prove_by_reference(rig *r)
{
    bal_layer  l = layer_with_batch(&r->l, r->batch);
    double    *dy, *dx = malloc((r->dx[0].size + 1) * sizeof *dx);
    bal_status st = dx ? widen(&dy, &r->dy) : bal_fail(BAL_ENOMEM, "no memory for a test");
    if (st == BAL_OK) {
        r->test->backward(&l, r->xd[0], dy, dx);
        st = all_close(&r->dx[0], dx, gradient_tolerance(r), "dx", 0);
        free(dy);
    }
    free(dx);
    return st;
}

static bal_status prove_gradients(rig *r)
{
    if (r->test->backward) BAL_TRY(prove_by_reference(r));
    if (r->c->levels) return BAL_OK;
    for (int i = 0; i < r->l.inputs; i++) BAL_TRY(check_gradient(r, &r->dx[i], r->xd[i], "dx", i));
    for (int i = 0; i < r->l.weight_count; i++)
        if (r->g[i].size) BAL_TRY(check_gradient(r, &r->g[i], r->wd[i], "weight gradient", i));
    return BAL_OK;
}

typedef struct results {
    float *dx[BAL_MAX_INPUTS], *g[BAL_MAX_WEIGHTS];
} results;

static void results_free(results *k)
{
    for (int i = 0; i < BAL_MAX_INPUTS; i++) free(k->dx[i]);
    for (int i = 0; i < BAL_MAX_WEIGHTS; i++) free(k->g[i]);
}

static bal_status keep_results(results *k, const rig *r)
{
    for (int i = 0; i < r->l.inputs; i++) BAL_TRY(keep(&k->dx[i], &r->dx[i]));
    for (int i = 0; i < r->l.weight_count; i++) BAL_TRY(keep(&k->g[i], &r->g[i]));
    return BAL_OK;
}

static bal_status same_dx(const rig *r, const results *k, unsigned skip, const char *when)
{
    for (int i = 0; i < r->l.inputs; i++) {
        if (!(skip >> i & 1)) BAL_TRY(same_bits(&r->dx[i], k->dx[i], "dx", i, when));
        for (size_t j = 0; skip >> i & 1 && j < r->dx[i].size; j++)
            if (!isnan(r->dx[i].host[j])) return bal_fail(BAL_EIO, "%s: dx[%d] was written", when, i);
    }
    return BAL_OK;
}

static bal_status same_gradients(const rig *r, const results *k, const char *when)
{
    for (int i = 0; i < r->l.weight_count; i++) BAL_TRY(same_bits(&r->g[i], k->g[i], "weight gradient", i, when));
    return BAL_OK;
}

static bal_status twice_the_gradients(const rig *r, const results *k)
{
    for (int i = 0; i < r->l.weight_count; i++) {
        double typical = rms_float(k->g[i], r->g[i].size);
        for (size_t j = 0; j < r->g[i].size; j++)
            BAL_TRY(close_to((double)r->g[i].host[j], 2 * (double)k->g[i][j], typical, gradient_tolerance(r),
                             "accumulated gradient", i, j, r->g[i].size));
    }
    return BAL_OK;
}

/* After a first backward pass, whose results are in k. */
static bal_status prove_variants(rig *r, const results *k)
{
    unsigned all = (1u << r->l.inputs) - 1;
    BAL_TRY(run_backward(r, 0, false));
    BAL_TRY(same_dx(r, k, 0, "accumulating pass"));
    BAL_TRY(twice_the_gradients(r, k));
    BAL_TRY(clear_gradients(r));
    BAL_TRY(run_backward(r, 0, false));
    BAL_TRY(same_dx(r, k, 0, "second backward pass"));
    BAL_TRY(same_gradients(r, k, "second backward pass"));
    BAL_TRY(run_backward(r, 0, true));
    BAL_TRY(same_dx(r, k, 0, "frozen pass"));
    BAL_TRY(same_gradients(r, k, "frozen pass"));
    for (unsigned skip = 1; skip <= all; skip = skip == all ? all + 1 : all) {
        BAL_TRY(clear_gradients(r));
        BAL_TRY(run_backward(r, skip, false));
        BAL_TRY(same_dx(r, k, skip, "pass without dx"));
        BAL_TRY(same_gradients(r, k, "pass without dx"));
    }
    return BAL_OK;
}

static bal_status prove_backward(rig *r, results *k)
{
    BAL_TRY(clear_gradients(r));
    BAL_TRY(run_backward(r, 0, false));
    BAL_TRY(prove_gradients(r));
    BAL_TRY(keep_results(k, r));
    return prove_variants(r, k);
}

static bal_status near_floats(const guarded *a, const float *b, double tolerance, const char *what, int index)
{
    double typical = rms_float(b, a->size);
    for (size_t i = 0; i < a->size; i++)
        BAL_TRY(close_to((double)a->host[i], (double)b[i], typical, tolerance, what, index, i, a->size));
    return BAL_OK;
}

/* The same with a layer that was built for larger batches. */
static bal_status prove_part_batch(rig *part, const rig *r, const results *k)
{
    double tolerance = forward_tolerance(r);
    BAL_TRY(run_forward(part));
    BAL_TRY(near_floats(&part->y, r->y.host, tolerance, "y of a part batch", 0));
    BAL_TRY(clear_gradients(part));
    BAL_TRY(run_backward(part, 0, false));
    for (int i = 0; i < r->l.inputs; i++)
        BAL_TRY(near_floats(&part->dx[i], k->dx[i], tolerance, "dx of a part batch", i));
    for (int i = 0; i < r->l.weight_count; i++)
        BAL_TRY(near_floats(&part->g[i], k->g[i], tolerance, "weight gradient of a part batch", i));
    return BAL_OK;
}

bool bal_layer_prove(const bal_layer_test *test, const bal_layer_case *c, bool training, uint64_t seed, bal_device *dev,
                     char *message, size_t size)
{
    rig        r, part = {0};
    results    k = {0};
    bal_status st;
    BAL_TRY_OR(end, st, rig_open(&r, test, c, training, 0, seed, dev));
    BAL_TRY_OR(end, st, prove_forward(&r));
    BAL_TRY_OR(end, st, prove_backward(&r, &k));
    BAL_TRY_OR(end, st, rig_open(&part, test, c, training, SLACK, seed, dev));
    BAL_TRY_OR(end, st, prove_part_batch(&part, &r, &k));
end:
    snprintf(message, size, "%s", st == BAL_OK ? "" : bal_error());
    rig_close(&r);
    rig_close(&part);
    results_free(&k);
    return st == BAL_OK;
}
