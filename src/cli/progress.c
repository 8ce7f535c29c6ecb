/* progress -- see progress.h. Time comes from the monotonic clock; nothing here affects results. */
#include "cli/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "ballast/files.h"
#include "ballast/log.h"
#include "ballast/text.h"

#define REDRAW_SECONDS 0.1 /* on a terminal */
#define LINE_SECONDS 5.0   /* elsewhere */
#define LINE_SIZE 512

static bool        quiet, json, terminal, colour;
static const char *speaker; /* NULL: this process alone */

static struct {
    bool   running, drawn;
    char   what[192], unit[24];
    long   total, first, done;
    double begun, shown;
    char   line[LINE_SIZE]; /* the last state, for the end */
} now;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void clear_bar(void)
{
    if (now.drawn) fputs("\r\033[K", stderr);
    now.drawn = false;
}

static void say(void *user, bal_log_level level, const char *line)
{
    static const char *const words[] = {"error: ", "warning: ", "", ""};
    static const char *const colours[] = {"\033[31m", "\033[33m", "", ""};

    const char *who = speaker && strncmp(line, speaker, strlen(speaker)) != 0 ? speaker : NULL;

    (void)user;
    if (quiet && level >= BAL_LOG_INFO) return;
    clear_bar();
    fprintf(stderr, "%s%s%s%s%s%s\n", colour ? colours[level] : "", words[level],
            colour && *words[level] ? "\033[0m" : "", who ? who : "", who ? ": " : "", line);
}

void bal_speak(bool be_quiet, bool as_json)
{
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");

    quiet = be_quiet;
    json = as_json;
    terminal = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
    colour = terminal && !(no_colour && *no_colour);
    bal_log_to(say, NULL);
}

void bal_speak_as(const char *name)
{
    speaker = name;
    terminal = false;
}

void bal_print(FILE *to, const char *fmt, ...)
{
    char   *text = NULL;
    size_t  size;
    FILE   *memory = open_memstream(&text, &size);
    va_list args;

    if (!memory) return;
    va_start(args, fmt);
    vfprintf(memory, fmt, args);
    va_end(args);
    if (fclose(memory) == 0) fputs(bal_text_plain(text), to);
    free(text);
}

bool bal_speaks_json(void) { return json; }

void bal_say_json(cJSON *object)
{
    char *text = object ? cJSON_PrintUnformatted(object) : NULL;

    if (text) bal_text_json(stdout, text);
    if (text) putchar('\n');
    fflush(stdout);
    cJSON_free(text);
    cJSON_Delete(object);
}

void bal_say_resume(const char *command, const char *folder)
{
    char *word = bal_shell_word(folder);

    fprintf(stderr, "%s %s\n", command, word ? word : folder);
    free(word);
}

bal_status bal_say_file(const char *folder, const char *name)
{
    char      *path = bal_path_join(folder, name), *text = NULL;
    size_t     size;
    bal_status st = path ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");

    if (!st && bal_file_exists(path)) st = bal_file_read(&text, &size, path, 0);
    if (!st && text) bal_text_json(stdout, text); /* our tables hold nothing that it changes */
    free(text);
    free(path);
    return st;
}

const char *bal_duration_print(char *out, size_t size, double s)
{
    long whole = s < 0 || !isfinite(s) ? 0 : s > 1e9 ? 1000000000L : lround(s);

    if (whole < 60) snprintf(out, size, "%ld s", whole);
    else if (whole < 3600) snprintf(out, size, "%ld:%02ld", whole / 60, whole % 60);
    else snprintf(out, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    return out;
}

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *fmt, ...)
{
    size_t  n = strlen(text);
    va_list args;

    va_start(args, fmt);
    vsnprintf(text + n, size - n, fmt, args);
    va_end(args);
}

static void add_count(char *out, size_t size, const bal_progress_state *s)
{
    if (s->total > 0) add(out, size, "%s %ld/%ld", s->unit, s->done, s->total);
    else add(out, size, "%s %ld", s->unit, s->done);
}

