/* mix -- see include/ballast/mix.h. */
#include "ballast/mix.h"

#include <assert.h>
#include <math.h>
#include "ballast/rng.h"

#define ALPHA(usual, help) BAL_OPT(bal_mix, alpha, BAL_FLOAT, usual, 0.01, 100, help)

static const bal_option none_options[] = {BAL_OPT_END};
static const bal_option mixup_options[] = {ALPHA(0.2, "of Beta(alpha, alpha): small, and one image prevails"),
                                           BAL_OPT_END};
static const bal_option cutmix_options[] = {
    ALPHA(1, "of Beta(alpha, alpha), the share of the area; 1: any share alike"), BAL_OPT_END};
static const bal_option balanced_options[] = {
    ALPHA(0.2, "of Beta(alpha, 1), the share of the balanced image: alpha / (1 + alpha) on average"), BAL_OPT_END};

const bal_word bal_mix_words[] = {
    {"none", "images stay as they are", none_options},
    {"mixup", "weighted means of two images, and of their losses", mixup_options},
    {"cutmix", "a rectangle of another image, and the losses by area", cutmix_options},
    {"balanced_mixup", "as mixup, the other image from all classes equally often", balanced_options},
    {NULL, NULL, NULL}};

bal_status bal_mix_parse(bal_mix *out, const char *line, bal_where at)
{
    *out = (bal_mix){0};
    return bal_word_parse(&out->kind, out, bal_mix_words, "mix", line, at);
}

/* ---- drawing ----------------------------------------------------------------------------------------------------- */

/* Where the numbers of a step come from, in turn. */
typedef struct {
    bal_stream uniform, normal;
    uint64_t   uniforms, normals;
} source;

static double uniform(source *s) { return 1 - (double)bal_random_uniform(&s->uniform, s->uniforms++); } /* (0, 1] */

/* The logarithm of a number from Gamma(a, 1), by Marsaglia and Tsang 2000; for a < 1 from a + 1, as there. */
static double log_gamma(source *s, double a)
{
    double less = a < 1 ? log(uniform(s)) / a : 0, d = (a < 1 ? a + 1 : a) - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = (double)bal_random_normal(&s->normal, s->normals++), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(uniform(s)) < 0.5 * x * x + d - d * v + d * log(v)) return log(d * v) + less;
    }
}

static double beta(source *s, double a)
{
    double first = log_gamma(s, a), second = log_gamma(s, a);
    return 1 / (1 + exp(second - first));
}

static int clamp(int v, int most) { return v < 0 ? 0 : v > most ? most : v; }

static bal_mix_draw rectangle(source *s, double share, int h, int w)
{
    double       side = sqrt(1 - share);
    int          ch = (int)(h * side), cw = (int)(w * side);
    int          top = (int)((1 - uniform(s)) * h) - ch / 2, left = (int)((1 - uniform(s)) * w) - cw / 2;
    bal_mix_draw d = {0, 0, clamp(top, h), clamp(top + ch, h), clamp(left, w), clamp(left + cw, w)};
    d.share = 1 - (float)((d.bottom - d.top) * (d.right - d.left)) / (float)(h * w);
    return d;
}

bal_mix_draw bal_mix_drawn(const bal_mix *m, uint64_t seed, uint32_t step, int h, int w)
{
    source s = {bal_stream_for(seed, BAL_FOR_MIX, step, 0), bal_stream_for(seed, BAL_FOR_MIX, step, 1), 0, 0};
    double share =
        m->kind == BAL_MIX_BALANCED ? 1 - pow(uniform(&s), 1 / (double)m->alpha) : beta(&s, (double)m->alpha);
    if (m->kind == BAL_MIX_CUTMIX) return rectangle(&s, share, h, w);
    return (bal_mix_draw){(float)share, (float)share, 0, h, 0, w};
}

/* ---- mixing ------------------------------------------------------------------------------------------------------ */

bal_status bal_mix_run(const bal_batch *to, const bal_batch *a, const bal_batch *b, int shift, const bal_mix_draw *d)
{
    bal_kernel *k;
    bal_shape   s = a->x.shape;
    assert(bal_shape_equal(s, b->x.shape) && bal_shape_equal(s, to->x.shape));
    assert(a->label.shape.c == 1 && b->label.shape.c == 1 && to->label.shape.c == 3);
    BAL_TRY(bal_kernel_get(&k, a->x.dev, "mix", "mix_images", ""));
    return bal_run(k, bal_1d((size_t)s.n * (size_t)s.h), bal_i32(s.n), bal_i32(s.h), bal_i32(s.w), bal_i32(s.c),
                   bal_buf(&to->x), bal_buf(&to->label), bal_buf(&a->x), bal_buf(&a->label), bal_buf(&b->x),
                   bal_buf(&b->label), bal_i32(shift), bal_f32(d->share), bal_f32(d->inner), bal_i32(d->top),
                   bal_i32(d->bottom), bal_i32(d->left), bal_i32(d->right));
}
