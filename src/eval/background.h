/* background -- what a report knows besides the predictions, in report.json. */
#ifndef BALLAST_EVAL_BACKGROUND_H
#define BALLAST_EVAL_BACKGROUND_H

#include <cjson/cJSON.h>
#include "ballast/report.h"

/* Its keys. False where memory ends. */
bool bal_background_put(cJSON *to, const bal_background *b, const bal_predictions *p);

#endif
