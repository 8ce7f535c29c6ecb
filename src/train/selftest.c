/* selftest -- see include/ballast/selftest.h. */
#include "ballast/selftest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selftest_parts.h"

static const uint64_t seed = 1;
static const double   tolerance = 5e-4; /* of a figure, relative to the root of its terms' squares */

/* ---- inputs ------------------------------------------------------------------------------------------------------ */

enum { STREAM_X = 0, STREAM_DY = 10, STREAM_W = 20, STREAM_GRADIENT = 40, STREAM_DIRECTION = 80 };

/* Magnitudes of .05 to 1, or positive ones of .5 to 1.5: away from the kinks of relu and the like. */
static float draw(uint32_t stream, size_t i, bool positive)
{
    bal_stream s = bal_stream_for(seed, BAL_FOR_TEST, stream, 0);
    float      u = bal_random_uniform(&s, 2 * i), v = bal_random_uniform(&s, 2 * i + 1);
    return positive ? .5f + u : (.05f + .95f * u) * (v < .5f ? -1.0f : 1.0f);
}

double bal_trial_direction(int figure, size_t i)
{
    bal_stream s = bal_stream_for(seed, BAL_FOR_TEST, STREAM_DIRECTION + (uint32_t)figure, 0);
    return 2 * (double)bal_random_uniform(&s, i) - 1;
}

float bal_trial_gradient(int step, size_t i) { return draw(STREAM_GRADIENT + (uint32_t)step, i, false); }
float bal_trial_rate(int step) { return 0.01f / (float)step; }

int bal_trial_label(const bal_trial *t, int i)
{
    int classes = t->answer->shape[0].c;
    return (7 * i + 3) % (classes > 1 ? classes : 2);
}

