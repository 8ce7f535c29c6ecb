/* What the files of this floor share; nobody else includes it. */
#ifndef BALLAST_DEVICE_INTERNAL_H
#define BALLAST_DEVICE_INTERNAL_H

#include <CL/cl.h>
#include "ballast/device.h"
#include "table.h"

struct bal_kernel {
    bal_kernel *next;
    bal_device *dev;
    char       *file, *name, *options; /* what it was got by */
    cl_kernel   handle;
    cl_uint     arguments;
    size_t      max_group;
};

typedef struct bal_program {
    struct bal_program *next;
    char               *key; /* "file|options" */
    cl_program          handle;
} bal_program;

struct bal_device {
    bal_device_info   info;
    bal_class         kernels_class;
    cl_device_id      id;
    cl_context        context;
    cl_command_queue  queue;
    bool              huge_pages, binary_cache, profiling, profile, strict;
    bal_program      *programs;
    bal_kernel       *kernels;
    bal_kernel       *fill, *copy;
    bal_device_counts counts;
    bal_table         plan, store, measured; /* tune.c */
    bal_tuning        tuning;
    double            tuning_until; /* on the monotonic clock; 0: no limit */
    const char       *scope;
    bal_work          work; /* of what is launched next */
    struct bal_event {
        cl_event    event;
        const char *scope, *kernel;
        bal_work    work;
        uint64_t    asked;
    } *events;
    bal_launch_record *records;
    int                event_count, event_capacity, record_capacity;
};

/* bal_fail with the code in words: "clCreateBuffer: CL_OUT_OF_RESOURCES (-5)" */
bal_status bal_cl_fail(cl_int code, const char *what);
#define BAL_CL(call, what) \
    do { \
        cl_int bal_cl_code_ = (call); \
        if (bal_cl_code_ != CL_SUCCESS) return bal_cl_fail(bal_cl_code_, what); \
    } while (0)

/* A device as found, with its handle. */
typedef struct bal_found {
    bal_device_info info;
    cl_platform_id  platform;
    cl_device_id    id;
} bal_found;
bal_status bal_found_list(bal_found **out, int *count);

bal_status bal_program_get(cl_program *out, bal_device *dev, const char *file, const char *options);
char      *bal_cache_folder(void);            /* malloc'd; NULL: there is none */
bal_status bal_sources_digest(char out[65]);  /* of all kernels, in hexadecimal digits */
void       bal_programs_free(bal_device *dev);
void       bal_kernels_free(bal_device *dev);
void       bal_events_free(bal_device *dev);
bal_status bal_event_add(bal_device *dev, cl_event event, const char *kernel);

#endif
