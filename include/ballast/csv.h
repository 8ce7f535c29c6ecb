/* csv -- tables of text as RFC 4180 has them: quoted fields with commas, quotes and line ends inside, LF or CRLF.
 * A UTF-8 byte order mark and blank lines are passed over. The first line names the columns. Read row by row, so that a
 * file of millions of rows needs the memory of one.
 *
 * Refused, with file:line: rows of another length than the header, a column named twice, quotes that are not closed,
 * not doubled or not around the whole field, NUL bytes, invalid UTF-8, a carriage return alone, files beyond 2 GiB. */
#ifndef BALLAST_CSV_H
#define BALLAST_CSV_H

#include <stddef.h>
#include <stdio.h>
#include "ballast/option.h"
#include "ballast/status.h"

typedef struct bal_csv bal_csv;

/* Open a file, or text (not copied) that is called `name` in messages, and read the header. On failure *out is NULL. */
bal_status bal_csv_open(bal_csv **out, const char *path);
bal_status bal_csv_parse(bal_csv **out, const char *name, const char *text, size_t size);
void       bal_csv_close(bal_csv *csv);

/* The next row: bal_csv_columns(csv) fields, valid until the next call; NULL behind the last row.
 *     while ((st = bal_csv_next(&row, csv)) == BAL_OK && row) ... */
bal_status bal_csv_next(const char *const **row, bal_csv *csv);

/* Where the current row begins (the header, before the first), for bal_fail_at. */
bal_where bal_csv_at(const bal_csv *csv);

/* Columns: how many, their names (NULL-terminated, not yours), one by name (-1 if absent). */
int                bal_csv_columns(const bal_csv *csv);
const char *const *bal_csv_header(const bal_csv *csv);
int                bal_csv_find(const bal_csv *csv, const char *name);

/* One that must be there; else fails at the header's line and names the nearest column, or all. */
bal_status bal_csv_column(int *out, const bal_csv *csv, const char *name);

/* A spreadsheet would run a field that begins with = + - @, a tab or a carriage return and is no number: such a field
 * is written with a ' before it (before any that it begins with), and read without it. */

/* Write a field and `end`, ',' or '\n'; quoted where needed. Numbers as bal_number_print has them, NaN as an empty
 * field. Write errors stay in the stream (ferror; bal_file_commit looks). */
void bal_csv_put(FILE *to, const char *text, char end);
void bal_csv_put_number(FILE *to, double v, char end);

#endif
