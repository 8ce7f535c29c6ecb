/* loss_test -- see loss_test.h; the runner itself is tests/losses_main.c. */
#include "loss_test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double bal_loss_option(const bal_loss *l, const char *name)
{
    return bal_option_number(l->def->options, l->self, name);
}

double bal_softplus(double y) { return fmax(y, 0) + log1p(exp(-fabs(y))); }

double bal_sigmoid(double y) { return y < 0 ? exp(y) / (1 + exp(y)) : 1 / (1 + exp(-y)); }

double bal_mean_output(double (*value)(const bal_loss *l, bal_target target, double y), const bal_loss *l,
                       bal_target target, bal_shape shape, const double *y, double *score)
{
    size_t n = bal_shape_size(shape);
    double sum = 0;
    *score = 0;
    for (size_t i = 0; i < n; i++) {
        sum += value(l, target, y[i]);
        *score += bal_sigmoid(y[i]) / (double)n;
    }
    return sum / (double)n;
}

double bal_mean_labelled(double (*value)(const bal_loss *l, int c, const double *y, int own), const bal_loss *l,
                         bal_shape shape, const double *y, const bal_loss_labels *labels, double *score)
{
    double sum = 0;
    int    c = shape.c;
    *score = 0;
    for (int i = 0; i < shape.n; i++, y += c) {
        int best = c == 1 && y[0] > 0;
        for (int k = 1; k < c; k++) best = y[k] > y[best] ? k : best;
        for (int j = 2 * i; j < 2 * i + 2; j++) {
            if (labels->share[j] <= 0) continue;
            sum += labels->share[j] * labels->weight[labels->class[j]] * value(l, c, y, labels->class[j]) / shape.n;
            *score += labels->share[j] * (labels->class[j] == best) / shape.n;
        }
    }
    return sum;
}

bal_status bal_loss_open(bal_loss *l, bal_option_pool **pool, bal_device *dev, const char *name, const char *options,
                         bal_shape y)
{
    static int images[256];
    bal_where  at = {"test", 0};
    char       line[256];
    for (int k = 0; k < 256; k++) images[k] = 1 + (37 * k + 40) % 171;
    bool adversarial = strstr("hinge least_squares non_saturating wasserstein", name) != NULL;
    snprintf(line, sizeof line, "%s %s", name, options);
    *pool = NULL;
    BAL_TRY(bal_loss_read(l, pool, line, adversarial, at));
    l->images = images;
    return bal_loss_build(l, dev, y, at);
}

void bal_loss_close(bal_loss *l, bal_option_pool *pool)
{
    bal_loss_free(l);
    bal_option_pool_free(pool);
}
