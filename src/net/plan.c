/* plan -- where activations, gradients and scratch lie. Layer i's forward pass is step i (of n layers), the loss step
 * n, and a backward pass two steps: some layers look at x in the first one only and write dx in the second one only.
 * What is never needed at the same step may share memory. The largest is placed first, each as low as it goes; then
 * what sticks out is placed first, over and over, and the best that was met is kept. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

enum { TRIES = 200 };

/* Of a value's memory. */
static size_t floats_of(const bal_value *v)
{
    size_t size = bal_shape_size(v->shape);
    return v->half ? (size + 1) / 2 : size;
}

static int begin(const bal_net *net, int layer) { return net->count + 1 + 2 * (net->count - 1 - layer); }
static int end(const bal_net *net, int layer) { return begin(net, layer) + 1; }

/* The step at which everything is over. */
static int over(const bal_net *net) { return 3 * net->count + 1; }

bal_place *bal_plan_place(const bal_plan *plan, const bal_net *net, bal_place_kind kind, int i)
{
    return &plan->places[(size_t)kind * ((size_t)net->count + 1) + (size_t)i];
}

bal_place *bal_plan_gradient(const bal_plan *plan, const bal_net *net, const bal_value *root)
{
    bool over = net->values[root->gradient].over;
    return bal_plan_place(plan, net, over ? BAL_VALUE : BAL_GRADIENT, root->gradient);
}

static void ask(const bal_plan *plan, bal_place *p, size_t floats, int from, int until)
{
    p->floats = bal_align(floats);
    p->from = p->from < from ? p->from : from;
    p->until = p->until > until ? p->until : until;
    p->arena = plan->rests && !p->kept ? BAL_SHARED : BAL_OWN;
}

/* ---- lives ------------------------------------------------------------------------------------------------------- */

static void keep(const bal_plan *plan, const bal_net *net, int value, int step)
{
    bal_place *p = bal_plan_place(plan, net, BAL_VALUE, net->values[value].root);
    if (p->until < step) p->until = step;
}

/* What may be asked for behind a backward pass (bal_net_backward_to). */
static bool asked_for(const bal_net *net, int value)
{
    return value > 0 && (net->nodes[value - 1].name[0] || value - 1 == bal_net_feature_map(net));
}

/* Layer i's backward pass looks at its inputs and, unless it forgets it, at its output. */
static void keep_for_backward(const bal_plan *plan, const bal_net *net, int i)
{
    const bal_node *node = &net->nodes[i];
    if (!node->layer.def->forgets) keep(plan, net, i + 1, end(net, i));
    for (int j = 0; j < node->layer.inputs; j++) {
        bool soon = node->layer.def->dx_last && !asked_for(net, node->from[j]);
        keep(plan, net, node->from[j], soon ? begin(net, i) : end(net, i));
    }
}

/* Value v is written at step v - 1 and read up to its last reader. The net's output stays. What rests lies apart: the
 * other net's passes come in between. */
static void place_values(bal_plan *plan, const bal_net *net)
{
    for (int v = 1; v <= net->count; v++) {
        const bal_value *value = &net->values[v];
        bal_place       *p = bal_plan_place(plan, net, BAL_VALUE, v);
        if (value->root != v) continue;
        p->kept = true;
        ask(plan, p, floats_of(value), v - 1, value->last == net->count ? over(net) : value->last);
    }
    for (int i = 0; plan->training && i < net->count; i++)
        if (!bal_node_idle(&net->nodes[i])) keep_for_backward(plan, net, i);
}

static int first_written(const bal_net *net, const bal_value *value)
{
    if (value->last == net->count) return net->count;
    return net->nodes[value->last].layer.def->dx_last ? end(net, value->last) : begin(net, value->last);
}

/* The gradient of a value is first written when its last reader runs, and read when the layer that makes the value
 * does. That of the output is written from outside. */
