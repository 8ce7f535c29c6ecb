/* fuse -- which layers do the work of the activation behind them within their own passes, and which activations are
 * written over their input; which gradients are. What lies between the two is then not in memory: the activation's
 * output takes its place (bal_node_shares). Layers, weights and their names stay as the configuration has them. */
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

void bal_net_fuse(bal_net *net)
{
    int map = bal_net_feature_map(net);
    for (int i = 0; i + 1 < net->count; i++) {
        bal_layer *l = &net->nodes[i].layer, *after = &net->nodes[i + 1].layer;
        if (!after->def->absorbed || !unseen(net, i, map)) continue;
        net->nodes[i + 1].in_place = l->def->forgets;
        if (!l->def->absorbs) continue;
        l->activation = after;
        after->absorbed = true;
    }
}

/* The gradient of what layer i alone reads takes the place of that of what it gives, but for the net's output, which is
 * written from outside. */
void bal_net_fuse_gradients(bal_net *net)
{
    for (int v = 0; v <= net->count; v++) net->values[v].gradient = v;
    for (int i = net->count - 1; i >= 0; i--) {
        const bal_node  *node = &net->nodes[i];
        const bal_value *in = &net->values[node->from[0]], *out = &net->values[net->values[i + 1].root];
        if (!node->layer.def->overwrites || net->values[in->root].readers > 1 || in->half != out->half) continue;
        if (out->last == net->count) continue;
        net->values[in->root].gradient = out->gradient;
    }
}
