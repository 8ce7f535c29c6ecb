/* optim_test -- proves an optimizer from one step in double precision and a list of cases.
 *
 * tests/optims/x.c holds nothing but that: `const bal_optim_test bal_test_x = { "x", step, cases };`. For each case and
 * both kernel classes the runner takes ten steps with another gradient and learning rate each, with and without a
 * clipping factor, and checks: weights and moments against the reference; padding of zeros stays zero; gradients are
 * left alone; nothing written outside; the same bits twice; no allocation in a step. */
#ifndef BALLAST_OPTIM_TEST_H
#define BALLAST_OPTIM_TEST_H

#include "ballast/optim.h"

/* Element by element: w, its gradient (clipping done), its moments, whether it is decayed, the step from 1 on, lr. */
typedef struct bal_optim_element {
    double *w, g, *moment[2];
    bool    decayed;
    int     t;
    double  lr;
} bal_optim_element;

typedef struct bal_optim_test {
    const char *name;
    void (*step)(const bal_optim *o, const bal_optim_element *e);
    const char *const *cases; /* options as in an INI line, NULL-terminated */
} bal_optim_test;

/* Every test of tests/optims/, NULL-terminated; generated. */
extern const bal_optim_test *const bal_optim_tests[];

/* A numeric option of an optimizer, as the decimal that was written. */
double bal_optim_option(const bal_optim *o, const char *name);

/* An optimizer of this name and these options, built. */
bal_status bal_optim_open(bal_optim *o, bal_option_pool **pool, bal_device *dev, const char *name, const char *options);
void       bal_optim_close(bal_optim *o, bal_option_pool *pool);

#endif
