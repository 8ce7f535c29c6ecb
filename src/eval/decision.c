/* decision -- see include/ballast/decision.h. */
#include "ballast/decision.h"
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double logit(double p) { return log(fmax(p, 1e-300)); }

/* ---- temperature ------------------------------------------------------------------------------------------------- */

/* Loss of a row at inverse temperature b. */
static double row_loss(const bal_prediction *r, int classes, double b)
{
    double most = -HUGE_VAL, sum = 0;
    for (int k = 0; k < classes; k++) most = fmax(most, logit(r->probability[k]));
    for (int k = 0; k < classes; k++) sum += exp(b * (logit(r->probability[k]) - most));
    return log(sum) - b * (logit(r->probability[r->label]) - most);
}

static double loss_at(const bal_predictions *p, double log_b)
{
    double b = exp(log_b), sum = (b - 1) * (b - 1) / 2;
    for (int i = 0; i < p->count; i++)
        if (p->row[i].label >= 0) sum += row_loss(&p->row[i], p->class_count, b);
    return sum;
}

/* The loss is convex in 1/t, so it falls, then rises in log t: a golden section finds the least. */
double bal_temperature_fit(const bal_predictions *p)
{
    const double golden = (sqrt(5) - 1) / 2;
    double       low = -log(20), high = log(20), a = high - golden * (high - low), b = low + golden * (high - low);
    double       at_a = loss_at(p, a), at_b = loss_at(p, b);
    while (high - low > 1e-7) {
        if (at_a <= at_b) {
            high = b, b = a, at_b = at_a;
            at_a = loss_at(p, a = high - golden * (high - low));
        } else {
            low = a, a = b, at_a = at_b;
            at_b = loss_at(p, b = low + golden * (high - low));
        }
    }
    return exp(-(low + high) / 2);
}

/* q = softmax(log p + offset); offset may be NULL; scaled by 1 / t. */
static void softmax_of(double *q, const double *p, const double *offset, double t, int classes)
{
    double most = -HUGE_VAL, sum = 0;
    for (int k = 0; k < classes; k++) {
        q[k] = logit(p[k]) / t + (offset ? offset[k] : 0);
        most = fmax(most, q[k]);
    }
    for (int k = 0; k < classes; k++) sum += q[k] = exp(q[k] - most);
    for (int k = 0; k < classes; k++) q[k] /= sum;
}

void bal_temperature_apply(bal_predictions *p, double t)
{
    for (int i = 0; p->probabilities && i < p->count; i++) {
        double *own = (double *)(uintptr_t)p->row[i].probability; /* in the list's own memory */
        softmax_of(own, own, NULL, t, p->class_count);
    }
}

/* ---- offsets ----------------------------------------------------------------------------------------------------- */

void bal_offsets_prior(double *offset, const int *count, int classes)
{
    double all = 0;
    for (int k = 0; k < classes; k++) all += count[k];
    for (int k = 0; k < classes; k++) offset[k] = count[k] > 0 ? -log(count[k] / all) : 0;
}

typedef struct newton {
    const bal_predictions *p;
    double                *weight, *gradient, *hessian, *q; /* [k], [k], [k][k], [k] */
} newton;

/* Every class's rows weigh 1 together. */
static void weigh(newton *n)
{
    int classes = n->p->class_count;
    for (int i = 0; i < n->p->count; i++)
        if (n->p->row[i].label >= 0) n->weight[n->p->row[i].label]++;
    for (int k = 0; k < classes; k++)
        if (n->weight[k] > 0) n->weight[k] = 1 / n->weight[k];
}

