/* run_json -- the JSON files of a run's folder. */
#ifndef BALLAST_CLI_RUN_JSON_H
#define BALLAST_CLI_RUN_JSON_H

#include <cjson/cJSON.h>

#include "ballast/status.h"

/* RUN/NAME; *out is NULL where it is not there; BAL_EIO where it is not a whole object. Ends by cJSON_Delete. */
bal_status bal_run_json(cJSON **out, const char *run, const char *name);

#endif
