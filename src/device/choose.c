/* choose -- what OpenCL offers here, and which of it is used. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

enum { MAX_PLATFORMS = 16, MAX_DEVICES = 64 };

static void text_info(char *out, size_t size, cl_device_id id, cl_device_info what)
{
    size_t n = 0;
    out[0] = '\0';
    if (clGetDeviceInfo(id, what, 0, NULL, &n) != CL_SUCCESS || n == 0) return;
    char *full = malloc(n + 1);
    if (!full) return;
    full[n] = '\0';
    if (clGetDeviceInfo(id, what, n, full, NULL) == CL_SUCCESS) snprintf(out, size, "%s", full);
    free(full);
}

static bool has_extension(const char *extensions, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strstr(extensions, name); p; p = strstr(p + n, name))
        if ((p == extensions || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0')) return true;
    return false;
}

static cl_ulong number_info(cl_device_id id, cl_device_info what, size_t size)
{
    union {
        cl_uint  u32;
        cl_ulong u64;
    } v = {.u64 = 0};
    if (clGetDeviceInfo(id, what, size, &v, NULL) != CL_SUCCESS) return 0;
    return size == sizeof v.u32 ? v.u32 : v.u64;
}

/* Of cl_nv_device_attribute_query. */
enum { COMPUTE_CAPABILITY_MAJOR_NV = 0x4000, COMPUTE_CAPABILITY_MINOR_NV = 0x4001 };

static void describe(bal_device_info *info, cl_platform_id platform, cl_device_id id)
{
    text_info(info->name, sizeof info->name, id, CL_DEVICE_NAME);
    text_info(info->version, sizeof info->version, id, CL_DEVICE_VERSION);
    text_info(info->driver, sizeof info->driver, id, CL_DRIVER_VERSION);
    text_info(info->vendor, sizeof info->vendor, id, CL_DEVICE_VENDOR);
    text_info(info->extensions, sizeof info->extensions, id, CL_DEVICE_EXTENSIONS);
    if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof info->platform, info->platform, NULL) != CL_SUCCESS)
        info->platform[0] = '\0';
    info->type = number_info(id, CL_DEVICE_TYPE, sizeof(cl_ulong)) & CL_DEVICE_TYPE_CPU ? BAL_CPU : BAL_GPU;
    info->units = (int)number_info(id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(cl_uint));
    info->clock = (int)number_info(id, CL_DEVICE_MAX_CLOCK_FREQUENCY, sizeof(cl_uint));
    info->vector_width = (int)number_info(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof(cl_uint));
    info->memory = number_info(id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof(cl_ulong));
    info->max_buffer = number_info(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(cl_ulong));
    info->local_memory = number_info(id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong));
    info->cache = number_info(id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof(cl_ulong));
    info->max_group = number_info(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t));
    info->alignment = number_info(id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof(cl_uint)) / 8;
    info->fp64 = has_extension(info->extensions, "cl_khr_fp64");
    info->fp16 = has_extension(info->extensions, "cl_khr_fp16");
    info->subgroups =
        has_extension(info->extensions, "cl_khr_subgroups") || has_extension(info->extensions, "cl_intel_subgroups");
    if (has_extension(info->extensions, "cl_nv_device_attribute_query"))
        info->tensor_cores = 10 * number_info(id, COMPUTE_CAPABILITY_MAJOR_NV, sizeof(cl_uint)) +
                                 number_info(id, COMPUTE_CAPABILITY_MINOR_NV, sizeof(cl_uint)) >=
                             75;
}

static int add_devices(bal_found *list, int count, cl_platform_id platform, bal_class type)
{
    cl_device_id ids[MAX_DEVICES];
    cl_uint      n = 0;
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, MAX_DEVICES, ids, &n) != CL_SUCCESS) return count;
    for (cl_uint i = 0; i < n && i < MAX_DEVICES && count < MAX_DEVICES; i++) {
        bal_found *f = &list[count];
        memset(f, 0, sizeof *f);
        if (!number_info(ids[i], CL_DEVICE_AVAILABLE, sizeof(cl_uint))) continue;
        f->platform = platform;
        f->id = ids[i];
        describe(&f->info, platform, ids[i]);
        if (f->info.type == type) count++;
    }
    return count;
}

bal_status bal_found_list(bal_found **out, int *count)
{
    cl_platform_id platforms[MAX_PLATFORMS];
    cl_uint        n = 0;
    *out = NULL;
    *count = 0;
    if (clGetPlatformIDs(MAX_PLATFORMS, platforms, &n) != CL_SUCCESS) return BAL_OK; /* no driver: an empty list */
    bal_found *list = calloc(MAX_DEVICES, sizeof *list);
    if (!list) return bal_fail(BAL_ENOMEM, "no memory for the list of devices");
    for (int type = BAL_GPU; type >= BAL_CPU; type--)
        for (cl_uint i = 0; i < n && i < MAX_PLATFORMS; i++)
            *count = add_devices(list, *count, platforms[i], (bal_class)type);
    *out = list;
    return BAL_OK;
}

bal_status bal_devices_list(bal_device_info **out, int *count)
{
    bal_found *found;
    *out = NULL;
    BAL_TRY(bal_found_list(&found, count));
    bal_device_info *list = *count ? calloc((size_t)*count, sizeof *list) : NULL;
    if (*count && !list) {
        free(found);
        return bal_fail(BAL_ENOMEM, "no memory for the list of devices");
    }
    for (int i = 0; i < *count; i++) list[i] = found[i].info;
    free(found);
    *out = list;
    return BAL_OK;
}

static bool contains(const char *text, const char *part)
{
    size_t n = strlen(part);
    for (; *text; text++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i])) i++;
        if (i == n) return true;
    }
    return false;
}

static int first_of(const bal_device_info *list, int count, bal_class type)
{
    for (int i = 0; i < count; i++)
        if (list[i].type == type) return i;
    return -1;
}

static int find_device(const bal_device_info *list, int count, const char *which)
{
    char *end;
    long  number = strtol(which, &end, 10);
    if (*end == '\0') return number >= 0 && number < count ? (int)number : -1;
    if (strcmp(which, "cpu") == 0) return first_of(list, count, BAL_CPU);
    if (strcmp(which, "gpu") == 0) return first_of(list, count, BAL_GPU);
    for (int i = 0; i < count; i++)
        if (contains(list[i].name, which) || contains(list[i].platform, which)) return i;
    return -1;
}

int bal_devices_choose(const bal_device_info *list, int count, const char *which)
{
    if (!which || !*which) which = getenv("BAL_DEVICE");
    if (count == 0) {
        (void)bal_fail(BAL_ECL, "no OpenCL device here. Install a driver: NVIDIA: the vendor's driver with "
                                "nvidia-opencl-icd; AMD: rocm-opencl-icd or mesa-opencl-icd; Intel GPU: "
                                "intel-opencl-icd; any CPU: pocl-opencl-icd");
        return -1;
    }
    if (!which || !*which) return 0; /* GPUs come first */
    int i = find_device(list, count, which);
    if (i < 0)
        (void)bal_fail(BAL_ECL,
                       "no device \"%s\" among the %d here (0 to %d, a part of a name, cpu or gpu; see: ballast "
                       "devices)",
                       which, count, count - 1);
    return i;
}
