/* heatmap -- see include/ballast/heatmap.h. */
#include "ballast/heatmap.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/image.h"

struct bal_heatmap {
    bal_net    *net, *own; /* own: the same, if it is to be freed */
    bal_device *dev;
    int         layer, outputs;
    bal_tensor  x;
    float      *map, *gradient, *heat, *one; /* the layer's output and its gradient; [h][w]; of the net's output */
    double     *sum;                         /* [h][w] */
};

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static bal_status choose_layer(int *out, const bal_net *net, const char *name)
{
    if (!name) {
        *out = bal_net_feature_map(net);
        return *out >= 0 ? BAL_OK
                         : bal_fail(BAL_ECONFIG, "no heat map: the net has no convolution whose output has more than "
                                                 "one position");
    }
    BAL_TRY(bal_net_find_layer(out, net, name));
    bal_shape map = bal_net_layer(net, *out)->out;
    if (map.h * map.w == 1) return bal_fail(BAL_ECONFIG, "no heat map: layer \"%s\" has one position only", name);
    if (*out == bal_net_count(net) - 1)
        return bal_fail(BAL_ECONFIG, "no heat map: layer \"%s\" is the last of the net", name);
    return BAL_OK;
}

static bal_status make_buffers(bal_heatmap *h)
{
    bal_shape map = bal_net_layer(h->net, h->layer)->out, in = bal_net_in(h->net), out = bal_net_out(h->net);
    size_t    positions = (size_t)map.h * (size_t)map.w, values = positions * (size_t)map.c;
    h->outputs = out.h * out.w * out.c;
    h->map = calloc(values, sizeof *h->map);
    h->gradient = calloc(values, sizeof *h->gradient);
    h->heat = calloc(positions, sizeof *h->heat);
    h->sum = calloc(positions, sizeof *h->sum);
    h->one = calloc((size_t)h->outputs, sizeof *h->one);
    if (!h->map || !h->gradient || !h->heat || !h->sum || !h->one)
        return bal_fail(BAL_ENOMEM, "no memory for a heat map");
    in.n = 1;
    return bal_tensor_init(&h->x, h->dev, in);
}

bal_status bal_heatmap_open_net(bal_heatmap **out, bal_net *net, bal_device *dev, const char *layer)
{
    bal_heatmap *h = calloc(1, sizeof *h);
    *out = NULL;
    if (!h) return bal_fail(BAL_ENOMEM, "no memory for a heat map");
    h->net = net;
    h->dev = dev;
    bal_status st = choose_layer(&h->layer, net, layer);
    if (st == BAL_OK) st = make_buffers(h);
    if (st == BAL_OK) *out = h;
    else bal_heatmap_close(h);
    return st;
}

static bal_status copy_if_any(const bal_tensor *to, const bal_tensor *from)
{
    return bal_has(to) ? bal_tensor_copy(to, from) : BAL_OK;
}

bal_status bal_heatmap_open(bal_heatmap **out, const bal_model *m, const char *layer)
{
    bal_net   *net;
    bal_status st;
    *out = NULL;
    BAL_TRY(bal_setup_net(&net, m->setup, "classifier", 1));
    BAL_TRY_OR(end, st, bal_net_build(net, m->dev, true, 0, 0));
    BAL_TRY_OR(end, st, copy_if_any(bal_net_weights(net), bal_net_weights(m->net)));
    BAL_TRY_OR(end, st, copy_if_any(bal_net_states(net), bal_net_states(m->net)));
    BAL_TRY_OR(end, st, bal_heatmap_open_net(out, net, m->dev, layer));
    (*out)->own = net;
    return BAL_OK;
end:
    bal_net_free(net);
    return st;
}

void bal_heatmap_close(bal_heatmap *h)
{
    if (!h) return;
    bal_tensor_free(&h->x);
    bal_net_free(h->own);
    free(h->map);
    free(h->gradient);
    free(h->heat);
    free(h->sum);
    free(h->one);
    free(h);
}

/* ---- an image ---------------------------------------------------------------------------------------------------- */

static bal_status run_net(bal_heatmap *h, const float *pixel, int class, bal_shape *shape)
{
    const bal_pass look = {.training = false, .frozen = true};
    bal_tensor     y, dy, map, gradient;
    assert(class >= 0 && class < (h->outputs > 1 ? h->outputs : 2));
    for (int k = 0; k < h->outputs; k++) h->one[k] = k == class;
    if (h->outputs == 1) h->one[0] = class == 1 ? 1 : -1;
    BAL_TRY(bal_tensor_write(&h->x, pixel));
    BAL_TRY(bal_net_forward(h->net, &look, &h->x, &y));
    dy = bal_net_output_gradient(h->net);
    BAL_TRY(bal_tensor_write(&dy, h->one));
    BAL_TRY(bal_net_backward_to(h->net, &look, &h->x, h->layer, &map, &gradient));
    *shape = map.shape;
    BAL_TRY(bal_tensor_read(&map, h->map));
    return bal_tensor_read(&gradient, h->gradient);
}

