/* mix -- which values of a chain are stored as half: those between layers that all take halves. The net's input and
 * output stay floats, and so does what a layer without kernels for halves reads or writes. */
#include "internal.h"

static bal_value *root_of(const bal_net *net, int value) { return &net->values[net->values[value].root]; }

static void keep_float(const bal_net *net, int i)
{
    root_of(net, i + 1)->half = false;
    for (int j = 0; j < net->nodes[i].layer.inputs; j++) root_of(net, net->nodes[i].from[j])->half = false;
}

/* A layer's kernels take inputs of one kind. */
static bool inputs_differ(const bal_net *net, int i)
{
    const bal_node *node = &net->nodes[i];
    for (int j = 1; j < node->layer.inputs; j++)
        if (root_of(net, node->from[j])->half != root_of(net, node->from[0])->half) return true;
    return false;
}

static void choose(bal_net *net, bool mixed)
{
    for (int i = 0; i <= net->count; i++) net->values[i].half = mixed && i > 0;
    root_of(net, 0)->half = root_of(net, net->count)->half = false;
    for (int i = 0; i < net->count; i++)
        if (!net->nodes[i].layer.def->halves) keep_float(net, i);
    for (bool again = true; again;) {
        again = false;
        for (int i = 0; i < net->count; i++)
            if (inputs_differ(net, i)) {
                again = true;
                for (int j = 0; j < net->nodes[i].layer.inputs; j++) root_of(net, net->nodes[i].from[j])->half = false;
            }
    }
}

void bal_net_mix(bal_net *net, bool mixed)
{
    net->mixed = mixed;
    choose(net, mixed);
    for (int i = 0; i <= net->count; i++) net->values[i].half = root_of(net, i)->half;
    for (int i = 0; i < net->count; i++) {
        bal_layer *l = &net->nodes[i].layer;
        l->half_in = net->values[net->nodes[i].from[0]].half;
        l->half_out = net->values[i + 1].half;
    }
    bal_net_fuse_gradients(net); /* those of one kind only */
}
