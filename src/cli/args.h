/* args -- the arguments of a verb: own options and common ones in any order, `--x y` or `--x=y`, `--` ends options. */
#ifndef BALLAST_CLI_ARGS_H
#define BALLAST_CLI_ARGS_H

#include "cli/verb.h"

/* The options that are not a verb's own; `takes` says which of them it has. */
extern const bal_option bal_common_options[];
bool                    bal_common_taken(const bal_verb *verb, const bal_option *common);

/* Parse what stands behind the verb. Strings point into argv; the rest is released by bal_args_free. BAL_ECONFIG:
 * a usage fault. */
bal_status bal_args_parse(bal_args *out, const bal_verb *verb, int argc, char **argv);
void       bal_args_free(bal_args *args);

/* As an option is typed: dry_run is "--dry-run". Returns out. */
const char *bal_flag_print(char *out, size_t size, const char *name);

#endif
