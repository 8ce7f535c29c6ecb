/* prose -- see eval/prose.h. */
#include "eval/prose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/text.h"

enum { WORDS = 80 }; /* columns of running text */

bal_status bal_prose_no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a report"); }

bal_status bal_prose_close(FILE *to, char **text)
{
    bool whole = !ferror(to);
    whole &= fclose(to) == 0;
    if (whole) return BAL_OK;
    free(*text);
    *text = NULL;
    return bal_prose_no_memory();
}

static int columns_of(const char *text, size_t size)
{
    int n = 0, columns;
    for (size_t i = 0; i < size; n += columns) {
        bool plain;
        i += bal_text_next(text + i, &plain, &columns);
    }
    return n;
}

int bal_prose_columns(const char *text) { return columns_of(text, strlen(text)); }

void bal_prose_name(FILE *to, const char *name)
{
    while (*name) {
        bool   plain;
        int    columns;
        size_t n = bal_text_next(name, &plain, &columns);
        if (plain && (unsigned char)*name >= ' ') fwrite(name, 1, n, to);
        else fputc('?', to);
        name += n;
    }
}

void bal_prose_right(FILE *to, const char *name, int width)
{
    fprintf(to, "%*s", width - bal_prose_columns(name) > 0 ? width - bal_prose_columns(name) : 0, "");
    bal_prose_name(to, name);
}

void bal_prose_figure(FILE *to, double v)
{
    if (isnan(v)) fputs("n/a", to);
    else fprintf(to, "%.2f", v);
}

void bal_prose_interval(FILE *to, bal_interval i)
{
    if (isnan(i.low)) fputs("n/a", to);
    else fprintf(to, "%.2f to %.2f", i.low, i.high);
}

void bal_prose_p(FILE *to, double p)
{
    if (p < 0.001) fputs("p < 0.001", to);
    else fprintf(to, "p = %.3f", p);
}

void bal_prose_wrapped(FILE *to, const char *text, int indent)
{
    int at = indent;
    while (*text) {
        size_t length = strcspn(text, " ");
        int    width = columns_of(text, length);
        if (at > indent && at + 1 + width > WORDS) at = fprintf(to, "\n%*s", indent, "") - 1;
        else if (at > indent) at += fprintf(to, " ");
        fwrite(text, 1, length, to);
        at += width;
        text += length;
        text += *text == ' ';
    }
    fputc('\n', to);
}
