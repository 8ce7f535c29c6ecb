/* setup_parts -- what setup*.c share. */
#ifndef BALLAST_SETUP_PARTS_H
#define BALLAST_SETUP_PARTS_H

#include "ballast/setup.h"

/* Where a key of a section stands; the section, or the file, if it is not given. */
bal_where bal_setup_place(const bal_config *c, const char *section, const char *key);
/* The last line of a net's layers: where its output comes from. */
bal_where bal_setup_last_layer(const bal_config *c, const char *net);
/* Fails where there is no such section, saying why it is needed. */
bal_status bal_setup_need(const bal_config *c, const char *section, const char *because);

/* What [train.classifier] says about classes of unequal size. */
bal_status bal_setup_check_balance(const bal_setup *s);

/* Whether training itself makes classes count alike, or more so: by weights, a sampler or its loss. */
bool bal_setup_evens_out(const bal_setup *s);

/* What [train.gan] says to hold a discriminator back. */
bal_status bal_setup_check_adversary(const bal_setup *s);
/* What it says about weights learned on other images first; its optimizers were checked. */
bal_status bal_setup_check_transfer(const bal_setup *s);

/* [train.gate]. */
bal_status bal_setup_check_gate(bal_setup *s);

/* The settings and images of an arm on top of the configuration; NULL: real images alone. */
bal_status bal_setup_apply_arm(bal_setup *s, const char *name);
/* [experiment], and every arm that it names, opened as the experiment will. */
bal_status bal_setup_check_experiment(bal_setup *s, const char *path, const char *const *sets, int set_count);

#endif
