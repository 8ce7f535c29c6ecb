/* history -- how a classifier's training went, epoch by epoch: log.csv in memory, and its picture, curves.svg. */
#ifndef BALLAST_HISTORY_H
#define BALLAST_HISTORY_H

#include "ballast/status.h"

/* Losses are means in nats, accuracies 0 to 1. NaN: not known (no validation part). */
typedef struct bal_epoch {
    int    epoch; /* from 1 */
    double train_loss, train_accuracy;
    double validation_loss, validation_accuracy, validation_balanced_accuracy;
} bal_epoch;

typedef struct bal_history {
    bal_epoch *epoch;
    int        count, capacity;
} bal_history;

/* A zeroed history is empty. */
bal_status bal_history_add(bal_history *h, const bal_epoch *epoch);
void       bal_history_free(bal_history *h);

/* Index of the epoch whose weights are kept: the highest validation balanced accuracy, of equal ones the lowest
 * validation loss, of equal ones the first. -1 where no epoch has a validation balanced accuracy. */
int bal_history_best(const bal_history *h);

/* From a CSV file with columns named like the members of bal_epoch; others are passed over, empty fields are NaN.
 * Refused with file:line: a missing column, what is no number, epochs that do not rise. */
bal_status bal_history_read(bal_history *out, const char *path);

/* Loss and accuracy of train and validation over the epochs, the kept epoch marked: an SVG, the same in a file, and in
 * words for who cannot see it. The caller frees texts. */
bal_status bal_history_svg(char **svg, const bal_history *h);
bal_status bal_history_plot(const bal_history *h, const char *path);
bal_status bal_history_words(char **out, const bal_history *h);

#endif
