/* jobs -- the tasks of an experiment, several at a time, each in a process of its own. */
#ifndef BALLAST_CLI_JOBS_H
#define BALLAST_CLI_JOBS_H

#include "ballast/experiment.h"

/* The watch of a job whose tasks run by bal_jobs_run: a process also stops when the one that started it has ended. */
extern const bal_watch bal_jobs_watch;

/* Do every task, `jobs` at a time. The calling process must not have used OpenCL yet: drivers do not survive a fork.
 * It says what begins and ends, and on a stop tells the others, which save and end. *stopped: whether it did. */
bal_status bal_jobs_run(bal_experiment *e, int jobs, bool *stopped);

#endif
