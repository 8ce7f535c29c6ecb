/* head -- the last layer of a trained classifier, made fairer to rare classes: fitted anew on frozen features, or with
 * weights of one length (Kang et al. 2020, "Decoupling representation and classifier": cRT and tau-normalisation). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/log.h"
#include "ballast/regression.h"
#include "train/head.h"

static const bal_layer *last(const bal_net *net) { return bal_net_layer(net, bal_net_count(net) - 1); }

static size_t floats(const bal_layer *l, int weight) { return bal_shape_size(l->weights[weight].shape); }

/* ---- kept and restored ------------------------------------------------------------------------------------------- */

static const char *const kept_names[] = {"trained.weight", "trained.bias"};

bal_status bal_head_keep(bal_checkpoint *c, const bal_net *net)
{
    const bal_layer *l = last(net);
    bal_status       st = BAL_OK;
    for (int i = 0; st == BAL_OK && i < l->weight_count; i++) {
        int    count = (int)floats(l, i);
        float *v = malloc((size_t)count * sizeof *v);
        st = v ? bal_tensor_read(&l->weights[i].v, v) : bal_fail(BAL_ENOMEM, "no memory for a layer");
        if (st == BAL_OK) st = bal_checkpoint_put(c, kept_names[i], BAL_F32, 1, &count, v);
        free(v);
    }
    return st;
}

bal_status bal_head_restore(bool *there, const bal_checkpoint *c, bal_net *net, const char *path)
{
    const bal_layer *l = last(net);
    *there = bal_checkpoint_find(c, kept_names[0]) != NULL;
    for (int i = 0; *there && i < l->weight_count; i++) {
        const bal_saved *kept = bal_checkpoint_find(c, kept_names[i]);
        size_t           size = floats(l, i) * sizeof(float);
        if (!kept || kept->dtype != BAL_F32 || kept->size != size)
            return bal_fail(BAL_EIO, "%s: its last layer is damaged; ballast did not write it", path);
        float *v = malloc(size);
        if (!v) return bal_fail(BAL_ENOMEM, "no memory for a layer");
        memcpy(v, kept->data, size);
        bal_status st = bal_tensor_write(&l->weights[i].v, v);
        free(v);
        BAL_TRY(st);
    }
    return BAL_OK;
}

/* ---- changed ----------------------------------------------------------------------------------------------------- */

/* Features and labels of a part. */
typedef struct seen {
    bal_features x;
    int         *label;
} seen;

static bal_status look(seen *out, const bal_scorer *scorer, const bal_dataset *data, bal_part part,
                       const bal_scaling *scaling)
{
    const int *index;
    int        count = bal_dataset_part(data, part, -1, &index);
    *out = (seen){.label = malloc(((size_t)count + 1) * sizeof *out->label)};
    if (!out->label) return bal_fail(BAL_ENOMEM, "no memory for %d labels", count);
    for (int i = 0; i < count; i++) out->label[i] = bal_dataset_sample(data, index[i])->label;
    return bal_features_of_part(&out->x, scorer, data, part, scaling);
}

static void forget(seen *s)
{
    free((float *)(uintptr_t)s->x.x);
    free(s->label);
}

static bal_status read_dense(bal_regression *r, const bal_net *net)
{
    const bal_layer *l = last(net);
    BAL_TRY(bal_regression_init(r, l->in[0].c, l->out.c));
    float     *v = malloc(floats(l, 0) * sizeof *v);
    bal_status st = v ? bal_tensor_read(&l->weights[0].v, v) : bal_fail(BAL_ENOMEM, "no memory for a layer");
    for (size_t i = 0; st == BAL_OK && i < floats(l, 0); i++) r->weight[i] = (double)v[i];
    free(v);
    return st;
}

/* A single output is the second class's less the first's. */
static bal_status write_dense(bal_net *net, const bal_regression *r)
{
    const bal_layer *l = last(net);
    size_t           outputs = (size_t)l->out.c, weights = floats(l, 0), count = weights + outputs;
    float           *v = malloc(count * sizeof *v);
    if (!v) return bal_fail(BAL_ENOMEM, "no memory for a layer");
    for (size_t i = 0; i < count; i++)
        v[i] = (float)(outputs > 1 ? r->weight[i] : r->weight[2 * i + 1] - r->weight[2 * i]);
    bal_status st = bal_tensor_write(&l->weights[0].v, v);
    if (st == BAL_OK && l->weight_count > 1) st = bal_tensor_write(&l->weights[1].v, v + weights);
    free(v);
    return st;
}

