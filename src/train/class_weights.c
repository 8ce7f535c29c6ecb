/* class_weights -- see include/ballast/class_weights.h. */
#include "ballast/class_weights.h"

#include <math.h>

enum { NONE, INVERSE, EFFECTIVE };

#define POWER BAL_OPT(bal_class_weights, power, BAL_FLOAT, 1, 0, 1, "of the weight; 0.5: its square root")

static const bal_option none_options[] = {BAL_OPT_END};
static const bal_option inverse_options[] = {POWER, BAL_OPT_END};
static const bal_option effective_options[] = {
    POWER,
    BAL_OPT(bal_class_weights, beta, BAL_FLOAT, 0.999, 0, 0.999999, "share of a further image that is not new"),
    BAL_OPT_END
};

const bal_word bal_class_weights_words[] = {
    {"none", "every image counts alike", none_options},
    {"inverse", "every class counts alike: by the inverse of its images", inverse_options},
    {"effective", "by the inverse of its effective number of images, (1 - beta^n) / (1 - beta)", effective_options},
    {NULL, NULL, NULL}
};

bal_status bal_class_weights_parse(bal_class_weights *out, const char *line, bal_where at)
{
    *out = (bal_class_weights){0};
    return bal_word_parse(&out->kind, out, bal_class_weights_words, "class weighting", line, at);
}

bool bal_class_weights_active(const bal_class_weights *w) { return w->kind != NONE && w->power > 0; }

static double unscaled(const bal_class_weights *w, int n)
{
    double beta = (double)w->beta;
    if (n == 0) return 0;
    switch (w->kind) {
    case INVERSE: return pow(n, -(double)w->power);
    case EFFECTIVE: return beta > 0 ? pow((1 - beta) / -expm1(n * log(beta)), (double)w->power) : 1;
    default: return 1;
    }
}

void bal_class_weights_fill(float *weight, const bal_class_weights *w, const int *images, int classes)
{
    double sum = 0, count = 0;
    for (int c = 0; c < classes; c++) {
        sum += images[c] * unscaled(w, images[c]);
        count += images[c];
    }
    for (int c = 0; c < classes; c++) weight[c] = sum > 0 ? (float)(unscaled(w, images[c]) * count / sum) : 1;
}
