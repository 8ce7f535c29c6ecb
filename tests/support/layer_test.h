/* layer_test -- proves a layer from a double-precision forward pass and a list of cases.
 *
 * tests/layers/x.c holds nothing but that: `const bal_layer_test bal_test_x = { "x", forward, cases };`. For each case
 * the runner checks, on random inputs of +-(0.05..1): forward against the reference; dx and every weight's gradient
 * against central differences of the reference (all elements of small tensors; else some elements and random
 * directions); a second backward pass, which must add; the frozen pass, and the pass without dx; twice the same bits;
 * nothing written outside its buffers or into its inputs; nothing taken from what outputs and scratch held before
 * (NaNs); a batch below the largest; no allocation in a pass. */
#ifndef BALLAST_LAYER_TEST_H
#define BALLAST_LAYER_TEST_H

#include <stddef.h>
#include <stdint.h>
#include "ballast/layer.h"

typedef struct bal_layer_case {
    const char *options;                  /* as in an INI line: "filters=8 kernel=3" */
    bal_shape   x;                        /* the input; n: the batch */
    bal_shape   more[BAL_MAX_INPUTS - 1]; /* further inputs; unused ones are zero */
    int         levels;                   /* inputs are one of so many integers, so that many are equal; 0: random */
    const char *activation;               /* a layer line that it absorbs: "leaky_relu slope=0.1"; NULL: none */
    const char *pool;                     /* another one, of windows, behind that: "max_pool kernel=2"; NULL: none */
    int         batches;                  /* as in bal_pass; the reference takes one after the other */
} bal_layer_case;

/* CASE("slope=0.2", 3, 5, 7, 9): options, then n h w c. */
#define CASE(text, ...) \
    { \
        .options = (text), .x = { __VA_ARGS__ } \
    }

typedef struct bal_layer_test {
    const char *name;
    /* y = f(x) in double. l's shapes have the case's batch. w: all weights, states among them; a training pass writes
     * new states there. */
    void (*forward)(const bal_layer *l, const bal_pass *pass, const double *const *x, double *const *w, double *y);
    /* dx in double of a layer with one input that chooses between values: differences say nothing where two are equal
     * (cases with levels) or nearly so. Else NULL. */
    void (*backward)(const bal_layer *l, const double *x, const double *dy, double *dx);
    const bal_layer_case *cases;     /* ends with .options NULL */
    bool                  modes;     /* the layer does something else outside training: both are run */
    double                tolerance; /* relative error of the forward pass; 0: 1e-5. Gradients: ten times that */
} bal_layer_test;

/* Every test of tests/layers/, NULL-terminated; generated. */
extern const bal_layer_test *const bal_layer_tests[];

/* A numeric option of a layer. */
double bal_layer_option(const bal_layer *l, const char *name);

/* Index of element (n, h, w, c) of a shape. */
static inline size_t bal_at(bal_shape s, int n, int h, int w, int c)
{
    return (((size_t)n * (size_t)s.h + (size_t)h) * (size_t)s.w + (size_t)w) * (size_t)s.c + (size_t)c;
}

/* Run one case in one mode on a device; the first fault in `message`, false. Without cmocka, so that others may use it.
 */
bool bal_layer_prove(const bal_layer_test *test, const bal_layer_case *c, bool training, uint64_t seed, bal_device *dev,
                     char *message, size_t size);

#endif
