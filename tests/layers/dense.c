/* dense -- y = x w + b. */
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    int units = l->out.c, in = l->in[0].c;
    (void)pass;
    for (int n = 0; n < l->in[0].n; n++)
        for (int o = 0; o < units; o++) {
            double sum = l->weight_count > 1 ? w[1][o] : 0;
            for (int i = 0; i < in; i++) sum += x[0][n * in + i] * w[0][i * units + o];
            y[n * units + o] = sum;
        }
}

static const bal_layer_case cases[] = {
    CASE("units=1", 1, 1, 1, 1),     CASE("units=4", 3, 1, 1, 7),      CASE("units=10 bias=off", 64, 1, 1, 128),
    CASE("units=67", 33, 1, 1, 101), CASE("units=256", 16, 1, 1, 512), {0},
};

const bal_layer_test bal_test_dense = {.name = "dense", .forward = forward, .cases = cases};
