/* run_json -- see _run_json.h. */
#include "cli/_run_json.h"

#include <stdbool.h>
#include <stdlib.h>

#include "ballast/files.h"

enum { FILE_LIMIT = 1 << 26 };

bal_status bal_run_json(cJSON **out, const char *run, const char *name)
{
    char      *path = bal_path_join(run, name), *text = NULL;
    size_t     size;
    bal_status st = path ? BAL_OK : bal_fail(BAL_ENOMEM, "no memory for a path");

    *out = NULL;
    if (!st && bal_file_exists(path)) {
        st = bal_file_read(&text, &size, path, FILE_LIMIT);
        *out = st ? NULL : cJSON_Parse(text);
        if (!st && !cJSON_IsObject(*out)) st = bal_fail(BAL_EIO, "%s: is not a whole JSON object", path);
    }
    if (st) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    free(text);
    free(path);
    return st;
}
