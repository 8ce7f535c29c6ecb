/* guarded -- what tests of kernels share: a device of each kernel class, tensors with guards around them, random
 * numbers. */
#ifndef BALLAST_GUARDED_H
#define BALLAST_GUARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ballast/device.h"

/* Fails the test with the message behind a status. Needs cmocka.h. */
#define MUST(expr) \
    do { \
        if ((expr) != BAL_OK) fail_msg("%s: %s", #expr, bal_error()); \
    } while (0)

/* A device with each class of kernels: both, or the one that BAL_KERNELS names. */
typedef struct bal_test_devices {
    bal_device *dev[2];
    int         count;
} bal_test_devices;
bal_status bal_test_devices_open(bal_test_devices *out);
void       bal_test_devices_close(bal_test_devices *devices);
/* The same for a group of tests: cmocka's fixtures, and the devices between them. */
extern bal_test_devices bal_test_all;
int                     bal_test_setup(void **state);
int                     bal_test_teardown(void **state);
/* For messages. */
const char *bal_test_class(const bal_device *dev);

/* Whether BAL_TEST_SMALL=1 asks for small cases only: for oclgrind, which interprets. */
bool bal_test_small(void);

/* A tensor with BAL_ALIGN or more NaNs before and behind it. Every tensor has another NaN: what a kernel reads from one
 * guard and writes into another shows. */
typedef struct bal_guarded {
    bal_tensor all, t; /* t is the view between the guards */
    float     *host;   /* room for all */
    uint32_t   guard;  /* the NaN's bits */
    long       hit;    /* after a read that failed: the place that was written to, counted from t's first float */
} bal_guarded;

/* Holds `values`, or NaN everywhere where values is NULL. */
bal_status bal_guarded_init(bal_guarded *g, bal_device *dev, bal_shape shape, const float *values);
/* Read t into g->host; false where a guard was written to. */
bool bal_guarded_read(bal_guarded *g);
void bal_guarded_free(bal_guarded *g);

/* n numbers of magnitude spread * (0.05..1), either sign, as floats and as doubles (either may be NULL). `salt` tells
 * one call from another. */
void bal_test_random(float *out, double *same, size_t n, double spread, unsigned salt);

#endif
