/* device -- opening and closing; counting what is held. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/trace.h"
#include "internal.h"

static bool named(const char *text, const char *part) { return strstr(text, part) != NULL; }

/* llvmpipe ends the loops of a work-item after 65535 rounds in all, silently (LP_MAX_TGSI_LOOP_ITERATIONS in Mesa): too
 * few for a work-item of the CPU class. */
static bool cuts_loops(const bal_device_info *info) { return named(info->name, "llvmpipe"); }

static bal_status choose_class(bal_device *dev, const char *kernels)
{
    bool cut = cuts_loops(&dev->info);
    if (!kernels || !*kernels || strcmp(kernels, "auto") == 0) kernels = getenv("BAL_KERNELS");
    dev->kernels_class = cut ? BAL_GPU : dev->info.type;
    if (!kernels || !*kernels || strcmp(kernels, "auto") == 0) return BAL_OK;
    if (strcmp(kernels, "cpu") != 0 && strcmp(kernels, "gpu") != 0)
        return bal_fail(BAL_ECONFIG, "kernels: \"%s\" is not auto, cpu or gpu", kernels);
    if (cut && kernels[0] == 'c')
        return bal_fail(BAL_ECONFIG, "kernels: cpu would be wrong on %s, which cuts long loops; gpu is right",
                        dev->info.name);
    dev->kernels_class = kernels[0] == 'c' ? BAL_CPU : BAL_GPU;
    return BAL_OK;
}

/* Quirks of known implementations, in one place. */
static void set_quirks(bal_device *dev)
{
    bool pocl = named(dev->info.platform, "Portable Computing Language"), nvidia = named(dev->info.platform, "NVIDIA");
    bool oclgrind = named(dev->info.platform, "Oclgrind");
    /* The first two cache themselves; the last one compiles to nothing lasting. */
    dev->binary_cache = !pocl && !nvidia && !oclgrind;
    dev->huge_pages = pocl || (dev->info.type == BAL_CPU && named(dev->info.platform, "Intel"));
}

static bal_status make_queue(bal_device *dev)
{
    cl_int code;
    dev->context = clCreateContext(NULL, 1, &dev->id, NULL, NULL, &code);
    if (code != CL_SUCCESS) return bal_cl_fail(code, "clCreateContext");
    dev->queue = clCreateCommandQueue(dev->context, dev->id, CL_QUEUE_PROFILING_ENABLE, &code);
    dev->profiling = code == CL_SUCCESS;
    if (!dev->profiling) dev->queue = clCreateCommandQueue(dev->context, dev->id, 0, &code);
    return code == CL_SUCCESS ? BAL_OK : bal_cl_fail(code, "clCreateCommandQueue");
}

static bal_status open_found(bal_device *dev, const bal_found *found, const bal_device_settings *settings)
{
    dev->info = found->info;
    dev->id = found->id;
    dev->profile = settings->profile;
    dev->strict = settings->strict;
    set_quirks(dev);
    BAL_TRY(choose_class(dev, settings->kernels));
    if (dev->info.alignment > BAL_ALIGN * sizeof(float))
        return bal_fail(BAL_ECL, "%s wants sub-buffers aligned to %zu bytes; ballast aligns to %zu", dev->info.name,
                        dev->info.alignment, BAL_ALIGN * sizeof(float));
    BAL_TRY(make_queue(dev));
    BAL_TRY(bal_kernel_get(&dev->fill, dev, "tensor", "tensor_fill", ""));
    return bal_kernel_get(&dev->copy, dev, "tensor", "tensor_copy", "");
}

static int choose_found(const bal_found *found, int count, const char *which)
{
    bal_device_info *list = calloc((size_t)count + 1, sizeof *list);
    if (!list) {
        (void)bal_fail(BAL_ENOMEM, "no memory for the list of devices");
        return -1;
    }
    for (int i = 0; i < count; i++) list[i] = found[i].info;
    int i = bal_devices_choose(list, count, which);
    free(list);
    return i;
}

bal_status bal_device_open(bal_device **out, const bal_device_settings *settings)
{
    static const bal_device_settings defaults = {0};
    bal_found *found;
    int        count;
    if (!settings) settings = &defaults;
    *out = NULL;
    BAL_TRY(bal_found_list(&found, &count));
    int         i = choose_found(found, count, settings->which);
    bal_device *dev = i < 0 ? NULL : calloc(1, sizeof *dev);
    bal_status  st = i < 0 ? BAL_ECL
                     : dev ? open_found(dev, &found[i], settings)
                           : bal_fail(BAL_ENOMEM, "no memory for a device");
    free(found);
    if (st == BAL_OK) *out = dev;
    else bal_device_close(dev);
    return st;
}

void bal_device_close(bal_device *dev)
{
    if (!dev) return;
    if (dev->queue) clFinish(dev->queue);
    bal_events_free(dev);
    bal_kernels_free(dev);
    bal_programs_free(dev);
    bal_table_free(&dev->plan);
    bal_table_free(&dev->store);
    bal_table_free(&dev->measured);
    if (dev->queue) clReleaseCommandQueue(dev->queue);
    if (dev->context) clReleaseContext(dev->context);
    free(dev);
}

const bal_device_info *bal_device_describe(const bal_device *dev) { return &dev->info; }
bal_class              bal_device_class(const bal_device *dev) { return dev->kernels_class; }
bool                   bal_device_strict(const bal_device *dev) { return dev->strict; }
bal_device_counts      bal_device_count(const bal_device *dev) { return dev->counts; }
void                  *bal_device_queue(bal_device *dev) { return dev->queue; }

bal_status bal_device_finish(bal_device *dev)
{
    uint64_t begin = bal_trace_clock();
    BAL_CL(clFinish(dev->queue), "clFinish");
    bal_trace_span("wait for the device", begin);
    return BAL_OK;
}
