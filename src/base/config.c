/* config -- INI text through inih. Our reader hands inih one line at a time, long ones in pieces; what inih would cut,
 * skip or join without a word is refused or undone here first. */
#include "ballast/config.h"

#include <assert.h>
#include <ini.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/files.h"
#include "ballast/text.h"

#define NAME_LIMIT 49        /* inih keeps names in 50 bytes */
#define LINE_LIMIT 4096      /* of lines, by us: inih keeps them in 200 bytes */
#define FILE_LIMIT (1 << 20) /* far above any configuration */

#define NOTHING "neither [section] nor key = value nor a comment"

struct bal_config {
    bal_names    strings; /* owns every text below */
    bal_section *sections;
    int          count;
    const char  *path;
};

/* What passes between the reader and the handler. */
typedef struct reader {
    bal_config *config;
    const char *next, *end;
    const char *text; /* of the line, what inih has not got yet */
    size_t      size;
    bool        continued; /* whether it has got a part */
    int         line;
    bal_status  st;
} reader;

static bal_where here(const reader *r) { return (bal_where){r->config->path, r->line}; }

static bal_status keep(bal_config *c, const char **out, const char *text)
{
    BAL_TRY(bal_names_add(&c->strings, text));
    *out = c->strings.name[c->strings.count - 1];
    return BAL_OK;
}

/* Room for one more: arrays grow when their count reaches a power of two. */
static bal_status grow(void **array, int count, size_t each)
{
    if (count & (count - 1)) return BAL_OK;
    void *more = count < INT_MAX / 4 ? realloc(*array, (size_t)(count ? count * 2 : 1) * each) : NULL;
    if (!more) return bal_fail(BAL_ENOMEM, "no memory left for the configuration");
    *array = more;
    return BAL_OK;
}

static bal_status add_section(bal_config *c, const char *name, bal_where at)
{
    bal_section s = {.at = at};
    void       *array = c->sections;

    BAL_TRY(keep(c, &s.name, name));
    BAL_TRY(grow(&array, c->count, sizeof s));
    c->sections = array;
    c->sections[c->count++] = s;
    return BAL_OK;
}

static bal_status add_entry(bal_config *c, bal_section *s, const char *key, const char *value, bal_where at)
{
    bal_entry e = {.at = at};
    void     *array = (void *)(uintptr_t)s->entries; /* const only to readers */

    BAL_TRY(keep(c, &e.key, key));
    BAL_TRY(keep(c, &e.value, value));
    BAL_TRY(grow(&array, s->count, sizeof e));
    s->entries = array;
    ((bal_entry *)array)[s->count++] = e;
    return BAL_OK;
}

static bal_status check_text(const char *text, size_t size, bal_where at)
{
    size_t fault = bal_utf8_fault(text, size);

    for (size_t i = 0; i < fault; i++) {
        unsigned char b = (unsigned char)text[i];
        if (b == 0) return bal_fail_at(at, "a NUL byte; an INI file is plain text");
        if ((b < 0x20 && b != '\t') || b == 0x7F)
            return bal_fail_at(at, "control character 0x%02x; an INI file is plain text", b);
    }
    if (fault < size)
        return bal_fail_at(at, "byte 0x%02x is not UTF-8; save the file as UTF-8", (unsigned char)text[fault]);
    return BAL_OK;
}

static bool blank(char c) { return c == ' ' || c == '\t'; }
static bool is_comment(char c) { return c == ';' || c == '#'; }

static bal_status check_name(const char *what, size_t size, bal_where at)
{
    if (size == 0) return bal_fail_at(at, "%s has no name", what);
    if (size > NAME_LIMIT)
        return bal_fail_at(at, "%s has a name of %zu bytes; at most %d are allowed", what, size, NAME_LIMIT);
    return BAL_OK;
}

