/* dense -- y = x w + b on vectors: nn.Linear. Behind a map put `flatten`. See ballast/gemm.h. */
#include "_dense.h"
#include "ballast/reduce.h"

typedef struct {
    int          units;
    bool         bias;
    bal_products product;
} dense;

static const bal_option options[] = {
    BAL_OPT(dense, units, BAL_INT, BAL_REQUIRED, 1, 1 << 20, "outputs"),
    BAL_OPT_BOOL(dense, bias, 1, "a learned number is added to each output"),
    BAL_OPT_END,
};

static bal_status shape(bal_layer *l)
{
    dense *p = l->self;
    BAL_TRY(bal_dense_declare(l, p->units));
    if (!p->bias) return BAL_OK;
    bal_weight *w = bal_layer_weight(l, "bias", BAL_BIAS, BAL_VECTOR, (bal_shape){1, 1, 1, p->units});
    w->fan_in = l->in[0].c;
    w->fan_out = p->units;
    return BAL_OK;
}

static bal_status build(bal_layer *l, bal_device *dev)
{
    dense *p = l->self;
    BAL_TRY(bal_dense_build(l, dev, &p->product));
    size_t bias = p->bias ? bal_column_scratch(dev, (size_t)l->in[0].n, p->units) : 0;
    if (bias > l->scratch) l->scratch = bias;
    return BAL_OK;
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    dense *p = l->self;
    int    mnk[3] = {x->shape.n, p->units, x->shape.c};
    (void)pass;
    return bal_gemm_run(&p->product.forward, y, x, &l->weights[0].v, p->bias ? &l->weights[1].v : NULL, mnk, 0,
                        &l->workspace);
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    dense *p = l->self;
    int    n = x->shape.n, in = x->shape.c;
    (void)y;
    if (!pass->frozen) {
        int mnk[3] = {in, p->units, n};
        if (p->bias) BAL_TRY(bal_column_sum(&l->weights[1].g, dy, true, &l->workspace));
        BAL_TRY(bal_gemm_run(&p->product.backward_w, &l->weights[0].g, x, dy, NULL, mnk, 1, &l->workspace));
    }
    if (!bal_has(dx)) return BAL_OK;
    return bal_gemm_run(&p->product.backward_x, dx, dy, &l->weights[0].v, NULL, (int[3]){n, in, p->units}, 0,
                        &l->workspace);
}

const bal_layer_def bal_layer_dense = {
    .name = "dense",
    .help = "every output from every input: y = x w + b",
    .size = sizeof(dense),
    .options = options,
    .forgets = true,
    .dx_last = true,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
};
