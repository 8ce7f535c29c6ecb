/* net -- the passes through a chain. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "ballast/reduce.h"
#include "internal.h"

static bal_tensor sized(bal_tensor t, const bal_value *v, int n)
{
    t.shape = v->shape;
    t.shape.n = n;
    t.half = v->half;
    return t;
}

/* Point every value at its storage for a batch of x->shape.n. */
static void bind_activations(bal_net *net, const bal_tensor *x)
{
    for (int i = 0; i <= net->count; i++) {
        bal_value *v = &net->values[i];
        v->y = sized(v->root == 0 ? *x : bal_plan_place(&net->plan, net, BAL_VALUE, v->root)->t, v, x->shape.n);
    }
}

/* Values before `lowest` get none, so nothing is computed for them. */
static void bind_gradients(bal_net *net, const bal_tensor *dx, int n, int lowest)
{
    static const bal_tensor none;
    for (int i = 0; i <= net->count; i++) {
        bal_value *v = &net->values[i], *root = &net->values[v->root];
        bal_tensor at = dx ? *dx : none;
        if (v->root > 0) at = bal_plan_gradient(&net->plan, net, root)->t;
        v->dy = sized(v->root < lowest ? none : at, v, n);
    }
}

static void gather(bal_tensor *out, const bal_net *net, int i)
{
    const bal_node *node = &net->nodes[i];
    for (int j = 0; j < node->layer.inputs; j++) out[j] = net->values[node->from[j]].y;
}

/* The layer before did it, where it wrote its own output. */
static bool done(const bal_net *net, int i)
{
    return net->nodes[i].in_place && net->nodes[net->nodes[i].from[0] - 1].layer.applies;
}

bal_status bal_net_forward(bal_net *net, const bal_pass *pass, const bal_tensor *x, bal_tensor *y)
{
    assert(net->dev && x->shape.n <= net->values[0].shape.n);
    bind_activations(net, x);
    for (int i = 0; i < net->count; i++) {
        bal_layer *l = &net->nodes[i].layer;
        bal_tensor inputs[BAL_MAX_INPUTS];
        if (bal_node_idle(&net->nodes[i]) || done(net, i)) continue;
        gather(inputs, net, i);
        l->workspace = bal_plan_place(&net->plan, net, BAL_FORWARD, i)->t;
        bal_device_scope(net->dev, net->nodes[i].forward);
        BAL_TRY(l->def->forward(l, pass, inputs, &net->values[i + 1].y));
    }
    *y = net->values[net->count].y;
    return BAL_OK;
}

bal_tensor bal_net_features(const bal_net *net) { return net->values[net->nodes[net->count - 1].from[0]].y; }

bal_tensor bal_net_output_gradient(const bal_net *net)
{
    const bal_value *v = &net->values[net->count];
    assert(net->training && v->root > 0);
    return sized(bal_plan_place(&net->plan, net, BAL_GRADIENT, v->root)->t, v, v->y.shape.n);
}

/* Where layer i puts the gradients of its inputs: straight into the value's buffer if it is the first to contribute
 * (the last reader comes first on the way back), else into `sum`, to be added. One sum buffer serves one input, so a
 * layer whose inputs both need it runs for one of them at a time. */
static bal_status contribute(bal_net *net, int i, const bal_pass *pass, const bal_tensor *inputs)
{
    static const bal_tensor none;
    const bal_node         *node = &net->nodes[i];
    bal_layer              *l = &net->nodes[i].layer;
    const bal_value        *out = &net->values[i + 1];
    bal_tensor              dx[BAL_MAX_INPUTS];
    bal_pass                again = *pass;
    int                     summed[BAL_MAX_INPUTS], sums = 0;
    l->workspace = bal_plan_place(&net->plan, net, BAL_BACKWARD, i)->t;
    again.frozen = again.frozen || i < net->frozen;
    for (int j = 0; j < l->inputs; j++) {
        const bal_value *v = &net->values[node->from[j]];
        bool             first = node->in_place || net->values[v->root].last == i;
        for (int k = 0; k < j; k++) first = first && net->values[node->from[k]].root != v->root;
        dx[j] = v->dy;
        if (!first && bal_has(&v->dy)) {
            summed[sums++] = j;
            dx[j] = none;
        }
    }
    for (int s = -1; s < sums; s++) {
        if (s >= 0) {
            for (int j = 0; j < l->inputs; j++) dx[j] = none;
            dx[summed[s]] = sized(bal_plan_place(&net->plan, net, BAL_SUM, 0)->t, &net->values[node->from[summed[s]]],
                                  out->dy.shape.n);
            again.frozen = true; /* the weights' gradients were added the first time */
        }
        BAL_TRY(l->def->backward(l, &again, inputs, &out->y, &out->dy, dx));
        if (s >= 0) BAL_TRY(bal_add(&net->values[node->from[summed[s]]].dy, &dx[summed[s]]));
    }
    return BAL_OK;
}