static void place_gradients(bal_plan *plan, const bal_net *net)
{
    size_t sum = 0;
    for (int v = 1; v <= net->count; v++) {
        const bal_value *value = &net->values[v];
        bal_place       *p = bal_plan_gradient(plan, net, value);
        size_t           floats = floats_of(value);
        if (value->root != v) continue;
        p->kept = p->kept || value->last == net->count;
        ask(plan, p, floats, first_written(net, value), end(net, v - 1));
    }
    for (int v = 0; v <= net->count; v++) {
        size_t floats = floats_of(&net->values[v]);
        if (net->values[v].root == v && net->values[v].readers > 1 && floats > sum) sum = floats;
    }
    ask(plan, bal_plan_place(plan, net, BAL_SUM, 0), sum, net->count, end(net, 0));
    if (plan->rests) ask(plan, bal_plan_place(plan, net, BAL_WEIGHTS, 0), net->weight_floats, net->count, over(net));
}

static void place_scratch(bal_plan *plan, const bal_net *net)
{
    for (int i = 0; i < net->count; i++) {
        size_t floats = net->nodes[i].layer.scratch;
        ask(plan, bal_plan_place(plan, net, BAL_FORWARD, i), floats, i, i);
        if (plan->training) ask(plan, bal_plan_place(plan, net, BAL_BACKWARD, i), floats, begin(net, i), end(net, i));
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

/* The floats of all arenas; *top: what ends highest of all. */
static size_t set_offsets(bal_plan *plan, bal_place *const *places, size_t count, size_t *top)
{
    size_t sum = 0;
    *top = 0;
    memset(plan->floats, 0, sizeof plan->floats);
    for (size_t i = 0; i < count; i++) {
        bal_place *p = places[i];
        size_t    *floats = &plan->floats[p->arena];
        p->offset = lowest(plan, p, places, i);
        if (*floats < p->offset + p->floats) *floats = p->offset + p->floats;
        if (p->offset + p->floats > places[*top]->offset + places[*top]->floats) *top = i;
    }
    for (int i = 0; i < BAL_ARENAS; i++) sum += plan->floats[i];
    return sum;
}

static void move_first(bal_place **places, size_t i)
{
    bal_place *p = places[i];
    memmove(places + 1, places, i * sizeof *places);
    places[0] = p;
}

/* What lives at once, at most: no order needs less. */
static size_t alive(bal_place *const *places, size_t count, int steps)
{
    size_t most[BAL_ARENAS] = {0}, sum = 0;
    for (int step = 0; step <= steps; step++) {
        size_t floats[BAL_ARENAS] = {0};
        for (size_t i = 0; i < count; i++)
            if (places[i]->from <= step && step <= places[i]->until) floats[places[i]->arena] += places[i]->floats;
        for (int i = 0; i < BAL_ARENAS; i++) most[i] = floats[i] > most[i] ? floats[i] : most[i];
    }
    for (int i = 0; i < BAL_ARENAS; i++) sum += most[i];
    return sum;
}

/* `best` has room for another order. */
static void place_all(bal_plan *plan, bal_place **places, bal_place **best, size_t count, int steps)
{
    size_t least = SIZE_MAX, aim = alive(places, count, steps), top;
    qsort(places, count, sizeof(bal_place *), larger_first);
    for (int i = 0; count && least > aim && i < TRIES; i++) {
        size_t floats = set_offsets(plan, places, count, &top);
        if (floats < least) memcpy(best, places, count * sizeof *best);
        least = floats < least ? floats : least;
        move_first(places, top);
    }
    if (count) (void)set_offsets(plan, best, count, &top);
}

bal_status bal_net_plan(bal_plan *plan, const bal_net *net)
{
    size_t      count = BAL_PLACE_KINDS * ((size_t)net->count + 1), needed = 0;
    bal_place **places = malloc(2 * count * sizeof *places);
    plan->places = calloc(count, sizeof *plan->places);
    if (!places || !plan->places) {
        free(places);
        return bal_fail(BAL_ENOMEM, "no memory to plan %d layers", net->count);
    }
    for (size_t i = 0; i < count; i++) plan->places[i].from = over(net);
    place_values(plan, net);
    if (plan->training) place_gradients(plan, net);
    place_scratch(plan, net);
    for (size_t i = 0; i < count; i++)
        if (plan->places[i].floats) places[needed++] = &plan->places[i];
    place_all(plan, places, places + count, needed, over(net));
    free(places);
    return BAL_OK;
}
