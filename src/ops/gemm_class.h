/* gemm_class -- what a class of kernels provides for gemm.c; each function as in ballast/gemm.h. */
#ifndef BALLAST_OPS_GEMM_CLASS_H
#define BALLAST_OPS_GEMM_CLASS_H

#include "ballast/gemm.h"

typedef struct bal_gemm_class {
    bal_status (*build)(bal_gemm *g); /* dev and the flags are set */
    size_t (*scratch)(const bal_gemm *g, int m, int n, int k);
    bal_status (*run)(const bal_gemm *g, const bal_tensor *c, const bal_tensor *a, const bal_tensor *b,
                      const bal_tensor *bias, const int mnk[3], float beta, const bal_tensor *scratch);
} bal_gemm_class;

extern const bal_gemm_class bal_gemm_cpu, bal_gemm_gpu;

#endif