/* "[name]" and, perhaps, a comment, which inih does not get. */
static bal_status open_section(reader *r)
{
    const char *name = r->text + 1, *end = r->text + r->size, *close = memchr(name, ']', r->size - 1);

    if (!close) return bal_fail_at(here(r), NOTHING);
    const char *rest = close + 1;
    while (rest < end && blank(*rest)) rest++;
    if (rest < end && !is_comment(*rest)) return bal_fail_at(here(r), "text behind the ']' of a section");
    r->size = (size_t)(close + 1 - r->text);
    while (blank(*name)) name++;
    while (close > name && blank(close[-1])) close--;
    BAL_TRY(check_name("a section", (size_t)(close - name), here(r)));

    char copy[NAME_LIMIT + 1] = "";
    memcpy(copy, name, (size_t)(close - name));
    const bal_section *first = bal_config_find(r->config, copy);
    if (first) return bal_fail_at(here(r), "section [%s] again; it began in line %d", copy, first->at.line);
    return add_section(r->config, copy, here(r));
}

static bal_status check_line(reader *r)
{
    const char *text = r->text;

    if (r->size > LINE_LIMIT)
        return bal_fail_at(here(r), "line of %zu bytes; at most %d are allowed", r->size, LINE_LIMIT);
    if (r->size && *text == '[') return open_section(r);
    if (r->size && !memchr(text, '=', r->size) && !memchr(text, ':', r->size)) return bal_fail_at(here(r), NOTHING);
    return BAL_OK;
}

/* The next line without its indentation, which would make it a continuation to inih, and without its comment, whose
 * length does not matter. */
static bal_status next_line(reader *r)
{
    const char *line = r->next, *stop = memchr(line, '\n', (size_t)(r->end - line));

    r->next = stop ? stop + 1 : r->end;
    if (!stop) stop = r->end;
    if (stop > line && stop[-1] == '\r') stop--;
    r->line++;
    r->continued = false;
    BAL_TRY(check_text(line, (size_t)(stop - line), here(r)));
    while (line < stop && blank(*line)) line++;
    for (const char *p = line; p < stop; p++)
        if (is_comment(*p) && (p == line || (*p == ';' && blank(p[-1])))) stop = p;
    while (stop > line && blank(stop[-1])) stop--;
    r->text = line;
    r->size = (size_t)(stop - line);
    return check_line(r);
}

/* Whether a piece may end before this byte: blanks at either end, and what looks like a comment, would be lost. */
static bool splits(const char *at) { return !blank(at[-1]) && !blank(*at) && !is_comment(*at); }

/* As much of the line as inih takes at once; what follows is indented, a continuation to inih. */
static bal_status hand_over(reader *r, char *out, size_t room)
{
    size_t indent = r->continued ? 1 : 0, n = room - 2 - indent;

    if (n > r->size) n = r->size;
    while (n < r->size && n && !splits(r->text + n)) n--;
    if (!n && r->size) return bal_fail_at(here(r), "too many blanks in a long line");
    *out = ' ';
    memcpy(out + indent, r->text, n);
    memcpy(out + indent + n, "\n", 2);
    r->text += n;
    r->size -= n;
    return BAL_OK;
}

/* inih's fgets. */
static char *read_line(char *out, int room, void *user)
{
    reader *r = user;

    if (r->st || (!r->size && r->next == r->end)) return NULL;
    if (r->size) r->continued = true;
    else r->st = next_line(r);
    if (!r->st) r->st = hand_over(r, out, (size_t)room);
    return r->st ? NULL : out;
}

static bal_status append(bal_config *c, bal_section *s, const char *more)
{
    bal_entry *last = (bal_entry *)(uintptr_t)&s->entries[s->count - 1]; /* const only to readers */
    char      *whole = bal_format("%s%s", last->value, more);
    bal_status st = whole ? keep(c, &last->value, whole) : bal_fail(BAL_ENOMEM, "no memory left for the configuration");

    free(whole);
    return st;
}

static int take_entry(void *user, const char *section, const char *key, const char *value)
{
    reader     *r = user;
    bal_config *c = r->config;

    (void)section; /* the reader opened it */
    if (r->st) return 0;
    if (!key) return 1;   /* inih can be built to call at the beginning of a section, */
    if (!value) return 0; /* and to take a key alone */
    if (c->count == 0)
        r->st = bal_fail_at(here(r), "\"%s\" stands outside a section; a line like [run] must come first", key);
    if (!r->st) r->st = check_name("a key", strlen(key), here(r));
    if (r->st) return 0;
    bal_section *s = &c->sections[c->count - 1];
    r->st = r->continued ? append(c, s, value) : add_entry(c, s, key, value, here(r));
    return r->st == BAL_OK;
}

