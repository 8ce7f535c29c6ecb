/* dropout -- with the host's random numbers. */
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    double     rate = bal_layer_option(l, "rate");
    bal_stream s = bal_stream_for(pass->seed, BAL_FOR_DROPOUT, pass->draw, (uint32_t)l->index);
    (void)w;
    for (size_t i = 0; i < bal_shape_size(l->in[0]); i++) {
        double keep = (double)bal_random_uniform(&s, i) >= rate && rate < 1 ? 1 / (1 - rate) : 0;
        y[i] = pass->training ? keep * x[0][i] : x[0][i];
    }
}

static const bal_layer_case cases[] = {
    CASE("", 1, 1, 1, 1),
    CASE("rate=0.3", 3, 5, 7, 9),
    CASE("rate=0", 2, 3, 3, 5),
    CASE("rate=1", 2, 3, 3, 5),
    CASE("rate=0.9", 64, 1, 1, 128),
    CASE("rate=0.25", 2, 31, 17, 3),
    {0},
};

const bal_layer_test bal_test_dropout = {.name = "dropout", .forward = forward, .cases = cases, .modes = true};
