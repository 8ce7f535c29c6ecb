/* batch_norm -- nn.BatchNorm2d (on 1x1 maps BatchNorm1d): statistics over batch and positions, PyTorch's defaults and
 * states. Absorbs the activation behind it. See cl/batch_norm.cl. */
#include <assert.h>
#include "_layer.h"

typedef struct {
    float       eps, momentum;
    bool        affine;
    int         wide; /* floats of a folded row */
    bal_tensor  tables;
    bal_kernel *moments, *finish, *running, *forward, *products, *finish_backward, *backward;
} batch_norm;

static const bal_option options[] = {
    BAL_OPT(batch_norm, eps, BAL_FLOAT, 1e-5, 1e-12, 1, "added to the variance"),
    BAL_OPT(batch_norm, momentum, BAL_FLOAT, 0.1, 0, 1, "share of the batch in the running statistics"),
    BAL_OPT_BOOL(batch_norm, affine, 1, "a learned scale and shift per channel"),
    BAL_OPT_END,
};

enum { FOLD = 16, TABLES = 6, LANES = 64, LEAST_ROWS = 8, RUN = 64, CPU_VECTOR = 16 };
enum { CPU_PART = 16384, GPU_PART = 2048 }; /* floats of a part */

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

/* total: floats of each batch, in parts of `chunk` rows. */
typedef struct {
    int batches, total, chunk, parts;
} cut;

static cut cut_of(const batch_norm *p, const bal_device *dev, size_t size, int batches)
{
    size_t total = size / (size_t)batches;
    int    chunk = (bal_device_class(dev) == BAL_CPU ? CPU_PART : GPU_PART) / p->wide;
    int    rows = (int)(total / (size_t)p->wide);
    if (chunk < LEAST_ROWS) chunk = LEAST_ROWS;
    return (cut){batches, (int)total, chunk, rows > chunk ? (rows + chunk - 1) / chunk : 1};
}

static cut cut_pass(const batch_norm *p, const bal_pass *pass, const bal_tensor *x)
{
    int batches = pass->training && pass->batches ? pass->batches : 1;
    assert(batches <= BAL_MAX_BATCHES && x->shape.n % batches == 0);
    return cut_of(p, x->dev, bal_shape_size(x->shape), batches);
}

static size_t vector_width(const bal_device *dev) { return bal_device_class(dev) == BAL_CPU ? CPU_VECTOR : 4; }

static bal_range part_range(const batch_norm *p, const bal_device *dev, cut s)
{
    size_t vectors = (size_t)p->wide / vector_width(dev), x = 1, z = (size_t)s.batches;
    if (bal_device_class(dev) == BAL_CPU) return bal_items(vectors, (size_t)s.parts, z);
    while (x < vectors && x < LANES) x *= 2;
    return (bal_range){{vectors, (size_t)s.parts, z}, {x, LANES / x, 1}};
}

static bal_range merge_range(const bal_device *dev, int c)
{
    size_t width = vector_width(dev);
    return bal_groups(((size_t)c + width - 1) / width, 1, 1, bal_device_class(dev) == BAL_CPU ? 1 : LANES, 1);
}

static bal_range flat_range(const bal_device *dev, cut s)
{
    size_t    run = RUN * CPU_VECTOR;
    bool      cpu = bal_device_class(dev) == BAL_CPU;
    bal_range r = cpu ? bal_items(((size_t)s.total + run - 1) / run, 1, 1) : bal_flat(dev, (size_t)s.total);
    r.global[1] = (size_t)s.batches;
    return r;
}

/* ---- the layer --------------------------------------------------------------------------------------- */

