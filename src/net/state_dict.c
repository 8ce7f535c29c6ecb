/* state_dict -- a net's weights as the tensors of a PyTorch state_dict, and back. See ballast/checkpoint.h. */
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "checkpoint_parts.h"

/* One weight on its way between an arena and a tensor. */
typedef struct {
    char              name[160];
    const bal_weight *w;
    const bal_tensor *arena; /* that holds it */
    size_t            at;    /* its offset there */
    bool              exact; /* of a count: kept as a float, for it may be an average */
    bal_saved         form;  /* type, rank and dimensions in a file */
} place;

static bal_status no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a checkpoint"); }

/* ---- layouts ----------------------------------------------------------------------------------------------------- */

/* Memory [a][b][c][d] is PyTorch's [d][c][a][b], for kernels of every kind: the last two dimensions first, turned. */
static void turn(float *torch, float *memory, bal_shape s, bool to_torch)
{
    size_t a = (size_t)s.n * (size_t)s.h, c = (size_t)s.w, d = (size_t)s.c;
    for (size_t i = 0; i < a; i++)
        for (size_t j = 0; j < c; j++)
            for (size_t k = 0; k < d; k++) {
                float *t = &torch[(k * c + j) * a + i], *m = &memory[(i * c + j) * d + k];
                if (to_torch) *t = *m;
                else *m = *t;
            }
}

static bool turned(const bal_weight *w) { return w->layout != BAL_VECTOR && w->layout != BAL_COUNT; }

static void describe(place *p)
{
    bal_shape  s = p->w->shape;
    bal_saved *f = &p->form;
    f->name = p->name;
    f->dtype = p->w->layout == BAL_COUNT && !p->exact ? BAL_I64 : BAL_F32;
    switch (p->w->layout) {
    case BAL_COUNT: f->rank = 0; break;
    case BAL_VECTOR: f->rank = 1, f->dim[0] = (int)bal_shape_size(s); break;
    case BAL_OI: f->rank = 2, f->dim[0] = s.c, f->dim[1] = s.w; break;
    case BAL_OIHW:
    case BAL_IOHW: f->rank = 4, f->dim[0] = s.c, f->dim[1] = s.w, f->dim[2] = s.n, f->dim[3] = s.h; break;
    }
}

/* ---- a walk over the weights ------------------------------------------------------------------------------------- */

/* What to walk over: a net with arenas laid out as its own. */
typedef struct {
    const bal_net    *net;
    const char       *prefix;
    const bal_tensor *weights, *states; /* states NULL: left out */
    bool              exact;
    int               layer, weight;        /* the next one */
    size_t            kernel, other, state; /* and where it would lie */
} walk;

static walk start(const bal_net *net, const char *prefix, const bal_tensor *weights, const bal_tensor *states)
{
    walk v = {.net = net, .prefix = prefix, .weights = weights ? weights : bal_net_weights(net)};
    v.states = states ? states : bal_net_states(net);
    v.exact = states != NULL;
    v.other = (size_t)bal_net_decayed(net);
    return v;
}

/* The order of make_views in build.c: kernels, then the other trained weights, from `decayed` on; states apart. */
static void locate(walk *v, place *p)
{
    size_t  floats = bal_align(bal_shape_size(p->w->shape));
    size_t *offset = p->w->role == BAL_STATE ? &v->state : p->w->role == BAL_KERNEL ? &v->kernel : &v->other;
    p->arena = p->w->role == BAL_STATE ? v->states : v->weights;
    p->at = *offset;
    *offset += floats;
}

/* The next weight; false behind the last. */
static bool next(walk *v, place *p)
{
    while (v->layer < bal_net_count(v->net)) {
        const bal_layer *l = bal_net_layer(v->net, v->layer);
        if (v->weight >= l->weight_count) {
            v->layer++;
            v->weight = 0;
            continue;
        }
        *p = (place){.w = &l->weights[v->weight++], .exact = v->exact};
        locate(v, p);
        if (!p->arena) continue;
        snprintf(p->name, sizeof p->name, "%smain.%d.%s", v->prefix, v->layer, p->w->name);
        describe(p);
        return true;
    }
    return false;
}

/* ---- out --------------------------------------------------------------------------------------------------------- */

/* `room`: two buffers as large as the weight. */
static bal_status put(bal_checkpoint *c, const place *p, float *room)
{
    size_t n = bal_shape_size(p->w->shape);
    BAL_TRY(bal_tensor_read_part(p->arena, p->at, n, room));
    if (p->form.dtype == BAL_I64) {
        int64_t count = (int64_t)llround((double)room[0]);
        return bal_checkpoint_put(c, p->name, BAL_I64, 0, NULL, &count);
    }
    if (turned(p->w)) turn(room + n, room, p->w->shape, true);
    return bal_checkpoint_put(c, p->name, BAL_F32, p->form.rank, p->form.dim, turned(p->w) ? room + n : room);
}

/* Floats of the largest weight. */
static size_t largest(walk v)
{
    size_t most = 1;
    for (place p; next(&v, &p);)
        if (bal_shape_size(p.w->shape) > most) most = bal_shape_size(p.w->shape);
    return most;
}

static bal_status put_all(bal_checkpoint *c, walk v)
{
    bal_status st = BAL_OK;
    float     *room = malloc(2 * largest(v) * sizeof *room);
    if (!room) return no_memory();
    for (place p; st == BAL_OK && next(&v, &p);) st = put(c, &p, room);
    free(room);
    return st;
}

