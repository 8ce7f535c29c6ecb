/* model -- see include/ballast/model.h. */
#include "ballast/model.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/ensemble.h"
#include "ballast/files.h"
#include "ballast/stored.h"

/* ---- classifying ------------------------------------------------------------------------------------------------ */

static void softmax(double *p, const float *logit, int classes)
{
    double most = (double)logit[0], sum = 0;
    for (int k = 1; k < classes; k++) most = fmax(most, (double)logit[k]);
    for (int k = 0; k < classes; k++) sum += p[k] = exp((double)logit[k] - most);
    for (int k = 0; k < classes; k++) p[k] /= sum;
}

static void to_probabilities(double *out, const float *logits, int n, int outputs)
{
    for (int i = 0; i < n; i++) {
        if (outputs > 1) softmax(out + (size_t)i * (size_t)outputs, logits + (size_t)i * (size_t)outputs, outputs);
        else {
            out[2 * i + 1] = 1 / (1 + exp(-(double)logits[i]));
            out[2 * i] = 1 / (1 + exp((double)logits[i]));
        }
    }
}

/* View v of a square image: bit 0 mirrors left and right, bit 1 up and down, bit 2 rows and columns. */
static void turn(float *out, const float *in, int side, int channels, int v)
{
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            int a = v & 4 ? x : y, b = v & 4 ? y : x;
            if (v & 1) b = side - 1 - b;
            if (v & 2) a = side - 1 - a;
            memcpy(out + ((size_t)y * (size_t)side + (size_t)x) * (size_t)channels,
                   in + ((size_t)a * (size_t)side + (size_t)b) * (size_t)channels, (size_t)channels * sizeof *out);
        }
}

/* A batch on its way through the net. */
typedef struct batch {
    const bal_scorer *scorer;
    bal_tensor        x;
    size_t            image;          /* floats */
    float            *pixel, *turned; /* as filled; a view of it */
} batch;

static bal_status batch_open(batch *b, const bal_scorer *scorer)
{
    bal_shape in = bal_net_in(scorer->net);
    *b = (batch){.scorer = scorer, .image = bal_shape_size(in) / (size_t)in.n};
    b->pixel = malloc(bal_shape_size(in) * sizeof *b->pixel);
    if (scorer->views) b->turned = malloc(bal_shape_size(in) * sizeof *b->turned);
    if (!b->pixel || (scorer->views && !b->turned)) return bal_fail(BAL_ENOMEM, "no memory for a batch");
    return bal_tensor_init(&b->x, scorer->dev, in);
}

static void batch_close(batch *b)
{
    bal_tensor_free(&b->x);
    free(b->pixel);
    free(b->turned);
}

static bal_status batch_fill(batch *b, int first, int count, bal_fill_image fill, void *user)
{
    int most = bal_net_in(b->scorer->net).n;
    b->x.shape.n = count - first < most ? count - first : most;
    for (int i = 0; i < b->x.shape.n; i++) BAL_TRY(fill(user, first + i, b->pixel + (size_t)i * b->image));
    return BAL_OK;
}

static bal_status batch_look(const batch *b, int view, bal_tensor *y)
{
    const bal_pass look = {.training = false};
    bal_shape      s = b->x.shape;
    for (int i = 0; view && i < s.n; i++)
        turn(b->turned + (size_t)i * b->image, b->pixel + (size_t)i * b->image, s.h, s.c, view);
    BAL_TRY(bal_tensor_write(&b->x, view ? b->turned : b->pixel));
    return bal_net_forward(b->scorer->net, &look, &b->x, y);
}

/* sum[n][classes] += the probabilities from each view, over their number. `one` is as large. */
static bal_status add_views(double *sum, double *one, float *logits, const batch *b, int outputs, int classes)
{
    static const int count[] = {1, 2, 8};
    int              views = count[b->scorer->views];
    for (int v = 0; v < views; v++) {
        bal_tensor y;
        BAL_TRY(batch_look(b, v, &y));
        BAL_TRY(bal_tensor_read(&y, logits));
        to_probabilities(one, logits, b->x.shape.n, outputs);
        for (int i = 0; i < b->x.shape.n * classes; i++) sum[i] += one[i] / views;
    }
    return BAL_OK;
}

