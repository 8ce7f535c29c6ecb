/* tune -- which variant of a kernel runs where several are right.
 *
 * An open device has a plan: a key says what is computed ("cpu conv forward 32x32x64 16x16x128 k4x4 s2x2 p1x1 d1x1 g1",
 * never how many images), a choice how ("winograd F(4,2) 8x32 by 24"). An operation that is built looks its key up; a
 * key that is not there is chosen by a rule, from shape, device class and settings, and noted. Nothing is timed then:
 * only between bal_tuning_open and bal_tuning_close are variants measured. What was measured is kept in a store, one
 * text file for each device, driver and state of the kernels, in the folder of the program cache. */
#ifndef BALLAST_TUNE_H
#define BALLAST_TUNE_H

#include "ballast/device.h"

/* OFF: rules alone. FAST: at most three variants that give the same bits, in a second or so. FULL: all of them, also
 * those that round otherwise (other algorithms). */
typedef enum { BAL_TUNE_OFF, BAL_TUNE_FAST, BAL_TUNE_FULL } bal_tune;

/* ---- the plan --------------------------------------------------------------------------------------------------- */

/* NULL: nothing is noted. Valid until the key is set again. */
const char *bal_plan_find(const bal_device *dev, const char *key);
bal_status  bal_plan_set(bal_device *dev, const char *key, const char *choice);
/* Row i in bytewise order of the keys; false behind the last. */
bool bal_plan_row(const bal_device *dev, int i, const char **key, const char **choice);
void bal_plan_clear(bal_device *dev);

/* ---- measuring -------------------------------------------------------------------------------------------------- */

/* What was measured for a key. `rule`: what would have run otherwise; wrong: variants that failed the check. */
typedef struct bal_tuned {
    const char *key, *choice, *rule;
    double      ms, rule_ms;
    int         variants, wrong;
} bal_tuned;

typedef struct bal_tuning {
    bal_tune level;
    double   seconds;                   /* no measurement begins later; 0: no limit */
    void (*tell)(const bal_tuned *what); /* may be NULL */
    bool (*stop)(void);                  /* may be NULL; looked at between variants */
} bal_tuning;

/* From here on, operations that are built take what the store knows, and measure what it does not. A store that is
 * damaged or of something else is left aside with a warning. */
bal_status bal_tuning_open(bal_device *dev, const bal_tuning *how);
/* Add what was measured to the store, beside what other processes have added; fails where it cannot be written. */
bal_status bal_tuning_close(bal_device *dev);

/* For operations: the tuning that is open, or NULL; whether time is left; the store. */
const bal_tuning *bal_tuning_of(const bal_device *dev);
bool              bal_tuning_goes_on(const bal_device *dev);
/* NULL: not measured at that level or above. */
const char       *bal_store_find(const bal_device *dev, const char *key, bal_tune level);
bal_status        bal_store_add(bal_device *dev, const char *key, const char *choice);
/* malloc'd; NULL: there is no folder for it. */
char *bal_store_path(const bal_device *dev);

#endif
