/* trace -- when the host did what and the device ran what, as a file for chrome://tracing or ui.perfetto.dev. One trace
 * at a time, off until it is opened; a span costs two readings of a clock then, nothing before. Bounded: spans beyond
 * BAL_TRACE_SPANS are counted, not kept. Any thread may add. */
#ifndef BALLAST_TRACE_H
#define BALLAST_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include "ballast/status.h"

enum { BAL_TRACE_SPANS = 20000 };

/* Keep spans from here on. BAL_ENOMEM. */
bal_status bal_trace_open(void);
bool       bal_trace_is_on(void);

uint64_t bal_trace_clock(void); /* nanoseconds, monotonic */

/* A span of the calling thread, from `begin` until now. Names are kept by pointer: static or long-lived. */
void bal_trace_span(const char *name, uint64_t begin);
/* What the calling thread is called in the file; the first to add a span is "host" otherwise, others are numbered. */
void bal_trace_thread(const char *name);
/* A span of the device; copies its names. `detail` may be NULL. */
void bal_trace_launch(const char *scope, const char *kernel, const char *detail, uint64_t begin, uint64_t end);

/* Write what was kept, complete or not at all, and be off. Off already: nothing happens. */
bal_status bal_trace_close(const char *path);

#endif