/* "  12.3/s  left 3:05  loss 0.693": all that follows the count. */
static void add_figures(char *out, size_t size, const bal_progress_state *s)
{
    char left[32];

    if (s->rate > 0) add(out, size, s->rate < 10 ? "  %.2f/s" : "  %.0f/s", s->rate);
    if (s->rate > 0 && s->total > s->done)
        add(out, size, "  left %s", bal_duration_print(left, sizeof left, (double)(s->total - s->done) / s->rate));
    for (int i = 0; i < s->count; i++) {
        if (isnan(s->figures[i].value)) add(out, size, "  %s -", s->figures[i].name);
        else add(out, size, "  %s %.4g", s->figures[i].name, s->figures[i].value);
    }
}

void bal_progress_line(char *out, size_t size, const bal_progress_state *s)
{
    out[0] = '\0';
    add(out, size, "%s  ", s->what);
    add_count(out, size, s);
    add_figures(out, size, s);
}

/* "what [=====>    ] step 120/2000  12.3/s  left 3:05  loss 0.693"; the bar gives way first, then the figures' tail. */
void bal_progress_draw(char *out, size_t size, int width, const bal_progress_state *s)
{
    char rest[LINE_SIZE] = "", bar[64] = "";

    add_count(rest, sizeof rest, s);
    add_figures(rest, sizeof rest, s);
    int room = width - (int)strlen(s->what) - (int)strlen(rest) - 4;
    if (room > 40) room = 40;
    if (s->total > 0 && room >= 5) {
        double share = (double)s->done / (double)s->total;
        int    full = (int)((share < 0 ? 0 : share > 1 ? 1 : share) * room);
        for (int i = 0; i < room; i++) bar[i] = i < full ? '=' : i == full ? '>' : ' ';
        snprintf(out, size, "%s [%s] %s", s->what, bar, rest);
    } else {
        snprintf(out, size, "%s %s", s->what, rest);
    }
    if (width >= 0 && (size_t)width < size && strlen(out) > (size_t)width) out[width] = '\0';
}

static int terminal_width(void)
{
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : 80;
}

static void show(const bal_progress_state *s)
{
    char line[LINE_SIZE];

    if (terminal) {
        bal_progress_draw(line, sizeof line, terminal_width() - 1, s);
        fprintf(stderr, "\r%s\033[K", line);
        now.drawn = true;
    } else {
        bal_progress_line(line, sizeof line, s);
        fprintf(stderr, "%s\n", line);
    }
    fflush(stderr);
}

static void show_json(const bal_progress_state *s)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "event", "progress");
    cJSON_AddStringToObject(o, "what", s->what);
    cJSON_AddStringToObject(o, "unit", s->unit);
    cJSON_AddNumberToObject(o, "done", (double)s->done);
    if (s->total > 0) cJSON_AddNumberToObject(o, "total", (double)s->total);
    if (s->rate > 0) cJSON_AddNumberToObject(o, "per_second", s->rate);
    for (int i = 0; i < s->count; i++) cJSON_AddNumberToObject(o, s->figures[i].name, s->figures[i].value);
    bal_say_json(o);
}

void bal_progress_begin(const char *what, const char *unit, long total, long done)
{
    if (speaker && strcmp(what, speaker) != 0) snprintf(now.what, sizeof now.what, "%s %s", speaker, what);
    else snprintf(now.what, sizeof now.what, "%s", what);
    snprintf(now.unit, sizeof now.unit, "%s", unit);
    now.total = total;
    now.first = now.done = done;
    now.begun = now.shown = seconds();
    now.line[0] = '\0';
    now.running = true;
}

/* The rate is the mean since the beginning: steady, and right at the end. */
void bal_progress_update(long done, const bal_figure *figures, int count)
{
    double t = seconds();
    bool   last = now.total > 0 && done >= now.total;

    if (!now.running) return;
    double             rate = t > now.begun ? (double)(done - now.first) / (t - now.begun) : 0;
    bal_progress_state s = {now.what, now.unit, done, now.total, rate, figures, count};
    now.done = done;
    bal_progress_line(now.line, sizeof now.line, &s);
    if (!last && t - now.shown < (terminal && !json ? REDRAW_SECONDS : LINE_SECONDS)) return;
    now.shown = t;
    if (quiet) return;
    if (json) show_json(&s);
    else show(&s);
    if (!terminal || json) now.line[0] = '\0'; /* it stands there */
}

void bal_progress_end(void)
{
    if (!now.running) return;
    now.running = false;
    clear_bar();
    if (!json && !quiet && now.line[0]) fprintf(stderr, "%s\n", now.line);
}
