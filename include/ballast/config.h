/* config -- an INI file as ordered sections of entries that know their line; read through inih. Nothing is merged.
 *
 * CRLF and a UTF-8 byte order mark are accepted. Refused, with file:line: NUL bytes, invalid UTF-8, lines or names that
 * inih would cut, a key outside a section, a section opened twice, text that is neither section, entry nor comment.
 * Comments begin with ; or # at the start of a line, or with " ;" behind a value. Indentation means nothing. */
#ifndef BALLAST_CONFIG_H
#define BALLAST_CONFIG_H

#include "ballast/option.h"

typedef struct bal_entry {
    const char *key, *value;
    bal_where   at;
} bal_entry;

typedef struct bal_section {
    const char      *name;
    bal_where        at;
    const bal_entry *entries;
    int              count;
} bal_section;

typedef struct bal_config bal_config;

/* Read a file, or text that is called `name` in messages. On failure *out is NULL. */
bal_status bal_config_read(bal_config **out, const char *path);
bal_status bal_config_parse(bal_config **out, const char *name, const char *text);
void       bal_config_free(bal_config *config);

/* "section.key=value", cut at the last dot before the '=', or behind an arm's name ("arm.NAME.train.classifier.ema=0");
 * replaces the entry or adds it (and its section). Keys that may repeat (`layer`) cannot be set. Faults are named
 * "--set section.key: ...". */
bal_status bal_config_set(bal_config *config, const char *assignment);

/* The same for an entry of the file that stands for another: `name` is "section.key"; faults are named by `at`, whose
 * file must live as long as the configuration. */
bal_status bal_config_put(bal_config *config, const char *name, const char *value, bal_where at);

const char        *bal_config_path(const bal_config *config); /* as given to read */
int                bal_config_count(const bal_config *config);
const bal_section *bal_config_section(const bal_config *config, int i);
const bal_section *bal_config_find(const bal_config *config, const char *name);   /* NULL if absent */
const bal_entry   *bal_section_find(const bal_section *section, const char *key); /* NULL if absent */

/* Fill a struct from a section by its table: defaults, then the entries; checks unknown, repeated, malformed, out of
 * range, missing. Keys of `repeated` (NULL-terminated, may be NULL) are passed over. A NULL section means defaults
 * only; then a required option fails naming `name`. */
bal_status bal_section_fill(const bal_section *section, const char *name, const bal_option *options,
                            const char *const *repeated, void *self);

/* A plug-in line "conv filters=32 pad=1": the name alone, and the text behind it. */
void bal_line_split(const char *value, char *name, size_t size, const char **rest);

#endif
