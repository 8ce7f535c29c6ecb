/* sample -- the labelled rows of a list of predictions, arranged once so that the metrics of any resample of them cost
 * one pass and no sorting: a resample is how often each row is in it. */
#ifndef BALLAST_EVAL_SAMPLE_H
#define BALLAST_EVAL_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include "ballast/metrics.h"

/* The rows in order of falling probability of a class: row << 2, and */
#define BAL_RANK_POSITIVE 2u /* the row is of the class */
#define BAL_RANK_LAST 1u     /* the next row has another probability */

typedef struct bal_sample {
    int       class_count, count;
    int      *row;           /* [count] of the predictions: those of the first class, of the second, ... */
    int      *cell;          /* [count] of the confusion matrix: label * class_count + predicted */
    bool      probabilities; /* else the rest is NULL */
    double   *loss, *brier;  /* [count] summands of these */
    double   *gap;           /* [count] top probability minus 1 where the top class is the label, minus 0 elsewhere */
    unsigned char *bin;      /* [count] of the top probability, for ECE */
    uint32_t *order;         /* [class_count][count] */
} bal_sample;

bal_status bal_sample_init(bal_sample *out, const bal_predictions *p);
void       bal_sample_free(bal_sample *s);

/* Only the rows, and the order for class c at the beginning of `order`. */
bal_status bal_sample_init_class(bal_sample *out, const bal_predictions *p, int c);

/* How often each row counts in several resamples side by side: what costs most is to find a row, and so they share it.
 */
enum { BAL_LANES = 8 };
typedef struct bal_times {
    unsigned char lane[BAL_LANES];
} bal_times;

/* times: [count], and m: [BAL_LANES]; NULL: each row once, and m: [1]. Initialised, with former results or without. */
void bal_sample_measure(bal_metrics *m, const bal_sample *s, const bal_times *times);

/* The order of the rows for class c, [count]. */
const uint32_t *bal_sample_order(const bal_sample *s, int c);

#endif
