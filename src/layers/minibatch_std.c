/* minibatch_std -- one more channel that says how different the images of a batch are: so a discriminator sees when a
 * generator makes one image only (Karras et al. 2018, "Progressive growing of GANs", 3). See cl/minibatch_std.cl. */
#include "_layer.h"

typedef struct {
    int         group;
    float       eps;
    bal_kernel *deviations, *mean, *forward, *slope, *backward;
} minibatch_std;

static const bal_option options[] = {
    BAL_OPT(minibatch_std, group, BAL_INT, 4, 2, 65536, "images that are compared, one behind the other in a batch"),
    BAL_OPT(minibatch_std, eps, BAL_FLOAT, 1e-8, 1e-12, 1, "added to the variance"),
    BAL_OPT_END,
};

/* Groups do not cross from one of a pass's batches into the next; the last of each may be smaller. */
typedef struct {
    int batch, in_batch, all; /* images of a batch; groups in it, and in the pass */
} groups;

static groups groups_of(const minibatch_std *p, int images, int batches)
{
    groups g = {.batch = images / (batches ? batches : 1)};
    g.in_batch = (g.batch + p->group - 1) / p->group;
    g.all = g.in_batch * (images / g.batch);
    return g;
}

static bal_status shape(bal_layer *l)
{
    l->out = l->in[0];
    l->out.c++;
    return BAL_OK;
}

static bal_status build(bal_layer *l, bal_device *dev)
{
    minibatch_std *p = l->self;
    size_t         most = (size_t)groups_of(p, l->in[0].n, 1).all + BAL_MAX_BATCHES;
    BAL_TRY(bal_kernel_get(&p->deviations, dev, "minibatch_std", "minibatch_std_deviations", ""));
    BAL_TRY(bal_kernel_get(&p->mean, dev, "minibatch_std", "minibatch_std_mean", ""));
    BAL_TRY(bal_kernel_get(&p->forward, dev, "minibatch_std", "minibatch_std_forward", ""));
    BAL_TRY(bal_kernel_get(&p->slope, dev, "minibatch_std", "minibatch_std_slope", ""));
    BAL_TRY(bal_kernel_get(&p->backward, dev, "minibatch_std", "minibatch_std_backward", ""));
    l->scratch = most * (bal_shape_size(l->in[0]) / (size_t)l->in[0].n + 1);
    return BAL_OK;
}

static bal_range plane(size_t x, size_t y) { return (bal_range){{x, y, 1}, {0, 0, 0}}; }

static bal_status forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    minibatch_std *p = l->self;
    bal_shape      s = x->shape;
    groups         g = groups_of(p, s.n, pass->batches);
    int            values = s.h * s.w * s.c;
    BAL_TRY(bal_run(p->deviations, plane((size_t)values, (size_t)g.all), bal_i32(values), bal_i32(p->group),
                    bal_i32(g.batch), bal_i32(g.in_batch), bal_i32(g.all), bal_f32(p->eps), bal_buf(x),
                    bal_buf(&l->workspace)));
    BAL_TRY(bal_run(p->mean, bal_1d((size_t)g.all), bal_i32(values), bal_i32(g.all), bal_buf(&l->workspace)));
    return bal_run(p->forward, plane((size_t)s.h * (size_t)s.w, (size_t)s.n), bal_i32(s.h * s.w), bal_i32(s.c),
                   bal_i32(p->group), bal_i32(g.batch), bal_i32(g.in_batch), bal_i32(g.all), bal_i32(s.n), bal_buf(x),
                   bal_buf(&l->workspace), bal_buf(y));
}

static bal_status backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                           const bal_tensor *dy, const bal_tensor *dx)
{
    minibatch_std *p = l->self;
    bal_shape      s = x->shape;
    groups         g = groups_of(p, s.n, pass->batches);
    (void)y;
    if (!bal_has(dx)) return BAL_OK;
    BAL_TRY(bal_run(p->slope, bal_1d((size_t)g.all), bal_i32(s.h * s.w), bal_i32(s.c), bal_i32(p->group),
                    bal_i32(g.batch), bal_i32(g.in_batch), bal_i32(g.all), bal_buf(dy), bal_buf(&l->workspace)));
    return bal_run(p->backward, plane((size_t)s.h * (size_t)s.w * (size_t)s.c, (size_t)g.all), bal_i32(s.h * s.w),
                   bal_i32(s.c), bal_i32(p->group), bal_i32(g.batch), bal_i32(g.in_batch), bal_i32(g.all),
                   bal_f32(p->eps), bal_buf(x), bal_buf(dy), bal_buf(&l->workspace), bal_buf(dx));
}

const bal_layer_def bal_layer_minibatch_std = {
    .name = "minibatch_std",
    .help = "one more channel: how different the images of a group are",
    .size = sizeof(minibatch_std),
    .options = options,
    .shape = shape,
    .build = build,
    .forward = forward,
    .backward = backward,
};
