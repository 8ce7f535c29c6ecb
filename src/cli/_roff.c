/* roff -- see _roff.h. A hyphen is always written as \-, so that what is copied from a page can be typed. */
#include "cli/_roff.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "ballast/version.h"
#include "cli/_topics.h"

enum { FULL_LINE = 90 }; /* a shorter line was not broken for want of room */

static void put(FILE *to, char c)
{
    static const char  special[] = "\\-'`^~\"";
    static const char *escaped[] = {"\\(rs", "\\-", "\\(aq", "\\(ga", "\\(ha", "\\(ti", "\\(dq"};
    const char        *at = c ? strchr(special, c) : NULL;

    if (at) fputs(escaped[at - special], to);
    else fputc(c, to);
}

static void put_some(FILE *to, const char *text, size_t n)
{
    while (n-- > 0) put(to, *text++);
}

static bool begins_option(const char *p) { return p[0] == '-' && p[1] == '-' && islower((unsigned char)p[2]); }

static size_t option_length(const char *p)
{
    size_t n = strspn(p, "-abcdefghijklmnopqrstuvwxyz");

    while (n > 0 && p[n - 1] == '-') n--;
    return n;
}

/* Some of a text, which stands behind `before` (0: at the start of a line of output). */
static void put_text(FILE *to, const char *text, size_t n, char before)
{
    if (!before && n && (*text == '.' || *text == '\'')) fputs("\\&", to);
    for (const char *end = text + n; text < end; before = *text++) {
        if ((before && !strchr(" (/", before)) || !begins_option(text)) {
            put(to, *text);
            continue;
        }
        size_t length = option_length(text);
        fputs("\\fB", to);
        put_some(to, text, length);
        fputs("\\fR", to);
        text += length - 1;
    }
}

void bal_roff_text(FILE *to, const char *text) { put_text(to, text, strlen(text), ' '); }

void bal_roff_title(FILE *to, const char *name, int section, const char *date)
{
    fprintf(to, ".\\\" Made by ballast from its own tables.\n.TH ");
    for (; *name; name++) put(to, (char)toupper((unsigned char)*name));
    fprintf(to, " %d %s \"ballast %s\" \"%s\"\n", section, date, bal_version(),
            section == 1 ? "User Commands" : "File Formats");
}

void bal_roff_section(FILE *to, const char *name)
{
    fprintf(to, ".SH ");
    bal_roff_text(to, name);
    fputc('\n', to);
}

void bal_roff_subsection(FILE *to, const char *name)
{
    fprintf(to, ".SS ");
    bal_roff_text(to, name);
    fputc('\n', to);
}

void bal_roff_usage(FILE *to, const char *usage)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.=,";

    while (*usage) {
        size_t n = strspn(usage, letters), dots = strncmp(usage, "...", 3) == 0 ? 3 : 0;
        if (n && !dots) {
            fputs(isupper((unsigned char)*usage) ? "\\fI" : "\\fB", to);
            size_t end = n > 3 && strncmp(usage + n - 3, "...", 3) == 0 ? n - 3 : n;
            put_some(to, usage, end);
            fputs("\\fR", to);
            put_some(to, usage + end, n - end);
        } else put_some(to, usage, n = dots ? dots : 1);
        usage += n;
    }
}

static bool ends_paragraph(const char *line, size_t n, const char *next)
{
    return *next == '\n' || begins_option(next) || (n > 0 && n < FULL_LINE && strchr(".:", line[n - 1]));
}

void bal_roff_paragraphs(FILE *to, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        put_text(to, text, n, 0);
        fputc('\n', to);
        const char *next = text + n + (text[n] == '\n');
        if (*next && ends_paragraph(text, n, next)) fputs(".PP\n", to);
        next += strspn(next, "\n");
        text = next;
    }
}

void bal_roff_term(FILE *to, const char *term, const char *value, const char *meaning)
{
    fputs(".TP\n\\fB", to);
    put_some(to, term, strlen(term));
    fputs("\\fR", to);
    if (value && *value) {
        fputc(' ', to);
        bal_roff_usage(to, value);
    }
    fputc('\n', to);
    bal_roff_paragraphs(to, meaning);
}

void bal_roff_setting(FILE *to, const bal_option *o)
{
    char        text[512], allowed[1024];
    const char *preset = bal_option_default(text, sizeof text, o);
    bool        written = o->def < BAL_REQUIRED && strcmp(preset, "-") != 0;

    fputs(".TP\n\\fB", to);
    put_some(to, o->name, strlen(o->name));
    fputs("\\fR", to);
    if (written) {
        fputs(" = ", to);
        put_some(to, preset, strlen(preset));
    } else if (o->def >= BAL_REQUIRED) fputs(" (required)", to);
    fputc('\n', to);
    bal_roff_paragraphs(to, o->help);
    bal_option_allowed(allowed, sizeof allowed, o);
    if (o->type == BAL_TEXT) return;
    fputc('(', to);
    bal_roff_text(to, allowed);
    fputs(")\n", to);
}

void bal_roff_examples(FILE *to, const char *text)
{
    bool code = false;

    while (*text) {
        size_t n = strcspn(text, "\n"), indent = strspn(text, " ");
        if (indent && !code) fputs(".PP\n.RS 4\n.EX\n", to);
        else if (!indent && code) fputs(".EE\n.RE\n.PP\n", to);
        code = indent > 0;
        if (code) {
            if (text[indent] == '.' || text[indent] == '\'') fputs("\\&", to);
            put_some(to, text + indent, n - indent);
        } else put_text(to, text, n, 0);
        fputc('\n', to);
        text += n + (text[n] == '\n');
    }
    if (code) fputs(".EE\n.RE\n", to);
}