static bal_status make(float **out, size_t n, uint32_t stream, bool positive)
{
    *out = malloc((n + 1) * sizeof **out);
    if (!*out) return bal_fail(BAL_ENOMEM, "no memory for a selftest");
    for (size_t i = 0; i < n; i++) (*out)[i] = draw(stream, i, positive);
    return BAL_OK;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static bal_status fail_absent(const bal_answer *a) { return bal_fail(BAL_ECONFIG, "there is no \"%s\"", a->name); }

static bal_status options_of(bal_trial *t, void **self, size_t size, const bal_option *options)
{
    *self = calloc(1, size ? size : 1);
    if (!*self) return bal_fail(BAL_ENOMEM, "no memory for a selftest");
    return bal_option_parse(options, *self, &t->pool, t->answer->name, t->answer->options, (bal_where){"selftest", 0});
}

static bal_status open_layer(bal_trial *t)
{
    bal_layer *l = &t->layer;

    for (const bal_layer_def *const *d = bal_layer_defs; *d; d++)
        if (strcmp((*d)->name, t->answer->name) == 0) l->def = *d;
    if (!l->def) return fail_absent(t->answer);
    l->at = (bal_where){"selftest", 0};
    BAL_TRY(options_of(t, &l->self, l->def->size, l->def->options));
    while (l->inputs < BAL_MAX_INPUTS && t->answer->shape[l->inputs].n)
        l->in[l->inputs] = t->answer->shape[l->inputs], l->inputs++;
    BAL_TRY(l->def->shape(l));
    for (int i = 0; i < l->inputs; i++)
        BAL_TRY(make(&t->x[i], bal_shape_size(l->in[i]), STREAM_X + (uint32_t)i, false));
    BAL_TRY(make(&t->dy, bal_shape_size(l->out), STREAM_DY, false));
    for (int j = 0; j < l->weight_count; j++) {
        const bal_weight *w = &l->weights[j];
        BAL_TRY(make(&t->w[j], bal_shape_size(w->shape), STREAM_W + (uint32_t)j, w->role == BAL_STATE));
        if (w->layout == BAL_COUNT) t->w[j][0] = 3;
    }
    t->pass = (bal_pass){.training = t->answer->mode, .seed = seed, .draw = 5};
    return BAL_OK;
}

static bal_status open_loss(bal_trial *t)
{
    bal_loss *l = &t->loss;

    for (const bal_loss_def *const *d = bal_loss_defs; *d; d++)
        if (strcmp((*d)->name, t->answer->name) == 0) l->def = *d;
    if (!l->def) return fail_absent(t->answer);
    l->y = t->answer->shape[0];
    BAL_TRY(options_of(t, &l->self, l->def->size, l->def->options));
    BAL_TRY(l->def->shape(l, (bal_where){"selftest", 0}));
    int classes = bal_loss_classes(l);
    l->images = t->images = malloc((size_t)classes * sizeof *t->images);
    if (!t->images) return bal_fail(BAL_ENOMEM, "no memory for a selftest");
    for (int k = 0; k < classes; k++) t->images[k] = 1 + (37 * k + 40) % 171;
    BAL_TRY(make(&t->x[0], bal_shape_size(l->y), STREAM_X, false));
    for (size_t i = 0; i < bal_shape_size(l->y); i++) t->x[0][i] *= (float)t->answer->spread;
    return BAL_OK;
}

static bal_status open_optim(bal_trial *t)
{
    bal_optim *o = &t->optim;

    for (const bal_optim_def *const *d = bal_optim_defs; *d; d++)
        if (strcmp((*d)->name, t->answer->name) == 0) o->def = *d;
    if (!o->def) return fail_absent(t->answer);
    BAL_TRY(options_of(t, &o->self, o->def->size, o->def->options));
    return make(&t->w[0], BAL_TRIAL_WEIGHTS, STREAM_W, false);
}

bal_status bal_trial_open(bal_trial *t, const bal_answer *a)
{
    *t = (bal_trial){.answer = a};
    return a->kind == BAL_TRY_LAYER ? open_layer(t) : a->kind == BAL_TRY_LOSS ? open_loss(t) : open_optim(t);
}

void bal_trial_free(bal_trial *t)
{
    if (t->layer.def && t->layer.def->free && t->layer.self) t->layer.def->free(&t->layer);
    free(t->layer.self);
    bal_loss_free(&t->loss);
    bal_optim_free(&t->optim);
    bal_option_pool_free(t->pool);
    for (int i = 0; i < BAL_MAX_INPUTS; i++) free(t->x[i]);
    for (int j = 0; j < BAL_MAX_WEIGHTS; j++) free(t->w[j]);
    free(t->dy);
    free(t->images);
    *t = (bal_trial){0};
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static bal_status compare(const bal_trial *t, int figure, double got, double scale, const char *what)
{
    double expected = t->answer->figure[figure], error = fabs(got - expected) / (scale + 1e-6);

    if (error <= tolerance) return BAL_OK; /* a NaN fails */
    return bal_fail(BAL_ENAN, "%s: %.7g, should be %.7g (error %.1e of %.3g, allowed %.1e)", what, got, expected, error,
                    scale, tolerance);
}

/* Compare a tensor's figure; `before`: what its elements began with, or NULL. */
static bal_status check(const bal_trial *t, int figure, const bal_tensor *tensor, const float *before, const char *what)
{
    size_t n = bal_shape_size(tensor->shape);
    float *v = malloc(n * sizeof *v);
    double sum = 0, squares = 0;

    if (!v) return bal_fail(BAL_ENOMEM, "no memory for a selftest");
    bal_status st = bal_tensor_read(tensor, v);
    for (size_t i = 0; i < n && !st; i++) {
        double term = bal_trial_direction(figure, i) * ((double)v[i] - (before ? (double)before[i] : 0));
        sum += term;
        squares += term * term;
    }
    free(v);
    return st ? st : compare(t, figure, sum, sqrt(squares), what);
}

static bal_status make_tensor(bal_tensor *out, bal_device *dev, bal_shape shape, const float *values)
{
    BAL_TRY(bal_tensor_init(out, dev, shape));
    return values ? bal_tensor_write(out, values) : bal_tensor_fill(out, NAN); /* nothing may be taken from an output */
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

typedef struct {
    bal_tensor x[BAL_MAX_INPUTS], dx[BAL_MAX_INPUTS], y, dy, w[BAL_MAX_WEIGHTS], g[BAL_MAX_WEIGHTS];
} tensors;

static bal_status make_tensors(tensors *m, bal_trial *t, bal_device *dev)
{
    bal_layer *l = &t->layer;

    for (int i = 0; i < l->inputs; i++) {
        BAL_TRY(make_tensor(&m->x[i], dev, l->in[i], t->x[i]));
        BAL_TRY(make_tensor(&m->dx[i], dev, l->in[i], NULL));
    }
    BAL_TRY(make_tensor(&m->y, dev, l->out, NULL));
    BAL_TRY(make_tensor(&m->dy, dev, l->out, t->dy));
    for (int j = 0; j < l->weight_count; j++) {
        bal_weight *w = &l->weights[j];
        BAL_TRY(make_tensor(&m->w[j], dev, w->shape, t->w[j]));
        if (w->role != BAL_STATE) BAL_TRY(bal_tensor_init(&m->g[j], dev, w->shape));
        w->v = m->w[j];
        w->g = m->g[j];
    }
    if (l->def->build) BAL_TRY(l->def->build(l, dev));
    return l->scratch ? make_tensor(&l->workspace, dev, (bal_shape){1, 1, 1, (int)l->scratch}, NULL) : BAL_OK;
}

static void free_tensors(tensors *m)
{
    for (int i = 0; i < BAL_MAX_INPUTS; i++) {
        bal_tensor_free(&m->x[i]);
        bal_tensor_free(&m->dx[i]);
    }
    for (int j = 0; j < BAL_MAX_WEIGHTS; j++) {
        bal_tensor_free(&m->w[j]);
        bal_tensor_free(&m->g[j]);
    }
    bal_tensor_free(&m->y);
    bal_tensor_free(&m->dy);
}

static bal_status check_layer(const bal_trial *t, const tensors *m)
{
    const bal_layer *l = &t->layer;
    char             what[64];

    BAL_TRY(check(t, BAL_FIGURE_Y, &m->y, NULL, "forward"));
    for (int i = 0; i < l->inputs; i++) BAL_TRY(check(t, BAL_FIGURE_DX + i, &m->dx[i], NULL, "gradient of the input"));
    for (int j = 0; j < l->weight_count; j++) {
        bool state = l->weights[j].role == BAL_STATE;
        snprintf(what, sizeof what, "%s%s", state ? "new " : "gradient of ", l->weights[j].name);
        BAL_TRY(check(t, BAL_FIGURE_W + j, state ? &m->w[j] : &m->g[j], NULL, what));
    }
    return BAL_OK;
}

static bal_status run_layer(bal_trial *t, bal_device *dev)
{
    bal_layer *l = &t->layer;
    tensors    m = {0};
    bal_status st;

    if (l->def->view) return BAL_OK;
    BAL_TRY_OR(end, st, make_tensors(&m, t, dev));
    BAL_TRY_OR(end, st, l->def->forward(l, &t->pass, m.x, &m.y));
    BAL_TRY_OR(end, st, l->def->backward(l, &t->pass, m.x, &m.y, &m.dy, m.dx));
    BAL_TRY_OR(end, st, check_layer(t, &m));
end:
    bal_tensor_free(&l->workspace);
    free_tensors(&m);
    return st;
}

/* ---- losses and optimizers --------------------------------------------------------------------------------------- */

static bal_status make_labels(bal_tensor *out, const bal_trial *t, bal_device *dev)
{
    int    n = t->answer->shape[0].n;
    float *label = malloc((size_t)n * sizeof *label);

    if (!label) return bal_fail(BAL_ENOMEM, "no memory for a selftest");
    for (int i = 0; i < n; i++) label[i] = (float)bal_trial_label(t, i);
    bal_status st = make_tensor(out, dev, (bal_shape){n, 1, 1, 1}, label);
    free(label);
    return st;
}

static bal_status run_loss(bal_trial *t, bal_device *dev)
{
    bal_loss  *l = &t->loss;
    bal_tensor y = {0}, dy = {0}, label = {0}, figures = {0};
    float      host[2];
    bal_status st;

    BAL_TRY_OR(end, st, bal_loss_build(l, dev, t->answer->shape[0], (bal_where){"selftest", 0}));
    BAL_TRY_OR(end, st, make_tensor(&y, dev, l->y, t->x[0]));
    BAL_TRY_OR(end, st, make_tensor(&dy, dev, l->y, NULL));
    BAL_TRY_OR(end, st, make_labels(&label, t, dev));
    BAL_TRY_OR(end, st, make_tensor(&figures, dev, (bal_shape){1, 1, 1, 2}, NULL));
    BAL_TRY_OR(end, st,
               l->def->run(l, (bal_target)t->answer->mode, &y, l->def->adversarial ? NULL : &label, &dy, &figures, 0));
    BAL_TRY_OR(end, st, bal_tensor_read(&figures, host));
    BAL_TRY_OR(end, st, compare(t, BAL_FIGURE_LOSS, (double)host[0], fabs((double)host[0]), "loss"));
    BAL_TRY_OR(end, st, compare(t, BAL_FIGURE_SCORE, (double)host[1], 1, "score"));
    BAL_TRY_OR(end, st, check(t, BAL_FIGURE_DY, &dy, NULL, "gradient"));
end:
    bal_tensor_free(&y);
    bal_tensor_free(&dy);
    bal_tensor_free(&label);
    bal_tensor_free(&figures);
    return st;
}

static bal_status take_steps(bal_trial *t, bal_optim_step *s)
{
    float *g = malloc(BAL_TRIAL_WEIGHTS * sizeof *g);

    if (!g) return bal_fail(BAL_ENOMEM, "no memory for a selftest");
    bal_status st = BAL_OK;
    for (s->t = 1; s->t <= BAL_TRIAL_STEPS && !st; s->t++) {
        for (size_t i = 0; i < BAL_TRIAL_WEIGHTS; i++) g[i] = bal_trial_gradient(s->t, i);
        s->lr = bal_trial_rate(s->t);
        st = bal_tensor_write(&s->g, g);
        if (!st) st = t->optim.def->step(&t->optim, s);
    }
    free(g);
    return st;
}

static bal_status run_optim(bal_trial *t, bal_device *dev)
{
    bal_optim     *o = &t->optim;
    bal_optim_step s = {.decayed = BAL_TRIAL_DECAYED};
    bal_shape      shape = {1, 1, 1, BAL_TRIAL_WEIGHTS};
    bal_status     st;

    BAL_TRY_OR(end, st, o->def->build(o, dev));
    BAL_TRY_OR(end, st, make_tensor(&s.w, dev, shape, t->w[0]));
    BAL_TRY_OR(end, st, bal_tensor_init(&s.g, dev, shape));
    for (int j = 0; j < o->def->moments; j++) BAL_TRY_OR(end, st, bal_tensor_init(&s.moment[j], dev, shape));
    BAL_TRY_OR(end, st, take_steps(t, &s));
    BAL_TRY_OR(end, st, check(t, BAL_FIGURE_CHANGE, &s.w, t->w[0], "change of the weights"));
    for (int j = 0; j < o->def->moments; j++)
        BAL_TRY_OR(end, st, check(t, BAL_FIGURE_MOMENT + j, &s.moment[j], NULL, "moment"));
end:
    bal_tensor_free(&s.w);
    bal_tensor_free(&s.g);
    bal_tensor_free(&s.moment[0]);
    bal_tensor_free(&s.moment[1]);
    return st;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static void print_name(char *out, size_t size, const bal_answer *a)
{
    static const char *const targets[] = {"labels", "real", "fake", "generate"};
    const char              *blank = *a->options ? " " : "";
    bal_shape                s = a->shape[0];

    if (a->kind == BAL_TRY_OPTIM) snprintf(out, size, "optimizer %s%s%s", a->name, blank, a->options);
    else if (a->kind == BAL_TRY_LOSS)
        snprintf(out, size, "loss %s%s%s, %s, %d x %d x %d x %d", a->name, blank, a->options, targets[a->mode], s.n,
                 s.h, s.w, s.c);
    else
        snprintf(out, size, "layer %s%s%s, %d x %d x %d x %d%s", a->name, blank, a->options, s.n, s.h, s.w, s.c,
                 a->mode ? "" : ", not training");
}

static bal_status run_trial(bal_device *dev, const bal_answer *a)
{
    bal_trial  t;
    bal_status st = bal_trial_open(&t, a);

    if (!st)
        st = a->kind == BAL_TRY_LAYER  ? run_layer(&t, dev)
             : a->kind == BAL_TRY_LOSS ? run_loss(&t, dev)
                                       : run_optim(&t, dev);
    bal_trial_free(&t);
    return st;
}

int bal_selftest_count(void)
{
    int n = 0;

    for (const bal_operation *o = bal_operations; o->name; o++) n++;
    for (const bal_answer *a = bal_answers; a->name; a++) n++;
    return n;
}

bal_status bal_selftest(bal_device *dev, bal_selftest_say say, void *user)
{
    char       name[256];
    bal_status first = BAL_OK;

    for (const bal_operation *o = bal_operations; o->name; o++) {
        bal_status st = o->run(dev);
        if (!first) first = st;
        if (!say(user, o->name, st ? bal_error() : NULL)) return first;
    }
    for (const bal_answer *a = bal_answers; a->name; a++) {
        bal_status st = run_trial(dev, a);
        if (!first) first = st;
        print_name(name, sizeof name, a);
        if (!say(user, name, st ? bal_error() : NULL)) return first;
    }
    return first;
}
