/* log -- one sink, set before threads start. */
#include "ballast/log.h"

#include <stdarg.h>
#include <stdio.h>

static bal_log_sink current;
static void        *current_user;

void bal_log_to(bal_log_sink sink, void *user)
{
    current = sink;
    current_user = user;
}

void bal_log(bal_log_level level, const char *fmt, ...)
{
    char    line[4096];
    va_list args;

    if (!current) return;
    va_start(args, fmt);
    int n = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (n >= 0) current(current_user, level, line);
}
