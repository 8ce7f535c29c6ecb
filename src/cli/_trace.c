/* trace -- see _trace.h. */
#include "cli/_trace.h"

#include <stdlib.h>
#include "ballast/log.h"
#include "ballast/trace.h"
#include "cli/progress.h"
#include "cli/verb.h"

static struct {
    bal_device *dev; /* NULL: there is none */
    const char *path;
    long        first; /* steps done before */
} now;

bal_status bal_cli_trace_begin(bal_device *dev, const char *option)
{
    const char *path = option ? option : getenv("BAL_TRACE");
    if (!path || !*path) return BAL_OK;
    BAL_TRY(bal_trace_open());
    now.dev = dev;
    now.path = path;
    bal_device_profile(dev, true);
    return BAL_OK;
}

bool bal_cli_tracing(void) { return now.dev; }

/* From the device's clock to the host's: a launch is queued when it is asked for. */
static bal_status fetch(void)
{
    const bal_launch_record *r;
    int                      count;
    if (!now.dev) return BAL_OK;
    BAL_TRY(bal_device_records(now.dev, &r, &count));
    for (int i = 0; i < count; i++)
        bal_trace_launch(r[i].scope, r[i].kernel, r[i].work.algorithm, r[i].start - r[0].queued + r[0].asked,
                         r[i].end - r[0].queued + r[0].asked);
    return BAL_OK;
}

bal_status bal_cli_trace_end(void)
{
    bal_status st = fetch();
    if (!now.dev) return st;
    bal_device_profile(now.dev, false);
    if (st == BAL_OK) st = bal_trace_close(now.path);
    if (st == BAL_OK) bal_info("%s: open it in chrome://tracing or ui.perfetto.dev", now.path);
    now.dev = NULL;
    return st;
}

/* Training goes on without its trace. */
static void end_or_warn(void)
{
    if (bal_cli_trace_end() == BAL_OK) return;
    bal_warn("no trace: %s", bal_error());
    now.dev = NULL;
}

static void begin(const char *what, const char *unit, long total, long done)
{
    now.first = done;
    bal_progress_begin(what, unit, total, done);
}

static void update(long done, const bal_figure *figures, int count)
{
    bal_progress_update(done, figures, count);
    if (now.dev && done - now.first >= BAL_TRACE_STEPS) end_or_warn();
}

static void end(void)
{
    if (now.dev) end_or_warn();
    bal_progress_end();
}

static bool stop(void) { return bal_cli_watch.stop(); }

const bal_watch bal_trace_watch = {begin, update, end, stop};
