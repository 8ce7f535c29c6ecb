/* html -- see ballast/html.h. */
#include "ballast/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "eval/html_parts.h"
#include "eval/page.h"

/* ---- a report ---------------------------------------------------------------------------------------------------- */

static void put_answer(FILE *to, const bal_report *r)
{
    const bal_metrics *m = &r->metrics;
    fputs("<section class=\"answer\" aria-label=\"answer\">\n<p>", to);
    bal_page_text(to, r->answer);
    fprintf(to, "</p>\n<p>%d image%s", m->count, m->count == 1 ? "" : "s");
    if (!isnan(m->accuracy)) fprintf(to, ", accuracy %.2f", m->accuracy);
    if (!isnan(m->loss)) fprintf(to, ", loss %.4f (mean cross-entropy in nats)", m->loss);
    fputs(".</p>\n", to);
    if (r->operating) {
        fputs("<p>", to);
        bal_page_text(to, r->operating);
        fputs("</p>\n", to);
    }
    if (r->made) {
        fputs("<p>", to);
        bal_page_text(to, r->made);
        fputs("</p>\n", to);
    }
    if (r->background.gate[0]) {
        fputs("<p>", to);
        bal_page_text(to, r->background.gate);
        fputs("</p>\n", to);
    }
    fputs("</section>\n", to);
}

static void put_warnings(FILE *to, const bal_names *warnings)
{
    if (!warnings->count) return;
    fputs("<h2>Warnings</h2>\n<ul class=\"warnings\">\n", to);
    for (int i = 0; i < warnings->count; i++) {
        fputs("<li>", to);
        bal_page_text(to, warnings->name[i]);
        fputs("</li>\n", to);
    }
    fputs("</ul>\n", to);
}

/* Whether resamples say anything: not of a class with one image, or one group. */
static bool has_bands(const bal_bands *b) { return b->count && !isnan(b->of[0].roc.low[BAL_BAND_POINTS / 2]); }

static char *how_of(const bal_report *r)
{
    const char *units = r->intervals.grouped ? "groups of images" : "images";
    if (!has_bands(&r->bands))
        return bal_format(" and its 95 %% interval. No band: some class has too few %s to resample.", units);
    return bal_format(" and its 95 %% interval. Band: 95 %% of %d resamples of %s, point by point.",
                      r->intervals.resamples, units);
}

static bal_status put_report_probabilities(FILE *to, const bal_report *r)
{
    bal_shown_curves shown;
    bal_reliability  bins;
    bal_shown_report(&shown, r);
    if (!shown.count) return BAL_OK;
    bal_reliability_of(&bins, r->predictions);
    fputs("<h2>Probabilities</h2>\n", to);
    if (r->metrics.class_count > shown.count)
        fprintf(to, "<p>Curves of %d of %d classes: those with the lowest AUROC. All are in curves.json.</p>\n",
                shown.count, r->metrics.class_count);
    char *how = how_of(r);
    fputs("<div class=\"figures\">\n", to);
    bal_status st = how ? bal_html_probabilities(to, &shown, &bins, how) : bal_html_no_memory();
    fputs("</div>\n", to);
    free(how);
    return st;
}

static bal_status put_training(FILE *to, const char *folder)
{
    bal_figure f;
    if (bal_figure_curves(&f, folder) != BAL_OK) {
        bal_page_fault(to);
        return BAL_OK;
    }
    if (f.svg) fputs("<h2>Training</h2>\n", to);
    bal_html_figure(to, &f, "plot", bal_html_training);
    return BAL_OK;
}

static bal_status put_report(FILE *to, const bal_report *r, const char *folder)
{
    bal_page_begin(to, "Classification report");
    put_answer(to, r);
    put_warnings(to, &r->warnings);
    fputs("<h2>Classes</h2>\n", to);
    bal_html_classes(to, &r->metrics, r->predictions->classes, &r->intervals);
    bal_html_matrix(to, &r->metrics, r->predictions->classes);
    bal_html_terms(to);
    bal_html_examples(to, r->predictions, folder);
    bal_html_figures(to, &r->metrics, &r->intervals);
    BAL_TRY(put_report_probabilities(to, r));
    BAL_TRY(put_training(to, folder));
    bal_html_gans(to, folder);
    BAL_TRY(bal_html_dataset(to, folder, &r->metrics, r->predictions->classes));
    bal_html_run(to, folder);
    bal_html_settings(to, folder);
    bal_html_repeat(to, folder, "train", r->seed);
    bal_page_end(to);
    return BAL_OK;
}

bal_status bal_html_report(char **out, const bal_report *r, const char *folder)
{
    size_t size;
    FILE  *to = open_memstream(out, &size);
    if (!to) return bal_html_no_memory();
    return bal_html_finish(to, out, put_report(to, r, folder));
}

static bal_status save_plots(const bal_report *r, const char *folder)
{
    bal_shown_curves shown;
    bal_reliability  bins;
    bal_figure       f;
    bal_shown_report(&shown, r);
    bal_reliability_of(&bins, r->predictions);
    BAL_TRY(bal_html_save_curves(folder, &shown, &bins));
    BAL_TRY(bal_figure_confusion(&f, &r->metrics, r->predictions->classes));
    BAL_TRY(bal_html_save_figure(folder, "confusion.svg", &f));
    BAL_TRY(bal_figure_counts(&f, folder, &r->metrics, r->predictions->classes));
    return bal_html_save_figure(folder, "counts.svg", &f);
}

bal_status bal_html_save(const bal_report *r, const char *folder)
{
    char *text;
    BAL_TRY(save_plots(r, folder));
    BAL_TRY(bal_html_report(&text, r, folder));
    return bal_html_save_text(folder, "report.html", text);
}
