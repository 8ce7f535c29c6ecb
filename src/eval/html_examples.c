/* html_examples -- see eval/html_parts.h. */
#include "eval/html_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ballast/examples.h"
#include "ballast/files.h"
#include "eval/page.h"

/* An example with whose predictions and pictures it is. */
typedef struct shown {
    bal_example            e;
    const bal_predictions *p;
    const char            *folder;
} shown;

static const bal_prediction *row_of(const shown *s) { return &s->p->row[s->e.row]; }

static bool has_picture(const shown *s, bool heat)
{
    char *path = s->folder ? bal_examples_path(s->folder, &s->e, heat) : NULL;
    bool  there = path && bal_file_exists(path);
    free(path);
    return there;
}

static void put_picture(FILE *to, const shown *s, bool heat)
{
    const bal_prediction *r = row_of(s);
    char *const *class = s->p->classes;
    char *path = s->folder ? bal_examples_path(s->folder, &s->e, heat) : NULL, *alt;
    if (heat) alt = bal_format("Heat map over it: what spoke for %s.", class[r->predicted]);
    else alt = bal_format("Image %s of class %s.", r->path ? r->path : "", class[r->label]);
    if (path && alt) bal_page_thumbnail(to, alt, path);
    free(path);
    free(alt);
}

static void put_class(FILE *to, const shown *s, const char *what, int class)
{
    fprintf(to, "%s ", what);
    bal_page_name(to, s->p->classes[class]);
    fprintf(to, " %.2f", row_of(s)->probability[class]);
}

static void put_part(FILE *to, const char *what, const char *value)
{
    if (!value) return;
    fprintf(to, ", %s ", what);
    bal_page_name(to, value);
}

static void put_where(FILE *to, const bal_prediction *r)
{
    fputs("<div><small>", to);
    bal_page_name(to, r->path ? r->path : "");
    put_part(to, "fold", r->fold);
    put_part(to, "seed", r->seed);
    fputs("</small></div>", to);
}

static void put_card(FILE *to, const shown *s)
{
    const bal_prediction *r = row_of(s);
    fputs("<li><figure>\n", to);
    if (has_picture(s, false)) {
        fputs("<div class=\"pair\">", to);
        put_picture(to, s, false);
        put_picture(to, s, true);
        fputs("</div>\n", to);
    }
    fputs("<figcaption><div><strong>", to);
    put_class(to, s, s->e.wrong ? "taken for" : "rightly", r->predicted);
    fputs("</strong></div>", to);
    if (s->e.wrong) {
        fputs("<div>", to);
        put_class(to, s, "is", r->label);
        fputs("</div>", to);
    }
    put_where(to, r);
    fputs("</figcaption>\n</figure></li>\n", to);
}

static void put_cards(FILE *to, const shown *s, int count)
{
    fputs("<ul class=\"examples\">\n", to);
    for (int i = 0; i < count; i++) put_card(to, &s[i]);
    fputs("</ul>\n", to);
}

static void put_scale(FILE *to)
{
    fputs("<span class=\"heat\" role=\"img\" aria-label=\"colours from dark violet over green to yellow\" "
          "style=\"background:linear-gradient(90deg",
          to);
    for (int i = 0; i <= 4; i++) {
        float rgb[3];
        bal_examples_color(rgb, (float)i / 4);
        fprintf(to, ",#%02lx%02lx%02lx", (unsigned long)lrintf(255 * rgb[0]), (unsigned long)lrintf(255 * rgb[1]),
                (unsigned long)lrintf(255 * rgb[2]));
    }
    fputs(")\"></span>", to);
}

static void put_legend(FILE *to)
{
    fputs("<p>Beside each image, as the net saw it, a heat map: what in it spoke for the class it was taken for "
          "(Grad-CAM of the last feature map, scaled to the image's maximum). Nothing ",
          to);
    put_scale(to);
    fputs(" most; the white line is around what is above half. It shows what the net went by, not that this was "
          "right.</p>\n",
          to);
}

