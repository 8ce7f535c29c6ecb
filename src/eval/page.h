/* page -- pieces of HTML: the frame with its style, escaped text, pictures inside the file. Write errors stay in the
 * stream. */
#ifndef EVAL_PAGE_H
#define EVAL_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "ballast/status.h"

void bal_page_begin(FILE *to, const char *title);
void bal_page_end(FILE *to);

/* Escaped for text and for attributes in double quotes; what is not UTF-8, is a control character or turns the
 * direction of writing becomes U+FFFD. */
void bal_page_text(FILE *to, const char *text);
/* The same, so that writing from right to left stays inside it. Tables show three lines of it; a long one stands whole
 * in its title too. */
void bal_page_name(FILE *to, const char *name);
/* Two decimals, or n/a, in a table cell. */
void bal_page_figure(FILE *to, double v);

/* A figure with its caption; `class` is one of the style's: plot, grid. */
typedef struct bal_page_picture {
    const char *class, *type; /* type: image/png */
    const char *alt, *caption;
} bal_page_picture;
void bal_page_image(FILE *to, const bal_page_picture *p, const void *data, size_t size);
/* From a file: nothing where it is not there, a sentence where it cannot be read. */
void bal_page_file(FILE *to, const bal_page_picture *p, const char *path);

/* A PNG alone, without a figure around it; whether it was there. */
bool bal_page_thumbnail(FILE *to, const char *alt, const char *path);

/* A paragraph that names a file's fault: bal_error(). */
void bal_page_fault(FILE *to);

#endif
