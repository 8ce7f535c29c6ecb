/* concat -- inputs of different channel counts side by side. */
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    int pixels = l->out.n * l->out.h * l->out.w;
    (void)pass;
    (void)w;
    for (int i = 0; i < pixels; i++)
        for (int j = 0; j < l->inputs; j++)
            for (int c = 0; c < l->in[j].c; c++) *y++ = x[j][i * l->in[j].c + c];
}

static const bal_layer_case cases[] = {
    {.options = "", .x = {1, 1, 1, 1}, .more = {{1, 1, 1, 1}}},
    {.options = "", .x = {3, 5, 7, 9}, .more = {{3, 5, 7, 20}}},
    {.options = "", .x = {2, 4, 4, 64}, .more = {{2, 4, 4, 16}, {2, 4, 4, 3}}},
    {.options = "", .x = {2, 3, 5, 3}, .more = {{2, 3, 5, 1}, {2, 3, 5, 17}, {2, 3, 5, 32}}},
    {0},
};

const bal_layer_test bal_test_concat = {.name = "concat", .forward = forward, .cases = cases};
