/* loss_test -- see loss_test.h; the runner itself is tests/losses_main.c. */
#include "loss_test.h"

#include <math.h>
#include <stdlib.h>
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

static const bal_loss_def *find(const char *name)
{
    for (int i = 0; bal_loss_defs[i]; i++)
        if (strcmp(bal_loss_defs[i]->name, name) == 0) return bal_loss_defs[i];
    return NULL;
}

bal_status bal_loss_open(bal_loss *l, bal_option_pool **pool, bal_device *dev, const char *name, const char *options,
                         bal_shape y)
{
    bal_where at = {"test", 0};
    memset(l, 0, sizeof *l);
    *pool = NULL;
    l->def = find(name);
    if (!l->def) return bal_fail(BAL_ECONFIG, "there is no loss %s", name);
    l->y = y;
    l->self = calloc(1, l->def->size);
    if (!l->self) return bal_fail(BAL_ENOMEM, "no memory for a loss");
    BAL_TRY(bal_option_parse(l->def->options, l->self, pool, "loss", options, at));
    BAL_TRY(l->def->shape(l, at));
    BAL_TRY(l->def->build(l, dev));
    return bal_tensor_init(&l->workspace, dev, (bal_shape){1, 1, 1, (int)l->scratch});
}

void bal_loss_close(bal_loss *l, bal_option_pool *pool)
{
    if (l->def && l->self && l->def->free) l->def->free(l);
    bal_tensor_free(&l->workspace);
    free(l->self);
    bal_option_pool_free(pool);
    memset(l, 0, sizeof *l);
}
