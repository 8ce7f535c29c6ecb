/* spectral -- see train/spectral.h and cl/spectral.cl. */
#include "train/spectral.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/reduce.h"

enum { BLOCK = 64, FIRST = 15 }; /* rows of a partial sum; iterations at first */

struct bal_spectral_kernel {
    const bal_weight *w;
    int               rows, columns;
    bal_tensor        u, v;
    bal_tensor        norms; /* before both were made of length 1 */
};

/* ---- making ------------------------------------------------------------------------------------------------------ */

static bool normalised(const bal_weight *w)
{
    return w->role == BAL_KERNEL && (w->layout == BAL_OIHW || w->layout == BAL_OI);
}

static int count_kernels(const bal_net *net)
{
    int count = 0;
    for (int i = 0; i < bal_net_count(net); i++)
        for (int j = 0; j < bal_net_layer(net, i)->weight_count; j++)
            count += normalised(&bal_net_layer(net, i)->weights[j]);
    return count;
}

static int blocks_of(const bal_spectral_kernel *k) { return (k->rows + BLOCK - 1) / BLOCK; }

static bal_status make_kernel(bal_spectral_kernel *k, const bal_weight *w, bal_device *dev, const bal_stream *stream)
{
    k->w = w;
    k->columns = w->shape.c;
    k->rows = (int)(bal_shape_size(w->shape) / (size_t)k->columns);
    float     *first = malloc((size_t)k->columns * sizeof *first);
    bal_status st = first ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for %d numbers", k->columns);
    for (int i = 0; first && i < k->columns; i++) first[i] = bal_random_normal(stream, (uint64_t)i);
    if (st == BAL_OK) st = bal_tensor_init(&k->u, dev, (bal_shape){1, 1, 1, k->columns});
    if (st == BAL_OK) st = bal_tensor_init(&k->v, dev, (bal_shape){k->rows, 1, 1, 1});
    if (st == BAL_OK) st = bal_tensor_init(&k->norms, dev, (bal_shape){1, 1, 1, 2});
    if (st == BAL_OK) st = bal_tensor_write(&k->u, first);
    free(first);
    return st;
}

/* Room for the largest kernel. */
static bal_status make_room(bal_spectral *s, bal_device *dev)
{
    size_t part = 1, scratch = 1;
    for (int i = 0; i < s->count; i++) {
        const bal_spectral_kernel *k = &s->kernel[i];
        size_t                     rows = (size_t)k->rows, columns = (size_t)k->columns, blocks = (size_t)blocks_of(k);
        size_t needs[] = {bal_norm_scratch(dev, rows), bal_norm_scratch(dev, columns), bal_column_scratch(dev, rows, 1),
                          bal_column_scratch(dev, blocks, k->columns)};
        for (int j = 0; j < 4; j++) scratch = needs[j] > scratch ? needs[j] : scratch;
        part = blocks * columns > part ? blocks * columns : part;
        part = rows > part ? rows : part;
    }
    BAL_TRY(bal_tensor_init(&s->part, dev, (bal_shape){1, 1, 1, (int)part}));
    BAL_TRY(bal_tensor_init(&s->scratch, dev, (bal_shape){1, 1, 1, (int)scratch}));
    BAL_TRY(bal_tensor_init(&s->dot, dev, (bal_shape){1, 1, 1, 1}));
    return bal_tensor_init(&s->plain, dev, bal_net_weights(s->net)->shape);
}

static bal_status iterate(bal_spectral *s, bal_spectral_kernel *k);

static bal_status make(bal_spectral *s, bal_device *dev, uint64_t seed)
{
    enum { STREAM = 0x5BEC }; /* no weight of a net has this number */
    int n = 0;
    for (int i = 0; i < bal_net_count(s->net); i++)
        for (int j = 0; j < bal_net_layer(s->net, i)->weight_count; j++) {
            const bal_weight *w = &bal_net_layer(s->net, i)->weights[j];
            bal_stream        stream = bal_stream_for(seed, BAL_FOR_INIT, STREAM, (uint32_t)n);
            if (normalised(w)) BAL_TRY(make_kernel(&s->kernel[n++], w, dev, &stream));
        }
    BAL_TRY(make_room(s, dev));
    for (int i = 0; i < n; i++)
        for (int t = 0; t < FIRST; t++) BAL_TRY(iterate(s, &s->kernel[i]));
    return BAL_OK;
}

bal_status bal_spectral_init(bal_spectral *s, bal_device *dev, bal_net *net, uint64_t seed)
{
    *s = (bal_spectral){.net = net, .count = count_kernels(net)};
    if (!s->count) return BAL_OK;
    s->kernel = calloc((size_t)s->count, sizeof *s->kernel);
    bal_status st = s->kernel ? make(s, dev, seed) : bal_fail(BAL_ENOMEM, "no memory for %d kernels", s->count);
    if (st != BAL_OK) bal_spectral_free(s);
    return st;
}

void bal_spectral_free(bal_spectral *s)
{
    bal_tensor *all[] = {&s->plain, &s->part, &s->dot, &s->scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) bal_tensor_free(all[i]);
    for (int i = 0; s->kernel && i < s->count; i++) {
        bal_tensor_free(&s->kernel[i].u);
        bal_tensor_free(&s->kernel[i].v);
        bal_tensor_free(&s->kernel[i].norms);
    }
    free(s->kernel);
    *s = (bal_spectral){0};
}

/* ---- normalising ------------------------------------------------------------------------------------------------- */

static bal_status find(bal_kernel **out, const bal_spectral_kernel *k, const char *name)
{
    return bal_kernel_get(out, k->u.dev, "spectral", name, "");
}

