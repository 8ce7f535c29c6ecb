/* text -- numbers and bytes as text, the same in every file we write: '.' is the decimal point, and what is written
 * reads back to the same double. */
#ifndef BALLAST_TEXT_H
#define BALLAST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define BAL_NUMBER_SIZE 32

/* The shortest of %.15g, %.16g, %.17g that reads back to the same double; "nan", "inf", "-inf". Returns out. */
const char *bal_number_print(char out[BAL_NUMBER_SIZE], double v);

/* The whole text as a decimal number. False, and *out untouched, where it is anything else: empty, blanks around it,
 * hexadecimal, nan, inf, or beyond the range of a double. */
bool bal_number_parse(double *out, const char *text);

/* Where UTF-8 first goes wrong (overlong forms, surrogates and values beyond U+10FFFF included); `size` if nowhere. */
size_t bal_utf8_fault(const char *text, size_t size);

/* Text from outside on its way to a terminal, in place: each control character (C0 but tabs and line feeds, DEL, C1,
 * those that turn the direction of text) and each byte that is no UTF-8 becomes '?'. Returns text. */
char *bal_text_plain(char *text);

/* JSON text with each of those as \uXXXX, which means the same (a byte that is no UTF-8: U+FFFD). */
void bal_text_json(FILE *to, const char *json);

/* A file's name as a shell takes it for one word: in single quotes where it must be. malloc'd; NULL without memory. */
char *bal_shell_word(const char *name);

/* The character at the beginning of a text that does not end there: its bytes; *plain: it is not one of the above;
 * *columns: it takes on a terminal, 2 for wide ones of East Asia and pictures, 0 for combining marks. */
size_t bal_text_next(const char *text, bool *plain, int *columns);

#endif