void bal_html_examples(FILE *to, const bal_predictions *p, const char *folder)
{
    bal_example example[BAL_EXAMPLES_MAX];
    shown       s[BAL_EXAMPLES_MAX];
    int         n = bal_examples_choose(example, p), wrong = 0;
    for (int i = 0; i < n; i++) {
        s[i] = (shown){example[i], p, folder};
        wrong += example[i].wrong;
    }
    if (wrong) {
        fputs("<h2>Most confident mistakes</h2>\n<p>Wrong predictions with the highest probability, and what the truth "
              "was given; all are in predictions.csv.</p>\n",
              to);
        if (has_picture(&s[0], true)) put_legend(to);
        put_cards(to, s, wrong);
    }
    if (n == wrong || !has_picture(&s[wrong], false)) return;
    fprintf(to, "<h%d>Right answers, for comparison</h%d>\n<p>Of each class those with the highest probability.</p>\n",
            wrong ? 3 : 2, wrong ? 3 : 2);
    if (!wrong && has_picture(&s[0], true)) put_legend(to);
    put_cards(to, s + wrong, n - wrong);
}

/* ---- an experiment ----------------------------------------------------------------------------------------------- */

enum { ARM_MISTAKES = 6 };

static double sureness(const shown *s) { return row_of(s)->probability[row_of(s)->predicted]; }

static bool same_image(const shown *a, const shown *b)
{
    const char *x = row_of(a)->path, *y = row_of(b)->path;
    return x && y && strcmp(x, y) == 0;
}

static bool shows(const shown *list, int count, const shown *s)
{
    for (int i = 0; i < count; i++)
        if (same_image(&list[i], s)) return true;
    return false;
}

/* The surest mistake of an arm whose image is not in the list yet; which part made it, or -1. Of equal ones the first.
 */
static int next_mistake(shown *out, const shown *list, int count, const bal_comparison *c, const char *arm)
{
    int best = -1;
    for (int i = 0; i < c->count; i++) {
        bal_example example[BAL_EXAMPLES_MAX];
        if (strcmp(c->part[i].arm, arm) != 0) continue;
        int n = bal_examples_choose(example, &c->part[i].examples);
        for (int k = 0; k < n && example[k].wrong; k++) {
            shown s = {example[k], &c->part[i].examples, NULL};
            if (shows(list, count, &s) || (best >= 0 && sureness(&s) <= sureness(out))) continue;
            *out = s;
            best = i;
        }
    }
    return best;
}

static int gather_mistakes(shown list[ARM_MISTAKES], char *folders[ARM_MISTAKES], const bal_comparison *c,
                           const char *arm, const char *folder)
{
    int n = 0;
    for (int part; n < ARM_MISTAKES && (part = next_mistake(&list[n], list, n, c, arm)) >= 0; n++) {
        folders[n] = bal_html_part_folder(folder, &c->part[part]);
        list[n].folder = folders[n];
    }
    return n;
}

/* headed: whether what comes before all arms was said. */
static void put_arm(FILE *to, const shown *list, int count, const char *arm, bool *headed)
{
    if (!*headed) {
        fputs("<h2>Most confident mistakes, arm by arm</h2>\n<p>Wrong predictions with the highest probability in any "
              "fold and with any seed, an image once, and what the truth was given; all are in predictions.csv.</p>\n",
              to);
        if (has_picture(&list[0], true)) put_legend(to);
    }
    *headed = true;
    fputs("<h3>", to);
    bal_page_name(to, arm);
    fputs("</h3>\n", to);
    put_cards(to, list, count);
}

void bal_html_arm_mistakes(FILE *to, const bal_comparison *c, const char *folder)
{
    bool headed = false;
    for (int i = 0; i < c->count; i++) {
        shown list[ARM_MISTAKES];
        char *folders[ARM_MISTAKES];
        if (!bal_comparison_first(c, i)) continue;
        int n = gather_mistakes(list, folders, c, c->part[i].arm, folder);
        if (n) put_arm(to, list, n, c->part[i].arm, &headed);
        for (int k = 0; k < n; k++) free(folders[k]);
    }
}