/* A view of a room's first floats. */
static bal_tensor room(const bal_tensor *t, int n, int c)
{
    bal_tensor view = *t;
    view.shape = (bal_shape){n, 1, 1, c};
    return view;
}

/* v = W u, u = W' v; their norms; both to length 1. */
static bal_status iterate(bal_spectral *s, bal_spectral_kernel *k)
{
    bal_kernel *rows, *columns, *unit;
    int         blocks = blocks_of(k), most = k->rows > k->columns ? k->rows : k->columns;
    bal_range   plane = {{(size_t)k->columns, (size_t)blocks, 1}, {0, 0, 0}};
    bal_tensor  part = room(&s->part, blocks, k->columns);
    BAL_TRY(find(&rows, k, "spectral_rows"));
    BAL_TRY(find(&columns, k, "spectral_columns"));
    BAL_TRY(find(&unit, k, "spectral_unit"));
    BAL_TRY(bal_run(rows, bal_1d((size_t)k->rows), bal_i32(k->rows), bal_i32(k->columns), bal_buf(&k->v),
                    bal_buf(&k->w->v), bal_buf(&k->u)));
    BAL_TRY(bal_norm(&k->norms, 0, &k->v, &s->scratch));
    BAL_TRY(bal_run(columns, plane, bal_i32(k->rows), bal_i32(k->columns), bal_i32(BLOCK), bal_buf(&part),
                    bal_buf(&k->w->v), bal_buf(&k->v)));
    BAL_TRY(bal_column_sum(&k->u, &part, false, &s->scratch));
    BAL_TRY(bal_norm(&k->norms, 1, &k->u, &s->scratch));
    return bal_run(unit, bal_1d((size_t)most), bal_i32(k->rows), bal_i32(k->columns), bal_buf(&k->v), bal_buf(&k->u),
                   bal_buf(&k->norms));
}

static bal_status divide(const bal_spectral_kernel *k)
{
    bal_kernel *kernel;
    int         n = k->rows * k->columns;
    BAL_TRY(find(&kernel, k, "spectral_divide"));
    return bal_run(kernel, bal_1d((size_t)n), bal_i32(n), bal_buf(&k->w->v), bal_buf(&k->norms));
}

bal_status bal_spectral_apply(bal_spectral *s)
{
    if (!s->count) return BAL_OK;
    BAL_TRY(bal_tensor_copy(&s->plain, bal_net_weights(s->net)));
    for (int i = 0; i < s->count; i++) {
        BAL_TRY(iterate(s, &s->kernel[i]));
        BAL_TRY(divide(&s->kernel[i]));
    }
    return BAL_OK;
}

/* d (w / sigma) with sigma = v' w u, v and u constant: (dg - (dg . w / sigma) v u') / sigma. */
static bal_status convert(bal_spectral *s, const bal_spectral_kernel *k)
{
    bal_kernel *products, *gradient;
    bal_tensor  part = room(&s->part, k->rows, 1);
    BAL_TRY(find(&products, k, "spectral_products"));
    BAL_TRY(find(&gradient, k, "spectral_gradient"));
    BAL_TRY(bal_run(products, bal_1d((size_t)k->rows), bal_i32(k->rows), bal_i32(k->columns), bal_buf(&part),
                    bal_buf(&k->w->v), bal_buf(&k->w->g)));
    BAL_TRY(bal_column_sum(&s->dot, &part, false, &s->scratch));
    return bal_run(gradient, bal_1d((size_t)k->rows * (size_t)k->columns), bal_i32(k->rows), bal_i32(k->columns),
                   bal_buf(&k->w->g), bal_buf(&k->v), bal_buf(&k->u), bal_buf(&k->norms), bal_buf(&s->dot));
}

bal_status bal_spectral_restore(bal_spectral *s, bool gradients)
{
    if (!s->count) return BAL_OK;
    for (int i = 0; gradients && i < s->count; i++) BAL_TRY(convert(s, &s->kernel[i]));
    return bal_tensor_copy(bal_net_weights(s->net), &s->plain);
}

/* ---- kept -------------------------------------------------------------------------------------------------------- */

bal_status bal_spectral_put(const bal_spectral *s, bal_checkpoint *c, const char *prefix)
{
    char name[64];
    for (int i = 0; i < s->count; i++) {
        int        n = s->kernel[i].columns;
        float     *host = malloc((size_t)n * sizeof *host);
        bal_status st = host ? bal_tensor_read(&s->kernel[i].u, host) : bal_fail(BAL_ENOMEM, "no memory");
        snprintf(name, sizeof name, "%s%d", prefix, i);
        if (st == BAL_OK) st = bal_checkpoint_put(c, name, BAL_F32, 1, &n, host);
        free(host);
        BAL_TRY(st);
    }
    return BAL_OK;
}

bal_status bal_spectral_get(bal_spectral *s, const bal_checkpoint *c, const char *prefix)
{
    char name[64];
    for (int i = 0; i < s->count; i++) {
        size_t size = (size_t)s->kernel[i].columns * sizeof(float);
        snprintf(name, sizeof name, "%s%d", prefix, i);
        const bal_saved *saved = bal_checkpoint_find(c, name);
        if (!saved || saved->dtype != BAL_F32 || saved->size != size)
            return bal_fail(BAL_EIO, "the checkpoint has no \"%s\" of %d numbers", name, s->kernel[i].columns);
        float     *host = malloc(size);
        bal_status st = host ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory");
        if (host) memcpy(host, saved->data, size);
        if (st == BAL_OK) st = bal_tensor_write(&s->kernel[i].u, host);
        free(host);
        BAL_TRY(st);
    }
    return BAL_OK;
}