/* Through the layers behind value number `lowest`, last first. */
static bal_status go_back(bal_net *net, const bal_pass *pass, const bal_tensor *x, int lowest)
{
    assert(net->training && x->shape.n == net->values[0].y.shape.n);
    for (int i = net->count - 1; i >= lowest; i--) {
        bal_tensor inputs[BAL_MAX_INPUTS];
        if (bal_node_idle(&net->nodes[i])) continue;
        gather(inputs, net, i);
        bal_device_scope(net->dev, net->nodes[i].backward);
        BAL_TRY(contribute(net, i, pass, inputs));
    }
    return BAL_OK;
}

bal_status bal_net_backward(bal_net *net, const bal_pass *pass, const bal_tensor *x, const bal_tensor *dx)
{
    int lowest = dx ? 0 : net->frozen; /* nobody looks at the gradient of what that layer reads */
    bind_gradients(net, dx, x->shape.n, lowest ? net->values[lowest].root + 1 : 0);
    return go_back(net, pass, x, lowest);
}

bal_status bal_net_backward_to(bal_net *net, const bal_pass *pass, const bal_tensor *x, int layer, bal_tensor *y,
                               bal_tensor *dy)
{
    assert(layer >= 0 && layer < net->count && !net->nodes[layer].layer.activation);
    bind_gradients(net, NULL, x->shape.n, net->values[layer + 1].root);
    BAL_TRY(go_back(net, pass, x, layer + 1));
    *y = net->values[layer + 1].y;
    *dy = net->values[layer + 1].dy;
    return BAL_OK;
}

static bool has_kernel(const bal_layer *l)
{
    for (int j = 0; j < l->weight_count; j++)
        if (l->weights[j].role == BAL_KERNEL) return true;
    return false;
}

bal_status bal_net_freeze(bal_net *net, int kernels)
{
    int found = 0, i = 0;
    while (kernels && i < net->count && !(has_kernel(&net->nodes[i].layer) && found++ == kernels)) i++;
    if (kernels && i == net->count)
        return bal_fail(BAL_ECONFIG, "the net has %d layers with kernels: %d of them at most can be frozen", found,
                        found - 1);
    net->frozen = i;
    return BAL_OK;
}

bal_status bal_net_zero_gradients(bal_net *net)
{
    return bal_has(&net->gradients) ? bal_tensor_fill(&net->gradients, 0) : BAL_OK;
}

const bal_tensor *bal_net_weights(const bal_net *net) { return &net->weights; }
const bal_tensor *bal_net_gradients(const bal_net *net) { return &net->gradients; }
const bal_tensor *bal_net_states(const bal_net *net) { return &net->states; }
int               bal_net_decayed(const bal_net *net) { return (int)net->decayed; }

static bool finite_all(const bal_tensor *t)
{
    size_t n = bal_shape_size(t->shape);
    float *host = bal_has(t) ? malloc(n * sizeof *host) : NULL;
    bool   ok = true;
    if (host && bal_tensor_read(t, host) == BAL_OK)
        for (size_t i = 0; ok && i < n; i++) ok = isfinite(host[i]);
    free(host);
    return ok;
}

const char *bal_net_find_nan(bal_net *net)
{
    for (int i = 0; i < net->count; i++) {
        const bal_layer *l = &net->nodes[i].layer;
        for (int j = 0; j < l->weight_count; j++) {
            const char *what = !finite_all(&l->weights[j].v) ? "" : !finite_all(&l->weights[j].g) ? " gradient" : NULL;
            if (!what) continue;
            snprintf(net->found, sizeof net->found, "layer %d %s: %s%s", i, l->def->name, l->weights[j].name, what);
            return net->found;
        }
    }
    return NULL;
}
