/* cosine -- scale x.w / (|x| |w|). */
#include "layer_test.h"

#include <math.h>

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    int    units = l->out.c, in = l->in[0].c;
    double scale = bal_option_number(l->def->options, l->self, "scale");
    (void)pass;
    for (int n = 0; n < l->in[0].n; n++)
        for (int o = 0; o < units; o++) {
            double product = 0, a = 0, b = 0;
            for (int i = 0; i < in; i++) {
                double u = x[0][n * in + i], v = w[0][i * units + o];
                product += u * v;
                a += u * u;
                b += v * v;
            }
            y[n * units + o] = scale * product / sqrt(a * b);
        }
}

static const bal_layer_case cases[] = {
    CASE("units=2 scale=0.5", 1, 1, 1, 3),
    CASE("units=4 scale=2", 3, 1, 1, 7),
    CASE("units=10 scale=1", 64, 1, 1, 128),
    CASE("units=67 scale=4", 33, 1, 1, 101),
    {0},
};

const bal_layer_test bal_test_cosine = {.name = "cosine", .forward = forward, .cases = cases};
