/* option -- one row of a table is the parser, the range check, the message and the help of an option. */
#include "ballast/option.h"

#include <assert.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/text.h"

#define NAME_MAX_BYTES 64 /* longer names are near to nothing */
#define ROWS_MAX BAL_OPTIONS_MAX

struct bal_option_pool {
    bal_option_pool *next;
    char             text[];
};

bal_status bal_fail_at(bal_where at, const char *fmt, ...)
{
    char    text[4096];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0) text[0] = '\0';
    va_end(args);
    if (at.line > 0) return bal_fail(BAL_ECONFIG, "%s:%d: %s", at.file, at.line, text);
    return bal_fail(BAL_ECONFIG, "%s: %s", at.file, text);
}

static int smaller(int a, int b) { return a < b ? a : b; }

/* Edits that turn a into b: insert, delete, replace, and swap of two neighbours (optimal string alignment). */
static int edits(const char *a, const char *b)
{
    int  rows[3][NAME_MAX_BYTES + 1];
    int  n = (int)strlen(b);
    int *before = rows[0], *last = rows[1], *now = rows[2];

    for (int j = 0; j <= n; j++) last[j] = before[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        now[0] = i;
        for (int j = 1; j <= n; j++) {
            now[j] = smaller(smaller(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
        int *unused = before;
        before = last;
        last = now;
        now = unused;
    }
    return last[n];
}

/* Near: at most a third of the longer name's letters are wrong. */
const char *bal_nearest(const char *name, const char *const *names)
{
    const char *best = NULL;
    int         least = INT_MAX;
    size_t      length = strlen(name);

    if (length > NAME_MAX_BYTES) return NULL;
    for (; *names; names++) {
        size_t other = strlen(*names), longer = other > length ? other : length;
        if (longer > NAME_MAX_BYTES) continue;
        int n = edits(name, *names);
        if (n < least && n <= (int)(longer + 1) / 3 && n < (int)longer) least = n, best = *names;
    }
    return best;
}

/* Append to a text of fixed size; what does not fit is left out. */
__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *fmt, ...)
{
    size_t  n = strlen(text);
    va_list args;

    va_start(args, fmt);
    vsnprintf(text + n, size - n, fmt, args);
    va_end(args);
}

/* Word i of "constant|step|cosine"; its length, or -1 behind the last one. */
static int word(const char *words, int i, const char **start)
{
    while (i-- > 0) {
        words = strchr(words, '|');
        if (!words) return -1;
        words++;
    }
    *start = words;
    return (int)strcspn(words, "|");
}

/* Limits of a float that are no limits are not worth words; those of an int are. */
static void add_range(char *text, size_t size, const bal_option *o)
{
    bool low = o->type == BAL_INT || o->min > -(double)FLT_MAX, high = o->type == BAL_INT || o->max < (double)FLT_MAX;

    if (low && high) add(text, size, " from %.10g to %.10g", o->min, o->max);
    else if (low) add(text, size, " of at least %.10g", o->min);
    else if (high) add(text, size, " of at most %.10g", o->max);
}

/* "a whole number from 1 to 4096": what the row allows. */
static void add_allowed(char *text, size_t size, const bal_option *o)
{
    const char *start;

    switch (o->type) {
    case BAL_INT:
        add(text, size, "a whole number");
        add_range(text, size, o);
        break;
    case BAL_FLOAT:
        add(text, size, "a number");
        add_range(text, size, o);
        break;
    case BAL_BOOL: add(text, size, "on or off"); break;
    case BAL_CHOICE:
        add(text, size, "one of");
        for (int i = 0, n; (n = word(o->words, i, &start)) >= 0; i++)
            add(text, size, "%s %.*s", i ? "," : "", n, start);
        break;
    case BAL_TEXT: add(text, size, "a text"); break;
    }
}

/* The choice nearest to a wrong one, as a phrase; "" if none is near. */
static void add_nearest_word(char *text, size_t size, const bal_option *o, const char *value)
{
    char        words[ROWS_MAX][NAME_MAX_BYTES];
    const char *names[ROWS_MAX + 1] = {NULL}, *start;

    if (o->type != BAL_CHOICE) return;
    for (int i = 0, n; i < ROWS_MAX && (n = word(o->words, i, &start)) >= 0; i++) {
        snprintf(words[i], sizeof words[i], "%.*s", n, start);
        names[i] = words[i];
    }
    const char *near = bal_nearest(value, names);
    if (near) add(text, size, "; did you mean \"%s\"?", near);
}

static bal_status malformed(const bal_option *o, const char *what, const char *value, bal_where at)
{
    char allowed[2048] = "";

    add_allowed(allowed, sizeof allowed, o);
    add_nearest_word(allowed, sizeof allowed, o, value);
    return bal_fail_at(at, "%s %s: \"%s\" is not %s", what, o->name, value, allowed);
}

static bool number_int(const char *value, double *out)
{
    char *end;

    if (value[strspn(value, "+-0123456789")]) return false;
    errno = 0;
    long number = strtol(value, &end, 10);
    *out = (double)number;
    return end != value && !*end && !errno && number >= INT_MIN && number <= INT_MAX;
}

static bool number_float(const char *value, double *out)
{
    return bal_number_parse(out, value) && *out <= (double)FLT_MAX && *out >= -(double)FLT_MAX;
}

static bool number_bool(const char *value, double *out)
{
    static const char *const words[] = {"off", "on", "false", "true", "no", "yes", "0", "1"};

    for (int i = 0; i < 8; i++)
        if (strcmp(value, words[i]) == 0) {
            *out = i % 2;
            return true;
        }
    return false;
}

static bool number_choice(const char *words, const char *value, double *out)
{
    const char *start;
    size_t      length = strlen(value);

    for (int i = 0, n; (n = word(words, i, &start)) >= 0; i++)
        if ((size_t)n == length && memcmp(start, value, length) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool number_of(const bal_option *o, const char *value, double *out)
{
    switch (o->type) {
    case BAL_INT: return number_int(value, out) && *out >= o->min && *out <= o->max;
    case BAL_FLOAT: return number_float(value, out) && *out >= o->min && *out <= o->max;
    case BAL_BOOL: return number_bool(value, out);
    case BAL_CHOICE: return number_choice(o->words, value, out);
    case BAL_TEXT: break;
    }
    return false;
}

static void store_number(const bal_option *o, void *self, double number)
{
    void *member = (char *)self + o->offset;

    switch (o->type) {
    case BAL_INT:
    case BAL_CHOICE: *(int *)member = (int)number; break;
    case BAL_FLOAT: *(float *)member = (float)number; break;
    case BAL_BOOL: *(bool *)member = number != 0; break;
    case BAL_TEXT: break;
    }
}

static void store_text(const bal_option *o, void *self, const char *value)
{
    *(const char **)(void *)((char *)self + o->offset) = value;
}

void bal_option_defaults(const bal_option *options, void *self)
{
    for (const bal_option *o = options; o && o->name; o++) {
        if (o->type == BAL_TEXT) store_text(o, self, o->words);
        else store_number(o, self, o->def < BAL_REQUIRED ? o->def : 0);
    }
}

static int find(const bal_option *options, const char *key)
{
    for (int i = 0; options && options[i].name; i++)
        if (strcmp(options[i].name, key) == 0) return i;
    return -1;
}

static bal_status unknown(const bal_option *options, const char *what, const char *key, bal_where at)
{
    const char *names[ROWS_MAX + 1] = {NULL};
    char        all[2048] = "";

    for (int i = 0; options && options[i].name; i++) {
        assert(i < ROWS_MAX);
        names[i] = options[i].name;
        add(all, sizeof all, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = bal_nearest(key, names);
    if (near) return bal_fail_at(at, "%s: no option \"%s\"; did you mean \"%s\"?", what, key, near);
    return bal_fail_at(at, "%s: no option \"%s\"; it has %s", what, key, *all ? all : "none");
}

bal_status bal_option_set(const bal_option *options, void *self, const char *what, const char *key, const char *value,
                          bal_where at)
{
    double number = 0;
    int    i = find(options, key);

    if (i < 0) return unknown(options, what, key, at);
    const bal_option *o = &options[i];
    if (o->type == BAL_TEXT) {
        if (!*value && o->def >= BAL_REQUIRED)
            return bal_fail_at(at, "%s %s: is empty; it must be given: %s", what, key, o->help);
        store_text(o, self, value);
        return BAL_OK;
    }
    if (!number_of(o, value, &number)) return malformed(o, what, value, at);
    store_number(o, self, number);
    return BAL_OK;
}

/* A copy that lives as long as the pool. */
static bal_status keep(bal_option_pool **pool, const char **out, const char *text, size_t length)
{
    bal_option_pool *p = malloc(sizeof *p + length + 1);

    if (!p) return bal_fail(BAL_ENOMEM, "no memory left for an option of %zu bytes", length);
    memcpy(p->text, text, length);
    p->text[length] = '\0';
    p->next = *pool;
    *pool = p;
    *out = p->text;
    return BAL_OK;
}

/* Cut "key=value" (blanks around '=' are fine) off *text. */
static bal_status cut_pair(const char **text, bal_option_pool **pool, const char **key, const char **value)
{
    static const char blank[] = " \t";
    const char       *p = *text;
    size_t            n = strcspn(p, " \t=");

    BAL_TRY(keep(pool, key, p, n));
    p += n;
    p += strspn(p, blank);
    *value = NULL;
    if (*p == '=') {
        p++;
        p += strspn(p, blank);
        n = strcspn(p, blank);
        BAL_TRY(keep(pool, value, p, n));
        p += n;
    }
    *text = p + strspn(p, blank);
    return BAL_OK;
}

int bal_option_allowed(char *out, size_t size, const bal_option *option)
{
    char text[2048] = "";

    add_allowed(text, sizeof text, option);
    return snprintf(out, size, "%s", text);
}

bal_status bal_option_missing(const bal_option *o, const char *what, bal_where at)
{
    char allowed[2048] = "";

    add_allowed(allowed, sizeof allowed, o);
    return bal_fail_at(at, "%s%s%s is missing: %s (%s)", what ? what : "", what ? ": " : "", o->name, allowed, o->help);
}

bal_status bal_option_parse(const bal_option *options, void *self, bal_option_pool **pool, const char *what,
                            const char *text, bal_where at)
{
    const char *key = NULL, *value = NULL;
    bool        seen[ROWS_MAX] = {false};

    bal_option_defaults(options, self);
    text += strspn(text, " \t");
    while (*text) {
        BAL_TRY(cut_pair(&text, pool, &key, &value));
        if (!value) return bal_fail_at(at, "%s: \"%s\" is not of the form option=value", what, key);
        int i = find(options, key);
        if (i >= 0 && seen[i]) return bal_fail_at(at, "%s: %s is given twice", what, key);
        BAL_TRY(bal_option_set(options, self, what, key, value, at));
        seen[i] = true;
    }
    for (int i = 0; options && options[i].name; i++)
        if (options[i].def >= BAL_REQUIRED && !seen[i]) return bal_option_missing(&options[i], what, at);
    return BAL_OK;
}

void bal_option_pool_free(bal_option_pool *pool)
{
    while (pool) {
        bal_option_pool *next = pool->next;
        free(pool);
        pool = next;
    }
}

static double number_in(const bal_option *o, const void *self)
{
    const void *member = (const char *)self + o->offset;

    assert(o->type != BAL_TEXT);
    switch (o->type) {
    case BAL_INT:
    case BAL_CHOICE: return *(const int *)member;
    case BAL_FLOAT: return (double)*(const float *)member;
    case BAL_BOOL: return *(const bool *)member;
    case BAL_TEXT: break;
    }
    return 0;
}

double bal_option_number(const bal_option *options, const void *self, const char *name)
{
    int i = find(options, name);
    assert(i >= 0);
    return number_in(&options[i], self);
}

/* The shortest decimal that reads back to the same float. */
static int print_float(char *out, size_t size, double number)
{
    char text[32];

    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if ((double)(float)strtod(text, NULL) >= number && (double)(float)strtod(text, NULL) <= number) break;
    }
    return snprintf(out, size, "%s", text);
}

int bal_option_print(char *out, size_t size, const bal_option *option, const void *self)
{
    const char *start;
    int         n;

    switch (option->type) {
    case BAL_INT: return snprintf(out, size, "%.0f", number_in(option, self));
    case BAL_FLOAT: return print_float(out, size, number_in(option, self));
    case BAL_BOOL: return snprintf(out, size, "%s", number_in(option, self) > 0 ? "on" : "off");
    case BAL_CHOICE:
        n = word(option->words, (int)number_in(option, self), &start);
        assert(n >= 0);
        return snprintf(out, size, "%.*s", n, start);
    case BAL_TEXT: break;
    }
    start = *(const char *const *)(const void *)((const char *)self + option->offset);
    return snprintf(out, size, "%s", start ? start : "");
}
