/* plan -- where activations, gradients and scratch lie. Layer i's forward pass is step i, its backward pass step 2n - i
 * (n layers), the loss comes between them at step n. What is never needed at the same step may share memory: the largest
 * is placed first, each as low as it goes. */
#include <stdlib.h>
#include <string.h>
#include "internal.h"

static int backward_step(const bal_net *net, int layer) { return 2 * net->count - layer; }

bal_place *bal_plan_place(const bal_plan *plan, const bal_net *net, bal_place_kind kind, int i)
{
    return &plan->places[(size_t)kind * ((size_t)net->count + 1) + (size_t)i];
}

static void ask(const bal_plan *plan, bal_place *p, size_t floats, int from, int until)
{
    p->floats = bal_align(floats);
    p->from = p->from < from ? p->from : from;
    p->until = p->until > until ? p->until : until;
    p->arena = plan->rests ? BAL_SHARED : BAL_OWN;
}

/* ---- lives ------------------------------------------------------------------------------------------------------- */

/* Layer i's backward pass looks at its inputs and, unless it forgets it, at its output. */
static void keep_for_backward(const bal_plan *plan, const bal_net *net, int i)
{
    const bal_node *node = &net->nodes[i];
    int             step = backward_step(net, i);
    for (int j = -1; j < node->layer.inputs; j++) {
        if (j < 0 && node->layer.def->forgets) continue;
        bal_place *p = bal_plan_place(plan, net, BAL_VALUE, net->values[j < 0 ? i + 1 : node->from[j]].root);
        if (p->until < step) p->until = step;
    }
}

/* Value v is written at step v - 1 and read up to its last reader. The net's output stays. What rests lies apart: the
 * other net's passes come in between. */
static void place_values(bal_plan *plan, const bal_net *net)
{
    int end = 2 * net->count + 1;
    for (int v = 1; v <= net->count; v++) {
        const bal_value *value = &net->values[v];
        bal_place       *p = bal_plan_place(plan, net, BAL_VALUE, v);
        if (value->root != v) continue;
        ask(plan, p, bal_shape_size(value->shape), v - 1, value->last == net->count ? end : value->last);
        p->arena = BAL_OWN;
    }
    for (int i = 0; plan->training && i < net->count; i++)
        if (!bal_node_idle(&net->nodes[i])) keep_for_backward(plan, net, i);
}

/* The gradient of a value is first written when its last reader runs, and read when the layer that makes the value
 * does. That of the output is written from outside. */
static void place_gradients(bal_plan *plan, const bal_net *net)
{
    size_t sum = 0;
    for (int v = 1; v <= net->count; v++) {
        const bal_value *value = &net->values[v];
        bal_place       *p = bal_plan_place(plan, net, BAL_GRADIENT, v);
        size_t           floats = bal_shape_size(value->shape);
        if (value->root != v) continue;
        ask(plan, p, floats, backward_step(net, value->last), backward_step(net, v - 1));
        if (value->last == net->count) p->arena = BAL_OWN;
    }
    for (int v = 0; v <= net->count; v++) {
        size_t floats = bal_shape_size(net->values[v].shape);
        if (net->values[v].root == v && net->values[v].readers > 1 && floats > sum) sum = floats;
    }
    ask(plan, bal_plan_place(plan, net, BAL_SUM, 0), sum, net->count, backward_step(net, 0));
    if (plan->rests)
        ask(plan, bal_plan_place(plan, net, BAL_WEIGHTS, 0), net->weight_floats, net->count, backward_step(net, 0) + 1);
}

static void place_scratch(bal_plan *plan, const bal_net *net)
{
    for (int i = 0; i < net->count; i++) {
        size_t floats = net->nodes[i].layer.scratch;
        int    step = backward_step(net, i);
        ask(plan, bal_plan_place(plan, net, BAL_FORWARD, i), floats, i, i);
        if (plan->training) ask(plan, bal_plan_place(plan, net, BAL_BACKWARD, i), floats, step, step);
    }
}

/* ---- offsets ----------------------------------------------------------------------------------------------------- */

static int larger_first(const void *a, const void *b)
{
    const bal_place *p = *(bal_place *const *)a, *q = *(bal_place *const *)b;
    if (p->floats != q->floats) return p->floats < q->floats ? 1 : -1;
    return p < q ? -1 : p > q;
}

/* The next offset at which p does not lie across a border between buffers. */
static size_t within_buffer(const bal_plan *plan, const bal_place *p, size_t offset)
{
    bool across = p->floats <= plan->limit && offset / plan->limit != (offset + p->floats - 1) / plan->limit;
    return across ? (offset / plan->limit + 1) * plan->limit : offset;
}

/* Above every one of `placed` that is needed with p and in its way, as often as it takes. */
static size_t lowest(const bal_plan *plan, const bal_place *p, bal_place *const *placed, size_t count)
{
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        const bal_place *q = placed[i];
        bool             together = q->arena == p->arena && q->from <= p->until && p->from <= q->until;
        if (!together || offset >= q->offset + q->floats || q->offset >= offset + p->floats) continue;
        offset = within_buffer(plan, p, q->offset + q->floats);
        i = (size_t)-1; /* look at all again */
    }
    return offset;
}

static void set_offsets(bal_plan *plan, bal_place **order, size_t count)
{
    qsort(order, count, sizeof(bal_place *), larger_first);
    for (size_t i = 0; i < count && order[i]->floats; i++) {
        bal_place *p = order[i];
        p->offset = lowest(plan, p, order, i);
        if (plan->floats[p->arena] < p->offset + p->floats) plan->floats[p->arena] = p->offset + p->floats;
    }
}

bal_status bal_net_plan(bal_plan *plan, const bal_net *net)
{
    size_t      count = BAL_PLACE_KINDS * ((size_t)net->count + 1);
    bal_place **order = malloc(count * sizeof *order);
    plan->places = calloc(count, sizeof *plan->places);
    memset(plan->floats, 0, sizeof plan->floats);
    if (!order || !plan->places) {
        free(order);
        return bal_fail(BAL_ENOMEM, "no memory to plan %d layers", net->count);
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = &plan->places[i];
        order[i]->from = 2 * net->count + 1;
    }
    place_values(plan, net);
    if (plan->training) place_gradients(plan, net);
    place_scratch(plan, net);
    set_offsets(plan, order, count);
    free(order);
    return BAL_OK;
}
