/* generators_json -- the keys of quality.json, which stand in report.json too. */
#ifndef EVAL_GENERATORS_JSON_H
#define EVAL_GENERATORS_JSON_H

#include <cjson/cJSON.h>
#include "ballast/generators.h"

extern const char *const bal_feature_kinds[BAL_FEATURE_KINDS], *const bal_copy_spaces[BAL_COPY_SPACES];

/* False where memory ends. */
bool bal_generator_put(cJSON *to, const bal_generator_quality *q);

#endif
