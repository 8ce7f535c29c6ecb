/* bench_kernels -- convolutions and matrix products alone, at the shapes of configs/dcgan64.ini and configs/cnn64.ini,
 * batch 64. */
#include <stdio.h>
#include <string.h>
#include "ballast/convolution.h"
#include "ballast/gemm.h"
#include "ballast/run.h"
#include "cli/_bench.h"
#include "cli/progress.h"
#include "cli/verb.h"

enum { BATCH = 64, TENSORS = 4 };

/* A square convolution: x is side x side x in, and one of out channels. */
typedef struct {
    const char *group;
    int         side, in, out, kernel, stride, pad;
} shape;

static const shape shapes[] = {
    {"4x4 stride 2", 32, 64, 128, 4, 2, 1}, {"4x4 stride 2", 16, 128, 256, 4, 2, 1},
    {"4x4 stride 2", 8, 256, 512, 4, 2, 1}, {"3x3", 64, 32, 32, 3, 1, 1},
    {"3x3", 32, 32, 64, 3, 1, 1},           {"3x3", 32, 64, 64, 3, 1, 1},
    {"3x3", 16, 64, 128, 3, 1, 1},          {"3x3", 16, 128, 128, 3, 1, 1},
    {"thin", 64, 3, 64, 4, 2, 1},           {"thin", 64, 1, 64, 4, 2, 1},
    {"thin", 64, 3, 32, 3, 1, 1},           {"thin", 64, 1, 32, 3, 1, 1},
};

/* The one that peaks are quoted for; the generator's projection, its gradients; a 4x4 stride 2 layer if it were one. */
static const int products[][3] = {
    {1152, 1152, 1152}, {64, 8192, 100}, {64, 100, 8192}, {100, 8192, 64}, {1024, 512, 4096}};

/* What is timed: a call that queues it, and its work. */
typedef struct {
    bal_device      *dev;
    bal_convolution *conv;
    bal_conv_pass    pass;
    bal_gemm         gemm;
    const int       *mnk;
    bal_tensor       t[TENSORS]; /* x, y, w of a convolution; a, b, c of a product; scratch */
} work;

static bal_status queue(const work *w)
{
    const bal_tensor *t = w->t;
    if (!w->conv) return bal_gemm_run(&w->gemm, &t[2], &t[0], &t[1], NULL, w->mnk, 0, &t[3]);
    switch (w->pass) {
    case BAL_CONV_FORWARD: return bal_convolution_forward(w->conv, &t[1], &t[0], &t[2], NULL, &t[3]);
    case BAL_CONV_BACKWARD_X: return bal_convolution_backward_x(w->conv, &t[0], &t[1], &t[2], NULL, &t[3]);
    case BAL_CONV_BACKWARD_W: break;
    }
    return bal_convolution_backward_w(w->conv, &t[2], &t[0], &t[1], &t[3]);
}

static bal_status time_it(bal_spread *ms, double *least, const work *w, int repeats)
{
    double times[BAL_BENCH_MOST_STEPS];
    for (int i = -1; i < repeats; i++) {
        double begun = bal_run_clock();
        BAL_TRY(queue(w));
        BAL_TRY(bal_device_finish(w->dev));
        times[i < 0 ? 0 : i] = (bal_run_clock() - begun) * 1e3;
    }
    *ms = bal_spread_of(times, repeats);
    *least = times[0];
    return BAL_OK;
}

static bal_status allocate(work *w, const bal_shape shapes_of[3], size_t scratch)
{
    for (int i = 0; i < 3; i++) {
        BAL_TRY(bal_tensor_init(&w->t[i], w->dev, shapes_of[i]));
        BAL_TRY(bal_tensor_fill(&w->t[i], 0.01F));
    }
    return scratch ? bal_tensor_init(&w->t[3], w->dev, (bal_shape){1, 1, 1, (int)scratch}) : BAL_OK;
}

static void release(work *w)
{
    for (int i = 0; i < TENSORS; i++) bal_tensor_free(&w->t[i]);
    bal_convolution_free(w->conv);
}

