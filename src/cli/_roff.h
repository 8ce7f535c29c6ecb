/* roff -- manual pages in the language of man(7). All text is escaped; "--x" in it is set in bold. */
#ifndef BALLAST_CLI_ROFF_H
#define BALLAST_CLI_ROFF_H

#include <stdio.h>

#include "ballast/option.h"

void bal_roff_title(FILE *to, const char *name, int section, const char *date);
void bal_roff_section(FILE *to, const char *name);    /* as it is written: NAME */
void bal_roff_subsection(FILE *to, const char *name); /* as it is written */
void bal_roff_text(FILE *to, const char *text);       /* within a line */

/* A usage line: capitals are placeholders, in italics, other words bold. */
void bal_roff_usage(FILE *to, const char *usage);

/* Text in which a short line that ends a sentence, an empty line, or a line that begins with an option ends a
 * paragraph; other ends of lines mean nothing. */
void bal_roff_paragraphs(FILE *to, const char *text);

/* An entry of a list: a bold term, what it takes in italics (NULL: nothing), and what it means. */
void bal_roff_term(FILE *to, const char *term, const char *value, const char *meaning);
/* The same for an option of an INI file: its default, its meaning and what it may be. */
void bal_roff_setting(FILE *to, const bal_option *option);

/* Lines that begin with blanks are commands, the others say what they are for. */
void bal_roff_examples(FILE *to, const char *text);

#endif
