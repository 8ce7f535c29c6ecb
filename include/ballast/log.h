/* log -- lines for a person, on stderr. Below the command line nothing else prints. */
#ifndef BALLAST_LOG_H
#define BALLAST_LOG_H

typedef enum { BAL_LOG_ERROR, BAL_LOG_WARN, BAL_LOG_INFO, BAL_LOG_DEBUG } bal_log_level;

/* Where lines go: called with the level and the finished line (no newline). NULL: drop all, the library's default.
 * The command line installs its own. */
typedef void (*bal_log_sink)(void *user, bal_log_level level, const char *line);
void bal_log_to(bal_log_sink sink, void *user);

void bal_log(bal_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define bal_warn(...) bal_log(BAL_LOG_WARN, __VA_ARGS__)
#define bal_info(...) bal_log(BAL_LOG_INFO, __VA_ARGS__)

#endif
