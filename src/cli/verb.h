/* verb -- the contract of the command line: src/cli/x.c is `ballast x`. It ends with `const bal_verb bal_verb_x`, and
 * that is all there is to register. Its options are a table like a layer's, so parsing, faults and help come from one
 * row.
 *
 *   typedef struct { int count; bool grid; } generate;
 *   static const bal_option options[] = {BAL_OPT(generate, count, BAL_INT, 16, 1, 1000000, "images"), ...,
 * BAL_OPT_END}; static int run(const bal_args *a) { const generate *o = a->own; ... return bal_done(bal_generate(...));
 * } const bal_verb bal_verb_generate = {.name = "generate", .group = BAL_VERB_USE, .usage = "RUN", .help = "...", ...};
 *
 * Results go to stdout, everything else through bal_info, bal_warn and progress.h. */
#ifndef BALLAST_CLI_VERB_H
#define BALLAST_CLI_VERB_H

#include <signal.h>

#include "ballast/files.h"
#include "ballast/option.h"
#include "ballast/setup.h"
#include "ballast/watch.h"

/* Exit codes. */
enum { BAL_EXIT_DONE, BAL_EXIT_FAILED, BAL_EXIT_USAGE };

/* Where a verb stands in `ballast help`. */
typedef enum {
    BAL_VERB_LOOK,
    BAL_VERB_PREPARE,
    BAL_VERB_TRAIN,
    BAL_VERB_USE,
    BAL_VERB_MEASURE,
    BAL_VERB_GROUPS,
    BAL_VERB_HIDDEN = BAL_VERB_GROUPS /* for programs, not listed */
} bal_verb_group;

/* Common options that a verb takes; --quiet, --json and --help are everybody's. */
enum { BAL_TAKES_DEVICE = 1, BAL_TAKES_SEED = 2, BAL_TAKES_DRY_RUN = 4, BAL_TAKES_SET = 8, BAL_TAKES_OUT = 16 };

typedef struct bal_verb bal_verb;

typedef struct bal_args {
    const bal_verb    *verb;
    const char        *device, *out; /* NULL: not given */
    int                seed;         /* -1: not given */
    bool               quiet, json, dry_run, help;
    const char *const *set; /* --set, in order */
    int                set_count;
    const char *const *word; /* what is no option: CONFIG, RUN, PATH... */
    int                word_count;
    void              *own; /* the verb's own options */
} bal_args;

struct bal_verb {
    const char       *name;
    bal_verb_group    group;
    const char       *usage;                /* what stands behind the name, without options: "CONFIG", "RUN PATH..." */
    const char       *help;                 /* one line */
    const char       *details;              /* more lines, or NULL */
    const char       *examples;             /* lines "what it is for: ballast x ...", or NULL */
    const char       *values;               /* the words for options of text: "resume=RUN data=PATH"; or NULL */
    int               takes;                /* BAL_TAKES_... */
    int               min_words, max_words; /* max -1: any number */
    size_t            size;                 /* of the struct of own options */
    const bal_option *options;              /* own options, may be NULL; a BAL_BOOL without a value means on */
    int (*run)(const bal_args *args);       /* returns the exit code */
};

extern const bal_verb *const bal_verbs[]; /* generated from the file names in src/cli/ */

/* The exit code of a status; a failure is printed. The last line of most verbs. */
int bal_done(bal_status st);

/* A usage fault that the table cannot see ("--data does not go with --predictions"); prints it, returns BAL_EXIT_USAGE.
 */
int bal_usage_fault(const bal_args *args, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Read and check a configuration with --set, then --seed (run.seed), --device (run.device) and --out (run.out). */
bal_status bal_args_setup(bal_setup **out, const bal_args *args, const char *path);
/* The settings of --set, --seed, --device and --out as that takes them; added to a list. */
bal_status bal_args_settings(bal_names *sets, const bal_args *args);

/* Whether a folder looks like a run: it has a config.ini. */
bal_status bal_args_is_run(const char *path);

/* Set by the first SIGINT or SIGTERM; whoever runs long looks at it between steps, saves and returns. A second signal
 * ends the program at once. */
extern volatile sig_atomic_t bal_stop_requested;

/* Progress on the terminal, and the stop above, for what takes a bal_watch. */
extern const bal_watch bal_cli_watch;

/* A folder of its own for what a verb writes: made, or there and empty. */
bal_status bal_out_create(const char *path);

#endif
