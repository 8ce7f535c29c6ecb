/* regression -- see include/ballast/regression.h. */
#include "ballast/regression.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

bal_status bal_regression_init(bal_regression *r, int width, int classes)
{
    *r = (bal_regression){.width = width, .classes = classes};
    r->weight = calloc(((size_t)width + 1) * (size_t)classes, sizeof *r->weight);
    if (!r->weight) return bal_fail(BAL_ENOMEM, "no memory for a regression on %d features", width);
    r->bias = r->weight + (size_t)width * (size_t)classes;
    return BAL_OK;
}

void bal_regression_free(bal_regression *r)
{
    free(r->weight);
    *r = (bal_regression){0};
}

/* The fit in units of the deviations: parameters [width + 1][classes], the bias last. */
typedef struct fit {
    int        count, width, classes;
    const int *label;
    double     ridge;
    float     *x; /* [count][width], mean 0, deviation 1 */
    double    *mean, *deviation;
    double    *weight; /* of a row of each class */
    double    *q;      /* [classes] */
} fit;

static size_t parameters(const fit *f) { return ((size_t)f->width + 1) * (size_t)f->classes; }

static void standardize(fit *f, const bal_features *x)
{
    for (int k = 0; k < f->width; k++) {
        double sum = 0, square = 0;
        for (int i = 0; i < f->count; i++) sum += (double)x->x[(size_t)i * (size_t)f->width + (size_t)k];
        f->mean[k] = sum / f->count;
        for (int i = 0; i < f->count; i++) {
            double d = (double)x->x[(size_t)i * (size_t)f->width + (size_t)k] - f->mean[k];
            square += d * d;
        }
        f->deviation[k] = square > 0 ? sqrt(square / f->count) : 1;
    }
    for (int i = 0; i < f->count; i++)
        for (int k = 0; k < f->width; k++) {
            size_t at = (size_t)i * (size_t)f->width + (size_t)k;
            f->x[at] = (float)(((double)x->x[at] - f->mean[k]) / f->deviation[k]);
        }
}

/* Of a row of each class, so that each class that is there weighs the same and all together 1. */
static void weigh(double *weight, const int *label, int count, int classes)
{
    int there = 0;
    for (int k = 0; k < classes; k++) weight[k] = 0;
    for (int i = 0; i < count; i++) weight[label[i]]++;
    for (int k = 0; k < classes; k++) there += weight[k] > 0;
    for (int k = 0; k < classes; k++)
        if (weight[k] > 0) weight[k] = 1 / (weight[k] * there);
}

/* q = softmax(x w + b); the loss of the label. */
static double answer(double *q, const float *x, const double *w, int width, int classes, int label)
{
    double most = -HUGE_VAL, sum = 0;
    memcpy(q, w + (size_t)width * (size_t)classes, (size_t)classes * sizeof *q);
    for (int k = 0; k < width; k++)
        for (int c = 0; c < classes; c++) q[c] += (double)x[k] * w[(size_t)k * (size_t)classes + (size_t)c];
    for (int c = 0; c < classes; c++) most = fmax(most, q[c]);
    double own = q[label] - most;
    for (int c = 0; c < classes; c++) sum += q[c] = exp(q[c] - most);
    for (int c = 0; c < classes; c++) q[c] /= sum;
    return log(sum) - own;
}

static double differentiate(fit *f, double *gradient, const double *w)
{
    size_t classes = (size_t)f->classes, biases = (size_t)f->width * classes;
    double loss = 0;
    for (size_t i = 0; i < parameters(f); i++) {
        gradient[i] = i < biases ? f->ridge * w[i] : 0;
        loss += gradient[i] * w[i] / 2;
    }
    for (int i = 0; i < f->count; i++) {
        const float *x = f->x + (size_t)i * (size_t)f->width;
        double       of_row = f->weight[f->label[i]];
        loss += of_row * answer(f->q, x, w, f->width, f->classes, f->label[i]);
        f->q[f->label[i]] -= 1;
        for (size_t c = 0; c < classes; c++) gradient[biases + c] += f->q[c] *= of_row;
        for (int k = 0; k < f->width; k++)
            for (size_t c = 0; c < classes; c++) gradient[(size_t)k * classes + c] += (double)x[k] * f->q[c];
    }
    return loss;
}

/* The largest curvature: half of the largest eigenvalue of the weighted second moments (Boehning 1992), by the power
 * method, with a tenth to spare. v, u: width + 1 numbers. */
static double curvature(const fit *f, double *v, double *u)
{
    double largest = 1;
    for (int k = 0; k <= f->width; k++) v[k] = 1;
    for (int turn = 0; turn < 30; turn++) {
        double norm = 0;
        for (int k = 0; k <= f->width; k++) norm += v[k] * v[k];
        for (int k = 0; k <= f->width; k++) v[k] /= sqrt(norm), u[k] = 0;
        for (int i = 0; i < f->count; i++) {
            const float *x = f->x + (size_t)i * (size_t)f->width;
            double       along = v[f->width];
            for (int k = 0; k < f->width; k++) along += (double)x[k] * v[k];
            along *= f->weight[f->label[i]];
            for (int k = 0; k < f->width; k++) u[k] += along * (double)x[k];
            u[f->width] += along;
        }
        largest = 0;
        for (int k = 0; k <= f->width; k++) largest += u[k] * v[k];
        memcpy(v, u, ((size_t)f->width + 1) * sizeof *v);
    }
    return 1.1 * largest / 2 + f->ridge;
}