/* In double: what is left after cancelling is divided by its maximum. */
static void weigh(bal_heatmap *h, int positions, int channels)
{
    double most = 0;
    for (int i = 0; i < positions; i++) h->sum[i] = 0;
    for (int k = 0; k < channels; k++) {
        double w = 0;
        for (int i = 0; i < positions; i++) w += (double)h->gradient[i * channels + k];
        for (int i = 0; i < positions; i++) h->sum[i] += w / positions * (double)h->map[i * channels + k];
    }
    for (int i = 0; i < positions; i++) most = fmax(most, h->sum[i]);
    for (int i = 0; i < positions; i++) h->heat[i] = most > 0 ? (float)(fmax(h->sum[i], 0) / most) : 0;
}

bal_status bal_heatmap_make(float *out, bal_heatmap *h, const float *pixel, int class)
{
    bal_shape map;
    int       size = h->x.shape.h;
    BAL_TRY(run_net(h, pixel, class, &map));
    weigh(h, map.h * map.w, map.c);
    bal_image small = {map.w, map.h, 1, h->heat}, large;
    BAL_TRY(bal_image_resize(&large, &small, size, 1, BAL_STRETCH));
    memcpy(out, large.pixel, (size_t)size * (size_t)size * sizeof *out);
    bal_image_free(&large);
    return BAL_OK;
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

/* 0 black to 1 white again. */
static void unscale(float *out, const float *pixel, size_t count, int channels, const bal_scaling *s)
{
    for (size_t i = 0; i < count; i++)
        out[i] = pixel[i] * s->deviation[i % (size_t)channels] + s->mean[i % (size_t)channels];
}

bal_status bal_heatmap_paint(const char *path, bal_heatmap *h, const float *pixel, int class,
                             const bal_scaling *scaling)
{
    int        size = h->x.shape.h, channels = h->x.shape.c;
    size_t     positions = (size_t)size * (size_t)size, count = positions * (size_t)channels;
    float     *image = malloc((count + positions) * sizeof *image);
    bal_status st = image ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a picture");
    if (st == BAL_OK) st = bal_heatmap_make(image + count, h, pixel, class);
    if (st == BAL_OK) unscale(image, pixel, count, channels, scaling);
    if (st == BAL_OK) st = bal_examples_paint_heat(path, image, size, channels, image + count);
    free(image);
    return st;
}

/* What the pictures of a list of examples share. pixel and plain: an image as the net sees it, and as it is. */
typedef struct showing {
    const char            *folder;
    const bal_model       *m;
    const bal_predictions *p;
    bal_heatmap           *heatmap; /* NULL: the net has no feature map */
    float                 *pixel, *plain;
} showing;

static bal_status paint_plain(const showing *s, const char *path)
{
    const bal_dataset_options *o = &s->m->setup->data;
    unscale(s->plain, s->pixel, (size_t)o->size * (size_t)o->size * (size_t)o->channels, o->channels, &s->m->scaling);
    return bal_examples_paint(path, s->plain, o->size, o->channels);
}

static bal_status show(const showing *s, const bal_example *e)
{
    char      *plain = bal_examples_path(s->folder, e, false), *heat = bal_examples_path(s->folder, e, true);
    bal_status st = plain && heat ? paint_plain(s, plain) : bal_fail(BAL_ENOMEM, "no memory for a path");
    if (st == BAL_OK && s->heatmap)
        st = bal_heatmap_paint(heat, s->heatmap, s->pixel, s->p->row[e->row].predicted, &s->m->scaling);
    free(plain);
    free(heat);
    return st;
}

static bal_status prepare(showing *s)
{
    const bal_dataset_options *o = &s->m->setup->data;
    size_t                     count = (size_t)o->size * (size_t)o->size * (size_t)o->channels;
    char                      *folder = bal_path_join(s->folder, "examples");
    bal_status                 st = folder ? bal_folder_create(folder) : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(folder);
    BAL_TRY(st);
    s->pixel = malloc(count * sizeof *s->pixel);
    s->plain = malloc(count * sizeof *s->plain);
    if (!s->pixel || !s->plain) return bal_fail(BAL_ENOMEM, "no memory for a picture");
    return bal_net_feature_map(s->m->net) < 0 ? BAL_OK : bal_heatmap_open(&s->heatmap, s->m, NULL);
}

bal_status bal_heatmap_examples(const char *folder, const bal_model *m, const bal_predictions *p,
                                const bal_dataset *data, const int *index)
{
    bal_example example[BAL_EXAMPLES_MAX];
    int         n = bal_examples_choose(example, p);
    showing     s = {.folder = folder, .m = m, .p = p};
    bal_examples_clear(folder);
    if (!n) return BAL_OK;
    bal_status st = prepare(&s);
    for (int i = 0; i < n && st == BAL_OK; i++) {
        int image = index ? index[example[i].row] : example[i].row;
        st = bal_dataset_fill(data, image, s.pixel, &m->scaling);
        if (st == BAL_OK) st = show(&s, &example[i]);
    }
    bal_heatmap_close(s.heatmap);
    free(s.pixel);
    free(s.plain);
    return st;
}