static bal_status parse(bal_config *c, const char *text, size_t size)
{
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3, size -= 3;
    reader r = {.config = c, .next = text, .end = text + size};

    int line = ini_parse_stream(read_line, &r, take_entry, &r);
    if (line < 0) return bal_fail(BAL_ENOMEM, "%s: no memory left to read it", c->path);
    if (line == 0 || r.st) return r.st;
    return bal_fail_at(here(&r), NOTHING);
}

static bal_status parse_named(bal_config **out, const char *name, const char *text, size_t size)
{
    *out = NULL;
    bal_config *c = calloc(1, sizeof *c);
    if (!c) return bal_fail(BAL_ENOMEM, "%s: no memory left to read it", name);
    bal_status st = keep(c, &c->path, name);
    if (!st) st = parse(c, text, size);
    if (st) bal_config_free(c);
    else *out = c;
    return st;
}

bal_status bal_config_read(bal_config **out, const char *path)
{
    char  *text;
    size_t size;

    *out = NULL;
    BAL_TRY(bal_file_read(&text, &size, path, FILE_LIMIT));
    bal_status st = parse_named(out, path, text, size);
    free(text);
    return st;
}

bal_status bal_config_parse(bal_config **out, const char *name, const char *text)
{
    return parse_named(out, name, text, strlen(text));
}

void bal_config_free(bal_config *c)
{
    if (!c) return;
    for (int i = 0; i < c->count; i++) free((void *)(uintptr_t)c->sections[i].entries);
    free(c->sections);
    bal_names_free(&c->strings);
    free(c);
}

static bal_section *find_or_add(bal_config *c, const char *name, bal_where at)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->sections[i].name, name) == 0) return &c->sections[i];
    return add_section(c, name, at) ? NULL : &c->sections[c->count - 1];
}

/* A value must still be the same when the resolved file is read again. */
static bal_status check_value(const char *key, const char *value, bal_where at)
{
    BAL_TRY(check_text(value, strlen(value), at));
    if (*value == ';' || strstr(value, " ;") || strstr(value, "\t;"))
        return bal_fail_at(at, "\" ;\" in a value begins a comment");
    size_t size = strlen(key) + 3 + strlen(value);
    if (size > LINE_LIMIT) return bal_fail_at(at, "line of %zu bytes; at most %d are allowed", size, LINE_LIMIT);
    return BAL_OK;
}

static bal_status set(bal_config *c, const char *name, const char *key, const char *value, bal_where at)
{
    bal_entry *old = NULL;
    int        times = 0;

    BAL_TRY(check_text(name, strlen(name), at));
    BAL_TRY(check_name("a section", strlen(name), at));
    BAL_TRY(check_text(key, strlen(key), at));
    BAL_TRY(check_name("a key", strlen(key), at));
    BAL_TRY(check_value(key, value, at));
    bal_section *s = find_or_add(c, name, at);
    if (!s) return BAL_ENOMEM;
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->entries[i].key, key) == 0) old = (bal_entry *)(uintptr_t)&s->entries[i], times++;
    if (times > 1 || strcmp(key, "layer") == 0)
        return bal_fail_at(at, "a key that may repeat cannot be set; change the file");
    if (!old) return add_entry(c, s, key, value, at);
    old->at = at;
    return keep(c, &old->value, value);
}

static void trim(char *text)
{
    size_t skip = strspn(text, " \t"), n = strlen(text);

    while (n > skip && blank(text[n - 1])) n--;
    memmove(text, text + skip, n - skip);
    text[n - skip] = '\0';
}

/* Cuts "section.key" at its last dot, and what an arm of an experiment sets ("arm.NAME.section.key") behind the arm's
 * name; the key, or NULL. */
static char *cut_name(char *name)
{
    char *arm = strncmp(name, "arm.", 4) == 0 ? strchr(name + 4, '.') : NULL, *key = arm ? arm : strrchr(name, '.');

    if (key) *key++ = '\0';
    return key;
}