bal_status bal_probabilities(double *out, const bal_scorer *scorer, int count, bal_fill_image fill, void *user)
{
    bal_shape  y = bal_net_out(scorer->net);
    int        outputs = y.h * y.w * y.c, classes = outputs > 1 ? outputs : 2;
    size_t     most = (size_t)y.n * (size_t)classes;
    batch      b;
    bal_status st;
    float     *logits = malloc(bal_shape_size(y) * sizeof *logits);
    double    *one = malloc(most * sizeof *one);
    BAL_TRY_OR(end, st, batch_open(&b, scorer));
    if (!logits || !one) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for a batch"));
    memset(out, 0, (size_t)count * (size_t)classes * sizeof *out);
    for (int first = 0; first < count; first += y.n) {
        BAL_TRY_OR(end, st, batch_fill(&b, first, count, fill, user));
        BAL_TRY_OR(end, st, add_views(out + (size_t)first * (size_t)classes, one, logits, &b, outputs, classes));
    }
end:
    batch_close(&b);
    free(logits);
    free(one);
    return st;
}

typedef struct part_images {
    const bal_dataset *data;
    const int         *index;
    const bal_scaling *scaling;
} part_images;

static bal_status fill_from_part(void *user, int i, float *pixel)
{
    const part_images *p = user;
    return bal_dataset_fill(p->data, p->index[i], pixel, p->scaling);
}

int bal_most_probable(const double *p, int classes)
{
    int best = 0;
    for (int k = 1; k < classes; k++)
        if (p[k] > p[best]) best = k;
    return best;
}

static bal_status add_rows(bal_predictions *out, const part_images *images, int count, const double *p, int classes)
{
    for (int i = 0; i < count; i++) {
        const bal_sample *s = bal_dataset_sample(images->data, images->index[i]);
        const double     *row = p + (size_t)i * (size_t)classes;
        bal_prediction    add = {.path = s->path,
                                 .group = s->group,
                                 .label = s->label,
                                 .predicted = bal_most_probable(row, classes),
                                 .probability = row};
        BAL_TRY(bal_predictions_add(out, &add));
    }
    return BAL_OK;
}

bal_status bal_classify_part(bal_predictions *out, const bal_scorer *scorer, const bal_dataset *data, bal_part part,
                             const bal_scaling *scaling)
{
    part_images  images = {data, NULL, scaling};
    int          count = bal_dataset_part(data, part, -1, &images.index), classes = bal_dataset_class_count(data);
    const char **names = calloc((size_t)classes, sizeof *names);
    double      *p = calloc((size_t)count * (size_t)classes + 1, sizeof *p);
    bal_status   st;
    *out = (bal_predictions){0};
    if (!names || !p) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for predictions"));
    for (int k = 0; k < classes; k++) names[k] = bal_dataset_class(data, k);
    BAL_TRY_OR(end, st, bal_predictions_init(out, names, classes, true));
    BAL_TRY_OR(end, st, bal_probabilities(p, scorer, count, fill_from_part, &images));
    BAL_TRY_OR(end, st, add_rows(out, &images, count, p, classes));
end:
    free(names);
    free(p);
    return st;
}

bal_status bal_features_of(bal_features *out, const bal_scorer *scorer, int count, bal_fill_image fill, void *user)
{
    bal_shape  width = bal_net_layer(scorer->net, bal_net_count(scorer->net) - 1)->in[0];
    batch      b;
    bal_status st;
    *out = (bal_features){NULL, count, width.h * width.w * width.c};
    float *x = malloc(((size_t)out->count * (size_t)out->width + 1) * sizeof *x);
    out->x = x;
    BAL_TRY_OR(end, st, batch_open(&b, scorer));
    if (!x) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for the features of %d images", out->count));
    for (int first = 0; first < out->count; first += b.x.shape.n) {
        bal_tensor y;
        BAL_TRY_OR(end, st, batch_fill(&b, first, out->count, fill, user));
        BAL_TRY_OR(end, st, batch_look(&b, 0, &y));
        y = bal_net_features(scorer->net);
        BAL_TRY_OR(end, st, bal_tensor_read(&y, x + (size_t)first * (size_t)out->width));
    }
end:
    batch_close(&b);
    return st;
}

