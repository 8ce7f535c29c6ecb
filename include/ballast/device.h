/* device -- one OpenCL device with one in-order queue: choosing it, buffers, kernels, launches, profile.
 * The only floor that calls cl*(). Everything is queued; the host waits only where it reads. */
#ifndef BALLAST_DEVICE_H
#define BALLAST_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ballast/status.h"

/* ---- choosing -------------------------------------------------------------------------------------------------- */

/* Two classes of kernels: BAL_CPU has no __local and no barriers, one work-item is one register tile of vectors;
 * BAL_GPU tiles in __local. Chosen by the device's type; either runs on any device, but BAL_CPU not on llvmpipe, which
 * cuts long loops. */
typedef enum { BAL_CPU, BAL_GPU } bal_class;

typedef struct bal_device_info {
    char      name[160], platform[96], version[96], driver[96], vendor[96], extensions[4096];
    bal_class type;          /* what the device is; BAL_GPU for anything that is not a CPU */
    int       units, clock;  /* compute units; MHz */
    int       vector_width;  /* native floats in a vector */
    size_t    memory, max_buffer, local_memory, cache, max_group, alignment; /* bytes; max_group in work-items */
    bool      fp64, fp16, subgroups;
    bool      tensor_cores; /* NVIDIA, compute capability 7.5 or later */
} bal_device_info;

typedef struct bal_device bal_device;

typedef struct bal_device_settings {
    const char *which;   /* "0", part of a name, "cpu", "gpu"; NULL or "": BAL_DEVICE, else the first GPU, else a CPU */
    const char *kernels; /* "cpu", "gpu"; NULL, "" or "auto": BAL_KERNELS, else by the device's type */
    bool        profile; /* record every launch */
    bool        strict;  /* no algorithm whose rounding error is well above that of the plain sum */
} bal_device_settings;

/* All devices of all platforms, GPUs first; *count may be 0 and *out NULL. The caller frees *out. */
bal_status bal_devices_list(bal_device_info **out, int *count);

/* The index in such a list that `which` names (NULL or "": the default), or -1 with the reason in bal_error(). */
int bal_devices_choose(const bal_device_info *list, int count, const char *which);

/* Fails with what to install where there is no device or no driver. */
bal_status             bal_device_open(bal_device **out, const bal_device_settings *settings);
void                   bal_device_close(bal_device *dev);
const bal_device_info *bal_device_describe(const bal_device *dev);
bal_class              bal_device_class(const bal_device *dev);  /* of the kernels in use */
bool                   bal_device_strict(const bal_device *dev); /* as in the settings */
bal_status             bal_device_finish(bal_device *dev);       /* wait; report what failed */

typedef struct bal_device_counts {
    uint64_t launches, allocations; /* kernels queued; buffers and kernels made */
    size_t   bytes, peak_bytes;     /* device memory held now, and at most */
} bal_device_counts;
bal_device_counts bal_device_count(const bal_device *dev);

/* ---- tensors ---------------------------------------------------------------------------------------------------- */

typedef struct bal_shape {
    int n, h, w, c;
} bal_shape;

/* Float32, NHWC, dense. Passed by value or pointer; `mem` NULL means "not there". Kernels see a plain pointer. */
typedef struct bal_tensor {
    bal_device *dev;
    void       *mem; /* cl_mem */
    bal_shape   shape;
    bool        half; /* stored as fp16: for kernels that were built so (bal_storage); the host sees floats */
} bal_tensor;

/* Build options of a kernel that includes cl/storage.h: its X, its Y are stored as half; behind other options, or
 * alone. */
const char *bal_storage(bool x_half, bool y_half);
/* To the nearest half, ties to even, and back. */
uint16_t bal_half_of(float v);
float    bal_half_value(uint16_t half);

static inline size_t bal_shape_size(bal_shape s) { return (size_t)s.n * (size_t)s.h * (size_t)s.w * (size_t)s.c; }
static inline bool   bal_shape_equal(bal_shape a, bal_shape b)
{
    return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}
static inline int    bal_size(const bal_tensor *t) { return (int)bal_shape_size(t->shape); }
static inline bool   bal_has(const bal_tensor *t) { return t && t->mem; }

/* A buffer of its own, zeroed. At most 2^31 - 1 elements and the device's largest buffer, else BAL_ENOMEM saying how
 * much was asked for and how much there is. Ends by bal_tensor_free, which accepts a zeroed tensor. */
bal_status bal_tensor_init(bal_tensor *t, bal_device *dev, bal_shape shape);
void       bal_tensor_free(bal_tensor *t);
bal_status bal_tensor_write(const bal_tensor *t, const float *host); /* all of it; waits until `host` may be reused */
bal_status bal_tensor_read(const bal_tensor *t, float *host);        /* all of it; waits for the queue */
bal_status bal_tensor_read_part(const bal_tensor *t, size_t first, size_t count, float *host);
bal_status bal_tensor_fill(const bal_tensor *t, float value);        /* by a kernel; not of halves */
bal_status bal_tensor_copy(const bal_tensor *to, const bal_tensor *from); /* by a kernel; sizes equal */

