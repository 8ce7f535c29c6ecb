/* text -- see ballast/text.h. */
#include "ballast/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 17 digits always read back; 15 do only where 16 do. */
const char *bal_number_print(char out[BAL_NUMBER_SIZE], double v)
{
    char shorter[BAL_NUMBER_SIZE];
    if (isnan(v)) return memcpy(out, "nan", sizeof "nan"); /* never "-nan" */
    snprintf(out, BAL_NUMBER_SIZE, "%.16g", v);
    snprintf(shorter, sizeof shorter, strtod(out, NULL) == v ? "%.15g" : "%.17g", v);
    if (strtod(shorter, NULL) == v) memcpy(out, shorter, sizeof shorter);
    return out;
}

bool bal_number_parse(double *out, const char *text)
{
    size_t length = strspn(text, "0123456789+-.eE");
    char  *end;
    if (length == 0 || text[length] != '\0') return false;
    double v = strtod(text, &end);
    if (*end != '\0' || !isfinite(v)) return false;
    *out = v;
    return true;
}

/* Bytes of the sequence that begins with `b`, and the range of the second byte (Unicode 15, table 3-7). */
static size_t sequence(unsigned char b, unsigned char *low, unsigned char *high)
{
    *low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    *high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    if (b < 0x80) return 1;
    if (b >= 0xC2 && b <= 0xDF) return 2;
    if (b >= 0xE0 && b <= 0xEF) return 3;
    return b >= 0xF0 && b <= 0xF4 ? 4 : 0;
}

size_t bal_utf8_fault(const char *text, size_t size)
{
    const unsigned char *s = (const unsigned char *)text;
    for (size_t i = 0; i < size;) {
        unsigned char low, high;
        size_t        length = sequence(s[i], &low, &high);
        if (length == 0 || length > size - i) return i;
        if (length > 1 && (s[i + 1] < low || s[i + 1] > high)) return i;
        for (size_t k = 2; k < length; k++)
            if (s[i + k] < 0x80 || s[i + k] > 0xBF) return i;
        i += length;
    }
    return size;
}
