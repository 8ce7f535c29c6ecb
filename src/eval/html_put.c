/* html_put -- what the pages of a report and of an experiment share. See eval/html_parts.h. */
#include <stdlib.h>
#include <string.h>
#include "eval/html_parts.h"
#include "eval/page.h"

bal_status bal_html_no_memory(void) { return bal_fail(BAL_ENOMEM, "no memory for a report"); }

/* Close a stream over memory; its text is the caller's, or NULL. */
bal_status bal_html_finish(FILE *to, char **out, bal_status st)
{
    bool whole = !ferror(to);
    whole &= fclose(to) == 0;
    if (st == BAL_OK && !whole) st = bal_html_no_memory();
    if (st == BAL_OK) return BAL_OK;
    free(*out);
    *out = NULL;
    return st;
}

void bal_html_lines(FILE *to, char *text)
{
    fputs("<section class=\"answer\" aria-label=\"answer\">\n", to);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        fputs("<p>", to);
        bal_page_text(to, line);
        fputs("</p>\n", to);
    }
    fputs("</section>\n", to);
}

/* Takes over the figure. */
void bal_html_figure(FILE *to, bal_figure *f, const char *class, const char *caption)
{
    bal_page_picture picture = {.class = class, .type = "image/svg+xml", .alt = f->alt, .caption = caption};
    if (f->svg) bal_page_image(to, &picture, f->svg, strlen(f->svg));
    bal_figure_free(f);
}

static const char roc_caption[] = "ROC: one class against the rest; before the name AUROC";
static const char pr_caption[] = "Precision over recall; before the name the average precision";
static const char calibration[] = "Reliability: answers in 15 bins of their probability, with Wilson's 95 % intervals; "
                                  "below the line answers are surer than they should be.";

typedef bal_status (*curve_figure)(bal_figure *out, const bal_shown_curves *c);

static bal_status put_curves(FILE *to, const bal_shown_curves *c, curve_figure make, const char *what, const char *how)
{
    bal_figure f;
    char      *caption = bal_format("%s%s", what, how);
    bal_status st = caption ? make(&f, c) : bal_html_no_memory();
    if (st == BAL_OK) bal_html_figure(to, &f, "plot", caption);
    free(caption);
    return st;
}

/* how: ends the captions of curves, says what their bands are. */
bal_status bal_html_probabilities(FILE *to, const bal_shown_curves *c, const bal_reliability *r, const char *how)
{
    bal_figure f;
    if (!c->count) return BAL_OK;
    BAL_TRY(put_curves(to, c, bal_figure_roc, roc_caption, how));
    BAL_TRY(put_curves(to, c, bal_figure_pr, pr_caption, how));
    BAL_TRY(bal_figure_reliability(&f, r));
    bal_html_figure(to, &f, "plot", calibration);
    return BAL_OK;
}

const char bal_html_training[] = "Loss (nats) and accuracy over the epochs of training; dashed: the epoch that "
                                 "was kept. The figures are in log.csv.";

/* Images of each class as bars, then by part as a table. */
bal_status bal_html_dataset(FILE *to, const char *folder, const bal_metrics *m, char *const *name)
{
    bal_figure f;
    BAL_TRY(bal_figure_counts(&f, folder, m, name));
    if (f.svg) fputs("<h2>Data</h2>\n", to);
    bal_html_figure(to, &f, "plot", "Images of each class.");
    bal_html_data(to, folder);
    return BAL_OK;
}

/* Takes over the text. */
bal_status bal_html_save_text(const char *folder, const char *name, char *text)
{
    char      *path = bal_path_join(folder, name);
    bal_status st = path ? bal_file_write(path, text, strlen(text)) : bal_html_no_memory();
    free(path);
    free(text);
    return st;
}

/* Takes over the figure. One of an earlier report must not stand beside this one's. */
bal_status bal_html_save_figure(const char *folder, const char *name, bal_figure *f)
{
    char *path = f->svg ? NULL : bal_path_join(folder, name), *svg = f->svg;
    f->svg = NULL;
    bal_figure_free(f);
    if (svg) return bal_html_save_text(folder, name, svg);
    if (path) remove(path);
    free(path);
    return BAL_OK;
}

/* With curves, without any none of the three is left. */
bal_status bal_html_save_curves(const char *folder, const bal_shown_curves *c, const bal_reliability *r)
{
    bal_figure f = {0};
    if (c->count) BAL_TRY(bal_figure_roc(&f, c));
    BAL_TRY(bal_html_save_figure(folder, "roc.svg", &f));
    if (c->count) BAL_TRY(bal_figure_pr(&f, c));
    BAL_TRY(bal_html_save_figure(folder, "precision_recall.svg", &f));
    if (c->count) BAL_TRY(bal_figure_reliability(&f, r));
    return bal_html_save_figure(folder, "reliability.svg", &f);
}
