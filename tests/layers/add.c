/* add -- two, three, four inputs. */
#include "layer_test.h"

static void forward(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y)
{
    (void)pass;
    (void)w;
    for (size_t i = 0; i < bal_shape_size(l->in[0]); i++) {
        y[i] = 0;
        for (int j = 0; j < l->inputs; j++) y[i] += x[j][i];
    }
}

static const bal_layer_case cases[] = {
    {.options = "", .x = {1, 1, 1, 1}, .more = {{1, 1, 1, 1}}},
    {.options = "", .x = {3, 5, 7, 9}, .more = {{3, 5, 7, 9}}},
    {.options = "", .x = {2, 4, 4, 64}, .more = {{2, 4, 4, 64}, {2, 4, 4, 64}}},
    {.options = "", .x = {2, 3, 5, 3}, .more = {{2, 3, 5, 3}, {2, 3, 5, 3}, {2, 3, 5, 3}}},
    {0},
};

const bal_layer_test bal_test_add = {.name = "add", .forward = forward, .cases = cases};