static void say(const bal_bench_row *r, double least, const char *group, const bal_measured *peak)
{
    bool   memory;
    double share = bal_bench_of_peak(r, peak, &memory);
    if (!bal_speaks_json()) {
        printf("%-48s %9.3f %9.1f", r->name, r->ms.median, r->flops / (r->ms.median * 1e6));
        if (share > 0) printf(" %5.0f%% %s", 100 * share, memory ? "bandwidth" : "FLOP/s   ");
        printf("  %s\n", r->algorithm);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "kernel", r->name);
    cJSON_AddStringToObject(o, "group", group);
    cJSON_AddStringToObject(o, "algorithm", r->algorithm);
    cJSON_AddNumberToObject(o, "ms", r->ms.median);
    cJSON_AddNumberToObject(o, "ms_least", least);
    cJSON_AddNumberToObject(o, "flops", r->flops);
    cJSON_AddNumberToObject(o, "gflops", r->flops / (r->ms.median * 1e6));
    if (share > 0) cJSON_AddNumberToObject(o, "of_peak", share);
    bal_say_json(o);
}

/* ---- convolutions ----------------------------------------------------------------------------------------------- */

static bal_conv_geometry geometry(const shape *s)
{
    int               side = (s->side + 2 * s->pad - s->kernel) / s->stride + 1;
    bal_conv_geometry g = {.x = {BATCH, s->side, s->side, s->in}, .y = {BATCH, side, side, s->out}, .groups = 1};
    for (int d = 0; d < 2; d++) {
        g.kernel[d] = s->kernel;
        g.stride[d] = s->stride;
        g.pad[d] = s->pad;
        g.dilation[d] = 1;
    }
    return g;
}

static bal_status time_passes(work *w, const shape *s, const bal_measured *peak, int repeats)
{
    static const char *const passes[] = {"forward", "backward data", "backward weights"};
    for (w->pass = BAL_CONV_FORWARD; w->pass <= BAL_CONV_BACKWARD_W && !bal_stop_requested; w->pass++) {
        bal_bench_row r = {0};
        double        least = 0;
        BAL_TRY(time_it(&r.ms, &least, w, repeats));
        snprintf(r.name, sizeof r.name, "%dx%d stride %d, %dx%dx%d -> %d %s", s->kernel, s->kernel, s->stride, s->side,
                 s->side, s->in, s->out, passes[w->pass]);
        snprintf(r.algorithm, sizeof r.algorithm, "%s", bal_convolution_algorithm(w->conv, w->pass));
        r.flops = 2.0 * s->kernel * s->kernel * s->in * (double)bal_shape_size(w->t[1].shape);
        r.bytes = 0;
        for (int i = 0; i < 3; i++) r.bytes += sizeof(float) * (double)bal_shape_size(w->t[i].shape);
        say(&r, least, s->group, peak);
    }
    return BAL_OK;
}

static bal_status time_convolution(bal_device *dev, const shape *s, const bal_measured *peak, int repeats)
{
    bal_conv_geometry g = geometry(s);
    work              w = {.dev = dev};
    BAL_TRY(bal_convolution_init(&w.conv, dev, &g));
    const bal_shape shapes_of[3] = {g.x, g.y, {s->kernel, s->kernel, s->in, s->out}};
    bal_status      st = allocate(&w, shapes_of, bal_convolution_scratch(w.conv));
    if (st == BAL_OK) st = time_passes(&w, s, peak, repeats);
    release(&w);
    return st;
}

/* ---- products --------------------------------------------------------------------------------------------------- */

static bal_status time_product(bal_device *dev, const int mnk[3], const bal_measured *peak, int repeats)
{
    const int       m = mnk[0], n = mnk[1], k = mnk[2];
    const bal_shape shapes_of[3] = {{1, 1, m, k}, {1, 1, k, n}, {1, 1, m, n}};
    work            w = {.dev = dev, .mnk = mnk};
    bal_bench_row   r = {.flops = 2.0 * m * n * k, .bytes = 4.0 * ((double)m * k + (double)k * n + (double)m * n)};
    double          least = 0;
    BAL_TRY(bal_gemm_init(&w.gemm, dev, false, false));
    bal_status st = allocate(&w, shapes_of, bal_gemm_scratch(&w.gemm, m, n, k));
    if (st == BAL_OK) st = time_it(&r.ms, &least, &w, repeats);
    snprintf(r.name, sizeof r.name, "product %d x %d x %d", m, n, k);
    if (st == BAL_OK) say(&r, least, "product", peak);
    release(&w);
    return st;
}

bal_status bal_bench_kernels(bal_device *dev, const bal_measured *peak, int repeats)
{
    if (!bal_speaks_json()) printf("%-48s %9s %9s %s\n", "batch 64", "ms", "GFLOP/s", "of peak");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes && !bal_stop_requested; i++)
        BAL_TRY(time_convolution(dev, &shapes[i], peak, repeats));
    for (size_t i = 0; i < sizeof products / sizeof *products && !bal_stop_requested; i++)
        BAL_TRY(time_product(dev, products[i], peak, repeats));
    return BAL_OK;
}
