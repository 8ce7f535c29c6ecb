/* tensor -- buffers, views into them, and moving them to and from the host. */
#define _DEFAULT_SOURCE /* madvise */
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "ballast/trace.h"
#include "internal.h"

enum { HUGE_PAGE = 2 << 20 };

static void CL_CALLBACK release_host(cl_mem mem, void *host)
{
    (void)mem;
    free(host);
}

/* A CPU device works in the host's memory: huge pages there save 2 to 30 % of a convolution (bench/README.md). */
static cl_mem make_on_huge_pages(bal_device *dev, size_t bytes, cl_int *code)
{
    size_t whole = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void  *host = aligned_alloc(HUGE_PAGE, whole);
    if (!host) {
        *code = CL_OUT_OF_HOST_MEMORY;
        return NULL;
    }
    madvise(host, whole, MADV_HUGEPAGE);
    cl_mem mem = clCreateBuffer(dev->context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, bytes, host, code);
    if (*code != CL_SUCCESS) {
        free(host);
        return NULL;
    }
    *code = clSetMemObjectDestructorCallback(mem, release_host, host);
    return mem;
}

static bal_status make_buffer(cl_mem *out, bal_device *dev, size_t bytes)
{
    cl_int code;
    bool   huge = dev->huge_pages && bytes >= 2 * (size_t)HUGE_PAGE;
    *out = huge ? make_on_huge_pages(dev, bytes, &code)
                : clCreateBuffer(dev->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (code != CL_SUCCESS)
        return bal_fail(BAL_ENOMEM, "%s has no room for a buffer of %.1f MiB (holding %.1f MiB of %.1f MiB already)",
                        dev->info.name, (double)bytes / 1048576, (double)dev->counts.bytes / 1048576,
                        (double)dev->info.memory / 1048576);
    dev->counts.allocations++;
    dev->counts.bytes += bytes;
    if (dev->counts.bytes > dev->counts.peak_bytes) dev->counts.peak_bytes = dev->counts.bytes;
    return BAL_OK;
}

bal_status bal_tensor_init(bal_tensor *t, bal_device *dev, bal_shape shape)
{
    size_t count = bal_shape_size(shape), bytes = count * sizeof(float);
    cl_mem mem;
    *t = (bal_tensor){.dev = dev, .shape = shape};
    if (count == 0 || count > INT_MAX || bytes > dev->info.max_buffer)
        return bal_fail(BAL_ENOMEM, "a tensor of %d x %d x %d x %d needs %.1f MiB in one buffer; %s allows %.1f MiB",
                        shape.n, shape.h, shape.w, shape.c, (double)bytes / 1048576, dev->info.name,
                        (double)dev->info.max_buffer / 1048576);
    BAL_TRY(make_buffer(&mem, dev, bytes));
    t->mem = mem;
    return bal_tensor_fill(t, 0);
}

bal_status bal_tensor_view(bal_tensor *view, const bal_tensor *t, size_t offset, bal_shape shape)
{
    size_t           count = bal_shape_size(shape);
    cl_buffer_region region = {offset * sizeof(float), count * sizeof(float)};
    cl_int           code;
    assert(offset % BAL_ALIGN == 0 && count > 0 && offset + count <= bal_shape_size(t->shape));
    *view = (bal_tensor){.dev = t->dev, .shape = shape};
    view->mem = clCreateSubBuffer(t->mem, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    if (code != CL_SUCCESS) return bal_cl_fail(code, "clCreateSubBuffer");
    t->dev->counts.allocations++;
    return BAL_OK;
}

static size_t own_bytes(cl_mem mem)
{
    cl_mem parent = NULL;
    size_t bytes = 0;
    clGetMemObjectInfo(mem, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent, NULL);
    clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    return parent ? 0 : bytes;
}

void bal_tensor_free(bal_tensor *t)
{
    if (!t || !t->mem) return;
    t->dev->counts.bytes -= own_bytes(t->mem);
    clFinish(t->dev->queue); /* nothing queued may outlive its buffer */
    clReleaseMemObject(t->mem);
    t->mem = NULL;
}

static bal_status write_bytes(const bal_tensor *t, const void *host, size_t size)
{
    uint64_t begin = bal_trace_clock();
    BAL_CL(clEnqueueWriteBuffer(t->dev->queue, t->mem, CL_TRUE, 0, size, host, 0, NULL, NULL), "clEnqueueWriteBuffer");
    bal_trace_span("upload", begin);
    return BAL_OK;
}

static bal_status read_bytes(const bal_tensor *t, size_t first, size_t size, void *host)
{
    uint64_t begin = bal_trace_clock();
    BAL_CL(clEnqueueReadBuffer(t->dev->queue, t->mem, CL_TRUE, first, size, host, 0, NULL, NULL),
           "clEnqueueReadBuffer");
    bal_trace_span("read back", begin);
    return BAL_OK;
}

static bal_status make_halves(uint16_t **out, size_t count)
{
    *out = malloc(count * sizeof **out);
    return *out ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for %zu halves", count);
}

bal_status bal_tensor_write(const bal_tensor *t, const float *host)
{
    size_t    n = bal_shape_size(t->shape);
    uint16_t *halves;
    if (!t->half) return write_bytes(t, host, n * sizeof *host);
    BAL_TRY(make_halves(&halves, n));
    for (size_t i = 0; i < n; i++) halves[i] = bal_half_of(host[i]);
    bal_status st = write_bytes(t, halves, n * sizeof *halves);
    free(halves);
    return st;
}

bal_status bal_tensor_read_part(const bal_tensor *t, size_t first, size_t count, float *host)
{
    uint16_t *halves;
    if (!t->half) return read_bytes(t, first * sizeof *host, count * sizeof *host, host);
    BAL_TRY(make_halves(&halves, count));
    bal_status st = read_bytes(t, first * sizeof *halves, count * sizeof *halves, halves);
    for (size_t i = 0; st == BAL_OK && i < count; i++) host[i] = bal_half_value(halves[i]);
    free(halves);
    return st;
}

bal_status bal_tensor_read(const bal_tensor *t, float *host)
{
    return bal_tensor_read_part(t, 0, bal_shape_size(t->shape), host);
}

bal_status bal_tensor_fill(const bal_tensor *t, float value)
{
    size_t n = bal_shape_size(t->shape);
    assert(!t->half);
    return bal_run(t->dev->fill, bal_flat(t->dev, n), bal_i32((int)n), bal_buf(t), bal_f32(value));
}

bal_status bal_tensor_copy(const bal_tensor *to, const bal_tensor *from)
{
    size_t      n = bal_shape_size(to->shape);
    bal_kernel *copy = to->dev->copy;
    assert(n == bal_shape_size(from->shape));
    if (to->half || from->half)
        BAL_TRY(bal_kernel_get(&copy, to->dev, "tensor", "tensor_copy", bal_storage(from->half, to->half)));
    return bal_run(copy, bal_flat(to->dev, n), bal_i32((int)n), bal_buf(to), bal_buf(from));
}
