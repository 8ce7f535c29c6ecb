/* page -- see eval/page.h. */
#include "eval/page.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/files.h"
#include "ballast/text.h"

enum { FILE_MAX = 8 << 20 }; /* bytes of a picture; grids of 64 images of 256 x 256 are below */
enum { SHORT = 24 };         /* bytes of a name that is never cut off in a table */

/* Shades carry a number beside them, so that nothing is told by colour alone. Paper is never dark. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c1c1c;--paper:#fff;--soft:#f1f4f7;--rule:#c5cbd1;--blue:0 114 178;"
    "--warn:#b34700}\n"
    "@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e6e6;--paper:#1b1b1b;--soft:#272b30;"
    "--rule:#4a5158;--blue:74 168 224;--warn:#ff9a55}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:62rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);"
    "background:var(--paper);overflow-wrap:anywhere}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0 1rem}\n"
    "h2{font-size:1.2rem;margin:2rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--rule)}\n"
    "h3{font-size:1rem;margin:1.2rem 0 .4rem}\n"
    "p{max-width:46rem}\n"
    ".answer{font-size:1.1rem;padding:.8rem 1rem;border-left:.3rem solid rgb(var(--blue));"
    "background:var(--soft)}\n"
    ".answer p{margin:0 0 .4rem}\n"
    ".warnings{padding:.8rem 1rem .8rem 2rem;margin:1rem 0;border-left:.3rem solid var(--warn);"
    "background:var(--soft)}\n"
    ".wide{overflow-x:auto;margin:.6rem 0}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;padding-bottom:.3rem;max-width:calc(100vw - 1.4rem)}\n"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid var(--rule);text-align:right;overflow-wrap:normal}\n"
    "thead th:first-child,.name,tbody th,tfoot th{text-align:left;min-width:7rem;max-width:14rem;"
    "overflow-wrap:anywhere}\n"
    "thead th{vertical-align:bottom;max-width:12rem}\n"
    "th bdi{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden}\n"
    "tfoot th{font-weight:normal;font-style:italic}\n"
    ".matrix td{background:rgb(var(--blue)/calc(var(--rate)*.5));text-align:center;"
    "border:1px solid var(--rule);min-width:3rem}\n"
    ".matrix td.hit{font-weight:bold;outline:2px solid var(--ink);outline-offset:-3px}\n"
    ".matrix thead th{text-align:center}\n"
    ".many td{padding:.15rem .2rem;min-width:2.4rem;font-size:.85rem}\n"
    ".many thead th:not(:first-child){writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;"
    "height:10rem;max-width:none;padding:.4rem .1rem}\n"
    ".many thead bdi{-webkit-line-clamp:2;max-height:9rem}\n"
    "td.said{text-align:left;min-width:14rem}\n"
    "td small,th small{display:block;font-weight:normal}\n"
    "dl{display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;gap:.15rem 1rem;margin:.4rem 0}\n"
    "dt{font-weight:600}dd{margin:0}\n"
    "figure{margin:1rem 0}figcaption{font-size:.9rem;max-width:40rem}\n"
    "img{display:block;max-width:100%;height:auto}\n"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:0 1.5rem;"
    "align-items:start}\n"
    ".plot img{width:100%;max-width:30rem}\n"
    ".grids{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,16rem),1fr));gap:0 1rem;"
    "align-items:start}\n"
    ".grid img{width:100%;max-width:32rem}\n"
    ".examples{list-style:none;padding:0;margin:.6rem 0;display:grid;gap:1rem;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,16rem),1fr))}\n"
    ".examples figure{margin:0}.pair{display:flex;gap:.3rem}.pair img{width:calc(50% - .15rem);max-width:9rem}\n"
    ".heat{display:inline-block;width:8rem;height:.8em;vertical-align:-.1em;border:1px solid var(--rule)}\n"
    "pre{overflow-x:auto;padding:.6rem;background:var(--soft);font-size:.85rem;overflow-wrap:normal}\n"
    "summary{cursor:pointer}footer{margin-top:2rem;font-size:.85rem}\n"
    "a,summary{color:inherit}\n"
    ":focus-visible{outline:2px solid rgb(var(--blue));outline-offset:2px}\n"
    "@media(max-width:30rem){body{padding:.6rem}h1{font-size:1.3rem}th,td{padding:.2rem .35rem;"
    "font-size:.85rem}.name,tbody th,tfoot th{max-width:9rem}}\n";

static const char print_style[] =
    "@media print{:root{color-scheme:light}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{"
    "max-width:none;padding:0;font-size:10pt}.wide,pre{overflow:visible}pre{white-space:pre-wrap;"
    "overflow-wrap:anywhere}h1,h2,h3,caption,h2+p{break-after:avoid}figure,tr,.answer,li,dl{break-inside:avoid}"
    "thead{display:table-header-group}tfoot{display:table-row-group}.figures,.grids{display:block}"
    ".figures figure{display:inline-block;width:48%;vertical-align:top;margin-right:1%}.grids figure{"
    "display:inline-block;width:31%;vertical-align:top;margin-right:1%}.plot img{width:auto;max-width:min(100%,11cm);"
    "max-height:21cm}.matrix{break-inside:avoid}.many{font-size:7pt;line-height:1.2}.many "
    "td{min-width:0;padding:.05rem}"
    ".many tbody bdi{-webkit-line-clamp:1}"
    "details::details-content{content-visibility:visible}}\n";

void bal_page_begin(FILE *to, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", to);
    fputs("<meta http-equiv=\"Content-Security-Policy\" "
          "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n",
          to);
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>", to);
    bal_page_text(to, title);
    fprintf(to, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<main>\n<h1>", style, print_style);
    bal_page_text(to, title);
    fputs("</h1>\n", to);
}

void bal_page_end(FILE *to) { fputs("</main>\n</body>\n</html>\n", to); }

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void put_byte(FILE *to, unsigned char c)
{
    if (c == '&') fputs("&amp;", to);
    else if (c == '<') fputs("&lt;", to);
    else if (c == '>') fputs("&gt;", to);
    else if (c == '"') fputs("&quot;", to);
    else if (c == '\'') fputs("&#39;", to);
    else if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7F) fputs("\xEF\xBF\xBD", to);
    else fputc(c, to);
}

/* U+202A to U+202E and U+2066 to U+2069 turn the direction of writing, also of what stands behind them. */
static bool turns(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] != 0xE2) return false;
    return (p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE) || (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9);
}

