#include "source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

bal_status source_open(bal_data *d, const bal_data_def *def, const char *path)
{
    *d = (bal_data){.def = def, .self = calloc(1, def->size), .at = {"test.ini", 3}, .path = path};
    assert_non_null(d->self);
    bal_option_defaults(def->options, d->self);
    return def->open(d);
}

void source_open_well(bal_data *d, const bal_data_def *def, const char *path)
{
    if (source_open(d, def, path)) fail_msg("%s", bal_error());
}

const bal_item *source_item(const bal_data *d, const char *path)
{
    for (int i = 0; i < d->count; i++)
        if (strcmp(d->items[i].path, path) == 0) return &d->items[i];
    fail_msg("%s is not listed", path);
    return NULL;
}
