/* fuse -- which layers do the work of the activation and the pooling behind them within their own passes, and which
 * activations are written over their input; which gradients are. What lies between is then not in memory: the last
 * one's output takes its place (bal_node_shares). Layers, weights and their names stay as the configuration has
 * them. */
#include "internal.h"

static int readers(const bal_net *net, int value)
{
    int n = 0;
    for (int i = 0; i < net->count; i++)
        for (int j = 0; j < net->nodes[i].layer.inputs; j++) n += net->nodes[i].from[j] == value;
    return n;
}

/* Nothing but the next layer sees what layer i gives: a named one, or the map that heat maps are made from, may be
 * asked for (bal_net_backward_to). */
static bool unseen(const bal_net *net, int i, int map)
{
    return i != map && !net->nodes[i].name[0] && net->nodes[i + 1].from[0] == i + 1 && readers(net, i + 1) == 1;
}

/* What layer i gives, an activation that it absorbs included, is then never whole in memory. */
static void absorb_pool(bal_net *net, int i, int map)
{
    bal_layer *l = &net->nodes[i].layer;
    int        last = i + (l->activation != NULL);
    if (!l->def->pools || last + 1 >= net->count || !unseen(net, last, map)) return;
    bal_layer *after = &net->nodes[last + 1].layer;
    if (!after->def->window || !after->def->window(after)) return;
    l->pool = net->nodes[last].layer.pool = after;
    after->absorbed = true;
    for (int v = i + 1; v <= last + 1; v++) net->values[v].shape = after->out;
}

void bal_net_fuse(bal_net *net)
{
    int map = bal_net_feature_map(net);
    for (int i = 0; i + 1 < net->count; i++) {
        bal_layer *l = &net->nodes[i].layer, *after = &net->nodes[i + 1].layer;
        bool       acts = after->def->absorbed && unseen(net, i, map);
        if (acts) net->nodes[i + 1].in_place = l->def->forgets;
        if (acts && l->def->forgets) l->over = after;
        if (acts && l->def->absorbs) {
            l->activation = after;
            after->absorbed = true;
        }
        absorb_pool(net, i, map);
    }
}

/* Whoever wrote the memory of value v, and layers before it in the same memory, never look at it again, nor does
 * anybody else once its only reader has. */
static bool spent(const bal_net *net, int v)
{
    if (v == 0 || net->values[v].readers > 1) return false;
    for (int i = v - 1; i < net->count; i++) {
        const bal_node *node = &net->nodes[i];
        if (net->values[i + 1].root != v) continue;
        if (node->name[0] || i == bal_net_feature_map(net) || !(bal_node_idle(node) || node->layer.def->forgets))
            return false;
    }
    return true;
}

/* The gradient of what layer i alone reads takes the place of that of what it gives, but for the net's output, which is
 * written from outside; where that one is smaller, it takes the place of what the layer reads. */
void bal_net_fuse_gradients(bal_net *net)
{
    for (int v = 0; v <= net->count; v++) {
        net->values[v].gradient = v;
        net->values[v].over = false;
    }
    for (int i = net->count - 1; i >= 0; i--) {
        const bal_node  *node = &net->nodes[i];
        const bal_value *in = &net->values[node->from[0]], *out = &net->values[net->values[i + 1].root];
        if (!node->layer.def->overwrites) continue;
        if (node->layer.pool) net->values[in->root].over = spent(net, in->root);
        if (node->layer.pool || net->values[in->root].readers > 1 || in->half != out->half) continue;
        if (out->last == net->count) continue;
        net->values[in->root].gradient = out->gradient;
    }
}