bal_status bal_config_put(bal_config *c, const char *name, const char *value, bal_where at)
{
    char *section = bal_format("%s", name);

    if (!section) return bal_fail(BAL_ENOMEM, "no memory left for a setting");
    char      *key = cut_name(section);
    bal_status st =
        key ? set(c, section, key, value, at) : bal_fail_at(at, "\"%s\" is not of the form section.key", name);
    free(section);
    return st;
}

bal_status bal_config_set(bal_config *c, const char *assignment)
{
    char *name = bal_format("%s", assignment);

    if (!name) return bal_fail(BAL_ENOMEM, "no memory left for --set");
    char *value = strchr(name, '=');
    if (value) *value++ = '\0';
    trim(name);
    if (value) trim(value);
    char      *label = bal_format("--set %s", name), *key = cut_name(name);
    bal_where  at = {NULL, 0};
    bal_status st = label ? keep(c, &at.file, label) : bal_fail(BAL_ENOMEM, "no memory left for --set");
    if (!st && (!value || !key)) st = bal_fail_at(at, "is not of the form section.key=value");
    if (!st) st = set(c, name, key, value, at);
    free(label);
    free(name);
    return st;
}

const char        *bal_config_path(const bal_config *c) { return c->path; }
int                bal_config_count(const bal_config *c) { return c->count; }
const bal_section *bal_config_section(const bal_config *c, int i)
{
    assert(i >= 0 && i < c->count);
    return &c->sections[i];
}

const bal_section *bal_config_find(const bal_config *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->sections[i].name, name) == 0) return &c->sections[i];
    return NULL;
}

const bal_entry *bal_section_find(const bal_section *s, const char *key)
{
    for (int i = 0; s && i < s->count; i++)
        if (strcmp(s->entries[i].key, key) == 0) return &s->entries[i];
    return NULL;
}

static bool listed(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

static bool has_option(const bal_option *options, const char *key)
{
    for (; options && options->name; options++)
        if (strcmp(options->name, key) == 0) return true;
    return false;
}

/* The message for an unknown key counts the repeated keys among those that exist. */
static bal_status fail_unknown(const bal_option *options, const char *const *repeated, const char *what,
                               const bal_entry *e)
{
    bal_option all[BAL_OPTIONS_MAX + 1] = {BAL_OPT_END};
    int        n = 0;

    for (; repeated && *repeated; repeated++) all[n++] = (bal_option){.name = *repeated, .type = BAL_TEXT};
    for (; options && options->name && n < BAL_OPTIONS_MAX; options++) all[n++] = *options;
    all[n].name = NULL;
    return bal_option_set(all, NULL, what, e->key, e->value, e->at);
}

static bal_status fill_entry(const bal_section *s, int i, const char *what, const bal_option *options, void *self)
{
    const bal_entry *e = &s->entries[i], *first = bal_section_find(s, e->key);

    if (first != e) return bal_fail_at(e->at, "%s %s: is given twice; first in line %d", what, e->key, first->at.line);
    return bal_option_set(options, self, what, e->key, e->value, e->at);
}

bal_status bal_section_fill(const bal_section *s, const char *name, const bal_option *options,
                            const char *const *repeated, void *self)
{
    char what[NAME_LIMIT + 8];

    snprintf(what, sizeof what, *name == '[' ? "%s" : "[%s]", name);
    bal_option_defaults(options, self);
    for (int i = 0; s && i < s->count; i++) {
        if (listed(repeated, s->entries[i].key)) continue;
        if (!has_option(options, s->entries[i].key)) return fail_unknown(options, repeated, what, &s->entries[i]);
        BAL_TRY(fill_entry(s, i, what, options, self));
    }
    for (const bal_option *o = options; o && o->name; o++)
        if (o->def >= BAL_REQUIRED && !bal_section_find(s, o->name))
            return bal_option_missing(o, s ? what : NULL, s ? s->at : (bal_where){what, 0});
    return BAL_OK;
}

void bal_line_split(const char *value, char *name, size_t size, const char **rest)
{
    value += strspn(value, " \t");
    size_t n = strcspn(value, " \t");
    snprintf(name, size, "%.*s", (int)n, value);
    *rest = value + n + strspn(value + n, " \t");
}
