/* predictions -- what a classifier answered for each image, by ballast or by any other tool: predictions.csv.
 *
 * Columns: label and predicted (class names); where they apply path, group, fold, seed, arm (kept as text; empty is
 * NULL); then p:<class>, one per class, probabilities that add up to 1 (within 1e-3). Where no column begins with "p:",
 * columns named like the classes in label and predicted are taken. All other columns are passed over. Without
 * probabilities what needs them is undefined. */
#ifndef BALLAST_PREDICTIONS_H
#define BALLAST_PREDICTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "ballast/status.h"

#define BAL_CLASSES_MAX 4096

typedef struct bal_prediction {
    const char   *path, *group, *fold, *seed, *arm; /* NULL where they do not apply */
    int           label;                            /* index of the class; -1: not labelled (never from a file) */
    int           predicted;
    const double *probability;                      /* [class_count], or NULL */
} bal_prediction;

typedef struct bal_predictions {
    char          **classes;
    int             class_count;
    bool            probabilities; /* every row has them, or none has */
    bal_prediction *row;
    int             count, capacity;
    struct bal_predictions_block *blocks; /* the memory of the rows' strings and probabilities */
} bal_predictions;

/* An empty list; copies the names. */
bal_status bal_predictions_init(bal_predictions *out, const char *const *classes, int class_count, bool probabilities);

/* Append a row; copies everything in it. */
bal_status bal_predictions_add(bal_predictions *p, const bal_prediction *row);

/* Read a CSV file, or text that is called `name` in messages. Classes are in the order of the p: columns, else sorted
 * bytewise. Refused with file:line: a missing column, no row, an empty or unknown class, a probability that is no
 * number in 0..1, a sum other than 1, and what csv.h refuses. A file without p: columns is read twice, so it cannot be
 * a pipe. */
bal_status bal_predictions_read(bal_predictions *out, const char *path);
bal_status bal_predictions_parse(bal_predictions *out, const char *name, const char *text, size_t size);

/* Write path, label, predicted and those of the other columns that any row has. Reads back to the same bits. */
bal_status bal_predictions_write(const bal_predictions *p, const char *path);

void bal_predictions_free(bal_predictions *p);

#endif
