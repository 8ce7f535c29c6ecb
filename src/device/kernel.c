/* kernel -- kernels by name, and queueing them. */
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "internal.h"

static bal_kernel *find(const bal_device *dev, const char *file, const char *name, const char *options)
{
    for (bal_kernel *k = dev->kernels; k; k = k->next)
        if (strcmp(k->name, name) == 0 && strcmp(k->file, file) == 0 && strcmp(k->options, options) == 0) return k;
    return NULL;
}

static void free_kernel(bal_kernel *k)
{
    if (!k) return;
    if (k->handle) clReleaseKernel(k->handle);
    free(k->file);
    free(k->name);
    free(k->options);
    free(k);
}

void bal_kernels_free(bal_device *dev)
{
    while (dev->kernels) {
        bal_kernel *next = dev->kernels->next;
        free_kernel(dev->kernels);
        dev->kernels = next;
    }
}

static bal_status make(bal_kernel *k)
{
    cl_program program;
    cl_int     code;
    if (!k->file || !k->name || !k->options) return bal_fail(BAL_ENOMEM, "no memory for a kernel");
    BAL_TRY(bal_program_get(&program, k->dev, k->file, k->options));
    k->handle = clCreateKernel(program, k->name, &code);
    if (code != CL_SUCCESS)
        return bal_fail(BAL_ECL, "there is no kernel %s in cl/%s.cl (%d)", k->name, k->file, (int)code);
    BAL_CL(clGetKernelInfo(k->handle, CL_KERNEL_NUM_ARGS, sizeof k->arguments, &k->arguments, NULL), "clGetKernelInfo");
    BAL_CL(clGetKernelWorkGroupInfo(k->handle, k->dev->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof k->max_group,
                                    &k->max_group, NULL),
           "clGetKernelWorkGroupInfo");
    k->dev->counts.allocations++;
    return BAL_OK;
}

/* A kernel that is there already is found without allocating: training steps look up by name. */
bal_status bal_kernel_get(bal_kernel **out, bal_device *dev, const char *file, const char *name, const char *options)
{
    *out = find(dev, file, name, options);
    if (*out) return BAL_OK;
    bal_kernel *k = calloc(1, sizeof *k);
    if (!k) return bal_fail(BAL_ENOMEM, "no memory for kernel %s", name);
    *k = (bal_kernel){.dev = dev,
                      .file = bal_format("%s", file),
                      .name = bal_format("%s", name),
                      .options = bal_format("%s", options)};
    bal_status st = make(k);
    if (st != BAL_OK) {
        free_kernel(k);
        return st;
    }
    k->next = dev->kernels;
    dev->kernels = k;
    *out = k;
    return BAL_OK;
}

size_t bal_kernel_group(const bal_kernel *k) { return k->max_group; }

bal_range bal_flat(const bal_device *dev, size_t n)
{
    size_t width = dev->kernels_class == BAL_CPU ? 16 : 4;
    return bal_1d((n + width - 1) / width);
}

static void complete(bal_range *r, const bal_kernel *k)
{
    if (r->local[0] == 0) {
        size_t most = k->dev->kernels_class == BAL_CPU ? 64 : 256;
        r->local[0] = most < k->max_group ? most : k->max_group;
        r->local[1] = r->local[2] = 1;
    }
    for (int d = 0; d < 3; d++) r->global[d] = (r->global[d] + r->local[d] - 1) / r->local[d] * r->local[d];
}

bal_status bal_launch(bal_kernel *k, bal_range range, const bal_arg *args, int count)
{
    bal_device *dev = k->dev;
    cl_event    event = NULL;
    if (count != (int)k->arguments)
        return bal_fail(BAL_ECL, "kernel %s takes %u arguments, not %d", k->name, k->arguments, count);
    for (int i = 0; i < count; i++) {
        cl_int code = clSetKernelArg(k->handle, (cl_uint)i, args[i].size, &args[i].value);
        if (code != CL_SUCCESS) return bal_fail(BAL_ECL, "kernel %s, argument %d: error %d", k->name, i, (int)code);
    }
    complete(&range, k);
    cl_int code = clEnqueueNDRangeKernel(dev->queue, k->handle, 3, NULL, range.global, range.local, 0, NULL,
                                         dev->profile ? &event : NULL);
    if (code != CL_SUCCESS) return bal_cl_fail(code, k->name);
    dev->counts.launches++;
    return dev->profile ? bal_event_add(dev, event, k->name) : BAL_OK;
}
