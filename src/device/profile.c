/* profile -- when each launch ran. */
#include <stdlib.h>
#include "ballast/trace.h"
#include "internal.h"

void bal_device_scope(bal_device *dev, const char *scope)
{
    dev->scope = scope;
    bal_device_work(dev, NULL);
}

void bal_device_work(bal_device *dev, const bal_work *work) { dev->work = work ? *work : (bal_work){0}; }
void bal_device_profile(bal_device *dev, bool on) { dev->profile = on; }

static void release_events(bal_device *dev)
{
    for (int i = 0; i < dev->event_count; i++) clReleaseEvent(dev->events[i].event);
    dev->event_count = 0;
}

void bal_events_free(bal_device *dev)
{
    release_events(dev);
    free(dev->events);
    free(dev->records);
}

bal_status bal_event_add(bal_device *dev, cl_event event, const char *kernel)
{
    if (dev->event_count == dev->event_capacity) {
        int   capacity = dev->event_capacity ? 2 * dev->event_capacity : 1024;
        void *grown = realloc(dev->events, (size_t)capacity * sizeof *dev->events);
        if (!grown) {
            clReleaseEvent(event);
            return bal_fail(BAL_ENOMEM, "no memory for the profile");
        }
        dev->events = grown;
        dev->event_capacity = capacity;
    }
    dev->events[dev->event_count++] =
        (struct bal_event){event, dev->scope ? dev->scope : "", kernel, dev->work, bal_trace_clock()};
    dev->work.flops = dev->work.bytes = 0;
    return BAL_OK;
}

bal_status bal_device_foreign(bal_device *dev, void *event, const char *name)
{
    dev->counts.launches++;
    if (!event) return BAL_OK;
    if (dev->profile) return bal_event_add(dev, event, name);
    BAL_CL(clReleaseEvent(event), "clReleaseEvent");
    return BAL_OK;
}

static uint64_t moment(cl_event event, cl_profiling_info what)
{
    cl_ulong t = 0;
    return clGetEventProfilingInfo(event, what, sizeof t, &t, NULL) == CL_SUCCESS ? t : 0;
}

bal_status bal_device_records(bal_device *dev, const bal_launch_record **records, int *count)
{
    BAL_TRY(bal_device_finish(dev));
    if (dev->record_capacity < dev->event_count) {
        void *grown = realloc(dev->records, (size_t)dev->event_count * sizeof *dev->records);
        if (!grown) return bal_fail(BAL_ENOMEM, "no memory for the profile");
        dev->records = grown;
        dev->record_capacity = dev->event_count;
    }
    for (int i = 0; i < dev->event_count; i++) {
        const struct bal_event *e = &dev->events[i];
        dev->records[i] = (bal_launch_record){e->scope,
                                              e->kernel,
                                              e->work,
                                              moment(e->event, CL_PROFILING_COMMAND_QUEUED),
                                              moment(e->event, CL_PROFILING_COMMAND_START),
                                              moment(e->event, CL_PROFILING_COMMAND_END),
                                              e->asked};
    }
    *records = dev->records;
    *count = dev->event_count;
    release_events(dev);
    return BAL_OK;
}
