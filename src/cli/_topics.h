/* topics -- what there is to explain, as data: verbs by group, kinds of plug-ins, sections of an INI file, options and
 * the words for their values. Help, manual pages and completion are made from it. */
#ifndef BALLAST_CLI_TOPICS_H
#define BALLAST_CLI_TOPICS_H

#include "cli/verb.h"

enum { BAL_THINGS_MAX = 128, BAL_NOUN_SIZE = 64 };

/* One layer, loss, ...: what the contracts have in common. */
typedef struct bal_thing {
    const char       *name, *help;
    const bal_option *options;
} bal_thing;

typedef struct bal_kind {
    const char *name, *title; /* "layer", and where a line of it stands */
    int         count;
    bal_thing   things[BAL_THINGS_MAX];
} bal_kind;

extern const char *const bal_kind_names[]; /* layer, loss, ...; NULL-terminated */
bool                     bal_kind_find(bal_kind *out, const char *name); /* false if there is none */

/* A section of a configuration; the last one's name is NULL. */
typedef struct bal_topic {
    const char       *name, *title;
    const bal_option *options;
} bal_topic;
extern const bal_topic bal_topics[];
const bal_topic       *bal_topic_find(const char *name); /* NULL if absent */

extern const char *const bal_verb_group_names[BAL_VERB_GROUPS];
const bal_verb          *bal_verb_find(const char *name); /* hidden ones too; NULL if absent */
bool                     bal_verb_hidden(const bal_verb *verb);

/* Row i of all options of a verb, its own first; NULL behind the last. */
const bal_option *bal_verb_option(const bal_verb *verb, int i);

/* The word for an option's value, "" for a switch: "N", "X", "WORD", and for a text what the verb's `values` says:
 * "RUN", "FILE.csv"; else "TEXT". Returns out. */
const char *bal_option_noun(char out[BAL_NOUN_SIZE], const bal_verb *verb, const bal_option *option);

/* The default as it would be written in a file, "required", or "-" for none. Returns a text that may be `out`. */
const char *bal_option_default(char *out, size_t size, const bal_option *option);

/* Cut the next of some words off *list: letters up to the next of `stops`. False at its end. */
bool bal_word_cut(char *out, size_t size, const char **list, const char *stops);

#endif