static bal_status build(bal_layer *l, bal_device *dev)
{
    batch_norm *p = l->self;
    struct {
        bal_kernel **kernel;
        const char  *name;
    } rows[] = {
        {&p->moments, "batch_norm_moments"},   {&p->finish, "batch_norm_finish"},
        {&p->running, "batch_norm_running"},   {&p->forward, "batch_norm_forward"},
        {&p->products, "batch_norm_products"}, {&p->finish_backward, "batch_norm_finish_backward"},
        {&p->backward, "batch_norm_backward"},
    };
    int folds = FOLD, c = l->in[0].c;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        BAL_TRY(bal_activated_get(rows[i].kernel, l->activation, dev, "batch_norm", rows[i].name));
    while (folds > 1 && c % (2 * FOLD / folds) == 0) folds /= 2;
    p->wide = c * folds;
    size_t parts = (size_t)cut_of(p, dev, bal_shape_size(l->in[0]), 1).parts + BAL_MAX_BATCHES;
    l->scratch = 2 * parts * (size_t)p->wide;
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

static bal_status batch_statistics(bal_layer *l, cut s, const bal_tensor *x)
{
    batch_norm *p = l->self;
    bal_arg     total = bal_i32(s.total), wide = bal_i32(p->wide), chunk = bal_i32(s.chunk), parts = bal_i32(s.parts);
    BAL_TRY(
        bal_run(p->moments, part_range(p, x->dev, s), total, wide, chunk, parts, bal_buf(x), bal_buf(&l->workspace)));
    return bal_run(p->finish, merge_range(x->dev, x->shape.c), bal_i32(x->shape.c), total, wide, chunk, parts,
                   bal_i32(s.batches), bal_buf(&l->workspace), bal_buf(gamma_of(l)), bal_buf(beta_of(l)),
                   bal_buf(state(l, 0)), bal_buf(state(l, 1)), bal_buf(state(l, 2)), bal_f32(p->momentum),
                   bal_f32(p->eps), bal_buf(&p->tables));
}

static bal_status running_statistics(bal_layer *l, const bal_tensor *x)
{
    batch_norm *p = l->self;
    return bal_run(p->running, bal_1d((size_t)p->wide), bal_i32(x->shape.c), bal_i32(p->wide), bal_buf(gamma_of(l)),
                   bal_buf(beta_of(l)), bal_buf(state(l, 0)), bal_buf(state(l, 1)), bal_f32(p->eps),
                   bal_buf(&p->tables));
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    batch_norm *p = l->self;
    cut         s = cut_pass(p, pass, x);
    BAL_TRY(pass->training ? batch_statistics(l, s, x) : running_statistics(l, x));
    return bal_run(p->forward, flat_range(x->dev, s), bal_i32(s.total), bal_i32(p->wide), bal_buf(&p->tables),
                   bal_buf(x), bal_buf(y));
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    batch_norm *p = l->self;
    cut         s = cut_pass(p, pass, x);
    bool        gradients = p->affine && !pass->frozen;
    bal_arg total = bal_i32(s.total), wide = bal_i32(p->wide), parts = bal_i32(s.parts), tables = bal_buf(&p->tables);
    (void)y;
    BAL_TRY(bal_run(p->products, part_range(p, x->dev, s), total, wide, bal_i32(s.chunk), parts, bal_buf(x),
                    bal_buf(dy), tables, bal_buf(&l->workspace)));
    BAL_TRY(bal_run(p->finish_backward, merge_range(x->dev, x->shape.c), bal_i32(x->shape.c), total, wide, parts,
                    bal_i32(s.batches), bal_buf(&l->workspace), bal_buf(gradients ? &l->weights[0].g : NULL),
                    bal_buf(gradients ? &l->weights[1].g : NULL), bal_i32(pass->training), tables));
    if (!bal_has(dx)) return BAL_OK;
    return bal_run(p->backward, flat_range(x->dev, s), total, wide, tables, bal_buf(x), bal_buf(dy), bal_buf(dx));
}

static void release(bal_layer *l) { bal_tensor_free(&((batch_norm *)l->self)->tables); }

const bal_layer_def bal_layer_batch_norm = {
    .name = "batch_norm",
    .help = "normalises each channel over batch and positions",
    .size = sizeof(batch_norm),
    .options = options,
    .absorbs = true,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
    .free = release,
};
