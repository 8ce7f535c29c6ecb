/* _dense -- see _dense.h. */
#include "_dense.h"

bal_status bal_dense_declare(bal_layer *l, int units)
{
    bal_shape in = l->in[0];
    if (in.h * in.w != 1)
        return bal_fail_at(l->at, "layer %s: its input is a map of %dx%dx%d; put \"layer = flatten\" before it",
                           l->def->name, in.h, in.w, in.c);
    l->out = (bal_shape){in.n, 1, 1, units};
    l->flops = 2.0 * in.c * units;
    bal_weight *w = bal_layer_weight(l, "weight", BAL_KERNEL, BAL_OI, (bal_shape){1, 1, in.c, units});
    w->fan_in = in.c;
    w->fan_out = units;
    return BAL_OK;
}

static size_t largest(size_t a, size_t b) { return a > b ? a : b; }

bal_status bal_dense_build(bal_layer *l, bal_device *dev, bal_products *p)
{
    int n = l->in[0].n, in = l->in[0].c, units = l->out.c;
    BAL_TRY(bal_gemm_init(&p->forward, dev, false, false));
    BAL_TRY(bal_gemm_init(&p->backward_x, dev, false, true));
    BAL_TRY(bal_gemm_init(&p->backward_w, dev, true, false));
    l->scratch = bal_gemm_scratch(&p->forward, n, units, in);
    l->scratch = largest(l->scratch, bal_gemm_scratch(&p->backward_x, n, in, units));
    l->scratch = largest(l->scratch, bal_gemm_scratch(&p->backward_w, in, units, n));
    return BAL_OK;
}
