/* trace -- --trace FILE and BAL_TRACE: the first steps of what is trained or timed, by ballast/trace.h. */
#ifndef BALLAST_CLI_TRACE_H
#define BALLAST_CLI_TRACE_H

#include "ballast/device.h"
#include "ballast/watch.h"

enum { BAL_TRACE_STEPS = 8 };

#define BAL_OPT_TRACE(type) \
    BAL_OPT_TEXT(type, trace, NULL, \
                 "file for what device and host did in the first 8 steps, for ui.perfetto.dev; BAL_TRACE does the same")

/* Begin, if `option` or else BAL_TRACE names a file. */
bal_status bal_cli_trace_begin(bal_device *dev, const char *option);
bool       bal_cli_tracing(void);
/* Fetch what the device ran, while what was traced is still open, and write the file. Not begun, or ended already:
 * nothing happens. */
bal_status bal_cli_trace_end(void);

/* Progress on the terminal as bal_cli_watch; ends the trace behind its last step, or with what is being done. */
extern const bal_watch bal_trace_watch;

#endif
