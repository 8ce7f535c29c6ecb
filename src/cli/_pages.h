/* pages -- the manual: ballast(1), one page for each verb, ballast.ini(5). */
#ifndef BALLAST_CLI_PAGES_H
#define BALLAST_CLI_PAGES_H

#include <stdio.h>

#include "cli/verb.h"

typedef struct bal_page {
    const char     *date;    /* of the pages, "2026-11-24" */
    const char     *share;   /* the folder of what was installed with the program */
    const bal_verb *subject; /* of bal_page_verb */
} bal_page;

void bal_page_program(FILE *to, const bal_page *page);
void bal_page_verb(FILE *to, const bal_page *page);
void bal_page_settings(FILE *to, const bal_page *page);

#endif
