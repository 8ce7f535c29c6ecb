/* model -- see include/ballast/model.h. */
#include "ballast/model.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
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

bal_status bal_probabilities(double *out, bal_net *net, bal_device *dev, int count, bal_fill_image fill, void *user)
{
    const bal_pass look = {.training = false};
    bal_shape      in = bal_net_in(net), y_shape = bal_net_out(net);
    size_t         image = bal_shape_size(in) / (size_t)in.n;
    int            outputs = y_shape.h * y_shape.w * y_shape.c, classes = outputs > 1 ? outputs : 2;
    bal_tensor     all = {0}, y;
    bal_status     st;
    float         *pixel = malloc(bal_shape_size(in) * sizeof *pixel);
    float         *logits = malloc(bal_shape_size(y_shape) * sizeof *logits);
    if (!pixel || !logits) BAL_TRY_OR(end, st, bal_fail(BAL_ENOMEM, "no memory for a batch"));
    BAL_TRY_OR(end, st, bal_tensor_init(&all, dev, in));
    for (int first = 0; first < count; first += in.n) {
        bal_tensor x = all;
        x.shape.n = count - first < in.n ? count - first : in.n;
        for (int i = 0; i < x.shape.n; i++) BAL_TRY_OR(end, st, fill(user, first + i, pixel + (size_t)i * image));
        BAL_TRY_OR(end, st, bal_tensor_write(&x, pixel));
        BAL_TRY_OR(end, st, bal_net_forward(net, &look, &x, &y));
        BAL_TRY_OR(end, st, bal_tensor_read(&y, logits));
        to_probabilities(out + (size_t)first * (size_t)classes, logits, x.shape.n, outputs);
    }
end:
    bal_tensor_free(&all);
    free(pixel);
    free(logits);
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

bal_status bal_classify_part(bal_predictions *out, bal_net *net, bal_device *dev, const bal_dataset *data,
                             bal_part part, const bal_scaling *scaling)
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
    BAL_TRY_OR(end, st, bal_probabilities(p, net, dev, count, fill_from_part, &images));
    BAL_TRY_OR(end, st, add_rows(out, &images, count, p, classes));
end:
    free(names);
    free(p);
    return st;
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
    BAL_TRY_OR(end, st, bal_stored_get_point(&m->point, &m->has_point, c, m->class_count, path));
    BAL_TRY_OR(end, st, bal_checkpoint_get_net(c, "", m->net, NULL, NULL));
end:
    bal_checkpoint_free(c);
    return st;
}

bal_status bal_model_load(bal_model *m, bal_device *dev, const bal_setup *s, const char *folder)
{
    char *path = bal_path_join(folder, "best.safetensors");
    *m = (bal_model){.dev = dev, .setup = s};
    bal_status st = path ? read_weights(m, path) : bal_fail(BAL_ENOMEM, "no memory for a path");
    free(path);
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
    bal_net_free(m->net);
    bal_setup_close(m->own);
    for (int i = 0; i < m->class_count; i++) free(m->classes[i]);
    free(m->classes);
    *m = (bal_model){0};
}

static bal_status check_same_classes(const bal_model *m, const bal_dataset *data)
{
    bool same = m->class_count == bal_dataset_class_count(data);
    for (int k = 0; same && k < m->class_count; k++) same = strcmp(m->classes[k], bal_dataset_class(data, k)) == 0;
    return same ? BAL_OK
                : bal_fail(BAL_ECONFIG, "the data's classes are not those that the classifier was trained for");
}

bal_status bal_model_classify(bal_predictions *out, bal_model *m, const bal_dataset *data, bal_part part)
{
    *out = (bal_predictions){0};
    BAL_TRY(check_same_classes(m, data));
    BAL_TRY(bal_classify_part(out, m->net, m->dev, data, part, &m->scaling));
    bal_model_decide(m, out);
    return BAL_OK;
}
