/* html_generators -- how good generated images are, as a table. See eval/html_parts.h. */
#include "eval/html_parts.h"

#include <math.h>
#include <stdlib.h>
#include "ballast/files.h"
#include "ballast/generators.h"
#include "eval/page.h"

static void put_cell(FILE *to, double v, int decimals)
{
    if (isnan(v)) fputs("<td>n/a</td>", to);
    else fprintf(to, "<td>%.*f</td>", decimals, v);
}

static void put_row(FILE *to, const char *images, const char *features, const bal_likeness *l)
{
    fprintf(to, "<tr><th scope=\"row\">%s</th><td>%s</td>", images, features);
    if (isnan(l->kid.value)) fputs("<td>n/a</td>", to);
    else if (isnan(l->kid.error)) fprintf(to, "<td>%.4f</td>", l->kid.value);
    else fprintf(to, "<td>%.4f &#177; %.4f</td>", l->kid.value, l->kid.error);
    put_cell(to, l->fid, 2);
    put_cell(to, l->prdc.precision, 2);
    put_cell(to, l->prdc.recall, 2);
    put_cell(to, l->prdc.density, 2);
    put_cell(to, l->prdc.coverage, 2);
    fputs("</tr>\n", to);
}

static void put_table(FILE *to, const bal_generator_quality *q)
{
    static const char *const kinds[BAL_FEATURE_KINDS] = {"this run's classifier", "the same net, untrained"};
    fprintf(to,
            "<div class=\"wide\"><table>\n<caption>%d generated images of step %d, and %d real training images, each "
            "against %d validation images.</caption>\n<thead><tr><th scope=\"col\">images</th>"
            "<th scope=\"col\">features of</th><th scope=\"col\">KID</th><th scope=\"col\">FID</th>"
            "<th scope=\"col\">precision</th><th scope=\"col\">recall</th><th scope=\"col\">density</th>"
            "<th scope=\"col\">coverage</th></tr></thead>\n<tbody>\n",
            q->generated, q->step, q->real, q->validation);
    for (int k = 0; k < BAL_FEATURE_KINDS; k++) {
        put_row(to, "generated", kinds[k], &q->of_generated[k]);
        put_row(to, "training", kinds[k], &q->of_real[k]);
    }
    fputs("</tbody>\n</table></div>\n", to);
}

static void put_copies(FILE *to, const bal_generator_quality *q)
{
    bool alarm = bal_copies_alarm(&q->copies[BAL_IN_PIXELS]) || bal_copies_alarm(&q->copies[BAL_IN_FEATURES]);
    fprintf(to,
            "<p>%sNearer to a training image than %.0f %% of these are to each other: %d of %d by pixels, %d by "
            "features. Generated images are as good as real ones where KID and FID are near those of training images "
            "and the others as high. The features are this run's own: these figures are not comparable with published "
            "ones, which are of an Inception net.</p>\n",
            alarm ? "<strong>They may be copies.</strong> " : "", 100 * BAL_COPY_SHARE,
            q->copies[BAL_IN_PIXELS].count, q->generated, q->copies[BAL_IN_FEATURES].count);
}

void bal_html_generator(FILE *to, const char *folder, const char *class)
{
    bal_generator_quality q;
    char                 *path = bal_path_join(folder, "quality.json");
    bool                  there = path && bal_file_exists(path);
    if (there && bal_generator_read(&q, path, class) != BAL_OK) bal_page_fault(to);
    else if (there) {
        put_table(to, &q);
        put_copies(to, &q);
        free(q.name);
    }
    free(path);
}