bal_status bal_features_of_part(bal_features *out, const bal_scorer *scorer, const bal_dataset *data, bal_part part,
                                const bal_scaling *scaling)
{
    part_images images = {data, NULL, scaling};
    int         count = bal_dataset_part(data, part, -1, &images.index);
    return bal_features_of(out, scorer, count, fill_from_part, &images);
}

/* ---- a trained one ---------------------------------------------------------------------------------------------- */

static bal_status read_weights(bal_model *m, const char *path)
{
    enum { BATCH = 64 };
    bal_checkpoint *c;
    bal_status      st;
    if (!bal_file_exists(path)) return bal_fail(BAL_EIO, "there is no trained classifier (%s)", path);
    BAL_TRY(bal_setup_net(&m->net, m->setup, "classifier", BATCH));
    BAL_TRY(bal_net_build(m->net, m->dev, false, 0, 0));
    BAL_TRY(bal_checkpoint_read(&c, path));
    BAL_TRY_OR(end, st, bal_stored_get_classes(&m->classes, &m->class_count, c, path));
    BAL_TRY_OR(end, st, bal_stored_get_scaling(&m->scaling, c, path));
    BAL_TRY_OR(end, st, bal_stored_get_decision(&m->temperature, &m->offset, c, m->class_count, path));
    BAL_TRY_OR(end, st, bal_stored_get_point(&m->point, &m->has_point, c, m->class_count, path));
    m->validated = bal_stored_get_validated(c);
    BAL_TRY_OR(end, st, bal_checkpoint_get_net(c, "", m->net, NULL, NULL));
end:
    bal_checkpoint_free(c);
    return st;
}

static bal_status load_one(bal_model *m, bal_device *dev, const bal_setup *s, const char *folder)
{
    char *path = bal_path_join(folder, "best.safetensors");
    *m = (bal_model){.dev = dev, .setup = s, .temperature = 1, .validated = (double)NAN};
    bal_status st = path ? read_weights(m, path) : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(path);
    return st;
}

static bal_status load_members(bal_model *m, const char *folder)
{
    int others = m->setup->classifier.ensemble - 1;
    if (others < 1) return BAL_OK;
    m->member = calloc((size_t)others, sizeof *m->member);
    if (!m->member) return bal_fail(BAL_ENOMEM, "no memory for %d classifiers", others);
    for (; m->members < others; m->members++) {
        char      *path = bal_ensemble_folder(folder, m->members + 1);
        bal_status st = path ? load_one(&m->member[m->members], m->dev, m->setup, path)
                             : bal_fail(BAL_ENOMEM, "no memory for a path");
        free(path);
        if (st == BAL_OK) continue;
        bal_model_close(&m->member[m->members]);
        return st;
    }
    return BAL_OK;
}

bal_status bal_model_load(bal_model *m, bal_device *dev, const bal_setup *s, const char *folder)
{
    bal_status st = load_one(m, dev, s, folder);
    if (st == BAL_OK) st = load_members(m, folder);
    if (st != BAL_OK) bal_model_close(m);
    return st;
}

bal_status bal_model_open(bal_model *m, bal_device *dev, const char *run)
{
    char      *config = bal_path_join(run, "config.ini"), *folder = bal_path_join(run, "classifier");
    bal_setup *own = NULL;
    bal_status st =
        config && folder ? bal_setup_open(&own, config, NULL, 0) : bal_fail(BAL_ENOMEM, "no memory for a path");
    *m = (bal_model){0};
    if (st == BAL_OK) st = bal_model_load(m, dev, own, folder);
    free(config);
    free(folder);
    if (st == BAL_OK) m->own = own;
    else bal_setup_close(own);
    return st;
}

void bal_model_close(bal_model *m)
{
    for (int i = 0; i < m->members; i++) bal_model_close(&m->member[i]);
    free(m->member);
    bal_net_free(m->net);
    bal_setup_close(m->own);
    for (int i = 0; i < m->class_count; i++) free(m->classes[i]);
    free(m->classes);
    free(m->offset);
    *m = (bal_model){0};
}

bal_scorer bal_model_scorer(const bal_model *m)
{
    return (bal_scorer){m->net, m->dev, (bal_views)m->setup->classifier.tta};
}
