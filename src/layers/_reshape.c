/* _reshape -- passes that flatten and reshape share. */
#include "_reshape.h"

bal_status bal_reshape_build(bal_layer *l, bal_device *dev)
{
    bal_reshape *p = l->self;
    return bal_kernel_get(&p->apply, dev, "reshape", "reshape_apply", "");
}

static bal_status apply(const bal_layer *l, const bal_tensor *x, const bal_tensor *y)
{
    const bal_reshape *p = l->self;
    bal_shape          in = x->shape, out = y->shape;
    return bal_run(p->apply, bal_1d(bal_shape_size(out)), bal_i32(bal_size(y)), bal_i32(in.h), bal_i32(in.w),
                   bal_i32(in.c), bal_i32(out.h), bal_i32(out.w), bal_i32(out.c), bal_buf(x), bal_buf(y));
}

bal_status bal_reshape_forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    (void)pass;
    return apply(l, x, y);
}

bal_status bal_reshape_backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                                const bal_tensor *dy, const bal_tensor *dx)
{
    (void)pass;
    (void)x;
    (void)y;
    return bal_has(dx) ? apply(l, dy, dx) : BAL_OK;
}
