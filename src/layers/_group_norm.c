/* _group_norm -- passes that group_norm and layer_norm share. */
#include <stdio.h>
#include "_group_norm.h"

bal_status bal_group_norm_declare(bal_layer *l)
{
    const bal_group_norm *p = l->self;
    bal_shape             vector = {1, 1, 1, l->in[0].c};
    l->out = l->in[0];
    if (!p->affine) return BAL_OK;
    bal_layer_weight(l, "weight", BAL_SCALE, BAL_VECTOR, vector);
    bal_layer_weight(l, "bias", BAL_SHIFT, BAL_VECTOR, vector);
    return BAL_OK;
}

typedef struct {
    int samples, area;
} extent;

static extent extent_of(const bal_group_norm *p, bal_shape s)
{
    int pixels = s.h * s.w;
    return p->by_pixel ? (extent){s.n * pixels, 1} : (extent){s.n, pixels};
}

/* The widest vector that leaves no more of a group over than it must. */
static int vector_width(const bal_device *dev, int size)
{
    int width = bal_device_class(dev) == BAL_CPU ? 16 : 4;
    while (width > 1 && width > size) width /= 2;
    while (width > 1 && size < 2 * width && size % width) width /= 2;
    return width;
}

bal_status bal_group_norm_build(bal_layer *l, bal_device *dev)
{
    bal_group_norm *p = l->self;
    int             samples = extent_of(p, l->in[0]).samples;
    char            width[32];
    p->width = vector_width(dev, l->in[0].c / p->groups);
    snprintf(width, sizeof width, "-DWIDTH=%d", p->width);
    BAL_TRY(bal_kernel_get(&p->forward, dev, "group_norm", "group_norm_forward", width));
    BAL_TRY(bal_kernel_get(&p->backward, dev, "group_norm", "group_norm_backward", width));
    BAL_TRY(bal_kernel_get(&p->products, dev, "group_norm", "group_norm_products", width));
    BAL_TRY(bal_kernel_get(&p->weights, dev, "group_norm", "group_norm_weights", width));
    if (p->affine) l->scratch = 2 * (size_t)samples * (size_t)l->in[0].c;
    return bal_tensor_init(&p->stats, dev, (bal_shape){samples, 1, p->groups, 2});
}

/* Groups by samples. */
static bal_range range(const bal_device *dev, int groups, int samples)
{
    size_t x = 1;
    if (bal_device_class(dev) == BAL_CPU) return bal_items((size_t)groups, (size_t)samples, 1);
    while (x < (size_t)groups && x < 64) x *= 2;
    return (bal_range){{(size_t)groups, (size_t)samples, 1}, {x, 64 / x, 1}};
}

bal_status bal_group_norm_forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    bal_group_norm *p = l->self;
    extent          e = extent_of(p, x->shape);
    int             c = x->shape.c;
    (void)pass;
    return bal_run(p->forward, range(x->dev, p->groups, e.samples), bal_i32(e.samples), bal_i32(e.area), bal_i32(c),
                   bal_i32(c / p->groups), bal_buf(x), bal_buf(y), bal_buf(p->affine ? &l->weights[0].v : NULL),
                   bal_buf(p->affine ? &l->weights[1].v : NULL), bal_f32(p->eps), bal_buf(&p->stats));
}

static bal_status weight_gradients(bal_layer *l, const bal_tensor *x, const bal_tensor *dy)
{
    bal_group_norm *p = l->self;
    extent          e = extent_of(p, x->shape);
    int             c = x->shape.c;
    BAL_TRY(bal_run(p->products, range(x->dev, p->groups, e.samples), bal_i32(e.samples), bal_i32(e.area), bal_i32(c),
                    bal_i32(c / p->groups), bal_buf(x), bal_buf(dy), bal_buf(&p->stats), bal_buf(&l->workspace)));
    return bal_run(p->weights, bal_1d(((size_t)c + (size_t)p->width - 1) / (size_t)p->width), bal_i32(e.samples),
                   bal_i32(c), bal_buf(&l->workspace), bal_buf(&l->weights[0].g), bal_buf(&l->weights[1].g));
}

bal_status bal_group_norm_backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                                   const bal_tensor *dy, const bal_tensor *dx)
{
    bal_group_norm *p = l->self;
    extent          e = extent_of(p, x->shape);
    int             c = x->shape.c;
    (void)y;
    if (p->affine && !pass->frozen) BAL_TRY(weight_gradients(l, x, dy));
    if (!bal_has(dx)) return BAL_OK;
    return bal_run(p->backward, range(x->dev, p->groups, e.samples), bal_i32(e.samples), bal_i32(e.area), bal_i32(c),
                   bal_i32(c / p->groups), bal_buf(x), bal_buf(dy), bal_buf(dx),
                   bal_buf(p->affine ? &l->weights[0].v : NULL), bal_buf(&p->stats));
}

void bal_group_norm_free(bal_layer *l) { bal_tensor_free(&((bal_group_norm *)l->self)->stats); }
