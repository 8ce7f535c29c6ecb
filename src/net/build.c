/* build -- a net's memory and kernels on a device, and its first weights. */
#include <limits.h>
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

static bal_status make_views(bal_net *net)
{
    size_t kernel = 0, other = net->decayed, state = 0;
    for (int i = 0; i < net->count; i++)
        for (int j = 0; j < net->nodes[i].layer.weight_count; j++) {
            bal_weight *w = &net->nodes[i].layer.weights[j];
            size_t     *offset = w->role == BAL_STATE ? &state : w->role == BAL_KERNEL ? &kernel : &other;
            w->offset = *offset;
            *offset += bal_align(bal_shape_size(w->shape));
            BAL_TRY(bal_tensor_view(&w->v, w->role == BAL_STATE ? &net->states : &net->weights, w->offset, w->shape));
        }
    return BAL_OK;
}

static bal_status make_arena(bal_tensor *t, bal_device *dev, size_t floats)
{
    return floats ? bal_tensor_init(t, dev, (bal_shape){1, 1, 1, (int)floats}) : BAL_OK;
}

static bal_status build_layers(bal_net *net)
{
    for (int i = 0; i < net->count; i++) {
        bal_layer *l = &net->nodes[i].layer;
        if (l->def->build && !l->absorbed) BAL_TRY(l->def->build(l, net->dev));
    }
    return BAL_OK;
}

static size_t buffer_limit(const bal_device *dev)
{
    size_t floats = bal_device_describe(dev)->max_buffer / sizeof(float);
    return (floats < INT_MAX ? floats : INT_MAX) / BAL_ALIGN * BAL_ALIGN;
}

/* What must be known before memory for the passes is asked for: kernels, for they say what scratch they need. */
static bal_status prepare(bal_net *net, bal_device *dev, bool training, bool rests)
{
    net->dev = dev;
    net->training = training;
    if (net->mixed && bal_device_class(dev) != BAL_GPU)
        return bal_fail(BAL_ECONFIG,
                        "precision = mixed needs the GPU class of kernels; take precision = full, faster on %s, or "
                        "kernels = gpu",
                        bal_device_describe(dev)->name);
    measure_arenas(net);
    BAL_TRY(make_arena(&net->weights, dev, net->weight_floats));
    BAL_TRY(make_arena(&net->states, dev, net->state_floats));
    BAL_TRY(make_views(net));
    BAL_TRY(build_layers(net));
    net->plan = (bal_plan){.training = training, .rests = rests, .limit = buffer_limit(dev)};
    return bal_net_plan(&net->plan, net);
}

static bal_status make_buffers(bal_net *net, size_t floats)
{
    size_t limit = net->plan.limit;
    for (int b = 0; floats > 0; b++) {
        size_t part = floats < limit ? floats : limit;
        if (b == BAL_BUFFERS)
            return bal_fail(BAL_ENOMEM, "the passes need more than %d buffers of %.1f MiB, the largest that %s allows",
                            BAL_BUFFERS, (double)limit * sizeof(float) / 1048576, bal_device_describe(net->dev)->name);
        BAL_TRY(make_arena(&net->buffers[b], net->dev, part));
        floats -= part;
    }
    return BAL_OK;
}

/* A view of place p, `more` floats behind its beginning; `shared`: the buffers of the net that it shares with. */
static bal_status view_place(bal_tensor *view, const bal_net *net, const bal_net *shared, const bal_place *p,
                             size_t more, bal_shape shape)
{
    const bal_net *owner = p->arena == BAL_SHARED ? shared : net;
    size_t         at = p->offset + more, limit = net->plan.limit;
    if (p->floats > limit)
        return bal_fail(BAL_ENOMEM, "a pass needs %.1f MiB in one buffer; %s allows %.1f MiB",
                        (double)p->floats * sizeof(float) / 1048576, bal_device_describe(net->dev)->name,
                        (double)limit * sizeof(float) / 1048576);
    return bal_tensor_view(view, &owner->buffers[at / limit], at % limit, shape);
}

static bal_status make_gradients(bal_net *net, const bal_net *shared)
{
    const bal_place *p = bal_plan_place(&net->plan, net, BAL_WEIGHTS, 0);
    if (!net->training || !net->weight_floats) return BAL_OK;
    if (!p->floats) BAL_TRY(make_arena(&net->gradients, net->dev, net->weight_floats));
    else BAL_TRY(view_place(&net->gradients, net, shared, p, 0, (bal_shape){1, 1, 1, (int)net->weight_floats}));
    for (int i = 0; i < net->count; i++)
        for (int j = 0; j < net->nodes[i].layer.weight_count; j++) {
            bal_weight *w = &net->nodes[i].layer.weights[j];
            if (w->role == BAL_STATE) continue;
            if (p->floats) BAL_TRY(view_place(&w->g, net, shared, p, w->offset, w->shape));
            else BAL_TRY(bal_tensor_view(&w->g, &net->gradients, w->offset, w->shape));
        }
    return BAL_OK;
}

static int place_count(const bal_net *net) { return BAL_PLACE_KINDS * (net->count + 1); }

static bal_status make_places(bal_net *net, const bal_net *shared)
{
    for (int i = 0; i < place_count(net); i++) {
        bal_place *p = &net->plan.places[i];
        if (p->floats) BAL_TRY(view_place(&p->t, net, shared, p, 0, (bal_shape){1, 1, 1, (int)p->floats}));
    }
    return make_gradients(net, shared);
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
    BAL_TRY(prepare(net, dev, training, false));
    BAL_TRY(make_buffers(net, net->plan.floats[BAL_OWN]));
    BAL_TRY(make_places(net, NULL));
    return init_weights(net, seed, salt);
}

bal_status bal_net_build_pair(bal_net *rests, bal_net *runs, bal_device *dev, uint64_t seed, uint32_t salt)
{
    BAL_TRY(prepare(rests, dev, true, true));
    BAL_TRY(prepare(runs, dev, true, false));
    size_t shared = rests->plan.floats[BAL_SHARED], own = runs->plan.floats[BAL_OWN];
    BAL_TRY(make_buffers(rests, rests->plan.floats[BAL_OWN]));
    BAL_TRY(make_buffers(runs, shared > own ? shared : own));
    BAL_TRY(make_places(rests, runs));
    BAL_TRY(make_places(runs, NULL));
    BAL_TRY(init_weights(rests, seed, salt));
    return init_weights(runs, seed, salt + 1);
}

bal_status bal_net_kernels(bal_net *net, bal_device *dev)
{
    net->dev = dev;
    return build_layers(net);
}

size_t bal_net_memory(const bal_net *net, bool training)
{
    bal_net copy = *net; /* plan on a copy: the net may be built already */
    size_t  floats = 0;
    copy.plan = (bal_plan){.training = training, .limit = SIZE_MAX};
    measure_arenas(&copy);
    if (bal_net_plan(&copy.plan, &copy) == BAL_OK)
        floats = copy.weight_floats * (training ? 2 : 1) + copy.state_floats + copy.plan.floats[BAL_OWN];
    free(copy.plan.places);
    return floats * sizeof(float);
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
    for (int i = 0; net->plan.places && i < place_count(net); i++) bal_tensor_free(&net->plan.places[i].t);
    bal_tensor *single[] = {&net->weights, &net->gradients, &net->states};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) bal_tensor_free(single[i]);
    for (int b = 0; b < BAL_BUFFERS; b++) bal_tensor_free(&net->buffers[b]);
    free(net->plan.places);
    free(net->nodes);
    free(net->values);
    free(net);
}
