/* progress -- everything that the program says: a bar with rate, time left and figures on a terminal, a plain line
 * every few seconds elsewhere, one JSON object a line with --json; messages; results. */
#ifndef BALLAST_CLI_PROGRESS_H
#define BALLAST_CLI_PROGRESS_H

#include <stdio.h>
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "ballast/status.h"
#include "ballast/watch.h"

/* Called once: how to speak. Installs the sink of ballast/log.h. NO_COLOR and TERM=dumb are honoured. */
void bal_speak(bool quiet, bool json);

/* From now on every message and line of progress begins with a name, and there is no bar: one of several processes that
 * speak at the same time. The name must live on. */
void bal_speak_as(const char *name);

/* Whether results are wanted as JSON, and one such line; the object is freed. NULL: out of memory; nothing is printed.
 */
bool bal_speaks_json(void);
void bal_say_json(cJSON *object);

/* One at a time. `what` is being done ("gan/NORMAL"), counted in `unit`s ("step"); total 0: not known. */
void bal_progress_begin(const char *what, const char *unit, long total, long done);
void bal_progress_update(long done, const bal_figure *figures, int count);
void bal_progress_end(void); /* leaves the last state on the screen */

/* The bar as a line of at most `width` columns; what progress_update draws. Rate 0: not known yet. */
typedef struct bal_progress_state {
    const char       *what, *unit;
    long              done, total;
    double            rate; /* units a second */
    const bal_figure *figures;
    int               count;
} bal_progress_state;
void bal_progress_draw(char *out, size_t size, int width, const bal_progress_state *s);
void bal_progress_line(char *out, size_t size, const bal_progress_state *s); /* the same in plain words */

/* "12 s", "3:05", "1:02:03". Returns out. */
const char *bal_duration_print(char *out, size_t size, double seconds);

/* printf of what may hold names from outside: no control character of theirs reaches the terminal. */
void bal_print(FILE *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "COMMAND FOLDER" on stderr, the folder as a shell takes it. */
void bal_say_resume(const char *command, const char *folder);

/* A run's text or JSON file on stdout; nothing where there is none. */
bal_status bal_say_file(const char *folder, const char *name);

#endif
