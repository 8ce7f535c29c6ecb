/* help -- texts made from the tables of verbs and plug-ins. */
#ifndef BALLAST_CLI_HELP_H
#define BALLAST_CLI_HELP_H

#include <stdio.h>

#include "cli/verb.h"

void        bal_help_overview(FILE *to);
void        bal_help_verb(const bal_verb *verb);
const char *bal_help_nearest_verb(const char *name); /* NULL if none is near */

#endif
