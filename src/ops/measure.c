/* measure -- see include/ballast/measure.h. */
#include "ballast/measure.h"
#include <stdio.h>
#include <time.h>
#include "ballast/gemm.h"

enum { REPEATS = 7, GEMM_SIZE = 1152, LAUNCHES = 200, ROUNDS = 4000, INNER = 16 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

typedef bal_status (*work)(void *user);

/* The shortest of REPEATS runs, after one that warms up. */
static bal_status best_time(double *out, bal_device *dev, work run, void *user)
{
    *out = 1e30;
    for (int i = 0; i <= REPEATS; i++) {
        double t = seconds();
        BAL_TRY(run(user));
        BAL_TRY(bal_device_finish(dev));
        t = seconds() - t;
        if (i > 0 && t < *out) *out = t;
    }
    return BAL_OK;
}

/* ---- copy ------------------------------------------------------------------------------------------------------- */

typedef struct pair {
    bal_tensor a, b;
} pair;

static bal_status copy(void *user)
{
    const pair *p = user;
    return bal_tensor_copy(&p->b, &p->a);
}

static bal_status measure_copy(double *gbps, bal_device *dev)
{
    const bal_device_info *info = bal_device_describe(dev);
    size_t                 bytes = info->cache ? 4 * info->cache : (size_t)1 << 30, least = (size_t)64 << 20;
    pair                   p = {0};
    double                 t = 1;
    bytes = bytes < least ? least : bytes;
    bytes = bytes > info->max_buffer ? info->max_buffer : bytes;
    bal_shape  shape = {1, 1, 1, (int)(bytes / sizeof(float))};
    bal_status st;
    BAL_TRY_OR(end, st, bal_tensor_init(&p.a, dev, shape));
    BAL_TRY_OR(end, st, bal_tensor_init(&p.b, dev, shape));
    BAL_TRY_OR(end, st, best_time(&t, dev, copy, &p));
end:
    *gbps = 2 * (double)shape.c * sizeof(float) / t * 1e-9;
    bal_tensor_free(&p.a);
    bal_tensor_free(&p.b);
    return st;
}

/* ---- multiply-adds ---------------------------------------------------------------------------------------------- */

typedef struct chains {
    bal_kernel *kernel;
    bal_tensor  out;
    bal_range   range;
} chains;

static bal_status multiply_add(void *user)
{
    const chains *c = user;
    return bal_run(c->kernel, c->range, bal_i32(ROUNDS), bal_buf(&c->out), bal_f32(0.999F), bal_f32(0.001F));
}

static bal_status measure_chains(double *gflops, bal_device *dev, int accumulators)
{
    bool   cpu = bal_device_class(dev) == BAL_CPU;
    int    width = cpu ? 16 : 4, items = bal_device_describe(dev)->units * (cpu ? 8 : 2048);
    chains c = {0};
    char   options[32];
    double t = 1;
    snprintf(options, sizeof options, "-DACC=%d", accumulators);
    BAL_TRY(bal_kernel_get(&c.kernel, dev, "measure", "measure_fma", options));
    BAL_TRY(bal_tensor_init(&c.out, dev, (bal_shape){1, 1, items, width}));
    c.range = cpu ? bal_items((size_t)items, 1, 1) : bal_groups((size_t)items / 64, 1, 1, 64, 1);
    bal_status st = best_time(&t, dev, multiply_add, &c);
    *gflops = 2.0 * width * accumulators * INNER * ROUNDS * items / t * 1e-9;
    bal_tensor_free(&c.out);
    return st;
}

/* ---- product ---------------------------------------------------------------------------------------------------- */

typedef struct product {
    bal_gemm   gemm;
    bal_tensor a, b, c, scratch;
} product;

static bal_status multiply(void *user)
{
    const product *p = user;
    const int      mnk[3] = {GEMM_SIZE, GEMM_SIZE, GEMM_SIZE};
    return bal_gemm_run(&p->gemm, &p->c, &p->a, &p->b, NULL, mnk, 0, &p->scratch);
}

static bal_status measure_product(double *gflops, bal_device *dev)
{
    bal_shape  shape = {1, 1, GEMM_SIZE, GEMM_SIZE};
    product    p = {0};
    bal_status st;
    double     t = 1;
    BAL_TRY_OR(end, st, bal_gemm_init(&p.gemm, dev, false, false));
    size_t scratch = bal_gemm_scratch(&p.gemm, GEMM_SIZE, GEMM_SIZE, GEMM_SIZE);
    BAL_TRY_OR(end, st, bal_tensor_init(&p.a, dev, shape));
    BAL_TRY_OR(end, st, bal_tensor_init(&p.b, dev, shape));
    BAL_TRY_OR(end, st, bal_tensor_init(&p.c, dev, shape));
    if (scratch) BAL_TRY_OR(end, st, bal_tensor_init(&p.scratch, dev, (bal_shape){1, 1, 1, (int)scratch}));
    BAL_TRY_OR(end, st, bal_tensor_fill(&p.a, 0.5F));
    BAL_TRY_OR(end, st, bal_tensor_fill(&p.b, 0.25F));
    BAL_TRY_OR(end, st, best_time(&t, dev, multiply, &p));
end:
    *gflops = 2.0 * GEMM_SIZE * GEMM_SIZE * GEMM_SIZE / t * 1e-9;
    bal_tensor_free(&p.a);
    bal_tensor_free(&p.b);
    bal_tensor_free(&p.c);
    bal_tensor_free(&p.scratch);
    return st;
}

/* ---- launches --------------------------------------------------------------------------------------------------- */

static bal_status launch(void *user)
{
    const bal_tensor *t = user;
    for (int i = 0; i < LAUNCHES; i++) {
        BAL_TRY(bal_tensor_fill(t, 1));
        BAL_TRY(bal_device_finish(t->dev));
    }
    return BAL_OK;
}

static bal_status measure_launch(double *us, bal_device *dev)
{
    bal_tensor t;
    double     best = 1;
    BAL_TRY(bal_tensor_init(&t, dev, (bal_shape){1, 1, 1, 1}));
    bal_status st = best_time(&best, dev, launch, &t);
    *us = best / LAUNCHES * 1e6;
    bal_tensor_free(&t);
    return st;
}

bal_status bal_measure(bal_measured *out, bal_device *dev)
{
    static const int accumulators[] = {6, 8, 10, 12, 16};
    BAL_TRY(measure_copy(&out->copy_gbps, dev));
    BAL_TRY(measure_product(&out->gemm_gflops, dev));
    BAL_TRY(measure_launch(&out->launch_us, dev));
    out->peak_gflops = out->gemm_gflops;
    for (size_t i = 0; i < sizeof accumulators / sizeof *accumulators; i++) {
        double gflops;
        BAL_TRY(measure_chains(&gflops, dev, accumulators[i]));
        if (gflops > out->peak_gflops) out->peak_gflops = gflops;
    }
    return BAL_OK;
}
