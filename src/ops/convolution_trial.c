/* convolution_trial -- the variants of a convolution's passes, tried on random numbers; see variant.h. */
#include <stdio.h>
#include "ballast/random.h"
#include "convolution_class.h"

/* The operation whose pass is tried, as each variant has it. */
typedef struct {
    const bal_convolution *op;
    bal_conv_pass          pass;
    const bal_variants    *variants;
    bal_convolution       *tried[BAL_VARIANTS];
    bal_tensor             x, y, w, scratch;
} trial;

void bal_convolution_key(char out[192], const bal_convolution *op, bal_conv_pass pass)
{
    static const char *const passes[] = {"forward", "backward_x", "backward_w"};
    const bal_conv_geometry *g = &op->g;
    snprintf(out, 192, "%s%s conv %s %dx%dx%d %dx%dx%d k%dx%d s%dx%d p%dx%d d%dx%d g%d%s%s",
             bal_device_class(op->dev) == BAL_CPU ? "cpu" : "gpu", bal_device_strict(op->dev) ? " strict" : "",
             passes[pass], g->x.h, g->x.w, g->x.c, g->y.h, g->y.w, g->y.c, g->kernel[0], g->kernel[1], g->stride[0],
             g->stride[1], g->pad[0], g->pad[1], g->dilation[0], g->dilation[1], g->groups, g->half_x ? " hx" : "",
             g->half_y ? " hy" : "");
}

static double flops(const bal_conv_geometry *g)
{
    return 2.0 * (double)bal_shape_size(g->y) * g->kernel[0] * g->kernel[1] * g->x.c / g->groups;
}

/* ---- operands --------------------------------------------------------------------------------------------------- */

static bal_status fill(bal_tensor *t, bal_device *dev, bal_shape shape, uint32_t which, bool half)
{
    bal_stream stream = bal_stream_for(1, BAL_FOR_TEST, which, 0);
    bal_tensor floats;
    BAL_TRY(bal_tensor_init(t, dev, shape));
    if (!half) return bal_fill_normal(t, &stream);
    t->half = true;
    BAL_TRY(bal_tensor_init(&floats, dev, shape));
    bal_status st = bal_fill_normal(&floats, &stream);
    if (st == BAL_OK) st = bal_tensor_copy(t, &floats);
    bal_tensor_free(&floats);
    return st;
}

static bal_status make_operands(trial *t)
{
    const bal_conv_geometry *g = &t->op->g;
    bal_device              *dev = t->op->dev;
    if (bal_has(&t->x)) return BAL_OK;
    BAL_TRY(fill(&t->x, dev, g->x, 1, g->half_x));
    BAL_TRY(fill(&t->y, dev, g->y, 2, g->half_y));
    return fill(&t->w, dev, (bal_shape){g->kernel[0], g->kernel[1], g->x.c / g->groups, g->y.c}, 3, false);
}

static bal_status need_scratch(trial *t, size_t floats)
{
    if (floats == 0 || (bal_has(&t->scratch) && bal_shape_size(t->scratch.shape) >= floats)) return BAL_OK;
    bal_tensor_free(&t->scratch);
    return bal_tensor_init(&t->scratch, t->op->dev, (bal_shape){1, 1, 1, (int)floats});
}

/* ---- a trial ---------------------------------------------------------------------------------------------------- */

/* The other passes are the rule's: their kernels are needed sooner or later. */
static bal_status open_variant(void *user, int i, const bal_tensor **out)
{
    trial      *t = user;
    bal_variant all[3];
    BAL_TRY(make_operands(t));
    for (int pass = 0; pass < 3; pass++) {
        bal_variants rule;
        bal_convolution_variants(&rule, t->op, (bal_conv_pass)pass);
        all[pass] = rule.list[0];
    }
    all[t->pass] = t->variants->list[i];
    BAL_TRY(bal_convolution_make(&t->tried[i], t->op->dev, &t->op->g, all));
    *out = t->pass == BAL_CONV_FORWARD ? &t->y : t->pass == BAL_CONV_BACKWARD_X ? &t->x : &t->w;
    return need_scratch(t, bal_convolution_scratch(t->tried[i]));
}

static bal_status run_variant(void *user, int i)
{
    trial                 *t = user;
    const bal_convolution *op = t->tried[i];
    if (t->pass == BAL_CONV_FORWARD) return bal_convolution_forward(op, &t->y, &t->x, &t->w, NULL, &t->scratch);
    if (t->pass == BAL_CONV_BACKWARD_X) return bal_convolution_backward_x(op, &t->x, &t->y, &t->w, NULL, &t->scratch);
    BAL_TRY(bal_tensor_fill(&t->w, 0));
    return bal_convolution_backward_w(op, &t->w, &t->x, &t->y, &t->scratch);
}

bal_status bal_convolution_choose(bal_convolution *op, bal_conv_pass pass)
{
    bal_variants v;
    char         key[192];
    trial        t = {.op = op, .pass = pass, .variants = &v};
    bal_trial    how = {flops(&op->g), &t, open_variant, run_variant};
    bal_convolution_variants(&v, op, pass);
    if (v.count == 0) return BAL_OK;
    bal_convolution_key(key, op, pass);
    bal_status  st = bal_variant_choose(&op->variant[pass], op->dev, key, &v, &how);
    bal_tensor *all[] = {&t.x, &t.y, &t.w, &t.scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) bal_tensor_free(all[i]);
    for (int i = 0; i < v.count; i++) bal_convolution_free(t.tried[i]);
    return st;
}
