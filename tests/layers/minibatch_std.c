/* minibatch_std -- a channel with the mean deviation of a group of images. */
#include <math.h>
#include "layer_test.h"

static double deviation(const bal_layer *l, const double *x, int first, int count)
{
    int    values = l->in[0].h * l->in[0].w * l->in[0].c;
    double sum = 0;
    for (int v = 0; v < values; v++) {
        double mean = 0, variance = 0;
        for (int i = first; i < first + count; i++) mean += x[i * values + v] / count;
        for (int i = first; i < first + count; i++) variance += pow(x[i * values + v] - mean, 2) / count;
        sum += sqrt(variance + bal_layer_option(l, "eps")) / values;
    }
    return sum;
}

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    bal_shape in = l->in[0];
    int       group = (int)bal_layer_option(l, "group"), pixels = in.h * in.w;
    (void)pass;
    (void)w;
    for (int n = 0; n < in.n; n++) {
        int    first = n / group * group, left = in.n - first;
        double s = deviation(l, x[0], first, left < group ? left : group);
        for (int p = n * pixels; p < (n + 1) * pixels; p++) {
            for (int c = 0; c < in.c; c++) y[p * (in.c + 1) + c] = x[0][p * in.c + c];
            y[p * (in.c + 1) + in.c] = s;
        }
    }
}

static const bal_layer_case cases[] = {
    CASE("eps=0.01", 8, 4, 4, 6),
    CASE("group=2 eps=0.001", 5, 3, 5, 1),
    CASE("group=3 eps=0.001", 7, 2, 2, 17),
    CASE("group=64 eps=0.001", 6, 1, 1, 32),
    {.options = "group=4 eps=0.001", .x = {12, 3, 2, 5}, .batches = 2},
    {0},
};

const bal_layer_test bal_test_minibatch_std = {.name = "minibatch_std", .forward = forward, .cases = cases};
