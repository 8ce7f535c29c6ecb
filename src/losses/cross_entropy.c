/* cross_entropy -- softmax cross-entropy over classes, with class weights, smoothing, logit adjustment. See
 * cl/cross_entropy.cl. */
#include "_loss.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/text.h"

typedef struct {
    const char      *weights;
    float            label_smoothing, adjust;
    float           *weight; /* of each class */
    bal_tensor       on_device, offset;
    bal_loss_kernels kernels;
} cross_entropy;

static const bal_option options[] = {
    BAL_OPT_TEXT(cross_entropy, weights, NULL, "a weight for each class, e.g. 1,2.5; the mean is a weighted one"),
    BAL_OPT(cross_entropy, label_smoothing, BAL_FLOAT, 0, 0, 0.999, "share of the target spread over all classes"),
    BAL_OPT(cross_entropy, adjust, BAL_FLOAT, 0, 0, 10,
            "logit adjustment: so many times the log of a class's share of the training images is added to its logit, "
            "in training alone; 1: balanced softmax"),
    BAL_OPT_END};

/* The next number of "1,2.5"; *text moves behind its comma, or to NULL at the end. */
static bool next_number(double *out, const char **text)
{
    char        item[32];
    const char *comma = strchr(*text, ',');
    size_t      length = comma ? (size_t)(comma - *text) : strlen(*text);
    if (length >= sizeof item) return false;
    memcpy(item, *text, length);
    item[length] = 0;
    *text = comma ? comma + 1 : NULL;
    return bal_number_parse(out, item);
}

static bal_status parse_weights(float *weight, int classes, const char *text, bal_where at)
{
    int    count = 0;
    double sum = 0;
    for (const char *rest = text; rest; count++) {
        double v;
        if (!next_number(&v, &rest) || v < 0 || v > 1e6)
            return bal_fail_at(at, "loss cross_entropy: weights = %s: numbers from 0 to 1e6, separated by commas",
                               text);
        if (count < classes) weight[count] = (float)v;
        sum += v;
    }
    if (count != classes)
        return bal_fail_at(at, "loss cross_entropy: weights = %s: %d given, the net has %d outputs", text, count,
                           classes);
    if (sum <= 0) return bal_fail_at(at, "loss cross_entropy: weights = %s: at least one must be above 0", text);
    return BAL_OK;
}

static bal_status shape(bal_loss *l, bal_where at)
{
    cross_entropy *p = l->self;
    BAL_TRY(bal_loss_vector(l, 0, at));
    free(p->weight);
    p->weight = malloc((size_t)l->y.c * sizeof *p->weight);
    if (!p->weight) return bal_fail(BAL_ENOMEM, "no memory for %d class weights", l->y.c);
    for (int k = 0; k < l->y.c; k++) p->weight[k] = 1;
    return p->weights ? parse_weights(p->weight, l->y.c, p->weights, at) : BAL_OK;
}

static bal_status build(bal_loss *l, bal_device *dev)
{
    cross_entropy *p = l->self;
    BAL_TRY(bal_tensor_init(&p->on_device, dev, (bal_shape){1, 1, 1, l->y.c}));
    BAL_TRY(bal_tensor_write(&p->on_device, p->weight));
    BAL_TRY(bal_loss_adjustment(&p->offset, l, dev, p->adjust, false));
    return bal_loss_kernels_get(&p->kernels, l, dev, "cross_entropy", "cross_entropy", (size_t)l->y.n);
}

static bal_status run(bal_loss *l, bal_target target, const bal_tensor *y, const bal_tensor *label,
                      const bal_tensor *dy, const bal_tensor *figures, int slot)
{
    cross_entropy *p = l->self;
    bal_arg        own[] = {bal_buf(&p->on_device), bal_buf(&p->offset), bal_f32(p->label_smoothing)};
    assert(target == BAL_LABELS);
    (void)target;
    return bal_labelled_run(&p->kernels, l, y, label, dy, figures, slot, own, 3);
}

static void release(bal_loss *l)
{
    cross_entropy *p = l->self;
    free(p->weight);
    p->weight = NULL;
    bal_tensor_free(&p->on_device);
    bal_tensor_free(&p->offset);
}

const bal_loss_def bal_loss_cross_entropy = {
    .name = "cross_entropy",
    .help = "softmax cross-entropy; one output for each class",
    .size = sizeof(cross_entropy),
    .options = options,
    .shape = shape,
    .build = build,
    .run = run,
    .free = release,
};
