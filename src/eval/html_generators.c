/* html_generators -- how good generated images are, as a table. See eval/html_parts.h. */
#include "eval/html_parts.h"

#include <math.h>
#include <stdlib.h>
#include "ballast/files.h"
#include "eval/generators_json.h"
#include "eval/page.h"

void bal_html_kid(FILE *to, const bal_kid *kid)
{
    char value[BAL_LIKENESS_SIZE], error[BAL_LIKENESS_SIZE];
    bal_likeness_print(value, BAL_LIKENESS_KID, kid->value);
    bal_likeness_print(error, BAL_LIKENESS_KID_ERROR, kid->error);
    if (isnan(kid->error)) fprintf(to, "<td>%s</td>", value);
    else fprintf(to, "<td>%s &#177; %s</td>", value, error);
}

static void put_row(FILE *to, const char *images, const char *features, const bal_likeness *l)
{
    fprintf(to, "<tr><th scope=\"row\">%s</th><td>%s</td>", images, features);
    bal_html_kid(to, &l->kid);
    for (int f = BAL_LIKENESS_OTHERS; f < BAL_LIKENESS_FIGURES; f++) bal_page_figure(to, bal_likeness_value(l, f));
    fputs("</tr>\n", to);
}

static void put_head(FILE *to)
{
    fputs("<thead><tr><th scope=\"col\">images</th><th scope=\"col\">features of</th>", to);
    for (int f = 0; f < BAL_LIKENESS_FIGURES; f++)
        if (f != BAL_LIKENESS_KID_ERROR) fprintf(to, "<th scope=\"col\">%s</th>", bal_likeness_figures[f].name);
    fputs("</tr></thead>\n<tbody>\n", to);
}

static void put_table(FILE *to, const bal_generator_quality *q)
{
    static const char *const kinds[BAL_FEATURE_KINDS] = {"this run's classifier", "the same net, untrained"};
    fprintf(to,
            "<div class=\"wide\"><table>\n<caption>%d generated images of step %d, and %d real training images, each "
            "against %d validation images.</caption>\n",
            q->generated, q->step, q->real, q->validation);
    put_head(to);
    for (int k = 0; k < BAL_FEATURE_KINDS; k++) {
        put_row(to, "generated", kinds[k], &q->of_generated[k]);
        put_row(to, "training", kinds[k], &q->of_real[k]);
    }
    fputs("</tbody>\n</table></div>\n", to);
}

static void put_copies(FILE *to, const bal_generator_quality *q)
{
    bool alarm = bal_generator_alarm(q);
    fprintf(to,
            "<p>%sNearer to a training image than %.0f %% of these are to each other: %d of %d by pixels, %d by "
            "features. Generated images are as good as real ones where KID and FID are near those of training images "
            "and the others as high. The features are this run's own: these figures are not comparable with published "
            "ones, which are of an Inception net.</p>\n",
            alarm ? "<strong>They may be copies.</strong> " : "", 100 * BAL_COPY_SHARE, q->copies[BAL_IN_PIXELS].count,
            q->generated, q->copies[BAL_IN_FEATURES].count);
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
