/* concat -- two to four maps of one size side by side along the channels, in the order of `from`. See cl/concat.cl. */
#include <limits.h>
#include "_layer.h"

typedef struct {
    bal_kernel *forward, *backward;
} concat;

static bal_status shape(bal_layer *l)
{
    bal_shape a = l->in[0];
    l->out = a;
    for (int i = 1; i < l->inputs; i++) {
        bal_shape b = l->in[i];
        if (a.h != b.h || a.w != b.w)
            return bal_fail_at(l->at, "layer concat: inputs of %dx%d and %dx%d pixels differ", a.h, a.w, b.h, b.w);
        if (b.c > INT_MAX - l->out.c) return bal_fail_at(l->at, "layer concat: too many channels");
        l->out.c += b.c;
    }
    return BAL_OK;
}

static bal_status build(bal_layer *l, bal_device *dev)
{
    concat *p = l->self;
    return bal_passes_get(&p->forward, &p->backward, dev, "concat", "");
}

/* Vectors of channels by pixels. */
static bal_range range(const bal_device *dev, bal_shape s)
{
    size_t rows = (size_t)s.n * (size_t)s.h * (size_t)s.w, width = bal_device_class(dev) == BAL_CPU ? 16 : 4;
    return (bal_range){{((size_t)s.c + width - 1) / width, rows, 1}, {1, 64, 1}};
}

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    concat *p = l->self;
    int     rows = y->shape.n * y->shape.h * y->shape.w, at = 0;
    (void)pass;
    for (int i = 0; i < l->inputs; at += x[i++].shape.c)
        BAL_TRY(bal_run(p->forward, range(y->dev, x[i].shape), bal_i32(rows), bal_i32(x[i].shape.c),
                        bal_i32(y->shape.c), bal_i32(at), bal_buf(&x[i]), bal_buf(y)));
    return BAL_OK;
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    concat *p = l->self;
    int     rows = dy->shape.n * dy->shape.h * dy->shape.w, at = 0;
    (void)pass;
    (void)y;
    for (int i = 0; i < l->inputs; at += x[i++].shape.c)
        if (bal_has(&dx[i]))
            BAL_TRY(bal_run(p->backward, range(dy->dev, x[i].shape), bal_i32(rows), bal_i32(x[i].shape.c),
                            bal_i32(dy->shape.c), bal_i32(at), bal_buf(dy), bal_buf(&dx[i])));
    return BAL_OK;
}

const bal_layer_def bal_layer_concat = {
    .name = "concat",
    .help = "its inputs side by side along the channels",
    .size = sizeof(concat),
    .min_inputs = 2,
    .max_inputs = BAL_MAX_INPUTS,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
};
