/* batch_norm -- nn.BatchNorm2d (on 1x1 maps BatchNorm1d): statistics over batch and positions, PyTorch's defaults and
 * states. Absorbs the activation behind it, and the largest of windows behind that. See cl/batch_norm.cl. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include "_layer.h"
#include "_pool.h"

typedef struct {
    float       eps, momentum;
    bool        affine;
    int         wide, vectors; /* floats of a folded row, and vectors of one to a work-item */
    int         area;          /* pixels of a window that it absorbs; 1 if none */
    bal_tensor  tables, taps;
    bal_kernel *moments, *forward, *products, *backward;
} batch_norm;

static const bal_option options[] = {
    BAL_OPT(batch_norm, eps, BAL_FLOAT, 1e-5, 1e-12, 1, "added to the variance"),
    BAL_OPT(batch_norm, momentum, BAL_FLOAT, 0.1, 0, 1, "share of the batch in the running statistics"),
    BAL_OPT_BOOL(batch_norm, affine, 1, "a learned scale and shift per channel"),
    BAL_OPT_END,
};

/* TERMS: rows of a part to a part that its work-items add up. */
enum { FOLD = 16, TABLES = 4, LANES = 64, CPU_TERMS = 48, GPU_TERMS = 4, CPU_VECTORS = 8 };

static bal_status shape(bal_layer *l)
{
    batch_norm *p = l->self;
    bal_shape   vector = {1, 1, 1, l->in[0].c};
    l->out = l->in[0];
    if (p->affine) {
        bal_layer_weight(l, "weight", BAL_SCALE, BAL_VECTOR, vector);
        bal_layer_weight(l, "bias", BAL_SHIFT, BAL_VECTOR, vector);
    }
    bal_layer_weight(l, "running_mean", BAL_STATE, BAL_VECTOR, vector);
    bal_layer_weight(l, "running_var", BAL_STATE, BAL_VECTOR, vector)->initial = 1;
    bal_layer_weight(l, "num_batches_tracked", BAL_STATE, BAL_COUNT, (bal_shape){1, 1, 1, 1});
    return BAL_OK;
}

/* ---- how a tensor is cut ----------------------------------------------------------------------------- */

static size_t vector_width(const bal_device *dev) { return bal_device_class(dev) == BAL_CPU ? 16 : 4; }

/* total: floats of each batch, in parts of `chunk` rows. */
typedef struct {
    int batches, total, chunk, parts;
} cut;

/* So many parts that adding up all of them takes each a small share of its time. */
static cut cut_of(const batch_norm *p, const bal_device *dev, size_t size, int batches, int c)
{
    size_t total = size / (size_t)batches;
    int    rows = (int)(total / (size_t)p->wide), folds = p->wide / c;
    int    parts = (int)sqrt((double)rows / folds / (bal_device_class(dev) == BAL_CPU ? CPU_TERMS : GPU_TERMS));
    int    chunk = parts > 1 ? (rows + parts - 1) / parts : rows;
    chunk = (chunk + p->area - 1) / p->area * p->area;
    return (cut){batches, (int)total, chunk, chunk ? (rows + chunk - 1) / chunk : 1};
}

static cut cut_pass(const batch_norm *p, const bal_pass *pass, const bal_tensor *x)
{
    int batches = pass->training && pass->batches ? pass->batches : 1;
    assert(batches <= BAL_MAX_BATCHES && x->shape.n % batches == 0);
    return cut_of(p, x->dev, bal_shape_size(x->shape), batches, x->shape.c);
}

static size_t sums_of(const batch_norm *p, const bal_device *dev, const bal_layer *l, int batches)
{
    cut s = cut_of(p, dev, bal_shape_size(l->in[0]), batches, l->in[0].c);
    return 2 * (size_t)batches * (size_t)s.parts * ((size_t)p->wide + vector_width(dev));
}

/* Columns, parts, batches; on the GPU class work-groups of columns by lanes. */
static bal_range part_range(const batch_norm *p, const bal_device *dev, cut s)
{
    size_t columns = (size_t)(p->wide / p->vectors) / vector_width(dev), x = 1;
    if (bal_device_class(dev) == BAL_CPU) return bal_items(columns, (size_t)s.parts, (size_t)s.batches);
    while (x < columns && x < LANES) x *= 2;
    return bal_groups((columns + x - 1) / x, (size_t)s.parts, (size_t)s.batches, x, LANES / x);
}

/* ---- the layer --------------------------------------------------------------------------------------- */

