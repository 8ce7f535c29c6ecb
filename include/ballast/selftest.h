/* selftest -- known answers of every kernel on a device: layers forward and backward, losses, optimizers, and what they
 * are made of. The answers come from double precision (tests/answers_main.c); inputs from fixed streams. */
#ifndef BALLAST_SELFTEST_H
#define BALLAST_SELFTEST_H

#include "ballast/device.h"

/* Called for each answer: `name` says what was run; `fault` is NULL if it was right, else what is wrong. False: stop.
 */
typedef bool (*bal_selftest_say)(void *user, const char *name, const char *fault);

/* Runs all, whatever fails; *total is how many will be said. A device that fails altogether is a fault of each. */
bal_status bal_selftest(bal_device *dev, bal_selftest_say say, void *user);
int        bal_selftest_count(void);

#endif