static bal_status copy(bal_regression *to, const bal_regression *from)
{
    if (!to->weight) BAL_TRY(bal_regression_init(to, from->width, from->classes));
    memcpy(to->weight, from->weight, ((size_t)from->width + 1) * (size_t)from->classes * sizeof *to->weight);
    return BAL_OK;
}

/* Ridges from large to small, each begun where the last one ended. */
static bal_status retrain(bal_regression *best, const seen *train, const seen *validation, int classes)
{
    static const double ridges[] = {1, 0.1, 0.01, 1e-3, 1e-4};
    double              least = HUGE_VAL, chosen = 0, loss;
    bal_regression      r;
    BAL_TRY(bal_regression_init(&r, train->x.width, classes));
    bal_status st = BAL_OK;
    for (size_t i = 0; st == BAL_OK && i < sizeof ridges / sizeof *ridges; i++) {
        st = bal_regression_fit(&r, &train->x, train->label, ridges[i], i > 0);
        if (st == BAL_OK) st = bal_regression_loss(&loss, &r, &validation->x, validation->label);
        if (st != BAL_OK || !(loss < least)) continue;
        least = loss;
        chosen = ridges[i];
        st = copy(best, &r);
    }
    bal_regression_free(&r);
    if (st == BAL_OK && !best->weight) st = bal_fail(BAL_ENAN, "no last layer has a finite loss on validation images");
    if (st == BAL_OK) bal_info("last layer: fitted anew with a ridge of %g", chosen);
    return st;
}

static void scale_columns(bal_regression *r, const bal_regression *from, double exponent)
{
    for (int c = 0; c < r->classes; c++) {
        double square = 0;
        for (int k = 0; k < r->width; k++) square += pow(from->weight[k * r->classes + c], 2);
        for (int k = 0; k < r->width; k++)
            r->weight[k * r->classes + c] =
                from->weight[k * r->classes + c] / (square > 0 ? pow(square, exponent / 2) : 1);
    }
}

static bal_status normalize(bal_regression *best, const seen *validation, const bal_net *net)
{
    enum { TENTHS = 10 };
    double         most = -1, least = HUGE_VAL, recall, loss, chosen = 0;
    bal_regression from, r = {0};
    BAL_TRY(read_dense(&from, net));
    bal_status st = copy(&r, &from);
    for (int i = 0; st == BAL_OK && i <= TENTHS; i++) {
        scale_columns(&r, &from, (double)i / TENTHS);
        st = bal_regression_loss(&loss, &r, &validation->x, validation->label);
        if (st == BAL_OK) st = bal_regression_recall(&recall, &r, &validation->x, validation->label);
        if (st != BAL_OK || recall < most || (recall <= most && loss >= least)) continue;
        most = recall;
        least = loss;
        chosen = (double)i / TENTHS;
        st = copy(best, &r);
    }
    bal_regression_free(&from);
    bal_regression_free(&r);
    if (st == BAL_OK) bal_info("last layer: weights over their length to the power of %g", chosen);
    return st;
}

bal_status bal_head_change(const bal_scorer *scorer, const bal_dataset *data, const bal_scaling *scaling, bal_head how)
{
    seen           train = {0}, validation = {0};
    bal_regression best = {0};
    bal_status     st;
    BAL_TRY_OR(end, st, look(&validation, scorer, data, BAL_VALIDATION, scaling));
    if (validation.x.count == 0)
        BAL_TRY_OR(end, st, bal_fail(BAL_ECONFIG, "there is no validation part to choose a last layer on"));
    if (how == BAL_HEAD_RETRAIN) {
        BAL_TRY_OR(end, st, look(&train, scorer, data, BAL_TRAIN, scaling));
        BAL_TRY_OR(end, st, retrain(&best, &train, &validation, bal_dataset_class_count(data)));
    } else BAL_TRY_OR(end, st, normalize(&best, &validation, scorer->net));
    BAL_TRY_OR(end, st, write_dense(scorer->net, &best));
end:
    forget(&train);
    forget(&validation);
    bal_regression_free(&best);
    return st;
}
