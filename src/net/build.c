/* build -- a net's memory and kernels on a device, and its first weights. */
#include <stdlib.h>
#include "ballast/init.h"
#include "internal.h"

/* Offsets in the arenas: kernels first, so that weight decay is a bound; then the other trained weights; states
 * apart. */
static void measure_arenas(bal_net *net)
{
    net->weight_floats = net->state_floats = net->decayed = 0;
    for (int others = 0; others < 2; others++) {
        for (int i = 0; i < net->count; i++)
            for (int j = 0; j < net->nodes[i].layer.weight_count; j++) {
                const bal_weight *w = &net->nodes[i].layer.weights[j];
                size_t            floats = bal_align(bal_shape_size(w->shape));
                if (w->role == BAL_STATE) net->state_floats += others ? floats : 0;
                else if ((w->role != BAL_KERNEL) == others) net->weight_floats += floats;
            }
        if (!others) net->decayed = net->weight_floats;
    }
}

static bal_status view_weight(bal_net *net, bal_weight *w, size_t offset)
{
    if (w->role == BAL_STATE) return bal_tensor_view(&w->v, &net->states, offset, w->shape);
    BAL_TRY(bal_tensor_view(&w->v, &net->weights, offset, w->shape));
    return net->training ? bal_tensor_view(&w->g, &net->gradients, offset, w->shape) : BAL_OK;
}

static bal_status make_views(bal_net *net)
{
    size_t kernel = 0, other = net->decayed, state = 0;
    for (int i = 0; i < net->count; i++)
        for (int j = 0; j < net->nodes[i].layer.weight_count; j++) {
            bal_weight *w = &net->nodes[i].layer.weights[j];
            size_t     *offset = w->role == BAL_STATE ? &state : w->role == BAL_KERNEL ? &kernel : &other;
            BAL_TRY(view_weight(net, w, *offset));
            *offset += bal_align(bal_shape_size(w->shape));
        }
    return BAL_OK;
}

static bal_status make_arena(bal_tensor *t, bal_device *dev, size_t floats)
{
    return floats ? bal_tensor_init(t, dev, (bal_shape){1, 1, 1, (int)floats}) : BAL_OK;
}

static bal_status make_slots(bal_tensor **slots, const size_t *floats, int count, bal_device *dev)
{
    *slots = calloc((size_t)count + 1, sizeof **slots);
    if (!*slots) return bal_fail(BAL_ENOMEM, "no memory for %d buffers", count);
    for (int i = 0; i < count; i++) BAL_TRY(make_arena(&(*slots)[i], dev, floats[i]));
    return BAL_OK;
}

static bal_status make_memory(bal_net *net)
{
    measure_arenas(net);
    BAL_TRY(bal_net_plan(net, net->training));
    BAL_TRY(make_arena(&net->weights, net->dev, net->weight_floats));
    BAL_TRY(make_arena(&net->states, net->dev, net->state_floats));
    if (net->training) BAL_TRY(make_arena(&net->gradients, net->dev, net->weight_floats));
    BAL_TRY(make_views(net));
    BAL_TRY(make_slots(&net->slots, net->slot_floats, net->slot_count, net->dev));
    BAL_TRY(make_slots(&net->gradient_slots, net->gradient_floats, net->gradient_count, net->dev));
    return make_arena(&net->sum, net->dev, net->sum_floats);
}

static bal_status build_layers(bal_net *net)
{
    size_t scratch = 0;
    for (int i = 0; i < net->count; i++) {
        bal_layer *l = &net->nodes[i].layer;
        if (l->def->build) BAL_TRY(l->def->build(l, net->dev));
        if (l->scratch > scratch) scratch = l->scratch;
    }
    BAL_TRY(make_arena(&net->workspace, net->dev, scratch));
    for (int i = 0; i < net->count; i++) net->nodes[i].layer.workspace = net->workspace;
    return BAL_OK;
}

static bal_status init_weight(const bal_net *net, const bal_weight *w, const bal_stream *stream)
{
    float *host = malloc(bal_shape_size(w->shape) * sizeof *host);
    if (!host) return bal_fail(BAL_ENOMEM, "no memory for first weights");
    bal_status st = bal_init_fill(host, w, (bal_init)net->options.init, stream);
    if (st == BAL_OK) st = bal_tensor_write(&w->v, host);
    free(host);
    return st;
}

static bal_status init_weights(bal_net *net, uint64_t seed, uint32_t salt)
{
    uint32_t number = 0;
    for (int i = 0; i < net->count; i++)
        for (int j = 0; j < net->nodes[i].layer.weight_count; j++) {
            bal_stream stream = bal_stream_for(seed, BAL_FOR_INIT, salt, number++);
            BAL_TRY(init_weight(net, &net->nodes[i].layer.weights[j], &stream));
        }
    return BAL_OK;
}

bal_status bal_net_build(bal_net *net, bal_device *dev, bool training, uint64_t seed, uint32_t salt)
{
    net->dev = dev;
    net->training = training;
    BAL_TRY(make_memory(net));
    BAL_TRY(build_layers(net));
    return init_weights(net, seed, salt);
}

bal_status bal_net_kernels(bal_net *net, bal_device *dev)
{
    net->dev = dev;
    for (int i = 0; i < net->count; i++) {
        bal_layer *l = &net->nodes[i].layer;
        if (l->def->build) BAL_TRY(l->def->build(l, dev));
    }
    return BAL_OK;
}

size_t bal_net_memory(const bal_net *net, bool training)
{
    bal_net copy = *net; /* plan on a copy: the net may be built already */
    size_t  floats = 0;
    copy.slot_floats = copy.gradient_floats = NULL;
    copy.values = calloc((size_t)net->count + 1, sizeof *copy.values);
    if (!copy.values) return 0;
    for (int i = 0; i <= net->count; i++) copy.values[i] = net->values[i];
    measure_arenas(&copy);
    if (bal_net_plan(&copy, training) == BAL_OK) {
        floats = copy.weight_floats * (training ? 2 : 1) + copy.state_floats + copy.sum_floats;
        for (int i = 0; i < copy.slot_count; i++) floats += copy.slot_floats[i];
        for (int i = 0; i < copy.gradient_count; i++) floats += copy.gradient_floats[i];
    }
    bal_net_unplan(&copy);
    free(copy.values);
    return floats * sizeof(float);
}

static void free_tensors(bal_tensor *tensors, int count)
{
    for (int i = 0; tensors && i < count; i++) bal_tensor_free(&tensors[i]);
    free(tensors);
}

static void free_node(bal_node *node)
{
    bal_layer *l = &node->layer;
    if (l->def && l->def->free && l->self) l->def->free(l);
    for (int j = 0; j < l->weight_count; j++) {
        bal_tensor_free(&l->weights[j].v);
        bal_tensor_free(&l->weights[j].g);
    }
    free(l->self);
    bal_option_pool_free(node->pool);
}

void bal_net_free(bal_net *net)
{
    if (!net) return;
    for (int i = 0; i < net->count; i++) free_node(&net->nodes[i]);
    free_tensors(net->slots, net->slot_count);
    free_tensors(net->gradient_slots, net->gradient_count);
    bal_tensor *single[] = {&net->weights, &net->gradients, &net->states, &net->sum, &net->workspace};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) bal_tensor_free(single[i]);
    bal_net_unplan(net);
    free(net->nodes);
    free(net->values);
    free(net);
}
