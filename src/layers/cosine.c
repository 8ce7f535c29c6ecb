/* cosine -- y = scaled cosines between x and learned vectors: a dense layer of normalised features and weights, as what
 * LDAM is made for. See cl/cosine.cl. */
#include "_dense.h"

typedef struct {
    int          units;
    float        scale;
    bal_products product;
    bal_kernel  *inverse, *rescale, *dots, *across;
    bal_tensor   inverse_x, inverse_w, dots_x, dots_w; /* of each sample; of each unit */
    bal_tensor   scaled;                               /* the gradient of the products */
} cosine;

static const bal_option options[] = {
    BAL_OPT(cosine, units, BAL_INT, BAL_REQUIRED, 1, 1 << 20, "outputs"),
    BAL_OPT(cosine, scale, BAL_FLOAT, 30, 0.01, 1000, "what the cosines are multiplied by"),
    BAL_OPT_END,
};

static bal_status shape(bal_layer *l) { return bal_dense_declare(l, ((const cosine *)l->self)->units); }

static bal_status make_tensors(cosine *p, bal_device *dev, int n)
{
    BAL_TRY(bal_tensor_init(&p->inverse_x, dev, (bal_shape){1, 1, 1, n}));
    BAL_TRY(bal_tensor_init(&p->dots_x, dev, (bal_shape){1, 1, 1, n}));
    BAL_TRY(bal_tensor_init(&p->inverse_w, dev, (bal_shape){1, 1, 1, p->units}));
    BAL_TRY(bal_tensor_init(&p->dots_w, dev, (bal_shape){1, 1, 1, p->units}));
    return bal_tensor_init(&p->scaled, dev, (bal_shape){n, 1, 1, p->units});
}

static bal_status build(bal_layer *l, bal_device *dev)
{
    cosine *p = l->self;
    BAL_TRY(bal_dense_build(l, dev, &p->product));
    BAL_TRY(bal_kernel_get(&p->inverse, dev, "cosine", "cosine_inverse", ""));
    BAL_TRY(bal_kernel_get(&p->rescale, dev, "cosine", "cosine_scale", ""));
    BAL_TRY(bal_kernel_get(&p->dots, dev, "cosine", "cosine_dots", ""));
    BAL_TRY(bal_kernel_get(&p->across, dev, "cosine", "cosine_across", ""));
    return make_tensors(p, dev, l->in[0].n);
}

/* A set of vectors in a matrix of c columns: its rows, or its columns. */
typedef struct {
    int count, length, outer, inner;
} vectors;
static vectors rows(int n, int c) { return (vectors){n, c, c, 1}; }
static vectors columns(int n, int c) { return (vectors){c, n, 1, c}; }

static bal_status invert(const cosine *p, const bal_tensor *out, const bal_tensor *v, vectors s)
{
    return bal_run(p->inverse, bal_1d((size_t)s.count), bal_buf(v), bal_i32(s.count), bal_i32(s.length),
                   bal_i32(s.outer), bal_i32(s.inner), bal_buf(out));
}

static bal_status scale(const cosine *p, const bal_tensor *from, const bal_tensor *to)
{
    int n = from->shape.n;
    return bal_run(p->rescale, bal_1d((size_t)n * (size_t)p->units), bal_buf(from), bal_buf(to), bal_buf(&p->inverse_x),
                   bal_buf(&p->inverse_w), bal_f32(p->scale), bal_i32(n), bal_i32(p->units));
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    cosine           *p = l->self;
    const bal_tensor *w = &l->weights[0].v;
    int               n = x->shape.n, in = x->shape.c;
    (void)pass;
    BAL_TRY(invert(p, &p->inverse_x, x, rows(n, in)));
    BAL_TRY(invert(p, &p->inverse_w, w, columns(in, p->units)));
    BAL_TRY(bal_gemm_run(&p->product.forward, y, x, w, NULL, (int[3]){n, p->units, in}, 0, &l->workspace));
    return scale(p, y, y);
}

/* dots: of dy and y along the vectors s of both, over the squared lengths. */
static bal_status dot(const cosine *p, const bal_tensor *dots, const bal_tensor *dy, const bal_tensor *y, vectors s,
                      const bal_tensor *inverse)
{
    return bal_run(p->dots, bal_1d((size_t)s.count), bal_buf(dy), bal_buf(y), bal_i32(s.count), bal_i32(s.length),
                   bal_i32(s.outer), bal_i32(s.inner), bal_buf(inverse), bal_buf(dots));
}

/* What a gradient has along its vector is taken from it: lengths make no difference. */
static bal_status leave_across(const cosine *p, const bal_tensor *g, const bal_tensor *v, vectors s,
                               const bal_tensor *dots)
{
    return bal_run(p->across, bal_1d((size_t)s.count), bal_buf(g), bal_buf(v), bal_i32(s.count), bal_i32(s.length),
                   bal_i32(s.outer), bal_i32(s.inner), bal_buf(dots));
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    cosine     *p = l->self;
    bal_weight *w = &l->weights[0];
    int         n = x->shape.n, in = x->shape.c, units = p->units;
    bal_tensor  d = p->scaled;
    d.shape.n = n;
    BAL_TRY(scale(p, dy, &d));
    if (bal_has(dx)) {
        BAL_TRY(dot(p, &p->dots_x, dy, y, rows(n, units), &p->inverse_x));
        BAL_TRY(bal_gemm_run(&p->product.backward_x, dx, &d, &w->v, NULL, (int[3]){n, in, units}, 0, &l->workspace));
        BAL_TRY(leave_across(p, dx, x, rows(n, in), &p->dots_x));
    }
    if (pass->frozen) return BAL_OK;
    BAL_TRY(dot(p, &p->dots_w, dy, y, columns(n, units), &p->inverse_w));
    BAL_TRY(bal_gemm_run(&p->product.backward_w, &w->g, x, &d, NULL, (int[3]){in, units, n}, 1, &l->workspace));
    return leave_across(p, &w->g, &w->v, columns(in, units), &p->dots_w);
}

static void release(bal_layer *l)
{
    cosine *p = l->self;
    bal_tensor_free(&p->inverse_x);
    bal_tensor_free(&p->inverse_w);
    bal_tensor_free(&p->dots_x);
    bal_tensor_free(&p->dots_w);
    bal_tensor_free(&p->scaled);
}

const bal_layer_def bal_layer_cosine = {
    .name = "cosine",
    .help = "scaled cosines between the input and a learned vector for each output; for loss ldam",
    .size = sizeof(cosine),
    .options = options,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
    .free = release,
};
