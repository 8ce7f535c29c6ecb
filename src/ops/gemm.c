/* gemm -- see ballast/gemm.h. The work is done by a class of kernels: gemm_cpu.c, gemm_gpu.c. */
#include <assert.h>
#include "gemm_class.h"

static const bal_gemm_class *class_of(const bal_gemm *g)
{
    static const bal_gemm_class *const classes[] = {[BAL_CPU] = &bal_gemm_cpu, [BAL_GPU] = &bal_gemm_gpu};
    return classes[bal_device_class(g->dev)];
}

bal_status bal_gemm_init(bal_gemm *g, bal_device *dev, bool trans_a, bool trans_b)
{
    *g = (bal_gemm){.dev = dev, .trans_a = trans_a, .trans_b = trans_b};
    return class_of(g)->build(g);
}

size_t bal_gemm_scratch(const bal_gemm *g, int m, int n, int k) { return class_of(g)->scratch(g, m, n, k); }

static bool holds(const bal_tensor *t, int rows, int columns)
{
    return bal_has(t) && bal_shape_size(t->shape) >= (size_t)rows * (size_t)columns;
}

bal_status bal_gemm_run(const bal_gemm *g, const bal_tensor *c, const bal_tensor *a, const bal_tensor *b,
                        const bal_tensor *bias, const int mnk[3], float beta, const bal_tensor *scratch)
{
    int    m = mnk[0], n = mnk[1], k = mnk[2];
    size_t need = bal_gemm_scratch(g, m, n, k);
    assert(m > 0 && n > 0 && k > 0 && (beta == 0 || beta == 1));
    assert(holds(c, m, n) && holds(a, m, k) && holds(b, k, n) && (!bal_has(bias) || holds(bias, 1, n)));
    assert(need == 0 || (bal_has(scratch) && bal_shape_size(scratch->shape) >= need));
    return class_of(g)->run(g, c, a, b, bias, mnk, beta, scratch);
}
