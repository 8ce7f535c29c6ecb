/* generators_json -- the keys of quality.json, which stand in report.json too, and the columns of its tables. */
#ifndef EVAL_GENERATORS_JSON_H
#define EVAL_GENERATORS_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include "ballast/generators.h"

extern const char *const bal_feature_kinds[BAL_FEATURE_KINDS], *const bal_copy_spaces[BAL_COPY_SPACES];

/* What a likeness consists of: its KID, the error of that, then the others, each with its key and name. */
typedef struct bal_likeness_figure {
    const char *key, *name;
    size_t      offset; /* of a double in bal_likeness */
} bal_likeness_figure;
enum { BAL_LIKENESS_KID, BAL_LIKENESS_KID_ERROR, BAL_LIKENESS_OTHERS, BAL_LIKENESS_FIGURES = 7 };
extern const bal_likeness_figure bal_likeness_figures[BAL_LIKENESS_FIGURES];
double                           bal_likeness_value(const bal_likeness *l, int figure);
/* KID and its error with three digits, for they are as large or small as the features make them; others with two
 * decimals; "n/a" for NaN. */
#define BAL_LIKENESS_SIZE 32
void bal_likeness_print(char out[BAL_LIKENESS_SIZE], int figure, double v);
/* More copies than chance would have, in either space. */
bool bal_generator_alarm(const bal_generator_quality *q);

/* False where memory ends. */
bool bal_generator_put(cJSON *to, const bal_generator_quality *q);

#endif