static bal_status build(bal_layer *l, bal_device *dev)
{
    batch_norm *p = l->self;
    struct {
        bal_kernel **kernel;
        const char  *name;
    } rows[] = {
        {&p->moments, "batch_norm_moments"},
        {&p->forward, "batch_norm_forward"},
        {&p->products, "batch_norm_products"},
        {&p->backward, "batch_norm_backward"},
    };
    int  folds = FOLD, c = l->in[0].c, side = l->pool ? l->pool->def->window(l->pool) : 1;
    char text[96], pool[24] = "";
    p->area = side * side;
    while (folds > 1 && c % (2 * FOLD / folds) == 0) folds /= 2;
    p->wide = c * folds;
    p->vectors = bal_device_class(dev) == BAL_CPU ? CPU_VECTORS : 1;
    while (!l->pool && p->vectors > 1 && p->wide < p->vectors * FOLD && p->vectors * FOLD % p->wide == 0) p->wide *= 2;
    while (p->wide % (p->vectors * FOLD) != 0) p->vectors /= 2;
    if (l->pool) snprintf(pool, sizeof pool, " -DPOOL=%d", side);
    snprintf(text, sizeof text, "-DVECTORS=%d%s%s", p->vectors, pool, bal_storage(l->half_in, l->half_out));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        BAL_TRY(bal_activated_get(rows[i].kernel, l->activation, dev, "batch_norm", rows[i].name, text));
    for (int batches = 1; batches <= BAL_MAX_BATCHES; batches++) {
        size_t scratch = sums_of(p, dev, l, batches);
        if (scratch > l->scratch) l->scratch = scratch;
    }
    if (l->pool) BAL_TRY(bal_tensor_init(&p->taps, dev, bal_taps_shape(l->pool->out, p->area)));
    return bal_tensor_init(&p->tables, dev, (bal_shape){BAL_MAX_BATCHES, 1, TABLES, p->wide});
}

static const bal_tensor *state(const bal_layer *l, int i) { return &l->weights[l->weight_count - 3 + i].v; }
static const bal_tensor *gamma_of(const bal_layer *l)
{
    return ((batch_norm *)l->self)->affine ? &l->weights[0].v : NULL;
}
static const bal_tensor *beta_of(const bal_layer *l)
{
    return ((batch_norm *)l->self)->affine ? &l->weights[1].v : NULL;
}

/* Windows in a row of the map. */
static bal_arg across(const bal_layer *l) { return bal_i32(l->pool ? l->pool->out.w : 0); }

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    batch_norm *p = l->self;
    cut         s = cut_pass(p, pass, x);
    bal_range   range = part_range(p, x->dev, s);
    bal_arg     c = bal_i32(x->shape.c), total = bal_i32(s.total), wide = bal_i32(p->wide), chunk = bal_i32(s.chunk),
            parts = bal_i32(s.parts), sums = bal_buf(&l->workspace);
    if (pass->training) BAL_TRY(bal_run(p->moments, range, c, total, wide, chunk, parts, bal_buf(x), sums));
    return bal_run(p->forward, range, c, total, wide, chunk, parts, across(l), bal_i32(s.batches),
                   bal_i32(pass->training), bal_buf(x), sums, bal_buf(gamma_of(l)), bal_buf(beta_of(l)),
                   bal_buf(state(l, 0)), bal_buf(state(l, 1)), bal_buf(state(l, 2)), bal_f32(p->momentum),
                   bal_f32(p->eps), bal_buf(&p->tables), bal_buf(&p->taps), bal_buf(y));
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    batch_norm *p = l->self;
    cut         s = cut_pass(p, pass, x);
    bal_range   range = part_range(p, x->dev, s);
    bool        gradients = p->affine && !pass->frozen;
    bal_arg     total = bal_i32(s.total), wide = bal_i32(p->wide), chunk = bal_i32(s.chunk), parts = bal_i32(s.parts),
            sums = bal_buf(&l->workspace), tables = bal_buf(&p->tables), taps = bal_buf(&p->taps);
    (void)y;
    if (!bal_has(dx) && !gradients) return BAL_OK;
    BAL_TRY(
        bal_run(p->products, range, total, wide, chunk, parts, across(l), bal_buf(x), bal_buf(dy), taps, tables, sums));
    return bal_run(p->backward, range, bal_i32(x->shape.c), total, wide, chunk, parts, across(l), bal_i32(s.batches),
                   bal_i32(pass->training), bal_buf(x), bal_buf(dy), taps, sums, tables,
                   bal_buf(gradients ? &l->weights[0].g : NULL), bal_buf(gradients ? &l->weights[1].g : NULL),
                   bal_buf(bal_has(dx) ? dx : NULL));
}

static void release(bal_layer *l)
{
    batch_norm *p = l->self;
    bal_tensor_free(&p->tables);
    bal_tensor_free(&p->taps);
}

const bal_layer_def bal_layer_batch_norm = {
    .name = "batch_norm",
    .help = "normalises each channel over batch and positions",
    .size = sizeof(batch_norm),
    .options = options,
    .absorbs = true,
    .pools = true,
    .halves = true,
    .forgets = true,
    .overwrites = true,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
    .free = release,
};
