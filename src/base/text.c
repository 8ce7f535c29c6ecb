/* text -- see ballast/text.h. */
#include "ballast/text.h"
#include "ballast/files.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether 15 digits read back to v, where that shows without printing them: n / 10^k is rounded as reading the digits
 * of n is, as long as n and 10^k are exact (Clinger 1990). Most numbers of other tools are that short. */
static bool fifteen_do(double v)
{
    static const double ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double              size = fabs(v);
    int                 k = size > 1e-9 && size < 1e15 ? 14 - (int)floor(log10(size)) : -1;
    if (k < 0 || k > 22) return false;
    double n = rint(size * ten[k]);
    return n < 1e15 && n / ten[k] == size;
}

/* 17 digits always read back; 15 do only where 16 do. */
const char *bal_number_print(char out[BAL_NUMBER_SIZE], double v)
{
    char shorter[BAL_NUMBER_SIZE];
    bool short_enough = fifteen_do(v);
    if (isnan(v)) return memcpy(out, "nan", sizeof "nan"); /* never "-nan" */
    snprintf(out, BAL_NUMBER_SIZE, short_enough ? "%.15g" : "%.16g", v);
    if (short_enough) return out;
    if (strtod(out, NULL) != v) {
        snprintf(out, BAL_NUMBER_SIZE, "%.17g", v);
        return out;
    }
    snprintf(shorter, sizeof shorter, "%.15g", v);
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

/* ---- on a terminal ------------------------------------------------------------------------------------------------
 */

typedef struct range {
    uint32_t first, last;
} range;

static const range turning[] = {{0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}};
static const range narrow[] = {{0x300, 0x36F},   {0x200B, 0x200D}, {0x20D0, 0x20FF},
                               {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};
static const range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
                             {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                             {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
#define IN(ranges, code) is_in(ranges, sizeof(ranges) / sizeof *(ranges), code)

static bool is_in(const range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last) return true;
    return false;
}

static uint32_t decode(const unsigned char *s, size_t length)
{
    uint32_t code = length == 1 ? s[0] : s[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) code = code << 6 | (s[i] & 0x3Fu);
    return code;
}

size_t bal_text_next(const char *text, bool *plain, int *columns)
{
    unsigned char low, high;
    size_t        length = sequence((unsigned char)text[0], &low, &high);
    bool          whole = length > 0 && strnlen(text, length) == length && bal_utf8_fault(text, length) == length;
    *columns = 1;
    *plain = whole;
    if (!whole) return 1;
    uint32_t code = decode((const unsigned char *)text, length);
    bool     control = (code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7F && code < 0xA0);
    *plain = !control && !IN(turning, code);
    if (*plain) *columns = IN(narrow, code) ? 0 : 1 + IN(wide, code);
    return length;
}

char *bal_text_plain(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        bool   plain;
        int    columns;
        size_t n = bal_text_next(from, &plain, &columns);
        if (plain) memmove(to, from, n);
        else *to = '?';
        to += plain ? n : 1;
        from += n;
    }
    *to = '\0';
    return text;
}

void bal_text_json(FILE *to, const char *json)
{
    while (*json) {
        bool   plain;
        int    columns;
        size_t n = bal_text_next(json, &plain, &columns);
        if (plain) fwrite(json, 1, n, to);
        else if (bal_utf8_fault(json, n) < n) fputs("\\ufffd", to);
        else fprintf(to, "\\u%04x", (unsigned)decode((const unsigned char *)json, n));
        json += n;
    }
}

char *bal_shell_word(const char *name)
{
    char  *word = NULL;
    size_t size;
    FILE  *to;

    if (!name[strspn(name, "/._-+,:@%0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")])
        return bal_format("%s", name);
    if (!(to = open_memstream(&word, &size))) return NULL;
    fputc('\'', to);
    for (; *name; name++) fputs(*name == '\'' ? "'\\''" : (char[]){*name, '\0'}, to);
    fputc('\'', to);
    if (fclose(to) == 0) return word;
    free(word);
    return NULL;
}
