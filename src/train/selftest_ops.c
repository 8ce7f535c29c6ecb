/* selftest_ops -- the operations below layers: products, sums, averages, random numbers, against the host in double. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ballast/gemm.h"
#include "ballast/pointwise.h"
#include "ballast/random.h"
#include "ballast/reduce.h"
#include "selftest_parts.h"

enum { N = 3001, ROWS = 97, COLUMNS = 13 };

static bal_stream stream_of(uint32_t which) { return bal_stream_for(1, BAL_FOR_TEST, 300, which); }

static double value(uint32_t which, size_t i)
{
    bal_stream s = stream_of(which);
    return (double)(2 * bal_random_uniform(&s, i) - 1);
}

static bal_status make(bal_tensor *t, bal_device *dev, size_t n, uint32_t which)
{
    float *host = malloc(n * sizeof *host);

    if (!host) return bal_fail(BAL_ENOMEM, "no memory for a selftest");
    for (size_t i = 0; i < n; i++) host[i] = (float)value(which, i);
    bal_status st = bal_tensor_init(t, dev, (bal_shape){1, 1, 1, (int)n});
    if (!st) st = bal_tensor_write(t, host);
    free(host);
    return st;
}

/* Each element against expected(user, i). */
static bal_status check(const bal_tensor *t, double (*expected)(const void *user, size_t i), const void *user,
                        double tolerance)
{
    size_t n = bal_shape_size(t->shape);
    float *host = malloc(n * sizeof *host);

    if (!host) return bal_fail(BAL_ENOMEM, "no memory for a selftest");
    bal_status st = bal_tensor_read(t, host);
    for (size_t i = 0; i < n && !st; i++) {
        double e = expected(user, i);
        if (!(fabs((double)host[i] - e) <= tolerance * (1 + fabs(e))))
            st = bal_fail(BAL_ENAN, "element %zu of %zu: %.9g, should be %.9g", i, n, (double)host[i], e);
    }
    free(host);
    return st;
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

enum { GEMM_M = 37, GEMM_N = 29, GEMM_K = 53 };

typedef struct {
    bool trans_a, trans_b;
} product;

static double product_element(const void *user, size_t i)
{
    const product *p = user;
    size_t         row = i / GEMM_N, column = i % GEMM_N;
    double         sum = value(3, column);

    for (size_t k = 0; k < GEMM_K; k++)
        sum += value(1, p->trans_a ? k * GEMM_M + row : row * GEMM_K + k) *
               value(2, p->trans_b ? column * GEMM_K + k : k * GEMM_N + column);
    return sum;
}

static bal_status run_product(bal_device *dev, product p)
{
    const int  mnk[3] = {GEMM_M, GEMM_N, GEMM_K};
    bal_gemm   g;
    bal_tensor a = {0}, b = {0}, bias = {0}, c = {0}, scratch = {0};
    bal_status st;

    BAL_TRY_OR(end, st, bal_gemm_init(&g, dev, p.trans_a, p.trans_b));
    BAL_TRY_OR(end, st, make(&a, dev, GEMM_M * GEMM_K, 1));
    BAL_TRY_OR(end, st, make(&b, dev, GEMM_K * GEMM_N, 2));
    BAL_TRY_OR(end, st, make(&bias, dev, GEMM_N, 3));
    BAL_TRY_OR(end, st, make(&c, dev, GEMM_M * GEMM_N, 4));
    size_t floats = bal_gemm_scratch(&g, GEMM_M, GEMM_N, GEMM_K);
    BAL_TRY_OR(end, st, bal_tensor_init(&scratch, dev, (bal_shape){1, 1, 1, (int)floats + 1}));
    BAL_TRY_OR(end, st, bal_gemm_run(&g, &c, &a, &b, &bias, mnk, 0, &scratch));
    BAL_TRY_OR(end, st, check(&c, product_element, &p, 1e-5));
end:
    bal_tensor_free(&a);
    bal_tensor_free(&b);
    bal_tensor_free(&bias);
    bal_tensor_free(&c);
    bal_tensor_free(&scratch);
    return st;
}

static bal_status product_nn(bal_device *dev) { return run_product(dev, (product){false, false}); }
static bal_status product_tn(bal_device *dev) { return run_product(dev, (product){true, false}); }
static bal_status product_nt(bal_device *dev) { return run_product(dev, (product){false, true}); }
static bal_status product_tt(bal_device *dev) { return run_product(dev, (product){true, true}); }

/* ---- flat passes ------------------------------------------------------------------------------------------------- */

static double filled(const void *user, size_t i)
{
    (void)user, (void)i;
    return 2.5;
}
static double copied(const void *user, size_t i)
{
    (void)user;
    return value(2, i);
}
static double added(const void *user, size_t i)
{
    (void)user;
    return value(1, i) + value(2, i);
}
static double averaged(const void *user, size_t i)
{
    (void)user;
    return 0.9 * value(1, i) + 0.1 * value(2, i);
}
static double clamped(const void *user, size_t i)
{
    (void)user;
    return fmin(fmax(value(1, i), -0.25), 0.25);
}

static double root(const void *user, size_t unused)
{
    double sum = 0;
    (void)user, (void)unused;
    for (size_t i = 0; i < N; i++) sum += value(1, i) * value(1, i);
    return sqrt(sum);
}

static double clip(const void *user, size_t unused) { return 0.5 / (root(user, unused) + 1e-6); }

static double column(const void *user, size_t c)
{
    double sum = 0;
    (void)user;
    for (size_t r = 0; r < ROWS; r++) sum += value(1, r * COLUMNS + c);
    return sum;
}

static double drawn(const void *user, size_t i)
{
    bal_stream s = stream_of(9);
    (void)user;
    return (double)bal_random_normal(&s, i);
}

typedef bal_status (*pass)(bal_device *dev, bal_tensor *x, bal_tensor *y, bal_tensor *out);

/* x and y of N elements, one element more for results; what `run` makes is checked in x, or in `out` if it is set. */
static bal_status run_pass(bal_device *dev, pass run, double (*expected)(const void *user, size_t i), bool in_out)
{
    bal_tensor x = {0}, y = {0}, out = {0};
    bal_status st;

    BAL_TRY_OR(end, st, make(&x, dev, N, 1));
    BAL_TRY_OR(end, st, make(&y, dev, N, 2));
    BAL_TRY_OR(end, st, make(&out, dev, 1, 3));
    BAL_TRY_OR(end, st, run(dev, &x, &y, &out));
    BAL_TRY_OR(end, st, check(in_out ? &out : &x, expected, NULL, 1e-5));
end:
    bal_tensor_free(&x);
    bal_tensor_free(&y);
    bal_tensor_free(&out);
    return st;
}

#define UNUSED (void)dev, (void)x, (void)y, (void)out

static bal_status do_fill(bal_device *dev, bal_tensor *x, bal_tensor *y, bal_tensor *out)
{
    UNUSED;
    return bal_tensor_fill(x, 2.5f);
}
static bal_status do_copy(bal_device *dev, bal_tensor *x, bal_tensor *y, bal_tensor *out)
{
    UNUSED;
    return bal_tensor_copy(x, y);
}
static bal_status do_add(bal_device *dev, bal_tensor *x, bal_tensor *y, bal_tensor *out)
{
    UNUSED;
    return bal_add(x, y);
}
static bal_status do_average(bal_device *dev, bal_tensor *x, bal_tensor *y, bal_tensor *out)
{
    UNUSED;
    return bal_average(x, y, 0.9);
}
static bal_status do_clamp(bal_device *dev, bal_tensor *x, bal_tensor *y, bal_tensor *out)
{
    UNUSED;
    return bal_clamp(x, 0.25f);
}

static bal_status do_normal(bal_device *dev, bal_tensor *x, bal_tensor *y, bal_tensor *out)
{
    bal_stream s = stream_of(9);
    UNUSED;
    return bal_fill_normal(x, &s);
}

static bal_status do_norm(bal_device *dev, bal_tensor *x, bal_tensor *y, bal_tensor *out)
{
    bal_tensor scratch = {0};

    (void)y;
    bal_status st = bal_tensor_init(&scratch, dev, (bal_shape){1, 1, 1, (int)bal_norm_scratch(dev, N) + 1});
    if (!st) st = bal_norm(out, 0, x, &scratch);
    bal_tensor_free(&scratch);
    return st;
}

static bal_status do_clip(bal_device *dev, bal_tensor *x, bal_tensor *y, bal_tensor *out)
{
    bal_tensor norm = {0};
    bal_status st;

    BAL_TRY_OR(end, st, bal_tensor_init(&norm, dev, (bal_shape){1, 1, 1, 1}));
    BAL_TRY_OR(end, st, do_norm(dev, x, y, &norm));
    BAL_TRY_OR(end, st, bal_clip_factor(out, &norm, 0, 0.5f));
end:
    bal_tensor_free(&norm);
    return st;
}

static bal_status fill(bal_device *dev) { return run_pass(dev, do_fill, filled, false); }
static bal_status copy(bal_device *dev) { return run_pass(dev, do_copy, copied, false); }
static bal_status add(bal_device *dev) { return run_pass(dev, do_add, added, false); }
static bal_status average(bal_device *dev) { return run_pass(dev, do_average, averaged, false); }
static bal_status clamp(bal_device *dev) { return run_pass(dev, do_clamp, clamped, false); }
static bal_status normal(bal_device *dev) { return run_pass(dev, do_normal, drawn, false); }
static bal_status norm(bal_device *dev) { return run_pass(dev, do_norm, root, true); }
static bal_status clip_factor(bal_device *dev) { return run_pass(dev, do_clip, clip, true); }

static bal_status column_sum(bal_device *dev)
{
    bal_tensor x = {0}, sum = {0}, scratch = {0};
    bal_status st;

    BAL_TRY_OR(end, st, make(&x, dev, ROWS * COLUMNS, 1));
    x.shape = (bal_shape){ROWS, 1, 1, COLUMNS};
    BAL_TRY_OR(end, st, bal_tensor_init(&sum, dev, (bal_shape){1, 1, 1, COLUMNS}));
    BAL_TRY_OR(end, st,
               bal_tensor_init(&scratch, dev, (bal_shape){1, 1, 1, (int)bal_column_scratch(dev, ROWS, COLUMNS) + 1}));
    BAL_TRY_OR(end, st, bal_column_sum(&sum, &x, false, &scratch));
    BAL_TRY_OR(end, st, check(&sum, column, NULL, 1e-5));
end:
    bal_tensor_free(&x);
    bal_tensor_free(&sum);
    bal_tensor_free(&scratch);
    return st;
}

const bal_operation bal_operations[] = {
    {"fill", fill},
    {"copy", copy},
    {"sum of two tensors", add},
    {"moving average", average},
    {"clamp", clamp},
    {"norm", norm},
    {"clip factor", clip_factor},
    {"sums of columns", column_sum},
    {"normal random numbers", normal},
    {"matrix product", product_nn},
    {"matrix product, A transposed", product_tn},
    {"matrix product, B transposed", product_nt},
    {"matrix product, both transposed", product_tt},
    {NULL, NULL},
};
