/* csv -- see ballast/csv.h. Bytes come in chunks; a row is gathered in one growing text of fields that end in NUL. */
#include "ballast/csv.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/text.h"

#define CHUNK ((size_t)1 << 20)
#define LIMIT ((size_t)INT_MAX) /* bytes of a file, so that a line number is an int */

struct bal_csv {
    char       *name;
    FILE       *file;  /* NULL: text in memory */
    char       *chunk; /* NULL: text in memory */
    const char *p, *end;
    size_t      total; /* bytes taken from the file */
    int         line, row_line;
    bal_status  st; /* of reading and of memory; the row is looked at only where it is BAL_OK */

    char   *text; /* the row: fields, each with its NUL */
    size_t  used, capacity;
    size_t *start; /* of each field in text */
    int     fields, fields_capacity;

    const char **row;    /* into text */
    char       **header; /* own copies, NULL-terminated */
    int          columns;
};

/* ---- bytes ---------------------------------------------------------------------------------------------------- */

static bool refill(bal_csv *c)
{
    if (!c->file || c->st) return false;
    size_t n = fread(c->chunk, 1, CHUNK, c->file);
    c->total += n;
    if (ferror(c->file)) c->st = bal_fail(BAL_EIO, "%s: cannot read: %s", c->name, strerror(errno));
    else if (c->total > LIMIT) c->st = bal_fail(BAL_EIO, "%s: more than 2 GiB", c->name);
    if (c->st) n = 0;
    c->p = c->chunk;
    c->end = c->chunk + n;
    return n > 0;
}

static inline int peek(bal_csv *c) { return c->p == c->end && !refill(c) ? EOF : (unsigned char)*c->p; }

static inline int take(bal_csv *c)
{
    int b = peek(c);
    if (b == EOF) return EOF;
    c->p++;
    c->line += b == '\n';
    return b;
}

static bal_status fault(const bal_csv *c, int line, const char *what)
{
    return bal_fail_at((bal_where){c->name, line}, "%s", what);
}

/* ---- fields --------------------------------------------------------------------------------------------------- */

static void grow(bal_csv *c)
{
    size_t capacity = c->capacity ? 2 * c->capacity : 4096;
    char  *text = realloc(c->text, capacity);
    if (!text) {
        c->st = bal_fail(BAL_ENOMEM, "%s:%d: no memory for a row of %zu bytes", c->name, c->row_line, capacity);
        return;
    }
    c->text = text;
    c->capacity = capacity;
}

static inline void push(bal_csv *c, int b)
{
    if (c->used == c->capacity) grow(c);
    if (c->used < c->capacity) c->text[c->used++] = (char)b;
}

static bal_status begin_field(bal_csv *c)
{
    if (c->fields == c->fields_capacity) {
        int     capacity = c->fields_capacity ? 2 * c->fields_capacity : 64;
        size_t *start = realloc(c->start, (size_t)capacity * sizeof *start);
        if (!start) return bal_fail(BAL_ENOMEM, "%s:%d: no memory for %d fields", c->name, c->row_line, capacity);
        c->start = start;
        c->fields_capacity = capacity;
    }
    c->start[c->fields++] = c->used;
    return BAL_OK;
}

/* Behind a field: *end is ',' or '\n', also at the end of the file. */
static bal_status end_field(bal_csv *c, int *end)
{
    int b = take(c);
    if (b == '\r') {
        b = take(c);
        if (b != '\n') return fault(c, c->line, "a carriage return alone; lines end with LF or CRLF");
    }
    if (b != ',' && b != '\n' && b != EOF)
        return fault(c, c->line, "text behind a closing quote; quotes inside a quoted field are doubled");
    *end = b == ',' ? ',' : '\n';
    push(c, '\0');
    return c->st;
}

static bal_status nul_byte(const bal_csv *c)
{
    return fault(c, c->line, "a NUL byte; a CSV file is text in UTF-8 (not UTF-16)");
}

static bal_status read_quoted(bal_csv *c)
{
    int opened = c->line;
    take(c);
    for (;;) {
        int b = take(c);
        if (b == EOF) return c->st ? c->st : fault(c, opened, "a quote that is never closed");
        if (b == 0) return nul_byte(c);
        if (b == '"') {
            if (peek(c) != '"') return BAL_OK;
            take(c);
        }
        push(c, b);
        if (c->st) return c->st;
    }
}

