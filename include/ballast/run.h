/* run -- a run's folder: made, described, logged into. */
#ifndef BALLAST_RUN_H
#define BALLAST_RUN_H

#include <stdio.h>
#include "ballast/device.h"
#include "ballast/setup.h"
#include "ballast/watch.h"

/* OUT/NAME, or NAME-2, NAME-3, ... where it is taken; the folder is made. malloc'd. */
bal_status bal_run_create(char **path, const char *out, const char *name);

/* The folder is this process's until it ends, by a lock on its file .lock. Fails where another process has it. A file
 * system without locks lets everybody in. */
bal_status bal_run_claim(const char *path);

/* config.ini: the setup with every default written out, [data] path made absolute. */
bal_status bal_run_write_config(const char *path, const bal_setup *s, const bal_dataset *data);

/* run.json: seed, commit, device, driver, library versions, seconds so far, plan of kernels: all that differs from run
 * to run. "config": the file that the run began with, also when it goes on from its own config.ini. */
bal_status bal_run_describe(const char *path, const bal_setup *s, const bal_device *dev, double seconds);
/* The device's plan from run.json (ballast/tune.h): which kernels the run uses, and so its bits. Before nets are built;
 * what is not there goes by the rules. */
bal_status bal_run_use_plan(const char *path, bal_device *dev);
/* Seconds that an earlier part of the run took, from its run.json; 0 if there is none. */
double bal_run_seconds(const char *path);

/* A class's name as a folder's: '/' and control characters become '_', a leading dot too. Returns out. */
const char *bal_run_class_folder(char *out, size_t size, const char *name);

/* Append to a CSV file whose first column is a step. Opening keeps what stands there up to step `keep` and drops the
 * rest, so that going on from a checkpoint repeats nothing. Each row is flushed. */
typedef struct bal_run_log {
    FILE *file;
    char *path;
} bal_run_log;
bal_status bal_run_log_open(bal_run_log *log, const char *path, const char *header, int keep);
/* NaN is an empty field. */
bal_status bal_run_log_row(bal_run_log *log, int step, const double *values, int count);
void       bal_run_log_close(bal_run_log *log);

/* Images in rows of `columns`, as one PNG; pixel: [count][size][size][channels] as a net sees them. Gaps are black. */
bal_status bal_run_grid(const char *path, const float *pixel, int count, int columns, const bal_dataset_options *data,
                        const bal_scaling *scaling);

/* Monotonic seconds. */
double bal_run_clock(void);

#endif
