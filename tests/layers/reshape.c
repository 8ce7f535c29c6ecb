/* reshape -- through the list of numbers in PyTorch's order. */
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    bal_shape in = l->in[0], out = l->out;
    int       size = out.h * out.w * out.c;
    (void)pass;
    (void)w;
    for (int n = 0; n < in.n; n++)
        for (int i = 0; i < size; i++) {
            double v = x[0][bal_at(in, n, i / in.w % in.h, i % in.w, i / in.w / in.h)];
            y[bal_at(out, n, i / out.w % out.h, i % out.w, i / out.w / out.h)] = v;
        }
}

static const bal_layer_case cases[] = {
    CASE("c=1", 1, 1, 1, 1),
    CASE("h=4 w=4 c=32", 3, 1, 1, 512),
    CASE("h=3 w=5 c=14", 2, 7, 6, 5),
    CASE("c=210", 2, 7, 6, 5),
    {0},
};

const bal_layer_test bal_test_reshape = {.name = "reshape", .forward = forward, .cases = cases};
