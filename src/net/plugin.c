/* plugin -- plug-ins by name. */
#include "ballast/plugin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/config.h"

enum { MOST = 512 };

bal_status bal_plugin_find(int *out, const char *kind, const char *(*name_at)(int i), const char *name, bal_where at)
{
    const char *names[MOST + 1];
    int         n = 0;
    for (; n < MOST && (names[n] = name_at(n)); n++)
        if (strcmp(names[n], name) == 0) {
            *out = n;
            return BAL_OK;
        }
    names[n] = NULL;
    const char *near = bal_nearest(name, names);
    if (near) return bal_fail_at(at, "there is no %s \"%s\"; did you mean \"%s\"?", kind, name, near);
    return bal_fail_at(at, "there is no %s \"%s\"; see: ballast help %s", kind, name, kind);
}

static const char *loss_name(int i) { return bal_loss_defs[i] ? bal_loss_defs[i]->name : NULL; }
static const char *optim_name(int i) { return bal_optim_defs[i] ? bal_optim_defs[i]->name : NULL; }

/* A zeroed private struct with the options of `rest`. */
static bal_status make_self(void **self, size_t size, const bal_option *options, bal_option_pool **pool,
                            const char *kind, const char *name, const char *rest, bal_where at)
{
    char what[96];
    snprintf(what, sizeof what, "%s %s", kind, name);
    *self = calloc(1, size ? size : 1);
    return *self ? bal_option_parse(options, *self, pool, what, rest, at)
                 : bal_fail(BAL_ENOMEM, "no memory for %s", what);
}

bal_status bal_loss_read(bal_loss *out, bal_option_pool **pool, const char *line, bool adversarial, bal_where at)
{
    char        name[64];
    const char *rest;
    int         i;
    *out = (bal_loss){0};
    bal_line_split(line, name, sizeof name, &rest);
    BAL_TRY(bal_plugin_find(&i, "loss", loss_name, name, at));
    out->def = bal_loss_defs[i];
    if (out->def->adversarial != adversarial)
        return bal_fail_at(at, "loss %s is for %s", name,
                           adversarial ? "classifiers; a GAN takes an adversarial one (non_saturating)"
                                       : "GANs; a classifier takes cross_entropy");
    return make_self(&out->self, out->def->size, out->def->options, pool, "loss", name, rest, at);
}

bal_status bal_loss_build(bal_loss *l, bal_device *dev, bal_shape y, bal_where at)
{
    l->y = y;
    BAL_TRY(l->def->shape(l, at));
    if (!l->def->adversarial) {
        BAL_TRY(bal_tensor_init(&l->weight, dev, (bal_shape){1, 1, 1, bal_loss_classes(l)}));
        BAL_TRY(bal_tensor_fill(&l->weight, 1));
    }
    BAL_TRY(l->def->build(l, dev));
    return l->scratch ? bal_tensor_init(&l->workspace, dev, (bal_shape){1, 1, 1, (int)l->scratch}) : BAL_OK;
}

void bal_loss_free(bal_loss *l)
{
    if (l->def && l->def->free && l->self) l->def->free(l);
    bal_tensor_free(&l->workspace);
    bal_tensor_free(&l->weight);
    free(l->self);
    *l = (bal_loss){0};
}

bal_status bal_optim_read(bal_optim *out, bal_option_pool **pool, const char *line, bal_where at)
{
    char        name[64];
    const char *rest;
    int         i;
    *out = (bal_optim){0};
    bal_line_split(line, name, sizeof name, &rest);
    BAL_TRY(bal_plugin_find(&i, "optimizer", optim_name, name, at));
    out->def = bal_optim_defs[i];
    return make_self(&out->self, out->def->size, out->def->options, pool, "optimizer", name, rest, at);
}

void bal_optim_free(bal_optim *o)
{
    free(o->self);
    *o = (bal_optim){0};
}
