/* optim_test -- see optim_test.h; the runner itself is tests/optims_main.c. */
#include "optim_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double bal_optim_option(const bal_optim *o, const char *name)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", bal_option_number(o->def->options, o->self, name));
    return strtod(text, NULL);
}

bal_status bal_optim_open(bal_optim *o, bal_option_pool **pool, bal_device *dev, const char *name, const char *options)
{
    memset(o, 0, sizeof *o);
    *pool = NULL;
    for (int i = 0; bal_optim_defs[i]; i++)
        if (strcmp(bal_optim_defs[i]->name, name) == 0) o->def = bal_optim_defs[i];
    if (!o->def) return bal_fail(BAL_ECONFIG, "there is no optimizer %s", name);
    o->self = calloc(1, o->def->size);
    if (!o->self) return bal_fail(BAL_ENOMEM, "no memory for an optimizer");
    BAL_TRY(bal_option_parse(o->def->options, o->self, pool, "optimizer", options, (bal_where){"test", 0}));
    return o->def->build(o, dev);
}

void bal_optim_close(bal_optim *o, bal_option_pool *pool)
{
    free(o->self);
    bal_option_pool_free(pool);
    memset(o, 0, sizeof *o);
}
