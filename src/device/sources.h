/* sources -- the files of cl/, embedded by the build (cmake/embed.cmake). */
#ifndef BALLAST_DEVICE_SOURCES_H
#define BALLAST_DEVICE_SOURCES_H

typedef struct bal_source {
    const char *name; /* file name: "conv.cl", "philox.h" */
    const char *text;
} bal_source;

/* Sorted by name; ends with a NULL name. */
extern const bal_source bal_sources[];

#endif
