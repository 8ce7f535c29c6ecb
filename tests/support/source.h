/* source -- opening a data source alone, as the data set would. */
#ifndef BALLAST_SOURCE_H
#define BALLAST_SOURCE_H

#include "ballast/data.h"

/* As `source = name options` with that path; *d is the caller's, by bal_data_free, also on failure. */
bal_status source_open(bal_data *d, const bal_data_def *def, const char *path);

/* Fails the test with the message of the fault. */
void source_open_well(bal_data *d, const bal_data_def *def, const char *path);

/* The item of that path, or fails. */
const bal_item *source_item(const bal_data *d, const char *path);

#endif
