/* ptx -- what the convolution's kernels call of OpenCL C's library, for a compiler that has NVIDIA's instructions only.
 */
#define OVER __attribute__((overloadable, always_inline))

static int axis_of(uint d, int x, int y, int z) { return d == 0 ? x : d == 1 ? y : z; }
size_t OVER get_local_id(uint d)
{
    return (size_t)axis_of(d, __nvvm_read_ptx_sreg_tid_x(), __nvvm_read_ptx_sreg_tid_y(), __nvvm_read_ptx_sreg_tid_z());
}
size_t OVER get_group_id(uint d)
{
    return (size_t)axis_of(d, __nvvm_read_ptx_sreg_ctaid_x(), __nvvm_read_ptx_sreg_ctaid_y(),
                           __nvvm_read_ptx_sreg_ctaid_z());
}
void OVER barrier(cl_mem_fence_flags flags) { __syncthreads(); }
int OVER max(int a, int b) { return a > b ? a : b; }
int OVER min(int a, int b) { return a < b ? a : b; }

static float widen(ushort h)
{
    float f;
    __asm__("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
    return f;
}
static ushort narrow(float f)
{
    ushort h;
    __asm__("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f));
    return h;
}
float4 OVER vloada_half4(size_t i, __global const half *p)
{
    ushort4 u = ((__global const ushort4 *)p)[i];
    return (float4)(widen(u.x), widen(u.y), widen(u.z), widen(u.w));
}
void OVER vstorea_half4_rte(float4 v, size_t i, __global half *p)
{
    ((__global ushort4 *)p)[i] = (ushort4)(narrow(v.x), narrow(v.y), narrow(v.z), narrow(v.w));
}
