/* answers_main -- prints src/train/known_answers.c: what `ballast selftest` expects, from the double-precision
 * references of tests/layers, tests/losses and tests/optims. Touches no device. To be run when one of those gets or
 * loses a case: build/release/tests/known_answers >src/train/known_answers.c */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "layer_test.h"
#include "loss_test.h"
#include "optim_test.h"
#include "train/selftest_parts.h"

enum { SMALLEST = 32, LARGEST = 40000, MOST_CASES = 16 };
static const double most_work = 4e7, step = 1e-7;

static void fail(const char *what)
{
    fprintf(stderr, "known_answers: %s: %s\n", what, bal_error());
    exit(1);
}

static double *widen(const float *from, size_t n)
{
    double *to = malloc((n + 1) * sizeof *to);
    if (!to) fail("no memory");
    for (size_t i = 0; i < n; i++) to[i] = (double)from[i];
    return to;
}

static double along(int figure, const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += bal_trial_direction(figure, i) * v[i];
    return sum;
}

static void move(double *v, size_t n, int figure, double by)
{
    for (size_t i = 0; i < n; i++) v[i] += by * bal_trial_direction(figure, i);
}

static void print_row(const bal_answer *a)
{
    static const char *const kinds[] = {"LAYER", "LOSS", "OPTIM"};
    int                      last = BAL_FIGURES;

    printf("    {BAL_TRY_%s, \"%s\", \"%s\", %d, %g, {", kinds[a->kind], a->name, a->options, a->mode, a->spread);
    for (int i = 0; i < BAL_MAX_INPUTS && (i == 0 || a->shape[i].n); i++)
        printf("%s{%d, %d, %d, %d}", i ? ", " : "", a->shape[i].n, a->shape[i].h, a->shape[i].w, a->shape[i].c);
    while (last > 1 && fabs(a->figure[last - 1]) <= 0) last--;
    printf("},\n     {");
    for (int i = 0; i < last; i++) printf("%s%.9g", i ? ", " : "", a->figure[i]);
    printf("}},\n");
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

typedef struct {
    bal_trial             t;
    const bal_layer_test *test;
    double               *x[BAL_MAX_INPUTS], *w[BAL_MAX_WEIGHTS], *state[BAL_MAX_WEIGHTS], *y;
} reference;

static size_t weight_size(const reference *r, int j) { return bal_shape_size(r->t.layer.weights[j].shape); }

static void forward(reference *r)
{
    double *w[BAL_MAX_WEIGHTS];
    for (int j = 0; j < r->t.layer.weight_count; j++) {
        bool state = r->t.layer.weights[j].role == BAL_STATE;
        if (state) memcpy(r->state[j], r->w[j], weight_size(r, j) * sizeof *r->w[j]);
        w[j] = state ? r->state[j] : r->w[j];
    }
    r->test->forward(&r->t.layer, &r->t.pass, (const double *const *)r->x, w, r->y);
}

/* The sum of dy * y. */
static double product(reference *r)
{
    double sum = 0;
    forward(r);
    for (size_t i = 0; i < bal_shape_size(r->t.layer.out); i++) sum += (double)r->t.dy[i] * r->y[i];
    return sum;
}

static double slope(reference *r, double *v, size_t n, int figure)
{
    move(v, n, figure, step);
    double above = product(r);
    move(v, n, figure, -2 * step);
    double below = product(r);
    move(v, n, figure, step);
    return (above - below) / (2 * step);
}

static void answer_layer(const bal_layer_test *test, const bal_layer_case *c, bool training)
{
    bal_answer a = {
        .kind = BAL_TRY_LAYER, .name = test->name, .options = c->options, .mode = training, .shape = {c->x}};
    reference r = {.test = test};
    for (int i = 1; i < BAL_MAX_INPUTS; i++) a.shape[i] = c->more[i - 1];
    if (bal_trial_open(&r.t, &a)) fail(test->name);
    bal_layer *l = &r.t.layer;
    for (int i = 0; i < l->inputs; i++) r.x[i] = widen(r.t.x[i], bal_shape_size(l->in[i]));
    for (int j = 0; j < l->weight_count; j++) {
        r.w[j] = widen(r.t.w[j], weight_size(&r, j));
        r.state[j] = widen(r.t.w[j], weight_size(&r, j));
    }
    r.y = widen(r.t.dy, bal_shape_size(l->out));
    if (l->flops * c->x.n <= most_work) {
        forward(&r);
        a.figure[BAL_FIGURE_Y] = along(BAL_FIGURE_Y, r.y, bal_shape_size(l->out));
        for (int j = 0; j < l->weight_count; j++)
            if (l->weights[j].role == BAL_STATE)
                a.figure[BAL_FIGURE_W + j] = along(BAL_FIGURE_W + j, r.state[j], weight_size(&r, j));
        for (int i = 0; i < l->inputs; i++)
            a.figure[BAL_FIGURE_DX + i] = slope(&r, r.x[i], bal_shape_size(l->in[i]), BAL_FIGURE_DX + i);
        for (int j = 0; j < l->weight_count; j++)
            if (l->weights[j].role != BAL_STATE)
                a.figure[BAL_FIGURE_W + j] = slope(&r, r.w[j], weight_size(&r, j), BAL_FIGURE_W + j);
        print_row(&a);
    }
    for (int i = 0; i < l->inputs; i++) free(r.x[i]);
    for (int j = 0; j < l->weight_count; j++) free(r.w[j]), free(r.state[j]);
    free(r.y);
    bal_trial_free(&r.t);
}

static void answer_layers(const bal_layer_test *test)
{
    int count = 0;
    for (const bal_layer_case *c = test->cases; c->options && count < MOST_CASES; c++) {
        size_t n = bal_shape_size(c->x);
        if (n < SMALLEST || n > LARGEST || c->activation || c->pool || c->batches) continue;
        count++;
        answer_layer(test, c, true);
        if (test->modes) answer_layer(test, c, false);
    }
}

/* ---- losses and optimizers --------------------------------------------------------------------------------------- */

/* One label a sample, weights of 1; valid until the next call. */
static bal_loss_labels plain_labels(const bal_trial *t)
{
    enum { MOST_SAMPLES = 512, MOST_CLASSES = 256 };
    static int class[2 * MOST_SAMPLES];
    static double share[2 * MOST_SAMPLES], weight[MOST_CLASSES];
    bal_shape     y = t->answer->shape[0];
    if (y.n > MOST_SAMPLES || y.c > MOST_CLASSES) fail("a case is too large");
    for (int i = 0; i < y.n; i++) {
        class[2 * i] = class[2 * i + 1] = bal_trial_label(t, i);
        share[2 * i] = 1;
        share[2 * i + 1] = 0;
    }
    for (int k = 0; k < MOST_CLASSES; k++) weight[k] = 1;
    return (bal_loss_labels){class, share, weight};
}

static void answer_loss(const bal_loss_test *test, const bal_loss_case *c, bal_target target)
{
    bal_answer a = {.kind = BAL_TRY_LOSS,
                    .name = test->name,
                    .options = c->options,
                    .mode = (int)target,
                    .spread = c->spread,
                    .shape = {c->y}};
    bal_trial  t;
    double     unused;
    size_t     n = bal_shape_size(c->y);
    if (bal_trial_open(&t, &a)) fail(test->name);
    double         *y = widen(t.x[0], n);
    bal_loss_labels labels = plain_labels(&t);
    a.figure[BAL_FIGURE_LOSS] = test->value(&t.loss, target, c->y, y, &labels, &a.figure[BAL_FIGURE_SCORE]);
    move(y, n, BAL_FIGURE_DY, step);
    double above = test->value(&t.loss, target, c->y, y, &labels, &unused);
    move(y, n, BAL_FIGURE_DY, -2 * step);
    a.figure[BAL_FIGURE_DY] = (above - test->value(&t.loss, target, c->y, y, &labels, &unused)) / (2 * step);
    print_row(&a);
    free(y);
    bal_trial_free(&t);
}

static bool adversarial(const char *name)
{
    for (const bal_loss_def *const *d = bal_loss_defs; *d; d++)
        if (strcmp((*d)->name, name) == 0) return (*d)->adversarial;
    return false;
}

static void answer_losses(const bal_loss_test *test)
{
    for (const bal_loss_case *c = test->cases; c->options; c++) {
        if (bal_shape_size(c->y) < SMALLEST) continue;
        if (!adversarial(test->name)) answer_loss(test, c, BAL_LABELS);
        else
            for (int target = BAL_REAL; target <= BAL_GENERATE; target++) answer_loss(test, c, (bal_target)target);
    }
}

static void answer_optim(const bal_optim_test *test, const char *options)
{
    bal_answer a = {.kind = BAL_TRY_OPTIM, .name = test->name, .options = options};
    bal_trial  t;
    if (bal_trial_open(&t, &a)) fail(test->name);
    for (size_t i = 0; i < BAL_TRIAL_WEIGHTS; i++) {
        double            start = (double)t.w[0][i], w = start, moment[2] = {0};
        bal_optim_element e = {.w = &w, .moment = {&moment[0], &moment[1]}, .decayed = i < BAL_TRIAL_DECAYED};
        for (e.t = 1; e.t <= BAL_TRIAL_STEPS; e.t++) {
            e.g = (double)bal_trial_gradient(e.t, i);
            e.lr = (double)bal_trial_rate(e.t);
            test->step(&t.optim, &e);
        }
        a.figure[BAL_FIGURE_CHANGE] += bal_trial_direction(BAL_FIGURE_CHANGE, i) * (w - start);
        for (int j = 0; j < 2; j++)
            a.figure[BAL_FIGURE_MOMENT + j] += bal_trial_direction(BAL_FIGURE_MOMENT + j, i) * moment[j];
    }
    print_row(&a);
    bal_trial_free(&t);
}

int main(void)
{
    puts("/* known_answers -- made by tests/answers_main.c from double precision. */\n#include "
         "\"selftest_parts.h\"\n\n/* clang-format off */\n"
         "const bal_answer bal_answers[] = {");
    for (const bal_layer_test *const *t = bal_layer_tests; *t; t++) answer_layers(*t);
    for (const bal_loss_test *const *t = bal_loss_tests; *t; t++) answer_losses(*t);
    for (const bal_optim_test *const *t = bal_optim_tests; *t; t++)
        for (const char *const *options = (*t)->cases; *options; options++) answer_optim(*t, *options);
    puts("    {0},\n};");
    return 0;
}
