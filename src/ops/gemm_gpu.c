/* gemm_gpu -- products by CLBlast.
 *
 * Its temporary memory is our scratch, so a run makes no buffer. What it does by itself: it compiles its kernels in the
 * first run on a device (seconds; they stay for the process), and makes a kernel object and events in each. */
#include <clblast_c.h>
#include "gemm_class.h"

/* clang-format off */
#define CODES(X) \
    X(OpenCLCompilerNotAvailable) X(TempBufferAllocFailure) X(OpenCLOutOfResources) X(OpenCLOutOfHostMemory) \
    X(OpenCLBuildProgramFailure) X(InvalidValue) X(InvalidCommandQueue) X(InvalidMemObject) X(InvalidBinary) \
    X(InvalidBuildOptions) X(InvalidProgram) X(InvalidProgramExecutable) X(InvalidKernelName) \
    X(InvalidKernelDefinition) X(InvalidKernel) X(InvalidArgIndex) X(InvalidArgValue) X(InvalidArgSize) \
    X(InvalidKernelArgs) X(InvalidLocalNumDimensions) X(InvalidLocalThreadsTotal) X(InvalidLocalThreadsDim) \
    X(InvalidGlobalOffset) X(InvalidEventWaitList) X(InvalidEvent) X(InvalidOperation) X(InvalidBufferSize) \
    X(InvalidGlobalWorkSize) X(NotImplemented) X(InvalidMatrixA) X(InvalidMatrixB) X(InvalidMatrixC) \
    X(InvalidDimension) X(InvalidLeadDimA) X(InvalidLeadDimB) X(InvalidLeadDimC) X(InsufficientMemoryA) \
    X(InsufficientMemoryB) X(InsufficientMemoryC) X(InsufficientMemoryTemp) X(InvalidLocalMemUsage) \
    X(DatabaseError) X(UnknownError) X(UnexpectedError)
/* clang-format on */

static const char *code_name(int code)
{
    switch (code) {
#define CASE(name) \
    case CLBlast##name: return #name;
        CODES(CASE)
#undef CASE
    default: return "unknown code";
    }
}

static bal_status fail(const bal_gemm *g, int code, int m, int n, int k)
{
    bool memory = code == CLBlastTempBufferAllocFailure || code == CLBlastOpenCLOutOfHostMemory;
    return bal_fail(memory ? BAL_ENOMEM : BAL_ECL, "CLBlast, product %dx%dx%d on %s: %s (%d)", m, n, k,
                    bal_device_describe(g->dev)->name, code_name(code), code);
}

static CLBlastTranspose transposed(bool yes) { return yes ? CLBlastTransposeYes : CLBlastTransposeNo; }

/* Bytes for a product of at most this size. Rows are said to be longer than they are: then CLBlast counts a padded copy
 * of every matrix, and the result never falls as a size grows. */
static int temporary(size_t *bytes, const bal_gemm *g, int m, int n, int k)
{
    cl_command_queue queue = bal_device_queue(g->dev);
    size_t           a_row = (size_t)(g->trans_a ? m : k) + 1, b_row = (size_t)(g->trans_b ? k : n) + 1;
    return CLBlastSGemmTempBufferSize(CLBlastLayoutRowMajor, transposed(g->trans_a), transposed(g->trans_b), (size_t)m,
                                      (size_t)n, (size_t)k, 0, a_row, 0, b_row, 0, (size_t)n + 1, &queue, bytes);
}

/* Asked for a size, CLBlast says whether it knows what to do with the device. */
static bal_status build(bal_gemm *g)
{
    size_t bytes;
    int    code = temporary(&bytes, g, 1, 1, 1);
    if (code != CLBlastSuccess) return fail(g, code, 1, 1, 1);
    return bal_kernel_get(&g->bias, g->dev, "gemm_gpu", "gemm_bias", "");
}

static size_t scratch_size(const bal_gemm *g, int m, int n, int k)
{
    size_t bytes = 0;
    return temporary(&bytes, g, m, n, k) == CLBlastSuccess ? (bytes + sizeof(float) - 1) / sizeof(float) : 0;
}

static bal_status run(const bal_gemm *g, const bal_tensor *c, const bal_tensor *a, const bal_tensor *b,
                      const bal_tensor *bias, const int mnk[3], float beta, const bal_tensor *scratch)
{
    int              m = mnk[0], n = mnk[1], k = mnk[2];
    size_t           size = (size_t)m * (size_t)n;
    cl_command_queue queue = bal_device_queue(g->dev);
    cl_mem           temp = scratch_size(g, m, n, k) > 0 ? scratch->mem : NULL;
    cl_event         event = NULL;
    if (bal_has(bias))
        BAL_TRY(bal_run(g->bias, bal_flat(g->dev, size), bal_i32((int)size), bal_i32(n), bal_i32(beta != 0),
                        bal_buf(bias), bal_buf(c)));
    int code = CLBlastSgemmWithTempBuffer(CLBlastLayoutRowMajor, transposed(g->trans_a), transposed(g->trans_b),
                                          (size_t)m, (size_t)n, (size_t)k, 1.0F, a->mem, 0,
                                          (size_t)(g->trans_a ? m : k), b->mem, 0, (size_t)(g->trans_b ? k : n),
                                          bal_has(bias) ? 1 : beta, c->mem, 0, (size_t)n, &queue, &event, temp);
    if (code != CLBlastSuccess) return fail(g, code, m, n, k);
    return bal_device_foreign(g->dev, event, "clblast_sgemm");
}

const bal_gemm_class bal_gemm_gpu = {build, scratch_size, run};
