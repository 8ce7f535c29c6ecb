/* answers -- what was made of a net's outputs, in a report. */
#ifndef BALLAST_EVAL_ANSWERS_H
#define BALLAST_EVAL_ANSWERS_H

#include <cjson/cJSON.h>
#include "ballast/report.h"

/* One line; NULL where nothing was made of them. The caller frees it. */
bal_status bal_answers_words(char **out, const bal_answers *a, const bal_predictions *p);

/* The key "answers" of report.json. put: false where memory ends. get: nothing where the object has none; what is
 * malformed is left out. */
bool       bal_answers_put(cJSON *to, const bal_answers *a, const bal_predictions *p);
bal_status bal_answers_get(bal_background *out, const cJSON *json, const bal_predictions *p);

#endif
