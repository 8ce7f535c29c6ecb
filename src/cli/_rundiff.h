/* rundiff -- what differs between two runs' folders, as JSON: what `ballast diff` prints. A row is {"key", "first",
 * "second"}: values as they stand in the files, null for undefined, left out where a run has no such thing. Rows that
 * are equal are left out. */
#ifndef BALLAST_CLI_RUNDIFF_H
#define BALLAST_CLI_RUNDIFF_H

#include <cjson/cJSON.h>

#include "ballast/status.h"

/* Append a row unless both are equal; takes over the values, which may be NULL. */
void bal_diff_row(cJSON *rows, const char *key, cJSON *first, cJSON *second);

/* config.ini, key by key; "classifier.layer 3" for layers, by their place in the first run, or in the second where
 * only that has it. */
bal_status bal_diff_settings(cJSON *rows, const char *const run[2]);

/* split.csv: {"both", "only_first": [paths], "only_second", "relabelled", "changed", "places": {"train": [n, n]},
 * "moved": [{"from", "to", "images"}]}. A place is a part, or "fold 0" of a run with folds. "changed": the file's
 * bytes. *out is NULL where one run has no split.csv. */
bal_status bal_diff_data(cJSON **out, const char *const run[2]);

/* run.json: seed, program, device, driver. */
bal_status bal_diff_environment(cJSON *rows, const char *const run[2]);

/* report.json, and experiment.json of an experiment; a figure with an interval is {"value", "low", "high"}. */
bal_status bal_diff_results(cJSON *rows, const char *const run[2]);
/* Which parts of experiments are "done" or "to do". */
bal_status bal_diff_parts(cJSON *rows, const char *const run[2]);

/* The paired comparison (ballast/paired.h) on the test images that both have, once each: as text, and as JSON. Both
 * NULL, and why in *why (static), where there is none. */
bal_status bal_diff_paired(char **text, cJSON **json, const char **why, const char *const run[2]);

#endif