static bal_status read_bare(bal_csv *c)
{
    for (;;) {
        int b = peek(c);
        if (b == ',' || b == '\n' || b == '\r' || b == EOF) return c->st;
        if (b == 0) return nul_byte(c);
        if (b == '"') return fault(c, c->line, "a quote inside a field that does not begin with one");
        push(c, b);
        c->p++;
    }
}

/* ---- what a spreadsheet would take for a formula ------------------------------------------------------------------
 */

/* Behind any quotes ' a character that begins a formula, unless the whole is a number. */
static bool is_formula(const char *text)
{
    double v;
    text += strspn(text, "'");
    return *text && strchr("=+-@\t\r", *text) && !bal_number_parse(&v, text);
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

static bal_status check_utf8(const bal_csv *c)
{
    size_t at = bal_utf8_fault(c->text, c->used);
    int    line = c->row_line;
    if (at == c->used) return BAL_OK;
    for (size_t i = 0; i < at; i++) line += c->text[i] == '\n';
    return fault(c, line, "invalid UTF-8");
}

static bal_status gather(bal_csv *c, bool *blank)
{
    int  end = ',';
    bool quoted = false;
    c->used = 0;
    c->fields = 0;
    c->row_line = c->line;
    while (end == ',') {
        quoted = peek(c) == '"';
        BAL_TRY(begin_field(c));
        BAL_TRY(quoted ? read_quoted(c) : read_bare(c));
        BAL_TRY(end_field(c, &end));
    }
    *blank = c->used == 1 && !quoted;
    return BAL_OK;
}

/* The next row that is not blank; no fields at the end of the file. */
static bal_status read_row(bal_csv *c)
{
    bool blank = true;
    while (blank && peek(c) != EOF) BAL_TRY(gather(c, &blank));
    if (blank) c->fields = 0;
    return c->st ? c->st : check_utf8(c);
}

bal_status bal_csv_next(const char *const **row, bal_csv *c)
{
    *row = NULL;
    BAL_TRY(read_row(c));
    if (c->fields == 0) return BAL_OK;
    if (c->fields != c->columns)
        return bal_fail_at(bal_csv_at(c), "%d field%s where the header has %d column%s", c->fields,
                           c->fields == 1 ? "" : "s", c->columns, c->columns == 1 ? "" : "s");
    for (int i = 0; i < c->columns; i++) {
        const char *field = c->text + c->start[i];
        c->row[i] = *field == '\'' && is_formula(field) ? field + 1 : field;
    }
    *row = c->row;
    return BAL_OK;
}

/* ---- the header ------------------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Empty names may repeat: some tools write a column of row numbers without one. */
static bal_status check_repeated(const bal_csv *c)
{
    for (int i = 0; i < c->columns; i++) c->row[i] = c->header[i];
    qsort(c->row, (size_t)c->columns, sizeof *c->row, by_name);
    for (int i = 1; i < c->columns; i++)
        if (c->row[i][0] && strcmp(c->row[i - 1], c->row[i]) == 0)
            return bal_fail_at(bal_csv_at(c), "column \"%s\" is there twice", c->row[i]);
    return BAL_OK;
}

static bal_status read_header(bal_csv *c)
{
    if (c->end - c->p >= 3 && memcmp(c->p, "\xEF\xBB\xBF", 3) == 0) c->p += 3;
    BAL_TRY(read_row(c));
    if (c->fields == 0) return fault(c, 1, "empty; the first line names the columns");
    size_t count = (size_t)c->fields;
    c->header = calloc(count + 1, sizeof *c->header);
    c->row = calloc(count, sizeof *c->row);
    if (!c->header || !c->row) return bal_fail(BAL_ENOMEM, "%s: no memory for %d columns", c->name, c->fields);
    for (; c->columns < c->fields; c->columns++)
        if (!(c->header[c->columns] = strdup(c->text + c->start[c->columns])))
            return bal_fail(BAL_ENOMEM, "%s: no memory for %d columns", c->name, c->fields);
    return check_repeated(c);
}

static bal_status make(bal_csv **out, const char *name)
{
    bal_csv *c = calloc(1, sizeof *c);
    *out = c;
    if (c) c->name = strdup(name);
    if (!c || !c->name) return bal_fail(BAL_ENOMEM, "%s: no memory", name);
    c->line = 1;
    return BAL_OK;
}

static bal_status open_file(bal_csv *c)
{
    c->file = fopen(c->name, "rb");
    if (!c->file) return bal_fail(BAL_EIO, "%s: cannot read: %s", c->name, strerror(errno));
    c->chunk = malloc(CHUNK);
    if (!c->chunk) return bal_fail(BAL_ENOMEM, "%s: no memory", c->name);
    refill(c);
    return c->st;
}

static bal_status finish(bal_csv **out, bal_status st)
{
    if (st == BAL_OK) st = read_header(*out);
    if (st == BAL_OK) return BAL_OK;
    bal_csv_close(*out);
    *out = NULL;
    return st;
}

bal_status bal_csv_open(bal_csv **out, const char *path)
{
    bal_status st = make(out, path);
    if (st == BAL_OK) st = open_file(*out);
    return finish(out, st);
}

bal_status bal_csv_parse(bal_csv **out, const char *name, const char *text, size_t size)
{
    bal_status st = make(out, name);
    if (st == BAL_OK) {
        (*out)->p = text;
        (*out)->end = text + size;
        if (size > LIMIT) st = bal_fail(BAL_EIO, "%s: more than 2 GiB", name);
    }
    return finish(out, st);
}

void bal_csv_close(bal_csv *c)
{
    if (!c) return;
    if (c->file) fclose(c->file);
    for (int i = 0; i < c->columns; i++) free(c->header[i]);
    free(c->header);
    free(c->row);
    free(c->start);
    free(c->text);
    free(c->chunk);
    free(c->name);
    free(c);
}

bal_where bal_csv_at(const bal_csv *c) { return (bal_where){c->name, c->row_line}; }

int bal_csv_columns(const bal_csv *c) { return c->columns; }

const char *const *bal_csv_header(const bal_csv *c) { return (const char *const *)c->header; }

int bal_csv_find(const bal_csv *c, const char *name)
{
    for (int i = 0; i < c->columns; i++)
        if (strcmp(c->header[i], name) == 0) return i;
    return -1;
}

/* "a, b, c" in at most `size` bytes, "..." where there are more. */
static void list_columns(char *out, size_t size, const bal_csv *c)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < c->columns; i++) {
        size_t need = strlen(c->header[i]) + 2;
        if (used + need + sizeof ", ..." > size) {
            snprintf(out + used, size - used, "%s...", i ? ", " : "");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", c->header[i]);
    }
}

