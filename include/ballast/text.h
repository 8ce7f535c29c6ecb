/* text -- numbers and bytes as text, the same in every file we write: '.' is the decimal point, and what is written
 * reads back to the same double. */
#ifndef BALLAST_TEXT_H
#define BALLAST_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define BAL_NUMBER_SIZE 32

/* The shortest of %.15g, %.16g, %.17g that reads back to the same double; "nan", "inf", "-inf". Returns out. */
const char *bal_number_print(char out[BAL_NUMBER_SIZE], double v);

/* The whole text as a decimal number. False, and *out untouched, where it is anything else: empty, blanks around it,
 * hexadecimal, nan, inf, or beyond the range of a double. */
bool bal_number_parse(double *out, const char *text);

/* Where UTF-8 first goes wrong (overlong forms, surrogates and values beyond U+10FFFF included); `size` if nowhere. */
size_t bal_utf8_fault(const char *text, size_t size);

#endif
