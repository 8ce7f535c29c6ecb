/* gradient_penalty -- see train/gradient_penalty.h and cl/gradient_penalty.cl. */
#include "train/gradient_penalty.h"
#include <assert.h>
#include <math.h>
#include "train/condition.h"

bal_status bal_gradient_penalty_init(bal_gradient_penalty *p, bal_device *dev, bal_shape images, float gamma, int every)
{
    bal_status st;
    *p = (bal_gradient_penalty){.gamma = gamma, .every = every, .step = 0.01F};
    BAL_TRY_OR(fail, st, bal_tensor_init(&p->gradient, dev, images));
    BAL_TRY_OR(fail, st, bal_tensor_init(&p->moved, dev, images));
    BAL_TRY_OR(fail, st, bal_tensor_init(&p->norms, dev, (bal_shape){images.n, 1, 1, 1}));
    BAL_TRY_OR(fail, st, bal_tensor_init(&p->slope, dev, (bal_shape){images.n, 1, 1, 1}));
    BAL_TRY_OR(fail, st, bal_tensor_init(&p->value, dev, (bal_shape){1, 1, 1, 1}));
    return BAL_OK;
fail:
    bal_gradient_penalty_free(p);
    return st;
}

void bal_gradient_penalty_free(bal_gradient_penalty *p)
{
    bal_tensor *all[] = {&p->gradient, &p->moved, &p->norms, &p->slope, &p->value};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) bal_tensor_free(all[i]);
}

bool bal_gradient_penalty_due(const bal_gradient_penalty *p, int step) { return p->gamma > 0 && step % p->every == 0; }

static bal_status find(bal_kernel **k, const bal_tensor *x, const char *name)
{
    return bal_kernel_get(k, x->dev, "gradient_penalty", name, "");
}

static int values_of(const bal_tensor *x) { return bal_size(x) / x->shape.n; }

/* The outputs' gradient from p->slope, that of each image's score. */
static bal_status give(const bal_gradient_penalty *p, const bal_net *net, const bal_tensor *label)
{
    bal_tensor dy = bal_net_output_gradient(net), slope = p->slope;
    slope.shape.n = dy.shape.n;
    if (label) return bal_condition_gradient(&dy, &slope, label);
    assert(bal_size(&dy) == dy.shape.n);
    return bal_tensor_copy(&dy, &slope);
}

/* dD/dx into p->gradient, its norms and their mean square. */
static bal_status measure(const bal_gradient_penalty *p, bal_net *net, const bal_pass *pass, const bal_tensor *x,
                          const bal_tensor *label)
{
    bal_kernel *norms, *value;
    bal_pass    frozen = *pass;
    bal_tensor  y, dx = p->gradient;
    int         n = x->shape.n;
    frozen.frozen = true;
    dx.shape = x->shape;
    BAL_TRY(bal_net_forward(net, &frozen, x, &y));
    BAL_TRY(bal_tensor_fill(&p->slope, 1));
    BAL_TRY(give(p, net, label));
    BAL_TRY(bal_net_backward(net, &frozen, x, &dx));
    BAL_TRY(find(&norms, x, "penalty_norms"));
    BAL_TRY(find(&value, x, "penalty_value"));
    BAL_TRY(bal_run(norms, bal_1d((size_t)n), bal_i32(n), bal_i32(values_of(x)), bal_buf(&p->norms), bal_buf(&dx)));
    return bal_run(value, bal_items(1, 1, 1), bal_i32(n), bal_buf(&p->value), bal_buf(&p->norms));
}

/* Where D is looked at, along its gradient from x: length is signed. */
typedef struct side {
    const bal_tensor *x, *label;
    float             length, factor;
} side;

/* The weights' gradient of D(x + length g / |g|), times factor |g|, added. */
static bal_status add_side(const bal_gradient_penalty *p, bal_net *net, const bal_pass *pass, const side *s)
{
    bal_kernel *move, *slope;
    bal_tensor  y, moved = p->moved;
    int         n = s->x->shape.n;
    moved.shape = s->x->shape;
    BAL_TRY(find(&move, s->x, "penalty_move"));
    BAL_TRY(find(&slope, s->x, "penalty_slope"));
    BAL_TRY(bal_run(move, bal_1d((size_t)bal_size(s->x)), bal_i32(n), bal_i32(values_of(s->x)), bal_f32(s->length),
                    bal_buf(&moved), bal_buf(s->x), bal_buf(&p->gradient), bal_buf(&p->norms)));
    BAL_TRY(bal_net_forward(net, pass, &moved, &y));
    BAL_TRY(bal_run(slope, bal_1d((size_t)n), bal_i32(n), bal_f32(s->factor), bal_buf(&p->slope), bal_buf(&p->norms)));
    BAL_TRY(give(p, net, s->label));
    return bal_net_backward(net, pass, &moved, NULL);
}

bal_status bal_gradient_penalty_add(const bal_gradient_penalty *p, bal_net *net, const bal_pass *pass,
                                    const bal_tensor *x, const bal_tensor *label)
{
    float length = p->step * sqrtf((float)values_of(x));
    float factor = p->gamma * (float)p->every / (2 * length * (float)x->shape.n);
    assert(x->shape.n <= p->moved.shape.n);
    BAL_TRY(measure(p, net, pass, x, label));
    BAL_TRY(add_side(p, net, pass, &(side){x, label, length, factor}));
    return add_side(p, net, pass, &(side){x, label, -length, -factor});
}