bal_status bal_csv_column(int *out, const bal_csv *c, const char *name)
{
    char      all[512];
    bal_where at = {c->name, 1};
    *out = bal_csv_find(c, name);
    if (*out >= 0) return BAL_OK;
    if (c->columns == 1 && strpbrk(c->header[0], ";\t"))
        return bal_fail_at(at, "no column \"%s\"; fields are separated by commas here, not by semicolons or tabs",
                           name);
    const char *nearest = bal_nearest(name, (const char *const *)c->header);
    if (nearest) return bal_fail_at(at, "no column \"%s\"; did you mean \"%s\"?", name, nearest);
    list_columns(all, sizeof all, c);
    return bal_fail_at(at, "no column \"%s\"; there are: %s", name, all);
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

void bal_csv_put(FILE *to, const char *text, char end)
{
    const char *guard = is_formula(text) ? "'" : "";
    if (!strpbrk(text, ",\"\r\n")) {
        fprintf(to, "%s%s", guard, text);
    } else {
        fprintf(to, "\"%s", guard);
        for (const char *p = text; *p; p++) {
            if (*p == '"') fputc('"', to);
            fputc(*p, to);
        }
        fputc('"', to);
    }
    fputc(end, to);
}

void bal_csv_put_number(FILE *to, double v, char end)
{
    char text[BAL_NUMBER_SIZE];
    bal_csv_put(to, isnan(v) ? "" : bal_number_print(text, v), end);
}