void bal_page_text(FILE *to, const char *text)
{
    size_t left = strlen(text);
    while (left) {
        size_t good = bal_utf8_fault(text, left);
        for (size_t i = 0; i < good; i++) {
            if (!turns(text + i)) put_byte(to, (unsigned char)text[i]);
            else i += (size_t)fprintf(to, "\xEF\xBF\xBD") - 1;
        }
        if (good < left) fputs("\xEF\xBF\xBD", to);
        good += good < left;
        text += good;
        left -= good;
    }
}

void bal_page_name(FILE *to, const char *name)
{
    fputs("<bdi", to);
    if (strlen(name) > SHORT) {
        fputs(" title=\"", to);
        bal_page_text(to, name);
        fputc('"', to);
    }
    fputc('>', to);
    bal_page_text(to, name);
    fputs("</bdi>", to);
}

void bal_page_figure(FILE *to, double v)
{
    if (isnan(v)) fputs("<td>n/a</td>", to);
    else fprintf(to, "<td>%.2f</td>", v);
}

void bal_page_fault(FILE *to)
{
    fputs("<p>Not shown: ", to);
    bal_page_text(to, bal_error());
    fputs("</p>\n", to);
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

/* RFC 4648. */
static void put_base64(FILE *to, const unsigned char *p, size_t size)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        size_t   n = size - i < 3 ? size - i : 3;
        unsigned bits = (unsigned)p[i] << 16 | (n > 1 ? (unsigned)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0);
        fputc(digit[bits >> 18], to);
        fputc(digit[bits >> 12 & 63], to);
        fputc(n > 1 ? digit[bits >> 6 & 63] : '=', to);
        fputc(n > 2 ? digit[bits & 63] : '=', to);
    }
}

static void put_img(FILE *to, const char *alt, const char *type, const void *data, size_t size)
{
    fputs("<img alt=\"", to);
    bal_page_text(to, alt);
    fprintf(to, "\" src=\"data:%s;base64,", type);
    put_base64(to, data, size);
    fputs("\">", to);
}

void bal_page_image(FILE *to, const bal_page_picture *p, const void *data, size_t size)
{
    fprintf(to, "<figure class=\"%s\">\n<div class=\"wide\">", p->class);
    put_img(to, p->alt, p->type, data, size);
    fputs("</div>\n<figcaption>", to);
    bal_page_text(to, p->caption);
    fputs("</figcaption>\n</figure>\n", to);
}

/* NULL where it is not there, and where it cannot be read: then the page says so. */
static char *read_picture(FILE *to, size_t *size, const char *path)
{
    char *data;
    if (!bal_file_exists(path)) return NULL;
    if (bal_file_read(&data, size, path, FILE_MAX) == BAL_OK) return data;
    bal_page_fault(to);
    return NULL;
}

void bal_page_file(FILE *to, const bal_page_picture *p, const char *path)
{
    size_t size;
    char  *data = read_picture(to, &size, path);
    if (data) bal_page_image(to, p, data, size);
    free(data);
}

bool bal_page_thumbnail(FILE *to, const char *alt, const char *path)
{
    size_t size;
    char  *data = read_picture(to, &size, path);
    bool   there = data != NULL;
    if (there) put_img(to, alt, "image/png", data, size);
    free(data);
    return there;
}