static double differentiate(newton *n, const double *offset)
{
    int    classes = n->p->class_count;
    double loss = 0;
    memset(n->hessian, 0, (size_t)classes * (size_t)classes * sizeof *n->hessian);
    for (int k = 0; k < classes; k++) {
        loss += BAL_OFFSET_RIDGE / 2 * offset[k] * offset[k];
        n->gradient[k] = BAL_OFFSET_RIDGE * offset[k];
        n->hessian[k * classes + k] = BAL_OFFSET_RIDGE;
    }
    for (int i = 0; i < n->p->count; i++) {
        const bal_prediction *r = &n->p->row[i];
        if (r->label < 0) continue;
        double w = n->weight[r->label];
        softmax_of(n->q, r->probability, offset, 1, classes);
        loss -= w * logit(n->q[r->label]);
        n->gradient[r->label] -= w;
        for (int k = 0; k < classes; k++) {
            n->gradient[k] += w * n->q[k];
            n->hessian[k * classes + k] += w * n->q[k];
            for (int l = 0; l < classes; l++) n->hessian[k * classes + l] -= w * n->q[k] * n->q[l];
        }
    }
    return loss;
}

/* Steps of Newton's, halved while they do not lower the loss; `room` holds the point before a step. */
static void descend(newton *n, double *offset, double *room)
{
    int    classes = n->p->class_count;
    double loss = differentiate(n, offset);
    for (int step = 0; step < 50; step++) {
        double scale = 1, before = loss;
        memcpy(room, offset, (size_t)classes * sizeof *room);
        if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', classes, 1, n->hessian, classes, n->gradient, 1)) return;
        double *direction = n->q + classes;
        memcpy(direction, n->gradient, (size_t)classes * sizeof *direction);
        do {
            for (int k = 0; k < classes; k++) offset[k] = room[k] - scale * direction[k];
            loss = differentiate(n, offset);
            scale /= 2;
        } while (loss > before && scale > 1e-6);
        if (before - loss < 1e-12) return;
    }
}

/* A class without rows stays where it was: it has no weight, and is not to win by that. */
static void pin_unseen(double *offset, const newton *n)
{
    for (int k = 0; k < n->p->class_count; k++)
        if (n->weight[k] <= 0) offset[k] = 0;
}

bal_status bal_offsets_balanced(double *offset, const bal_predictions *validation)
{
    size_t  k = (size_t)validation->class_count;
    newton  n = {.p = validation};
    double *room = calloc(k * k + 5 * k, sizeof *room);
    if (!room) return bal_fail(BAL_ENOMEM, "no memory to fit %zu classes", k);
    n.hessian = room;
    n.weight = n.hessian + k * k;
    n.gradient = n.weight + k;
    n.q = n.gradient + k; /* two of them: descend keeps a direction behind it */
    memset(offset, 0, k * sizeof *offset);
    if (validation->probabilities) {
        weigh(&n);
        descend(&n, offset, n.q + 2 * k);
        pin_unseen(offset, &n);
    }
    free(room);
    return BAL_OK;
}

void bal_offsets_apply(bal_predictions *p, const double *offset)
{
    for (int i = 0; p->probabilities && i < p->count; i++) {
        const double *own = p->row[i].probability;
        int           best = 0;
        for (int k = 1; k < p->class_count; k++)
            if (logit(own[k]) + offset[k] > logit(own[best]) + offset[best]) best = k;
        p->row[i].predicted = best;
    }
}

/* ---- several classifiers ----------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

static bool same_images(const bal_predictions *a, const bal_predictions *b)
{
    if (a->count != b->count || a->class_count != b->class_count || !a->probabilities || !b->probabilities)
        return false;
    for (int k = 0; k < a->class_count; k++)
        if (strcmp(a->classes[k], b->classes[k]) != 0) return false;
    for (int i = 0; i < a->count; i++)
        if (a->row[i].label != b->row[i].label || !same_text(a->row[i].path, b->row[i].path)) return false;
    return true;
}

bal_status bal_predictions_average(bal_predictions *into, const bal_predictions *more, int before)
{
    if (!same_images(into, more))
        return bal_fail(BAL_ECONFIG,
                        "predictions of other images or classes, or without probabilities: no mean of them");
    for (int i = 0; i < into->count; i++) {
        double *own = (double *)(uintptr_t)into->row[i].probability; /* in the list's own memory */
        int     best = 0;
        for (int k = 0; k < into->class_count; k++) {
            own[k] = (own[k] * before + more->row[i].probability[k]) / (before + 1);
            if (own[k] > own[best]) best = k;
        }
        into->row[i].predicted = best;
    }
    return BAL_OK;
}