bal_status bal_checkpoint_put_net(bal_checkpoint *c, const char *prefix, const bal_net *net, const bal_tensor *weights,
                                  const bal_tensor *states)
{
    return put_all(c, start(net, prefix, weights, states));
}

bal_status bal_checkpoint_put_arena(bal_checkpoint *c, const char *prefix, const bal_net *net, const bal_tensor *arena)
{
    walk v = start(net, prefix, arena, NULL);
    v.states = NULL;
    return put_all(c, v);
}

/* ---- what does not fit ------------------------------------------------------------------------------------------- */

/* A list of faults that keeps to one line. */
typedef struct {
    char   text[2000];
    size_t used;
    int    count;
} faults;

static void fault(faults *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fault(faults *f, const char *fmt, ...)
{
    va_list args;
    if (f->count++ >= 12 || f->used + 400 > sizeof f->text) return;
    if (f->used) f->used += (size_t)snprintf(f->text + f->used, 3, "; ");
    va_start(args, fmt);
    int n = vsnprintf(f->text + f->used, 390, fmt, args);
    va_end(args);
    f->used += n < 390 ? (size_t)n : 389;
}

static const char *shape_text(char out[120], const bal_saved *t)
{
    size_t used = (size_t)snprintf(out, 120, "%s [", bal_dtype_name((int)t->dtype));
    for (int i = 0; i < t->rank; i++) used += (size_t)snprintf(out + used, 120 - used, i ? ",%d" : "%d", t->dim[i]);
    snprintf(out + used, 120 - used, "]");
    return out;
}

static bool is_count(const bal_saved *t)
{
    return (t->rank == 0 || (t->rank == 1 && t->dim[0] == 1)) && t->dtype != BAL_U8;
}

static bool fits(const place *p, const bal_saved *t)
{
    if (p->w->layout == BAL_COUNT) return is_count(t);
    return t->dtype == BAL_F32 && t->rank == p->form.rank && memcmp(t->dim, p->form.dim, sizeof t->dim) == 0;
}

static bool expected(walk v, const char *name)
{
    for (place p; next(&v, &p);)
        if (strcmp(p.name, name) == 0) return true;
    return false;
}

static bal_status check(const bal_checkpoint *c, walk v)
{
    faults f = {.used = 0};
    char   there[120], here[120], own[160];
    walk   w = v;
    for (place p; next(&w, &p);) {
        const bal_saved *t = bal_checkpoint_find(c, p.name);
        if (!t) fault(&f, "%s is missing", p.name);
        else if (!fits(&p, t))
            fault(&f, "%s is %s, should be %s", p.name, shape_text(there, t), shape_text(here, &p.form));
    }
    size_t length = (size_t)snprintf(own, sizeof own, "%smain.", v.prefix);
    for (int i = 0; i < c->count; i++) {
        const char *name = c->tensors[i].name;
        if (strncmp(name, own, length) == 0 && !expected(v, name)) fault(&f, "%.300s is unknown", name);
    }
    if (!f.count) return BAL_OK;
    const char *path = c->path ? c->path : "a checkpoint";
    if (f.count <= 12) return bal_fail(BAL_ESHAPE, "%s does not fit the net: %s", path, f.text);
    return bal_fail(BAL_ESHAPE, "%s does not fit the net: %s; and %d more", path, f.text, f.count - 12);
}

/* ---- in ---------------------------------------------------------------------------------------------------------- */

static float read_count(const bal_saved *t)
{
    int64_t wide;
    int32_t narrow;
    float   real;
    switch (t->dtype) {
    case BAL_I64: return memcpy(&wide, t->data, sizeof wide), (float)wide;
    case BAL_I32: return memcpy(&narrow, t->data, sizeof narrow), (float)narrow;
    default: return memcpy(&real, t->data, sizeof real), real;
    }
}

static bal_status get(const bal_checkpoint *c, const place *p, float *room)
{
    const bal_saved *t = bal_checkpoint_find(c, p->name);
    bal_tensor       view;
    size_t           n = bal_shape_size(p->w->shape);
    if (p->w->layout == BAL_COUNT) room[0] = p->exact ? read_count(t) : roundf(read_count(t));
    else memcpy(turned(p->w) ? room + n : room, t->data, t->size);
    if (turned(p->w)) turn(room + n, room, p->w->shape, false);
    BAL_TRY(bal_tensor_view(&view, p->arena, p->at, p->w->shape));
    bal_status st = bal_tensor_write(&view, room);
    bal_tensor_free(&view);
    return st;
}

static bal_status get_all(const bal_checkpoint *c, walk v)
{
    bal_status st = check(c, v);
    float     *room = st == BAL_OK ? malloc(2 * largest(v) * sizeof *room) : NULL;
    if (st == BAL_OK && !room) return no_memory();
    for (place p; st == BAL_OK && next(&v, &p);) st = get(c, &p, room);
    free(room);
    return st;
}

bal_status bal_checkpoint_get_net(const bal_checkpoint *c, const char *prefix, bal_net *net, const bal_tensor *weights,
                                  const bal_tensor *states)
{
    return get_all(c, start(net, prefix, weights, states));
}

bal_status bal_checkpoint_get_arena(const bal_checkpoint *c, const char *prefix, const bal_net *net,
                                    const bal_tensor *arena)
{
    walk v = start(net, prefix, arena, NULL);
    v.states = NULL;
    return get_all(c, v);
}
