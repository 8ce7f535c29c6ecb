/* add -- the sum of two to four tensors of one shape: residual connections. See cl/add.cl. */
#include "_layer.h"

typedef struct {
    bal_kernel *forward, *more;
} add;

static bal_status shape(bal_layer *l)
{
    bal_shape a = l->in[0];
    for (int i = 1; i < l->inputs; i++) {
        bal_shape b = l->in[i];
        if (!bal_shape_equal(a, b))
            return bal_fail_at(l->at, "layer add: inputs of %dx%dx%d and %dx%dx%d differ", a.h, a.w, a.c, b.h, b.w,
                               b.c);
    }
    l->out = a;
    return BAL_OK;
}

static bal_status build(bal_layer *l, bal_device *dev)
{
    add *p = l->self;
    BAL_TRY(bal_kernel_get(&p->forward, dev, "add", "add_forward", bal_storage(l->half_in, l->half_out)));
    return bal_kernel_get(&p->more, dev, "add", "add_more", bal_storage(l->half_in, l->half_out));
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    add *p = l->self;
    int  n = bal_size(y);
    (void)pass;
    BAL_TRY(bal_run(p->forward, bal_flat(y->dev, (size_t)n), bal_i32(n), bal_buf(&x[0]), bal_buf(&x[1]), bal_buf(y)));
    for (int i = 2; i < l->inputs; i++)
        BAL_TRY(bal_run(p->more, bal_flat(y->dev, (size_t)n), bal_i32(n), bal_buf(&x[i]), bal_buf(y)));
    return BAL_OK;
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    (void)pass;
    (void)x;
    (void)y;
    for (int i = 0; i < l->inputs; i++)
        if (bal_has(&dx[i])) BAL_TRY(bal_tensor_copy(&dx[i], dy));
    return BAL_OK;
}

const bal_layer_def bal_layer_add = {
    .name = "add",
    .help = "the sum of its inputs",
    .size = sizeof(add),
    .min_inputs = 2,
    .max_inputs = BAL_MAX_INPUTS,
    .halves = true,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
};
