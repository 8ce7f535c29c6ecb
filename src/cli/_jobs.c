/* jobs -- see _jobs.h.
 *
 * A task runs in a fork of this process, so it finds the configuration and the decoded images in memory; all that it
 * leaves is in its folder. It takes no signals: it stops when the pipe that this process holds open is closed, by
 * Ctrl-C here, or by this process's end, whatever ended it. */
#include "cli/_jobs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ballast/log.h"
#include "ballast/run.h"
#include "cli/progress.h"
#include "cli/verb.h"

enum { SUCCEEDED, FAILED, STOPPED }; /* exit codes of a process */

static const struct timespec nap = {0, 20000000};

typedef struct {
    pid_t                id; /* 0: none */
    bal_experiment_task *task;
    double               began;
} worker;

typedef struct {
    bal_experiment *e;
    worker         *worker;
    int             count, running, pipe[2]; /* the end that is written is never written to */
    bool            stopped;
} jobs;

static int lifeline = -1; /* of a task's process: readable when the other end is closed */

static bool stop(void)
{
    struct pollfd other = {lifeline, POLLIN, 0};
    return bal_stop_requested || (lifeline >= 0 && poll(&other, 1, 0) > 0);
}

const bal_watch bal_jobs_watch = {bal_progress_begin, bal_progress_update, bal_progress_end, stop};

/* ---- the other process ------------------------------------------------------------------------------------------- */

static int work(const jobs *j, int slot, bal_experiment_task *task)
{
    bool stopped = false;

    if (!task) return bal_experiment_describe(j->e) == BAL_OK ? SUCCEEDED : FAILED;
    bal_speak_as(task->name);
    bal_experiment_do(j->e, task, slot, &stopped);
    return stopped ? STOPPED : task->state == BAL_TASK_DONE ? SUCCEEDED : FAILED;
}

static void become_worker(const jobs *j, int slot, bal_experiment_task *task)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    close(j->pipe[1]);
    lifeline = j->pipe[0];
    int code = work(j, slot, task);
    fflush(NULL);
    _exit(code); /* exit would run what the other process registered */
}

/* ---- this one ---------------------------------------------------------------------------------------------------- */

/* task NULL: run.json is written. */
static bal_status start(jobs *j, int slot, bal_experiment_task *task)
{
    worker *w = &j->worker[slot];

    fflush(NULL); /* or both would write what waits in the buffers */
    *w = (worker){fork(), task, bal_run_clock()};
    if (w->id == 0) become_worker(j, slot, task);
    if (w->id < 0) {
        w->id = 0;
        return bal_fail(BAL_EIO, "no further process can be started: %s", strerror(errno));
    }
    j->running++;
    if (!task) return BAL_OK;
    task->state = BAL_TASK_RUNNING;
    bal_info("%s: begun", task->name);
    return BAL_OK;
}

static void take_result(worker *w, int status)
{
    bal_experiment_task *t = w->task;
    char                 took[32];

    t->state = BAL_TASK_FAILED;
    if (WIFSIGNALED(status)) bal_log(BAL_LOG_ERROR, "%s failed: ended by signal %d", t->folder, WTERMSIG(status));
    else if (WEXITSTATUS(status) == STOPPED) t->state = BAL_TASK_OPEN;
    else if (WEXITSTATUS(status) == SUCCEEDED) {
        t->state = BAL_TASK_DONE;
        bal_info("%s: done in %s", t->name, bal_duration_print(took, sizeof took, bal_run_clock() - w->began));
    }
}

/* Whether the process has ended; *status: how. */
static bool ended(jobs *j, worker *w, int *status)
{
    if (!w->id || waitpid(w->id, status, WNOHANG) != w->id) return false;
    w->id = 0;
    j->running--;
    return true;
}

static void pass_on_stop(jobs *j)
{
    if (!bal_stop_requested || j->stopped) return;
    j->stopped = true;
    close(j->pipe[1]);
    j->pipe[1] = -1;
}

/* Look after the processes once; sleeps a little where none has ended. */
static void attend(jobs *j)
{
    int status, before = j->running;

    pass_on_stop(j);
    for (int i = 0; i < j->count; i++)
        if (ended(j, &j->worker[i], &status)) take_result(&j->worker[i], status);
    if (j->running == before) nanosleep(&nap, NULL);
}

static bal_status fill(jobs *j)
{
    for (int i = 0; i < j->count && !bal_stop_requested; i++) {
        bal_experiment_task *next = j->worker[i].id ? NULL : bal_experiment_next(j->e);
        if (next) BAL_TRY(start(j, i, next));
    }
    return BAL_OK;
}

/* run.json, which reports read, is written first, and by another process: this one must not open the device, unless to
 * say why that cannot be done. */
static bal_status describe(jobs *j)
{
    int status = 0;

    BAL_TRY(start(j, 0, NULL));
    while (!ended(j, &j->worker[0], &status)) nanosleep(&nap, NULL);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SUCCEEDED) return BAL_OK;
    BAL_TRY(bal_experiment_describe(j->e));
    return bal_fail(BAL_ECL, "the device cannot be used by another process");
}

static bal_status run(jobs *j)
{
    bal_status st = fill(j);

    while (j->running) {
        attend(j);
        if (!st) st = fill(j);
    }
    return st;
}

bal_status bal_jobs_run(bal_experiment *e, int count, bool *stopped)
{
    jobs       j = {.e = e, .count = count, .worker = calloc((size_t)count, sizeof(worker))};
    bal_status st = j.worker ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for %d jobs", count);

    if (!st && pipe(j.pipe) != 0) st = bal_fail(BAL_EIO, "no pipe can be made: %s", strerror(errno));
    else if (!st) {
        st = describe(&j);
        if (!st) st = run(&j);
        close(j.pipe[0]);
        if (j.pipe[1] >= 0) close(j.pipe[1]);
    }
    *stopped = j.stopped;
    free(j.worker);
    return st;
}