static double length(const double *v, size_t n)
{
    double square = 0;
    for (size_t i = 0; i < n; i++) square += v[i] * v[i];
    return sqrt(square);
}

/* w: begun at the start; ahead, gradient, last: room of the same size. */
static void descend(fit *f, double *w, double *ahead, double *gradient, double *last)
{
    enum { STEPS = 1000 };
    size_t n = parameters(f);
    double step = 1 / curvature(f, gradient, ahead), t = 1, before = HUGE_VAL;
    memcpy(ahead, w, n * sizeof *w);
    for (int i = 0; i < STEPS; i++) {
        double loss = differentiate(f, gradient, ahead);
        if (length(gradient, n) < 1e-5) break;
        if (loss > before) t = 1;
        before = loss;
        double next = (1 + sqrt(1 + 4 * t * t)) / 2, swing = (t - 1) / next;
        memcpy(last, w, n * sizeof *w);
        for (size_t j = 0; j < n; j++) {
            w[j] = ahead[j] - step * gradient[j];
            ahead[j] = w[j] + swing * (w[j] - last[j]);
        }
        t = next;
    }
    memcpy(w, ahead, n * sizeof *w);
}

/* Between the units of the features and of their deviations. */
static void to_deviations(double *w, const bal_regression *r, const fit *f)
{
    size_t classes = (size_t)f->classes, biases = (size_t)f->width * classes;
    for (size_t c = 0; c < classes; c++) w[biases + c] = r->bias[c];
    for (size_t k = 0; k < (size_t)f->width; k++)
        for (size_t c = 0; c < classes; c++) {
            w[k * classes + c] = r->weight[k * classes + c] * f->deviation[k];
            w[biases + c] += r->weight[k * classes + c] * f->mean[k];
        }
}

static void from_deviations(bal_regression *r, const double *w, const fit *f)
{
    size_t classes = (size_t)f->classes, biases = (size_t)f->width * classes;
    for (size_t c = 0; c < classes; c++) r->bias[c] = w[biases + c];
    for (size_t k = 0; k < (size_t)f->width; k++)
        for (size_t c = 0; c < classes; c++) {
            r->weight[k * classes + c] = w[k * classes + c] / f->deviation[k];
            r->bias[c] -= r->weight[k * classes + c] * f->mean[k];
        }
}

bal_status bal_regression_fit(bal_regression *r, const bal_features *x, const int *label, double ridge, bool warm)
{
    fit     f = {.count = x->count, .width = r->width, .classes = r->classes, .label = label, .ridge = ridge};
    size_t  n = parameters(&f), width = (size_t)r->width, classes = (size_t)r->classes;
    double *room = calloc(4 * n + 2 * width + 2 * classes, sizeof *room);
    f.x = malloc(((size_t)x->count * width + 1) * sizeof *f.x);
    bool enough = room && f.x;
    if (enough) {
        double *w = room, *ahead = w + n, *gradient = ahead + n, *last = gradient + n;
        f.mean = last + n;
        f.deviation = f.mean + width;
        f.weight = f.deviation + width;
        f.q = f.weight + classes;
        standardize(&f, x);
        weigh(f.weight, label, x->count, r->classes);
        if (warm) to_deviations(w, r, &f);
        descend(&f, w, ahead, gradient, last);
        from_deviations(r, w, &f);
    }
    free(room);
    free(f.x);
    return enough ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory to fit %d images", x->count);
}

/* Sums over rows, weighted, of their loss and of whether the largest output is theirs. */
static bal_status judge(double *loss, double *recall, const bal_regression *r, const bal_features *x, const int *label)
{
    double *room = malloc(2 * (size_t)r->classes * sizeof *room);
    if (!room) return bal_fail(BAL_ENOMEM, "no memory for %d classes", r->classes);
    double *weight = room, *q = weight + r->classes;
    weigh(weight, label, x->count, r->classes);
    *loss = *recall = 0;
    for (int i = 0; i < x->count; i++) {
        int best = 0;
        *loss += weight[label[i]] *
                 answer(q, x->x + (size_t)i * (size_t)r->width, r->weight, r->width, r->classes, label[i]);
        for (int c = 1; c < r->classes; c++)
            if (q[c] > q[best]) best = c;
        *recall += best == label[i] ? weight[label[i]] : 0;
    }
    free(room);
    return BAL_OK;
}

bal_status bal_regression_loss(double *out, const bal_regression *r, const bal_features *x, const int *label)
{
    double recall;
    return judge(out, &recall, r, x, label);
}

bal_status bal_regression_recall(double *out, const bal_regression *r, const bal_features *x, const int *label)
{
    double loss;
    return judge(&loss, out, r, x, label);
}
