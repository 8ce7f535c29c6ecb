/* _layer -- what several layers share. */
#include <stdio.h>
#include "_layer.h"

enum { GROUP = 64 };

bal_status bal_pointwise_shape(bal_layer *l)
{
    l->out = l->in[0];
    return BAL_OK;
}

bal_status bal_passes_get(bal_kernel **forward, bal_kernel **backward, bal_device *dev, const char *file,
                          const char *options)
{
    char name[64];
    snprintf(name, sizeof name, "%s_forward", file);
    BAL_TRY(bal_kernel_get(forward, dev, file, name, options));
    snprintf(name, sizeof name, "%s_backward", file);
    return bal_kernel_get(backward, dev, file, name, options);
}

bal_status bal_pointwise_build(bal_layer *l, bal_device *dev)
{
    bal_pointwise *p = l->self;
    return bal_passes_get(&p->forward, &p->backward, dev, l->def->name, "");
}

bal_status bal_pointwise_forward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y)
{
    bal_pointwise *p = l->self;
    int            n = bal_size(y);
    (void)pass;
    return bal_run(p->forward, bal_flat(y->dev, (size_t)n), bal_i32(n), bal_buf(x), bal_buf(y));
}

bal_status bal_pointwise_backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                                  const bal_tensor *dy, const bal_tensor *dx)
{
    bal_pointwise *p = l->self;
    int            n = bal_size(dy);
    (void)pass;
    if (!bal_has(dx)) return BAL_OK;
    return bal_run(p->backward, bal_flat(dx->dev, (size_t)n), bal_i32(n), bal_buf(x), bal_buf(y), bal_buf(dy),
                   bal_buf(dx));
}

void bal_activation_absorbed(const bal_layer *l, char options[BAL_ABSORBED])
{
    (void)l;
    options[0] = '\0';
}

bal_status bal_activated_get(bal_kernel **out, const bal_layer *activation, bal_device *dev, const char *file,
                             const char *name, const char *options)
{
    char files[128], own[BAL_ABSORBED] = "", all[2 * BAL_ABSORBED];
    if (activation) activation->def->absorbed(activation, own);
    snprintf(all, sizeof all, "%s%s%s", own, *own && *options ? " " : "", options);
    snprintf(files, sizeof files, "%s%s%s", activation ? activation->def->name : "", activation ? "+" : "", file);
    return bal_kernel_get(out, dev, files, name, all);
}

bal_status bal_activation_build(bal_layer *l, bal_device *dev)
{
    bal_pointwise *p = l->self;
    BAL_TRY(bal_activated_get(&p->forward, l, dev, "activation", "activation_forward",
                              bal_storage(l->half_in, l->half_out)));
    return bal_activated_get(&p->backward, l, dev, "activation", "activation_backward",
                             bal_storage(l->half_in, l->half_out));
}

bal_status bal_activation_backward(bal_layer *l, const bal_pass *pass, const bal_tensor *x, const bal_tensor *y,
                                   const bal_tensor *dy, const bal_tensor *dx)
{
    bal_pointwise *p = l->self;
    int            n = bal_size(dy);
    (void)pass;
    (void)x;
    if (!bal_has(dx)) return BAL_OK;
    return bal_run(p->backward, bal_flat(dx->dev, (size_t)n), bal_i32(n), bal_buf(y), bal_buf(dy), bal_buf(dx));
}

bal_range bal_map_range(const bal_device *dev, bal_shape s)
{
    size_t rows = (size_t)s.n * (size_t)s.h, vectors = ((size_t)s.c + 3) / 4, x = 1;
    if (bal_device_class(dev) == BAL_CPU) return bal_items(1, 1, rows);
    while (x < vectors && x < GROUP) x *= 2;
    return (bal_range){{vectors, (size_t)s.w, rows}, {x, GROUP / x, 1}};
}
