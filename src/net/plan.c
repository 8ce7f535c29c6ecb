/* plan -- which activations and gradients share a buffer. A value's life is an interval of layer numbers; two values
 * whose lives do not touch may take the same buffer. */
#include <stdlib.h>
#include "internal.h"

typedef struct pool {
    size_t *floats; /* size of each slot */
    int    *until;  /* step up to which it is taken */
    int     count;
} pool;

/* A slot that is free at step `from`, the nearest in size; taken up to step `until`. Steps never decrease between
 * calls. */
static int take_slot(pool *p, size_t floats, int from, int until)
{
    int best = -1;
    for (int s = 0; s < p->count; s++) {
        if (p->until[s] >= from) continue;
        if (best < 0) best = s;
        else if (p->floats[s] >= floats ? p->floats[best] < floats || p->floats[s] < p->floats[best]
                                        : p->floats[s] > p->floats[best])
            best = s;
    }
    if (best < 0) {
        best = p->count++;
        p->floats[best] = 0;
    }
    if (p->floats[best] < floats) p->floats[best] = floats;
    p->until[best] = until;
    return best;
}

/* Forward: value i + 1 is written at step i and read up to step `last`. While training all must stay for the backward
 * pass. */
static void plan_activations(bal_net *net, pool *p, bool training)
{
    for (int i = 0; i <= net->count; i++) {
        bal_value *v = &net->values[i];
        v->slot = -1;
        if (i > 0 && v->root == i)
            v->slot = take_slot(p, bal_shape_size(v->shape), i - 1, training ? net->count : v->last);
    }
}

/* Backward, steps counted from the end: the gradient of a value is first written when its last reader runs, and read
 * when the layer that makes the value runs. */
static void plan_gradients(bal_net *net, pool *p)
{
    for (int reader = net->count; reader >= 0; reader--)
        for (int i = net->count; i > 0; i--) {
            bal_value *v = &net->values[i];
            if (v->root == i && v->last == reader)
                v->gradient_slot = take_slot(p, bal_shape_size(v->shape), net->count - reader, net->count - (i - 1));
        }
}

static void plan_sum(bal_net *net)
{
    net->sum_floats = 0;
    for (int i = 0; i <= net->count; i++) {
        size_t floats = bal_shape_size(net->values[i].shape);
        if (net->values[i].root == i && net->values[i].readers > 1 && floats > net->sum_floats)
            net->sum_floats = floats;
    }
}

static bal_status make_pool(pool *p, int count)
{
    p->count = 0;
    p->floats = calloc((size_t)count + 1, sizeof *p->floats);
    p->until = calloc((size_t)count + 1, sizeof *p->until);
    return p->floats && p->until ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory to plan %d values", count);
}

static void keep_pool(pool *p, size_t **floats, int *count)
{
    *floats = p->floats;
    *count = p->count;
    free(p->until);
}

bal_status bal_net_plan(bal_net *net, bool training)
{
    pool       activations = {0}, gradients = {0};
    bal_status st;
    bal_net_unplan(net);
    BAL_TRY_OR(end, st, make_pool(&activations, net->count + 1));
    BAL_TRY_OR(end, st, make_pool(&gradients, net->count + 1));
    for (int i = 0; i <= net->count; i++) net->values[i].gradient_slot = -1;
    plan_activations(net, &activations, training);
    if (training) {
        plan_gradients(net, &gradients);
        plan_sum(net);
    }
end:
    keep_pool(&activations, &net->slot_floats, &net->slot_count);
    keep_pool(&gradients, &net->gradient_floats, &net->gradient_count);
    return st;
}

void bal_net_unplan(bal_net *net)
{
    free(net->slot_floats);
    free(net->gradient_floats);
    net->slot_floats = net->gradient_floats = NULL;
    net->slot_count = net->gradient_count = 0;
    net->sum_floats = 0;
}
