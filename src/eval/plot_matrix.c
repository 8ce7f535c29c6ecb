/* plot_matrix -- a confusion matrix, its counts above its rates. See ballast/plot.h. */
#include "ballast/plot.h"

#include <stdio.h>
#include "eval/plot_parts.h"

enum { LEFT = 124, RIGHT = 14, TITLE = 40, NAMES = 108, FOOT = 44 };
enum { CELL_MIN = 30, CELL_MAX = 64, DIGIT = 8, COLUMNS = 15 };

/* Of one matrix. */
typedef struct frame {
    int    cell, width, height;
    double top;
} frame;

static frame frame_of(const bal_matrix *m)
{
    int   most = 0, cell = (BAL_PLOT_WIDTH - LEFT - RIGHT) / m->count, digits = 1;
    frame f = {.top = 0};
    for (int i = 0; i < m->count * m->count; i++) most = m->images[i] > most ? m->images[i] : most;
    for (; most >= 10; most /= 10) digits++;
    int least = digits * DIGIT + 8 > CELL_MIN ? digits * DIGIT + 8 : CELL_MIN;
    f.cell = cell < least ? least : cell > CELL_MAX ? CELL_MAX : cell;
    f.width = LEFT + m->count * f.cell + RIGHT;
    if (f.width < BAL_PLOT_WIDTH) f.width = BAL_PLOT_WIDTH;
    f.height = TITLE + NAMES + m->count * f.cell + FOOT;
    return f;
}

static int sum_of(const bal_matrix *m, int row)
{
    int sum = 0;
    for (int c = 0; c < m->count; c++) sum += m->images[row * m->count + c];
    return sum;
}

static void put_cell(FILE *to, const frame *f, const char *text, double rate, double x, double y)
{
    fprintf(to, "<rect class=\"f0\" fill-opacity=\"%.3f\" x=\"%.2f\" y=\"%.2f\" width=\"%d\" height=\"%d\"/>\n",
            rate / 2, x, y, f->cell, f->cell);
    fprintf(to, "<rect class=\"grid\" fill=\"none\" x=\"%.2f\" y=\"%.2f\" width=\"%d\" height=\"%d\"/>\n", x, y,
            f->cell, f->cell);
    bal_plot_text(to, x + f->cell / 2.0, y + f->cell / 2.0 + 4, "text-anchor=\"middle\" class=\"small\"", text);
}

static void put_row(FILE *to, const bal_matrix *m, const frame *f, int row, bool rates)
{
    double y = f->top + TITLE + NAMES + row * f->cell;
    int    all = sum_of(m, row);
    bal_plot_name(to, LEFT - 8, y + f->cell / 2.0 + 4, "text-anchor=\"end\"", m->name[row], COLUMNS);
    for (int c = 0; c < m->count; c++) {
        char   text[32] = "n/a";
        int    n = m->images[row * m->count + c];
        double rate = all ? (double)n / all : 0;
        if (!rates) snprintf(text, sizeof text, "%d", n);
        else if (all) snprintf(text, sizeof text, "%.0f", 100 * rate);
        put_cell(to, f, text, rate, LEFT + c * f->cell, y);
    }
    fprintf(to, "<rect class=\"frame\" stroke-width=\"2\" x=\"%d\" y=\"%.2f\" width=\"%d\" height=\"%d\"/>\n",
            LEFT + row * f->cell + 1, y + 1, f->cell - 2, f->cell - 2);
}

static void put_matrix(FILE *to, const bal_matrix *m, const frame *f, const char *title, bool rates)
{
    double names = f->top + TITLE + NAMES - 8;
    bal_plot_text(to, 14, f->top + 24, "class=\"title\"", title);
    for (int c = 0; c < m->count; c++) {
        char   turned[80];
        double x = LEFT + c * f->cell + f->cell / 2.0 + 4;
        snprintf(turned, sizeof turned, "transform=\"rotate(-90 %.2f %.2f)\"", x, names);
        bal_plot_name(to, x, names, turned, m->name[c], COLUMNS - 2);
    }
    for (int t = 0; t < m->count; t++) put_row(to, m, f, t, rates);
    bal_plot_text(to, 14, f->top + f->height - 18, "class=\"small\"",
                  "rows: what the images are; columns: what they were taken for");
}

bal_status bal_plot_matrix(char **out, const bal_matrix *m)
{
    static const char *const titles[] = {"Confusion: images", "Confusion: per cent of the row"};
    size_t                   size;
    frame                    f = frame_of(m);
    FILE                    *to = open_memstream(out, &size);
    if (!to) return bal_plot_no_memory(out);
    bal_plot_begin(to, f.width, 2 * f.height, titles, 2);
    put_matrix(to, m, &f, titles[0], false);
    f.top = f.height;
    put_matrix(to, m, &f, titles[1], true);
    return bal_plot_end(to, out);
}
