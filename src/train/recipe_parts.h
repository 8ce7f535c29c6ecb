/* recipe_parts -- what the rules share. */
#ifndef BALLAST_RECIPE_PARTS_H
#define BALLAST_RECIPE_PARTS_H

#include "ballast/recipe.h"

typedef bal_status bal_recipe_rule(bal_recipe *r, const bal_fingerprint *f);

/* The reason of the choices that follow, up to the next one; then a choice. */
bal_status bal_recipe_because(bal_recipe *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bal_status bal_recipe_set(bal_recipe *r, const char *section, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

bal_recipe_rule bal_recipe_scale; /* how large a net and how long a training the time allows: recipe_scale.c */
bal_recipe_rule bal_recipe_classifier, bal_recipe_gan; /* the nets: recipe_net.c */
bal_recipe_rule bal_recipe_train_classifier;                                 /* recipe_train.c */
bal_recipe_rule bal_recipe_train_gan, bal_recipe_experiment; /* recipe_experiment.c */

#endif
