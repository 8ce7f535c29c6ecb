/* gemm -- matrix products, row-major: C[m][n] = op(A)[m][k] op(B)[k][n] + beta C. CPU class: own packed register tiles;
 * GPU class: CLBlast. */
#ifndef BALLAST_GEMM_H
#define BALLAST_GEMM_H

#include "ballast/device.h"

typedef struct bal_gemm {
    bal_device *dev;
    bool        trans_a, trans_b; /* A is stored [k][m], B is stored [n][k] */
    bal_kernel *pack_a, *pack_b, *multiply; /* CPU class */
    int         rows, vectors;               /* its register tile */
    bal_kernel *bias;                        /* GPU class */
} bal_gemm;

bal_status bal_gemm_init(bal_gemm *g, bal_device *dev, bool trans_a, bool trans_b);
/* Floats of scratch that a run of this size needs. */
size_t bal_gemm_scratch(const bal_gemm *g, int m, int n, int k);
/* `bias` ([n], may be NULL) is added to every row. beta is 0 or 1. Queues work, allocates nothing. */
bal_status bal_gemm_run(const bal_gemm *g, const bal_tensor *c, const bal_tensor *a, const bal_tensor *b,
                        const bal_tensor *bias, const int mnk[3], float beta, const bal_tensor *scratch);

#endif
