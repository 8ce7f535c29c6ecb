/* html_made -- how good the generators of an experiment's folds are, a row each. See eval/html_parts.h. */
#include <math.h>
#include "eval/comparison_parts.h"
#include "eval/html_parts.h"
#include "eval/page.h"

static void put_row(FILE *to, int fold, const bal_generator_quality *q)
{
    const bal_likeness *l = &q->of_generated[BAL_TRAINED_FEATURES], *real = &q->of_real[BAL_TRAINED_FEATURES];
    fputs("<tr><th scope=\"row\">", to);
    bal_page_name(to, q->name);
    if (fold >= 0) fprintf(to, "<small>fold %d</small>", fold);
    fprintf(to, "</th><td>%d</td>", q->step);
    bal_html_kid(to, &l->kid);
    bal_html_kid(to, &(bal_kid){real->kid.value, (double)NAN});
    bal_page_figure(to, l->prdc.precision);
    bal_page_figure(to, l->prdc.recall);
    bal_page_figure(to, l->prdc.density);
    bal_page_figure(to, l->prdc.coverage);
    bal_page_figure(to, bal_made_copies(q, BAL_IN_PIXELS));
    bal_page_figure(to, bal_made_copies(q, BAL_IN_FEATURES));
    fputs("</tr>\n", to);
}

void bal_html_made(FILE *to, const bal_comparison *c)
{
    if (!c->made_count) return;
    fputs("<h2>How good the generated images are</h2>\n<div class=\"wide\"><table>\n<caption>Generated images against "
          "validation images of their fold</caption>\n<thead><tr><th scope=\"col\">images of</th>"
          "<th scope=\"col\">step</th><th scope=\"col\">KID</th><th scope=\"col\">KID of training images</th>"
          "<th scope=\"col\">precision</th><th scope=\"col\">recall</th><th scope=\"col\">density</th>"
          "<th scope=\"col\">coverage</th><th scope=\"col\">copies by pixels</th><th scope=\"col\">by features</th>"
          "</tr></thead>\n<tbody>\n",
          to);
    for (int i = 0; i < c->made_count; i++)
        for (int k = 0; k < c->made[i].generators.count; k++)
            put_row(to, c->made[i].fold, &c->made[i].generators.of[k]);
    fprintf(
        to,
        "</tbody>\n</table></div>\n<p>In features of the fold's classifier of the arm %s: not comparable with "
        "published figures. The step is that of the checkpoint with the lowest KID. Copies: the share that is "
        "nearer to a training image than %.0f&#8239;%% of these are to each other; no arm is trained on them.</p>\n",
        BAL_COMPARISON_BASE, 100 * BAL_COPY_SHARE);
}
