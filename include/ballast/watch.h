/* watch -- what long work tells whoever started it, and asks: progress, and whether to stop. */
#ifndef BALLAST_WATCH_H
#define BALLAST_WATCH_H

#include <stdbool.h>

/* A figure shown with progress: {"D loss", 0.693}. NaN: not known. */
typedef struct bal_figure {
    const char *name;
    double      value;
} bal_figure;

typedef struct bal_watch {
    /* One at a time. `what` is being done ("gan/NORMAL"), counted in `unit`s ("step"); `done` of `total` are done
     * already. */
    void (*begin)(const char *what, const char *unit, long total, long done);
    void (*update)(long done, const bal_figure *figures, int count);
    void (*end)(void);
    bool (*stop)(void); /* looked at between steps: save and return */
} bal_watch;

#endif