/* One allocation cut into views; each view begins at a multiple of BAL_ALIGN floats (4 KiB). Padding stays zero. */
enum { BAL_ALIGN = 1024 };
static inline size_t bal_align(size_t floats) { return (floats + BAL_ALIGN - 1) / BAL_ALIGN * BAL_ALIGN; }
/* A view of `t` (which must own its buffer) from `offset` floats on; released by bal_tensor_free. */
bal_status bal_tensor_view(bal_tensor *view, const bal_tensor *t, size_t offset, bal_shape shape);

/* ---- kernels ---------------------------------------------------------------------------------------------------- */

typedef struct bal_kernel bal_kernel; /* cached by file, name and options; the device's, never released by others */

/* Kernel `name` of cl/FILE.cl ("A+B": of cl/A.cl followed by cl/B.cl), built with `options` ("-DMR=6", may be "")
 * behind the class's own: -DBAL_CLASS_CPU or -DBAL_CLASS_GPU, -DW=<vector width, 16 on the CPU class, 4 on the GPU
 * class>. A failed build's log is the message. */
bal_status bal_kernel_get(bal_kernel **out, bal_device *dev, const char *file, const char *name, const char *options);

typedef struct bal_arg {
    size_t size;
    union { void *mem; int i; uint32_t u; float f; } value;
} bal_arg;
static inline bal_arg bal_i32(int v) { bal_arg a; a.size = sizeof a.value.i; a.value.i = v; return a; }
static inline bal_arg bal_u32(uint32_t v) { bal_arg a; a.size = sizeof a.value.u; a.value.u = v; return a; }
static inline bal_arg bal_f32(float v) { bal_arg a; a.size = sizeof a.value.f; a.value.f = v; return a; }
static inline bal_arg bal_buf(const bal_tensor *t)
{
    bal_arg a;
    a.size = sizeof a.value.mem;
    a.value.mem = t ? t->mem : NULL;
    return a;
}

/* The largest work-group that the kernel can have on its device. */
size_t bal_kernel_group(const bal_kernel *kernel);

/* Work-items: `global` is rounded up to a multiple of `local`, so kernels check their bounds. local 0: 64 in
 * dimension 0 on the CPU class, 256 (or what the kernel allows) on the GPU class. */
typedef struct bal_range {
    size_t global[3], local[3];
} bal_range;
static inline bal_range bal_1d(size_t n) { bal_range r = {{n, 1, 1}, {0, 0, 0}}; return r; }
/* One work-item a work-group: the register-tile kernels of the CPU class. */
static inline bal_range bal_items(size_t x, size_t y, size_t z) { bal_range r = {{x, y, z}, {1, 1, 1}}; return r; }
static inline bal_range bal_groups(size_t gx, size_t gy, size_t gz, size_t lx, size_t ly)
{
    bal_range r = {{gx * lx, gy * ly, gz}, {lx, ly, 1}};
    return r;
}
/* A flat range over n elements, W to a work-item: the pointwise kernels. */
bal_range bal_flat(const bal_device *dev, size_t n);

/* Queue a kernel. The number of arguments is checked against the kernel's, and the kernel is named on failure. */
bal_status bal_launch(bal_kernel *kernel, bal_range range, const bal_arg *args, int count);
#define bal_run(kernel, range, ...) \
    bal_launch((kernel), (range), (bal_arg[]){__VA_ARGS__}, (int)(sizeof((bal_arg[]){__VA_ARGS__}) / sizeof(bal_arg)))

/* The OpenCL handles, as void pointers, for a library that queues work itself (CLBlast, called by src/ops only). */
void *bal_device_queue(bal_device *dev);
/* Work that a library has queued: counted as a launch, recorded under `name` (static) if the profile is on. Its event
 * (may be NULL) is taken over. */
bal_status bal_device_foreign(bal_device *dev, void *event, const char *name);

/* ---- profile ---------------------------------------------------------------------------------------------------- */

/* Names what is being launched from here on ("3 conv forward"); kept by pointer, so static or long-lived. */
void bal_device_scope(bal_device *dev, const char *scope);
/* What is being launched is for, and what the plain sums would take: the operations, and the bytes if each input and
 * output moved once. Belongs to the launches from here on, its figures to the first of them; until NULL, or the next
 * scope. The names are kept by pointer. */
typedef struct bal_work {
    const char *part, *algorithm; /* "data", "weights"; NULL: not known */
    double      flops, bytes;
} bal_work;
void bal_device_work(bal_device *dev, const bal_work *work);
typedef struct bal_launch_record {
    const char *scope, *kernel;
    bal_work    work;
    uint64_t    queued, start, end; /* nanoseconds on the device's clock; all 0 where the device cannot tell */
    uint64_t    asked;              /* on the host's, bal_trace_clock, when it was queued */
} bal_launch_record;
/* What was recorded since the last call; waits for the queue. Valid until the next launch. */
bal_status bal_device_records(bal_device *dev, const bal_launch_record **records, int *count);
void       bal_device_profile(bal_device *dev, bool on);

#endif
