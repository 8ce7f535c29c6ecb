/* status -- the words of a status, and this thread's last error line. */
#include "ballast/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[8192];

const char *bal_status_text(bal_status st)
{
    static const char *const texts[] = {
#define TEXT(name, text) [BAL_##name] = (text),
        BAL_STATUSES(TEXT)
#undef TEXT
    };
    unsigned i = (unsigned)st;
    return i < sizeof texts / sizeof *texts ? texts[i] : "unknown status";
}

bal_status bal_fail(bal_status code, const char *fmt, ...)
{
    char    line[sizeof message]; /* the arguments may point into the last message */
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(line, sizeof line, fmt, args) < 0) line[0] = '\0';
    va_end(args);
    size_t n = strlen(line);
    while (n > 0 && line[n - 1] == '\n') n--;
    memcpy(message, line, n);
    message[n] = '\0';
    return code;
}

const char *bal_error(void) { return message; }
