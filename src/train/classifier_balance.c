/* classifier_balance -- what a classifier's training does about classes of unequal size. */
#include <math.h>
#include <stdlib.h>
#include "train/classifier_parts.h"

bal_status bal_classifier_balance(bal_classifier *c)
{
    const int        *unused;
    int               classes = bal_dataset_class_count(c->job.data);
    bal_class_weights weights;
    c->images = calloc((size_t)classes, sizeof *c->images);
    c->weight = calloc((size_t)classes, sizeof *c->weight);
    if (!c->images || !c->weight) return bal_fail(BAL_ENOMEM, "no memory for %d classes", classes);
    for (int k = 0; k < classes; k++) c->images[k] = bal_dataset_part(c->job.data, BAL_TRAIN, k, &unused);
    BAL_TRY(bal_class_weights_parse(&weights, c->o.weights, (bal_where){"[train.classifier]", 0}));
    bal_class_weights_fill(c->weight, &weights, c->images, classes);
    c->deferral = (int)ceil((double)c->o.defer * c->total);
    return BAL_OK;
}

bal_status bal_classifier_reweight(bal_classifier *c)
{
    if (c->weighted || c->step < c->deferral) return BAL_OK;
    c->weighted = true;
    return bal_tensor_write(&c->loss.weight, c->weight);
}

/* Of a class among the training images, as the loss counts them; as if it had one image where it has none. */
static double share_of(const bal_classifier *c, int class)
{
    double n = fmax(c->images[class], 1);
    return c->deferral || c->weight[class] <= 0 ? n : n * (double)c->weight[class];
}

bal_status bal_classifier_prior_bias(const bal_classifier *c)
{
    int    classes = bal_dataset_class_count(c->job.data), outputs = bal_net_out(c->net).c;
    bool   odds = outputs == 1 || c->loss.def->logistic;
    double all = 0;
    if (!c->o.prior_bias) return BAL_OK;
    bal_where         at;
    const bal_weight *bias = bal_net_output_bias(c->net, &at);
    float            *value = calloc((size_t)outputs, sizeof *value);
    if (!value) return bal_fail(BAL_ENOMEM, "no memory for %d priors", outputs);
    for (int k = 0; k < classes; k++) all += share_of(c, k);
    for (int k = 0; k < outputs; k++) {
        double own = share_of(c, outputs == 1 ? 1 : k);
        value[k] = (float)log(own / (odds ? all - own : all));
    }
    bal_status st = bal_tensor_write(&bias->v, value);
    free(value);
    return st;
}
