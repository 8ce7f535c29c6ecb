/* option -- a table of typed rows that fills a struct from text. The parser, the range errors and `ballast help` all
 * come from the same row: name, type, offset, default, min, max, help. */
#ifndef BALLAST_OPTION_H
#define BALLAST_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include "ballast/status.h"

typedef enum {
    BAL_INT,    /* member: int */
    BAL_FLOAT,  /* member: float; "2e-4", no inf or nan */
    BAL_BOOL,   /* member: bool; on off true false yes no 1 0 */
    BAL_CHOICE, /* member: int, the index of the word in `words` */
    BAL_TEXT    /* member: const char *, owned by whoever owns the parsed text; default: `words`, may be NULL */
} bal_option_type;

typedef struct bal_option {
    const char     *name;
    bal_option_type type;
    size_t          offset;
    double          def, min, max; /* def may be BAL_REQUIRED; min and max inclusive */
    const char     *words;         /* BAL_CHOICE: "constant|step|cosine"; BAL_TEXT: the default */
    const char     *help;          /* a few words, with the unit */
} bal_option;

#define BAL_REQUIRED ((double)1e300) /* default of an option that must be given */
#define BAL_OPTIONS_MAX 64           /* rows of a table */

/* Rows. `type` is the struct, `member` both the member and the name in the INI file. */
#define BAL_OPT(type, member, kind, def, min, max, help) \
    {#member, kind, offsetof(type, member), def, min, max, NULL, help}
#define BAL_OPT_BOOL(type, member, def, help) {#member, BAL_BOOL, offsetof(type, member), def, 0, 1, NULL, help}
#define BAL_OPT_CHOICE(type, member, def, words, help) \
    {#member, BAL_CHOICE, offsetof(type, member), def, 0, 0, words, help}
#define BAL_OPT_TEXT(type, member, def, help) {#member, BAL_TEXT, offsetof(type, member), 0, 0, 0, def, help}
#define BAL_OPT_TEXT_REQUIRED(type, member, help) \
    {#member, BAL_TEXT, offsetof(type, member), BAL_REQUIRED, 0, 0, NULL, help}
#define BAL_OPT_END {NULL, BAL_INT, 0, 0, 0, 0, NULL, NULL}

/* Where a text stands, for messages: "xray.ini:12" or, with line 0, just the name ("--set"). */
typedef struct bal_where {
    const char *file;
    int         line;
} bal_where;

/* bal_fail(BAL_ECONFIG, "file:line: ...") in one form everywhere. */
bal_status bal_fail_at(bal_where at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Set every member to its default (0 or NULL where it is required). `options` may be NULL: no options. */
void bal_option_defaults(const bal_option *options, void *self);

/* Set the one option `key` from `value`. `what` names the owner in messages ("layer conv", "[train.gan]").
 * Unknown: lists the nearest name, or all. Malformed or out of range: says what is allowed. */
bal_status bal_option_set(const bal_option *options, void *self, const char *what, const char *key, const char *value,
                          bal_where at);

/* Defaults, then "filters=32 kernel=3 pad=1" (separated by blanks). Refuses repeated keys and names a missing required
 * one. BAL_TEXT members point to strings kept in *pool (a char * list the caller frees by bal_option_pool_free). */
typedef struct bal_option_pool bal_option_pool;
bal_status bal_option_parse(const bal_option *options, void *self, bal_option_pool **pool, const char *what,
                            const char *text, bal_where at);
void bal_option_pool_free(bal_option_pool *pool);

/* The value of a numeric option (int, float, bool, choice index) by name; asserts that it exists. */
double bal_option_number(const bal_option *options, const void *self, const char *name);

/* Write one option's value as it would stand in an INI file ("0.2", "on", "cosine"). Returns what snprintf returns.
 * Floats are written so that they read back to the same bits. */
int bal_option_print(char *out, size_t size, const bal_option *option, const void *self);

/* What a row allows, in words: "a whole number from 1 to 4096". Returns what snprintf returns. */
int bal_option_allowed(char *out, size_t size, const bal_option *option);

/* The fault of a required option that was not given. `what` as above, or NULL. */
bal_status bal_option_missing(const bal_option *option, const char *what, bal_where at);

/* The name in a NULL-terminated list that is nearest to `name` by edit distance, or NULL if none is near. */
const char *bal_nearest(const char *name, const char *const *names);

#endif
