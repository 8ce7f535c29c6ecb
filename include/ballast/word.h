/* word -- a setting that is one of a few words, each with options of its own: `schedule = cosine warmup=100`. */
#ifndef BALLAST_WORD_H
#define BALLAST_WORD_H

#include "ballast/option.h"

/* A table of words ends with a NULL name; the options of all of them are members of one struct. */
typedef struct bal_word {
    const char       *name, *help;
    const bal_option *options; /* no BAL_TEXT */
} bal_word;

/* From a line "cosine warmup=100": *which is the word's place in the table, `self` gets its options. `what` names the
 * setting in messages. NULL or "": the first word, nothing is set. */
bal_status bal_word_parse(int *which, void *self, const bal_word *words, const char *what, const char *line,
                          bal_where at);

#endif
