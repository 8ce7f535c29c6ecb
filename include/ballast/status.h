/* status -- what every function that can fail returns, and the one-line message behind it. */
#ifndef BALLAST_STATUS_H
#define BALLAST_STATUS_H

#define BAL_STATUSES(X) \
    X(OK, "ok") \
    X(ENOMEM, "out of memory") \
    X(EIO, "input or output failed") \
    X(ECONFIG, "bad configuration") \
    X(ESHAPE, "shapes do not fit") \
    X(ECL, "OpenCL failed") \
    X(ENAN, "not a number")

typedef enum {
#define BAL_STATUS_NAME(name, text) BAL_##name,
    BAL_STATUSES(BAL_STATUS_NAME)
#undef BAL_STATUS_NAME
} bal_status;

/* The status in words, e.g. "out of memory". Static; never NULL. */
const char *bal_status_text(bal_status st);

/* Record one line (printf format, at most 8 KiB, no newline at its end) for this thread, and return `code`.
 * Called where the fault happens; callers pass the status up and never rewrite the message. */
bal_status bal_fail(bal_status code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The message of this thread's last bal_fail; "" if there was none. Valid until the next bal_fail. */
const char *bal_error(void);

/* Return at once on failure. For functions that hold nothing. */
#define BAL_TRY(expr) \
    do { \
        bal_status bal_try_status_ = (expr); \
        if (bal_try_status_ != BAL_OK) return bal_try_status_; \
    } while (0)

/* Set the named variable; on failure jump to the named label. For functions that must clean up. */
#define BAL_TRY_OR(label, st, expr) \
    do { \
        if (((st) = (expr)) != BAL_OK) goto label; \
    } while (0)

#endif
